"""The parts of the API client that decide, without any network."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.runs.model import Outcome
from exporters.comfyui import Pace, answers, questions
from exporters.comfyui.agenda import Agenda, Topic
from exporters.comfyui.answers import Write
from exporters.comfyui.backoff import backoff_seconds
from exporters.comfyui.core import Core
from exporters.comfyui.health import Failure, Health
from exporters.comfyui.log_book import RING_WRITES, LogBook
from exporters.comfyui.questions import Answer, Ask, Question
from exporters.comfyui.server_clock import ServerClock
from exporters.observations import (
    JobFinished,
    JobsTold,
    LogGap,
    LogWrite,
    Observation,
    QueueSeen,
    Restarted,
    ServerState,
    State,
)

PACE = Pace()


# --- the log --------------------------------------------------------------------------------------------------------


def stamp(second: float) -> str:
    return f"2026-08-01T10:{int(second // 60):02d}:{second % 60:09.6f}"


class FakeRing:
    """The server's buffer, as `app/logger.py` keeps it."""

    def __init__(self) -> None:
        self.writes: list[Write] = []

    def write(self, entry: Write) -> None:
        if entry[1].startswith("\r") and self.writes and not self.writes[-1][1].endswith("\n"):
            self.writes.pop()
        self.writes = [*self.writes, entry][-RING_WRITES:]


def texts(seen: Sequence[Observation]) -> list[str]:
    return [one.text.decode() for one in seen if isinstance(one, LogWrite)]


def test_the_buffer_tells_what_was_there_and_the_stream_what_comes() -> None:
    book = LogBook(ServerClock())
    ring = [(stamp(1), "a\n"), (stamp(2), "b\n")]
    told = [*book.ring(ring, 100.0), *book.stream([(stamp(3), "c\n")], 101.0), *book.ring([*ring, (stamp(3), "c\n")], 102.0)]

    assert texts(told) == ["a\n", "b\n", "c\n"]
    assert [one.backlog for one in told if isinstance(one, LogWrite)] == [True, True, False]


def test_what_the_stream_brings_before_the_buffer_was_read_waits_for_it() -> None:
    book = LogBook(ServerClock())
    list(book.ring([(stamp(1), "a\n")], 100.0))
    book.hold()
    held = list(book.stream([(stamp(4), "d\n")], 104.0))
    told = list(book.ring([(stamp(1), "a\n"), (stamp(2), "b\n"), (stamp(3), "c\n"), (stamp(4), "d\n")], 105.0))

    assert not held
    assert texts(told) == ["b\n", "c\n", "d\n"]
    assert not any(isinstance(one, LogGap) for one in told)


def test_a_print_that_the_stream_brings_late_is_taken_from_the_buffer_once() -> None:
    book = LogBook(ServerClock())
    list(book.ring([], 99.0))
    told: list[Observation] = list(book.stream([(stamp(2), "b\n")], 100.0))
    told += book.ring([(stamp(1), "print\n"), (stamp(2), "b\n")], 101.0)
    told += book.stream([(stamp(1), "print\n")], 130.0)

    assert texts(told) == ["b\n", "print\n"]


def test_the_buffer_does_not_overtake_the_stream() -> None:
    """Frames that are on their way would come behind the newest one, and look like another bar."""
    book = LogBook(ServerClock())
    list(book.ring([], 99.0))
    frames = [(stamp(second), f"\r {second}/9 [..]") for second in range(1, 6)]
    told: list[Observation] = list(book.stream(frames[:2], 100.0))
    told += book.ring([frames[-1]], 100.5)
    told += book.stream(frames[2:], 101.0)

    assert texts(told) == [text for _, text in frames]


def test_a_server_whose_clock_goes_back_is_read_on() -> None:
    """An hour, as each autumn, soon after we came: every frame is told once, in order, as it comes."""
    ring, book = FakeRing(), LogBook(ServerClock())
    ring.write((stamp(3000), "got prompt\n"))
    list(book.ring(ring.writes, 0.0))
    told, seconds = list[str](), (3001, 3002, 1, 2, 3, 3003)
    for second in seconds:
        frame = (stamp(second), f"\r{second}")
        ring.write(frame)
        told += texts(list(book.stream([frame], 0.0)))

    assert told == [f"\r{second}" for second in seconds]
    assert texts(list(book.ring(ring.writes, 0.0))) == []


def test_two_equal_writes_in_one_tick_are_two() -> None:
    """Windows clocks tick in milliseconds."""
    book = LogBook(ServerClock())
    list(book.ring([], 99.0))
    told = list(book.stream([(stamp(1), "a"), (stamp(1), "\n"), (stamp(1), "b"), (stamp(1), "\n")], 100.0))

    assert texts(told) == ["a", "\n", "b", "\n"]


