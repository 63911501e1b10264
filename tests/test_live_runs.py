"""Live runs without any network: from log text cut anywhere, and from observations in awkward orders."""

import itertools
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.events import Bar, PromptReceived
from analyzer.lines import Piece
from analyzer.runs.graph_signature import GraphFacts
from analyzer.runs.model import DurationSource, NodeTime, Outcome, Phase, Run, Workflow
from exporters.live_runs import (
    LiveRuns,
    RequestQueued,
    RequestRejected,
    RequestRemoved,
    RunFinished,
    RunProgress,
    RunStarted,
    Update,
)
from exporters.live_runs.live_text import LiveText
from exporters.live_runs.lockstep import Lockstep
from exporters.observations import (
    BacklogRead,
    JobFailure,
    JobFinished,
    JobLost,
    JobsTold,
    LogGap,
    LogText,
    LogWrite,
    Observation,
    QueuedPrompt,
    QueueSeen,
    Restarted,
    ServerState,
    State,
)
from tests.captures import SESSIONS, chunks, log_bytes
from tests.logs import log, read, sampler

GRAPH = GraphFacts(signature="graph:1", classes={"1": "KSampler", "2": "SaveImage"})


def feed(runs: LiveRuns, *seen: Observation) -> list[Update]:
    return [update for one in seen for update in runs.feed(one)]


def finished(updates: Iterable[Update]) -> list[RunFinished]:
    return [update for update in updates if isinstance(update, RunFinished)]


def write(at: float, text: str, **given: Any) -> LogWrite:
    """A write that arrives as it is made."""
    values: dict[str, Any] = {"at": at, "text": text.encode(), "written_at": at}
    return LogWrite(**values | given)


def prompt(name: str, **given: Any) -> QueuedPrompt:
    values: dict[str, Any] = {"prompt_id": name, "graph": GRAPH}
    return QueuedPrompt(**values | given)


def queue(at: float, *running: QueuedPrompt, pending: Sequence[QueuedPrompt] = ()) -> QueueSeen:
    return QueueSeen(at=at, asked_at=at - 0.01, running=running, pending=tuple(pending))


def job(at: float, name: str, started: float, ended: float, **given: Any) -> JobFinished:
    values: dict[str, Any] = {"prompt": prompt(name, create_time=started - 1), "outcome": Outcome.SUCCESS}
    return JobFinished(**{"at": at, "started_at": started, "ended_at": ended} | values | given)


def told(at: float) -> JobsTold:
    return JobsTold(at=at, asked_at=at - 0.01)


UP = ServerState(at=0.0, state=State.UP, reason="it answers")
DOWN = ServerState(at=150.0, state=State.DOWN, reason="refused")
# A run from 101 to 111 that was sent at 100.
LINES = (
    write(100.0, "got prompt\n"),
    write(102.0, "Requested to load Flux\n"),
    write(103.0, "loaded completely 20034.67 11350.07 True\n"),
    write(104.0, "\r  0%|          | 0/4 [00:00<?, ?it/s]"),
    write(106.0, "\r 50%|█████     | 2/4 [00:02<00:02,  1.00s/it]"),
    write(108.0, "\r100%|██████████| 4/4 [00:04<00:00,  1.00s/it]"),
    write(108.1, "\n"),
)
CLOSING = write(111.001, "Prompt executed in 10.00 seconds\n")
DONE = job(111.5, "a", 101.0, 111.0)


# --- the log alone --------------------------------------------------------------------------------------------------


def only_log(data: Sequence[bytes], *, backlog: bool = False) -> list[Run]:
    runs = LiveRuns("comfyui.log")
    updates = feed(runs, *(LogText(at=float(place), data=part, backlog=backlog) for place, part in enumerate(data)))
    runs.close()
    return [one.run for one in finished(updates)]