def test_a_full_buffer_without_anything_known_is_a_gap() -> None:
    book = LogBook(ServerClock())
    list(book.ring([(stamp(1), "a\n")], 100.0))
    book.hold()
    told = list(book.ring([(stamp(2 + place), f"{place}\n") for place in range(RING_WRITES)], 900.0))

    assert isinstance(told[0], LogGap)
    assert len(texts(told)) == RING_WRITES


STEPS = st.lists(st.sampled_from(["line", "line", "frame", "print", "flush", "look", "disconnect"]), max_size=60)


@given(STEPS)
def test_every_write_is_told_once_whatever_happens(steps: list[str]) -> None:
    """Lines go to the stream at once, prints when flushed; the connection breaks at any time. Of a bar frames may be missed."""
    ring, book, told = FakeRing(), LogBook(ServerClock()), list[Observation]()
    connected, printed, lines, frames = True, list[Write](), list[str](), list[str]()
    told += book.ring([], 0.0)
    for second, step in enumerate(steps, 1):
        entry = (stamp(second), f"\r{second}/99 [..]" if step == "frame" else f"{step} {second}\n")
        if step in ("line", "frame", "print"):
            ring.write(entry)
            (frames if step == "frame" else lines).append(entry[1])
        if step in ("line", "frame") and connected:
            told += book.stream([entry], second)
        if step == "print":
            printed.append(entry)
        if step == "flush":
            told += book.stream(printed, second) if connected else ()
            printed.clear()
        if step == "look":
            if not connected:
                book.hold()
                connected = True
            told += book.ring(ring.writes, second)
        if step == "disconnect":
            connected = False
            book.closed()
    book.hold()
    told += book.ring(ring.writes, 1000.0)

    assert sorted(text for text in texts(told) if text in lines) == sorted(lines)
    seen = [text for text in texts(told) if text in frames]
    assert len(seen) == len(set(seen))


# --- clocks and waits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0, 1, -5, 5.75, 13])
def test_a_fresh_write_tells_the_zone_of_the_server(hours: float) -> None:
    clock = ServerClock()
    now = ServerClock().at(stamp(0))
    assert now is not None
    clock.fresh([stamp(0)], now - hours * 3600 + 1.5)

    assert clock.at(stamp(0)) == now - hours * 3600


def test_a_late_write_does_not_move_the_clock() -> None:
    clock = ServerClock()
    now = clock.at(stamp(0)) or 0.0
    clock.fresh([stamp(0)], now)
    clock.fresh([stamp(1)], now + 700)

    assert clock.offset_seconds == 0


def test_old_writes_cannot_lie_in_the_future() -> None:
    clock = ServerClock()
    now = clock.at(stamp(0)) or 0.0
    clock.old([stamp(0)], now - 7000)

    assert clock.at(stamp(0)) == now - 7200


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00"])
def test_what_is_no_stamp(text: str) -> None:
    assert ServerClock().at(text) is None


def test_waits_grow_to_a_bound_and_differ_by_chance() -> None:
    assert [backoff_seconds(attempt, 0.0, first=0.5, most=5.0) for attempt in (1, 2, 3, 4, 5, 99)] == [0.5, 1, 2, 4, 5, 5]
    assert backoff_seconds(3, 1.0, first=0.5, most=5.0) == 1.0


# --- health ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, State.UP),
        (404, State.UP),
        (500, State.UP),
        (302, State.DOWN),
        (401, State.DOWN),
        (502, State.DOWN),
        (504, State.STALLED),
    ],
)
def test_what_a_status_says(status: int, state: State) -> None:
    change = Health(PACE, lambda: 0.0).answered(status, 1.0)

    assert change is not None
    assert change.state is state


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (Failure.REFUSED, State.DOWN),
        (Failure.NO_CONNECTION, State.DOWN),
        (Failure.NO_ANSWER, State.STALLED),
        (Failure.UNTRUSTED, State.DOWN),
    ],
)
def test_what_a_failure_says(failure: Failure, state: State) -> None:
    health = Health(PACE, lambda: 0.0)
    health.answered(200, 1.0)
    change = health.failed(failure, 2.0)

    assert change is not None
    assert change.state is state
    assert change.reason


def test_one_broken_connection_is_no_news_and_two_are() -> None:
    health = Health(PACE, lambda: 0.0)
    health.answered(200, 1.0)

    assert health.failed(Failure.BROKEN, 2.0) is None
    change = health.failed(Failure.BROKEN, 3.0)
    assert change is not None
    assert change.state is State.DOWN


def test_a_state_is_told_once() -> None:
    health = Health(PACE, lambda: 0.0)
    told = [health.failed(Failure.REFUSED, float(second)) for second in range(5)]

    assert [change is None for change in told] == [False, True, True, True, True]
    assert health.probe_at == 4 + PACE.most_retry


# --- the whole core -------------------------------------------------------------------------------------------------


class FakeServer:
    """Answers questions from a dict of bodies; 404 for the rest."""

    def __init__(self, **bodies: Any) -> None:
        self.bodies = {"stats": {"system": {}, "devices": []}, "count": {"exec_info": {"queue_remaining": 0}}} | bodies
        self.asked: list[Question] = []

    def talk(self, core: Core, now: float, most: int = 50) -> list[Observation]:
        """Lets the core ask until it has nothing more to ask now."""
        seen: list[Observation] = []
        for _ in range(most):
            question = core.question(now)
            if question is None:
                return seen
            self.asked.append(question)
            found = self.bodies.get(question.ask.value)
            body = found(question) if callable(found) else found
            status = 200 if found is not None else 404
            seen += core.answered(Answer(question=question, status=status, body=body, at=now, asked_at=now))
        raise AssertionError(f"asks without end: {self.asked[-5:]}")

    @property
    def kinds(self) -> set[Ask]:
        return {question.ask for question in self.asked}


def entry(name: str, ended: float = 20.0) -> dict[str, Any]:
    messages = [["execution_start", {"timestamp": 10_000}], ["execution_success", {"timestamp": ended * 1000}]]
    return {name: {"prompt": [1, name, {"1": {"class_type": "X", "inputs": {}}}, {}, ["1"]], "status": {"messages": messages}}}


def old_server(**bodies: Any) -> FakeServer:
    """Without /api/jobs."""
    return FakeServer(**{"queue": {"queue_running": [], "queue_pending": []}, "history": {}, "history_of": {}} | bodies)


def test_an_old_server_is_asked_and_then_left_alone() -> None:
    core, server = Core(PACE), old_server()
    server.talk(core, 1000.0)

    assert {Ask.STATS, Ask.HISTORY, Ask.QUEUE, Ask.ACTIVE_JOBS, Ask.LOG_RING} <= server.kinds
    assert core.question(1000.0) is None
    server.asked.clear()
    server.talk(core, 1000.0 + PACE.poll)
    assert Ask.ACTIVE_JOBS not in server.kinds
    assert Ask.LOG_RING not in server.kinds


def test_a_job_that_vanishes_from_the_queue_is_looked_up() -> None:
    item = [1, "a", {"1": {"class_type": "X", "inputs": {}}}, {}, ["1"]]
    core, server = Core(PACE), old_server(queue={"queue_running": [item], "queue_pending": []})
    server.talk(core, 1000.0)
    server.bodies |= {"queue": {"queue_running": [], "queue_pending": []}, "history": entry("a"), "history_of": entry("a")}
    seen = server.talk(core, 1010.0)

    assert [one.prompt.prompt_id for one in seen if isinstance(one, JobFinished)] == ["a"]
    assert not [one for one in server.talk(core, 1020.0) if isinstance(one, JobFinished)]


def test_an_id_that_a_client_uses_again_is_told_again() -> None:
    item = [1, "a", {"1": {"class_type": "X", "inputs": {}}}, {}, ["1"]]
    core, server, ends = Core(PACE), old_server(), list[int]()
    for second, (running, ended) in enumerate([(True, None), (False, 20.0), (True, 20.0), (True, 20.0), (False, 40.0)]):
        server.bodies["queue"] = {"queue_running": [item] if running else [], "queue_pending": []}
        if ended:
            server.bodies |= {"history": entry("a", ended), "history_of": entry("a", ended)}
        ends.append(sum(isinstance(one, JobFinished) for one in server.talk(core, 1000.0 + 40 * second)))

    assert ends == [0, 1, 0, 0, 1]


def test_many_ends_at_once_are_all_found() -> None:
    core = Core(PACE)
    everything = {name: body for place in range(300) for name, body in entry(f"job {place}", 20.0 + place).items()}
    newest: dict[str, Any] = {}

    def history(question: Question) -> dict[str, Any]:
        most = int(question.query["max_items"])
        return dict(list(newest.items())[-most:])

    server = old_server(history=history)
    server.talk(core, 1000.0)
    newest |= everything
    seen = [one for one in server.talk(core, 1010.0) if isinstance(one, JobFinished)]

    assert [one.prompt.prompt_id for one in seen] == list(everything)
    assert not any(one.past for one in seen)