def facts(run: Run) -> tuple[Any, ...]:
    """What does not depend on when a line was read."""
    passes = [(bar.steps, bar.total_steps, bar.complete, bar.line) for bar in run.passes]
    return run.outcome, run.duration_seconds, run.first_line, run.last_line, run.workflow, run.loads, passes, run.queued_line


@pytest.mark.parametrize("session", SESSIONS)
def test_the_runs_of_a_log_are_those_of_the_finished_file(session: str) -> None:
    live = only_log([chunk.data for chunk in chunks(session)], backlog=True)
    whole = [run for run in read(log_bytes(session)).runs if run.duration_seconds is not None or run.outcome is Outcome.CUT_OFF]

    # A run that the end of the file cuts off still goes on for somebody who watches.
    assert list(map(facts, live)) == list(map(facts, whole))[: len(live)]
    assert len(live) >= len(whole) - 1


@pytest.mark.parametrize("session", ["S2-two-pass", "S4-failures", "S7b-tty-ansi"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_wherever_a_log_is_cut_its_runs_are_the_same(session: str, seed: int) -> None:
    data, dice = log_bytes(session), random.Random(seed)
    places = sorted({0, len(data), *(dice.randrange(len(data)) for _ in range(400))})
    parts = [data[start:end] for start, end in itertools.pairwise(places)]

    whole = [(run.outcome, run.duration_seconds, run.workflow.signature) for run in read(data).runs]
    live = [(run.outcome, run.duration_seconds, run.workflow.signature) for run in only_log(parts)]

    assert live == whole[: len(live)]
    assert len(live) >= len(whole) - 1


def test_text_without_stamps_gets_the_time_at_which_it_was_read() -> None:
    runs = LiveRuns()
    updates = feed(
        runs,
        LogText(at=100.0, data=b"got prompt\n"),
        LogText(at=102.0, data=b"Requested to load Flux\n"),
        LogText(at=104.0, data=b"loaded completely 20034.67 11350.07 True\n"),
        LogText(at=104.1, data=b"\r  0%|          | 0/4 [00:00<?, ?it/s]"),
        LogText(at=108.1, data=b"\r100%|##########| 4/4 [00:04<00:00,  1.00s/it]\n"),
        LogText(at=111.0, data=b"Prompt executed in 10.00 seconds\n"),
    )
    runs.close()

    (one,) = finished(updates)
    assert (one.run.queued_at, one.run.started_at, one.run.ended_at) == (100.0, 101.0, 111.0)
    assert one.run.queue_seconds == pytest.approx(1.0)
    assert one.run.phase_seconds(Phase.MODEL_LOAD) == pytest.approx(2.0)
    assert one.run.phase_seconds(Phase.SAMPLE) == pytest.approx(4.0, abs=0.2)


def test_a_frame_is_told_before_its_line_ends() -> None:
    runs = LiveRuns()
    feed(runs, LogText(at=1.0, data=b"got prompt\n"), LogText(at=2.0, data=b"\r  0%|          | 0/20 [00:00<?, ?it/s]"))
    updates = feed(runs, LogText(at=3.0, data=b"\r  5%|\xe2\x96\x8c         | 1/20 [00:01<00:24,  1.31s/it]"))
    runs.close()

    (progress,) = (update for update in updates if isinstance(update, RunProgress))
    assert isinstance(progress.event, Bar)
    assert (progress.event.steps, progress.event.total, progress.event.at) == (1, 20, 3.0)


def test_the_backlog_tells_past_runs_and_the_run_that_goes_on() -> None:
    runs = LiveRuns()
    old = log("got prompt", sampler(), "Prompt executed in 70.00 seconds", "got prompt", "Requested to load Flux")
    updates = feed(runs, LogText(at=9.0, data=old, backlog=True), LogText(at=10.0, data=sampler(4).encode() + b"\n"))
    runs.close()

    assert [(one.past, one.run.duration_seconds) for one in finished(updates)] == [(True, 70.0)]
    kinds = [type(update) for update in updates if not isinstance(update, RunFinished)]
    assert kinds[0] is RunStarted
    assert set(kinds[1:]) == {RunProgress}
    assert next(type(one.event).__name__ for one in updates[2:] if isinstance(one, RunProgress)) == "LoadRequested"
    assert runs.requests.received == 0


@pytest.mark.parametrize(("silent_seconds", "shown"), [(30.0, True), (3600.0, False)])
def test_a_run_that_is_silent_since_we_came_is_shown_unless_its_log_is_old(silent_seconds: float, shown: bool) -> None:
    runs = LiveRuns()
    old = log("got prompt", sampler(), "Prompt executed in 70.00 seconds", "got prompt", "Requested to load Flux")
    updates = feed(runs, LogText(at=9.0, data=old, backlog=True), BacklogRead(at=9.0, written_at=9.0 - silent_seconds))

    assert sum(isinstance(update, RunStarted) for update in updates) == shown
    later = feed(runs, LogText(at=10.0, data=sampler(4).encode() + b"\n"))
    runs.close()
    assert sum(isinstance(update, RunStarted) for update in [*updates, *later]) == 1


def test_requests_are_counted_from_the_log() -> None:
    runs = LiveRuns()
    invalid = "invalid prompt: {'type': 'prompt_no_outputs', 'message': 'Prompt has no outputs', 'details': '', 'extra_info': {}}"
    updates = feed(
        runs, LogText(at=1.0, data=log("got prompt", invalid, "got prompt", "got prompt", sampler(), "Stopped server"))
    )
    runs.close()

    assert [type(update) for update in updates if isinstance(update, RequestQueued | RequestRejected | RequestRemoved)] == [
        RequestQueued,
        RequestRejected,
        RequestQueued,
        RequestQueued,
        RequestRemoved,
    ]
    assert (runs.requests.received, runs.requests.rejected, runs.requests.unresolved) == (3, 1, 1)
    assert [one.run.outcome for one in finished(updates)] == [Outcome.CUT_OFF]


def test_a_container_is_recognised_although_its_first_line_has_no_stamp() -> None:
    stamped = [f"[2026-08-01 10:00:{second:02d}.000] line {second}\n".encode() for second in range(40)]
    live = LiveText()
    pieces = [piece for part in (b"no stamp here\n", *stamped) for piece in live.feed(part, 5.0)]
    live.close()

    assert [piece.number for piece in pieces] == list(range(1, 42))
    assert pieces[-1].text == b"line 39"
    assert pieces[-1].at is not None
    assert pieces[-1].at - (pieces[-2].at or 0) == 1.0


def test_other_encodings_are_read_live() -> None:
    live = LiveText()
    pieces: list[Piece] = []
    data = "\ufeffgot prompt\r\nfertig: äöü\r\n".encode("utf-16-le")
    for start in range(0, len(data), 7):
        pieces += live.feed(data[start : start + 7], None)
    pieces += live.close()

    assert [piece.text.decode() for piece in pieces if piece.text] == ["got prompt", "fertig: äöü"]


def test_a_lockstep_makes_what_its_generator_makes() -> None:
    def pairs(numbers: Iterable[int]) -> Iterable[int]:
        held: list[int] = []
        for number in numbers:
            held.append(number)
            if len(held) == 2:
                yield sum(held)
                held.clear()
        yield from held

    lockstep = Lockstep(pairs)
    assert [lockstep.feed(number) for number in (1, 2, 3)] == [[], [3], []]
    assert lockstep.close() == [3]
    assert lockstep.close() == lockstep.feed(1) == []


def test_a_lockstep_raises_what_its_generator_raises() -> None:
    def broken(numbers: Iterable[int]) -> Iterable[int]:
        for _ in numbers:
            raise ValueError("no")
        yield 1

    lockstep = Lockstep(broken)
    with pytest.raises(ValueError, match="no"):
        lockstep.feed(1)
    assert lockstep.feed(2) == []


# --- both -----------------------------------------------------------------------------------------------------------


def test_a_closing_line_waits_for_the_api_and_becomes_one_run() -> None:
    runs = LiveRuns("here")
    before = feed(runs, UP, told(99.0), *LINES, queue(104.0, prompt("a", create_time=100.0)), CLOSING)
    after = feed(runs, DONE)

    assert not finished(before)
    (one,) = finished(after)
    run = one.run
    assert (run.prompt_id, run.source, run.number, run.duration_source) == ("a", "here", 1, DurationSource.API)
    assert (run.queued_at, run.started_at, run.ended_at, run.queue_seconds, run.duration_seconds) == (
        100.0,
        101.0,
        111.0,
        1.0,
        10.0,
    )
    assert (run.first_line, run.last_line, run.queued_line, len(run.passes)) == (2, 5, 1, 1)
    assert run.workflow.graph_signature == "graph:1"
    assert sum(time.seconds for time in run.phases) == pytest.approx(10.0)
    assert (run.node_count, run.cached_nodes) == (2, None)


def test_the_api_may_be_first() -> None:
    runs = LiveRuns()
    before = feed(runs, UP, told(99.0), *LINES, DONE)
    after = feed(runs, CLOSING)

    assert not finished(before)
    assert [one.run.prompt_id for one in finished(after)] == ["a"]


def test_prints_that_come_late_still_belong_to_their_run() -> None:
    runs = LiveRuns()
    updates = feed(
        runs,
        told(99.0),
        *LINES,
        CLOSING,
        write(112.0, "got prompt\n"),
        write(112.5, "0: 640x640 2 faces, 10.8ms\n", written_at=109.0),
        DONE,
    )

    (one,) = finished(updates)
    assert [found.label for found in one.run.detections] == ["2 faces"]
    assert "detect" in one.run.workflow.signature


def test_a_run_that_the_api_does_not_know_is_told_when_that_is_certain() -> None:
    """Somebody cleared the history at once."""
    runs = LiveRuns()
    before = feed(runs, told(99.0), *LINES, CLOSING)
    after = feed(runs, told(112.0))

    assert not finished(before)
    assert [(one.run.prompt_id, one.run.duration_source) for one in finished(after)] == [(None, DurationSource.LOG_LINE)]


def test_a_run_whose_lines_are_missing_is_told_by_the_api_alone() -> None:
    runs = LiveRuns()
    updates = feed(runs, told(99.0), *LINES, CLOSING, DONE, job(131.5, "b", 121.0, 131.0), job(151.5, "c", 141.0, 151.0))
    updates += feed(runs, write(151.001, "Prompt executed in 10.00 seconds\n"))

    assert [(one.run.prompt_id, one.run.first_line > 0) for one in finished(updates)] == [("a", True), ("b", False), ("c", True)]


def test_an_end_that_the_log_never_shows_is_told_after_a_while() -> None:
    runs = LiveRuns(grace_seconds=10.0)
    before = feed(runs, told(99.0), *LINES, DONE)

    assert not finished(before)
    assert not runs.tick(121.4)
    assert [one.run.prompt_id for one in finished(runs.tick(121.6))] == ["a"]


def test_a_log_goes_on_while_the_api_is_away_and_no_run_is_told_twice() -> None:
    runs = LiveRuns()
    updates = feed(runs, told(99.0), *LINES, ServerState(at=110.0, state=State.DOWN, reason="refused"), CLOSING)
    assert [one.run.prompt_id for one in finished(updates)] == [None]

    assert not finished(feed(runs, UP, DONE, told(140.0)))
    assert not finished(runs.tick(200.0))


def test_without_a_log_the_api_tells_runs_at_once() -> None:
    runs = LiveRuns(spellings={"graph:1": Workflow(name="portrait", signature="model:Flux|passes:1")})
    failure = JobFailure(kind="ValueError", message="no", node_id="1", node_class="KSampler")
    updates = feed(
        runs,
        UP,
        queue(100.5, prompt("a", create_time=100.0)),
        job(111.5, "a", 101.0, 111.0, nodes=(NodeTime(class_type="KSampler", seconds=4.0),)),
        job(113.0, "b", 112.0, 112.5, outcome=Outcome.ERROR, failure=failure),
        job(114.0, "c", 113.0, 113.5, outcome=Outcome.INTERRUPTED),
    )

    first, second, third = (one.run for one in finished(updates))
    assert (first.workflow.name, first.workflow.signature, first.workflow.graph_signature) == (
        "portrait",
        "model:Flux|passes:1",
        "graph:1",
    )
    assert first.nodes == (NodeTime(class_type="KSampler", seconds=4.0),)
    assert (second.failure and (second.failure.kind, second.failure.message, second.failure.line)) == ("ValueError", "no", 0)
    assert third.failure
    assert third.failure.kind == "interrupted"
    assert [time.phase for time in first.phases] == [Phase.OTHER]
    assert runs.requests.received == 3


def test_a_graph_is_spelt_as_its_full_runs_are_and_not_as_a_cached_one() -> None:
    runs = LiveRuns()
    cached = (write(112.0, "got prompt\n"), write(112.1, "Prompt executed in 0.01 seconds\n"))
    feed(runs, told(99.0), *LINES, CLOSING, DONE, *cached, job(112.5, "b", 112.05, 112.06, outcome=Outcome.CACHED))

    assert runs.spellings["graph:1"].signature == "model:Flux|passes:1"


def test_a_run_in_flight_gets_its_id_and_its_workflow_from_the_api() -> None:
    known = Workflow(name="portrait", signature="model:Flux|passes:1")
    runs = LiveRuns(spellings={"graph:1": known})
    updates = feed(runs, told(99.0), *LINES[:3], queue(103.5, prompt("a", create_time=100.0)), *LINES[3:])

    started = next(update for update in updates if isinstance(update, RunStarted))
    assert (started.run.prompt_id, started.run.started_at) == (None, 100.0)
    named = [update.run for update in updates if isinstance(update, RunProgress)][-1]
    assert (named.prompt_id, named.workflow, named.queue_seconds) == ("a", known, 0.0)


def test_the_next_run_starts_when_the_one_before_it_is_closed() -> None:
    runs = LiveRuns()
    pending = prompt("b", create_time=100.5)
    updates = feed(runs, told(99.0), *LINES, queue(104.0, prompt("a"), pending=[pending]), CLOSING, queue(111.2, pending), DONE)

    assert [(type(update), update.run.prompt_id) for update in updates if isinstance(update, RunStarted | RunFinished)] == [
        (RunStarted, None),
        (RunFinished, "a"),
        (RunStarted, "b"),
    ]
    last = updates[-1]
    assert isinstance(last, RunStarted)
    assert (last.run.started_at, last.run.queue_seconds) == (111.0, 10.5)


def test_a_dead_server_takes_its_run_along() -> None:
    runs = LiveRuns()
    start = ["Total VRAM 24564 MB, total RAM 64216 MB\n", "pytorch version: 2.7.0\n", "Set vram state to: NORMAL_VRAM\n"]
    updates = feed(
        runs,
        told(99.0),
        *LINES,
        queue(104.0, prompt("a"), pending=[prompt("b")]),
        DOWN,
        UP,
        *(write(200.0, line) for line in start),
        JobLost(at=201.0, prompt=prompt("a"), was_running=True),
        JobLost(at=201.0, prompt=prompt("b"), was_running=False),
        Restarted(at=201.0),
    )

    (one,) = finished(updates)
    assert (one.run.prompt_id, one.run.outcome, one.run.duration_seconds) == ("a", Outcome.CUT_OFF, None)
    assert one.run.observed_seconds == pytest.approx(8.0, abs=0.2)
    assert [update.prompt_id for update in updates if isinstance(update, RequestRemoved)] == ["b"]
    assert updates[-1] == Restarted(at=201.0)


def test_a_deleted_request_is_not_taken_for_that_of_the_next_run() -> None:
    runs = LiveRuns()
    more = (
        write(112.0, "got prompt\n"),
        write(113.0, "Requested to load Flux\n"),
        write(121.0, "Prompt executed in 8.50 seconds\n"),
    )
    updates = feed(
        runs,
        told(99.0),
        *LINES,
        write(108.5, "got prompt\n"),
        JobLost(at=109.0, prompt=prompt("gone"), was_running=False),
        CLOSING,
        DONE,
        *more,
        job(121.5, "b", 112.5, 121.0),
    )

    assert [one.run.queued_line for one in finished(updates)] == [1, 7]
    assert runs.requests.unresolved == 1


def test_a_request_that_was_deleted_unseen_is_noticed_when_the_queue_is_empty() -> None:
    runs = LiveRuns()
    updates = feed(runs, told(99.0), *LINES, write(108.5, "got prompt\n"), CLOSING, DONE, queue(112.0), queue(113.0))

    assert [update.prompt_id for update in updates if isinstance(update, RequestRemoved)] == [None]


def test_a_gap_in_the_log_ends_what_was_under_way_there() -> None:
    runs = LiveRuns()
    updates = feed(
        runs, told(99.0), *LINES, LogGap(at=150.0), write(151.0, "got prompt\n"), write(152.0, "Requested to load Flux\n")
    )
    updates += feed(runs, write(161.0, "Prompt executed in 9.50 seconds\n"), DONE, job(161.5, "b", 151.5, 161.0))

    assert [(one.run.prompt_id, len(one.run.passes)) for one in finished(updates)] == [("a", 0), ("b", 0)]


def test_past_jobs_are_not_counted_as_requests() -> None:
    runs = LiveRuns()
    updates = feed(runs, UP, job(1.0, "a", 101.0, 111.0, past=True))

    assert [one.past for one in finished(updates)] == [True]
    assert runs.requests.received == 0


@given(st.randoms(use_true_random=False))
def test_in_whatever_order_both_sources_arrive_each_run_is_told_once(dice: random.Random) -> None:
    """Each source keeps its own order; they are interleaved at random."""
    texts: list[LogWrite] = []
    ends: list[Observation] = []
    for number in range(5):
        began = 100.0 + number * 20
        texts += [
            write(began - 1, "got prompt\n"),
            write(began + 2, "Requested to load Flux\n"),
            write(began + 10.001, "Prompt executed in 10.00 seconds\n"),
        ]
        ends.append(job(0.0, f"run {number}", began, began + 10))
    runs, updates = LiveRuns(grace_seconds=1e9), list[Update]()
    for one in _interleaved(dice, texts, ends):
        updates += runs.feed(one)
    updates += runs.tick(2e9)

    assert sorted(one.run.prompt_id or "" for one in finished(updates)) == [f"run {number}" for number in range(5)]


def _interleaved(dice: random.Random, texts: Sequence[LogWrite], ends: Sequence[Observation]) -> Iterable[Observation]:
    yield told(1.0)
    left, right = list(texts), list(ends)
    yield left.pop(0)
    while left or right:
        yield (left if left and (not right or dice.random() < 0.6) else right).pop(0)


def test_events_of_a_run_reach_the_watcher_as_they_are_read() -> None:
    runs = LiveRuns()
    events = [update.event for update in feed(runs, told(99.0), *LINES) if isinstance(update, RunProgress)]

    assert [type(event).__name__ for event in events] == ["LoadRequested", "ModelLoaded", "Bar", "Bar", "Bar"]
    assert not any(isinstance(event, PromptReceived) for event in events)