def test_a_status_message_wakes_it_but_not_more_often_than_agreed() -> None:
    core, server = Core(PACE), old_server()
    server.talk(core, 1000.0)
    core.socket_opened("me", 1000.0)
    server.talk(core, 1001.0)
    server.asked.clear()
    status = json.dumps({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 1}}}})
    for place in range(100):
        core.message(status, 1002.0 + place / 100)
        server.talk(core, 1002.0 + place / 100)

    assert [question.ask for question in server.asked].count(Ask.QUEUE) <= 1 + 1.0 / PACE.least


def test_a_socket_that_says_nothing_of_changes_is_deaf() -> None:
    core, server = Core(PACE), old_server()
    server.talk(core, 1000.0)
    core.socket_opened("me", 1000.0)
    core.message(json.dumps({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}}), 1000.0)
    server.talk(core, 1001.0)
    server.bodies["count"] = {"exec_info": {"queue_remaining": 2}}
    server.talk(core, 1010.0)

    assert not core.is_deaf(1012.0)
    server.talk(core, 1012.0 + PACE.deaf)
    assert core.is_deaf(1012.0 + PACE.deaf)
    core.message(json.dumps({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 2}}}}), 1030.0)
    assert not core.is_deaf(1040.0)


@pytest.mark.parametrize(
    ("remembers", "restarted"), [(True, 0), (False, 1)], ids=["the history knows the last job", "the history is empty"]
)
def test_after_a_time_without_connection_the_history_tells_whether_it_is_the_same_process(
    remembers: bool, restarted: int
) -> None:
    core, server = Core(PACE, log=False), old_server(history=entry("a"), history_of=entry("a"))
    server.talk(core, 1000.0)
    for second in range(5):
        core.failed(questions.STATS, Failure.REFUSED, 1001.0 + second)
    if not remembers:
        server.bodies |= {"history": {}, "history_of": {}}
    seen = server.talk(core, 1100.0)

    assert sum(isinstance(one, Restarted) for one in seen) == restarted


def test_a_server_that_fails_over_one_prompt_does_not_stop_the_others() -> None:
    item = [1, "a", {}, {}, []]
    core, server = Core(PACE), old_server(queue={"queue_running": [item], "queue_pending": []})
    server.talk(core, 1000.0)
    server.bodies |= {"queue": {"queue_running": [], "queue_pending": []}, "history_of": None}
    server.talk(core, 1010.0)

    assert [question.ask for question in server.asked].count(Ask.HISTORY_OF) == 3


FIELDS = [
    "queue_running",
    "queue_pending",
    "jobs",
    "id",
    "status",
    "messages",
    "prompt",
    "entries",
    "t",
    "m",
    "system",
    "devices",
    "exec_info",
    "queue_remaining",
    "create_time",
    "data",
    "type",
    "nodes",
    "prompt_id",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, min_size=12, max_size=12), st.sampled_from([200, 200, 200, 400, 404, 500]))
def test_whatever_a_server_answers_nothing_breaks_and_the_asking_has_an_end(bodies: list[Any], status: int) -> None:
    core = Core(PACE)
    core.answered(Answer(question=questions.STATS, status=200, body={}, at=999.0, asked_at=999.0))
    core.socket_opened("me", 999.0)
    for place in range(60):
        question = core.question(1000.0)
        if question is None:
            break
        body = bodies[place % len(bodies)]
        core.answered(Answer(question=question, status=status, body=body if status == 200 else None, at=1000.0, asked_at=1000.0))
    else:
        raise AssertionError("asks without end")


@given(st.text() | JSON.map(json.dumps))
def test_whatever_a_socket_says_nothing_breaks(text: str) -> None:
    Core(PACE).message(text, 1.0)


def test_the_queue_is_in_the_order_in_which_it_will_run() -> None:
    body = {"queue_running": [], "queue_pending": [[5, "late", {}, {}, []], [-3, "front", {}, {}, []], [4, "early", {}, {}, []]]}

    assert [prompt.prompt_id for prompt in answers.queue_of(body)[1]] == ["front", "early", "late"]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([["execution_interrupted", {}]], Outcome.INTERRUPTED),
        ([["execution_error", {"exception_type": "ValueError", "exception_message": "no"}]], Outcome.ERROR),
        (
            [["execution_error", {"exception_type": "torch.OutOfMemoryError", "exception_message": "CUDA out of memory"}]],
            Outcome.OOM,
        ),
        ([["execution_cached", {"nodes": ["1"]}], ["execution_success", {}]], Outcome.CACHED),
        ([["execution_cached", {"nodes": []}], ["execution_success", {}]], Outcome.SUCCESS),
        ([], Outcome.SUCCESS),
    ],
)
def test_outcomes_come_from_the_messages(events: list[Any], outcome: Outcome) -> None:
    """Not from `status_str`, which may be that of the prompt before."""
    body = entry("a")
    body["a"]["status"] = {"status_str": "success", "messages": events}

    assert [ended.outcome for ended in answers.history_of(body)] == [outcome]


def test_no_question_changes_anything() -> None:
    everything = [
        questions.STATS,
        questions.COUNT,
        questions.LOG_RING,
        questions.QUEUE,
        questions.ACTIVE_JOBS,
        questions.history(1),
        questions.history_of("a"),
        questions.job("a"),
        questions.ended_jobs(1, cancelled=True),
        questions.subscribe("me"),
    ]

    assert {question.ask for question in everything} == set(Ask)
    assert [question.path for question in everything if question.method != "GET"] == ["/internal/logs/subscribe"]


def test_what_is_due_waits_for_the_pace() -> None:
    agenda = Agenda(PACE)
    agenda.take(Topic.QUEUE, 100.0, told=False, busy=False)
    agenda.wake(Topic.QUEUE, now=100.1)

    assert not agenda.is_due(Topic.QUEUE, 100.1)
    assert agenda.is_due(Topic.QUEUE, 100.0 + PACE.least)


def test_a_queue_is_seen_with_the_time_at_which_it_was_asked_for() -> None:
    core, server = Core(PACE), old_server()
    seen = server.talk(core, 1000.0)

    assert [one.asked_at for one in seen if isinstance(one, QueueSeen)] == [1000.0]


@pytest.mark.parametrize("ask", [ask for ask in Ask if ask is not Ask.STATS])
def test_an_answer_that_is_too_long_is_done_without(ask: Ask) -> None:
    """The server stays up, is not asked for it again and again, and what else it says is told."""
    item = [1, "a", {"1": {"class_type": "X", "inputs": {}}}, {}, ["1"]]
    core, asked, seen = Core(PACE), list[Ask](), list[Observation]()
    bodies = {
        Ask.STATS: {"system": {}, "devices": []},
        Ask.COUNT: {"exec_info": {"queue_remaining": 1}},
        Ask.QUEUE: {"queue_running": [item], "queue_pending": []},
        Ask.HISTORY: entry("b"),
        Ask.LOG_RING: {"entries": []},
        Ask.SUBSCRIBE: None,
    }
    jobs = {"jobs": [{"id": "a", "status": "in_progress"}]} if ask in (Ask.ACTIVE_JOBS, Ask.ENDED_JOBS, Ask.JOB) else None
    bodies |= {Ask.ACTIVE_JOBS: jobs, Ask.ENDED_JOBS: jobs and {"jobs": []}, Ask.JOB: None}
    for tenth in range(100):
        now = 1000.0 + tenth / 10
        if tenth == 5:
            core.socket_opened("me", now)
        for _ in range(50):
            question = core.question(now)
            if question is None:
                break
            asked.append(question.ask)
            if question.ask is ask:
                seen += core.failed(question, Failure.TOO_MUCH, now)
                continue
            body = bodies.get(question.ask)
            status = 200 if question.ask in bodies and (body is not None or question.ask is Ask.SUBSCRIBE) else 404
            seen += core.answered(Answer(question=question, status=status, body=body, at=now, asked_at=now))
        else:
            raise AssertionError(f"asks without end: {asked[-5:]}")

    assert [one.state for one in seen if isinstance(one, ServerState)] == [State.UP]
    assert asked.count(ask) <= 10
    assert any(isinstance(one, JobsTold | QueueSeen) for one in seen)


def test_a_clock_that_is_set_back_delays_nothing() -> None:
    """An hour back while the server is down: it is asked at once, and everything is asked again."""
    core, server, now = Core(PACE), old_server(), 10_000.0
    server.talk(core, now)
    for _ in range(9):
        question = core.question(now := now + PACE.most_retry)
        assert question is not None
        core.failed(question, Failure.REFUSED, now)
    assert core.question(now) is None
    server.asked.clear()
    seen = server.talk(core, now - 3600)

    assert [one.state for one in seen if isinstance(one, ServerState)] == [State.UP]
    assert {Ask.STATS, Ask.HISTORY, Ask.QUEUE} <= server.kinds
    server.asked.clear()
    server.talk(core, now - 3600 + PACE.poll)
    assert Ask.QUEUE in server.kinds
