"""Servers that are old, guarded, slow, or die while they are watched: nothing is lost, nothing invented."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.runs.model import Outcome
from exporters.comfyui import target_of
from exporters.comfyui.client import observe
from exporters.live_runs import LiveRuns, RunFinished, RunProgress, RunStarted, follow
from exporters.observations import JobsTold, ServerState, State, SystemStats
from exporters.replay import (
    BEFORE_CREATE_TIME,
    BEFORE_JOBS,
    BEFORE_LOG_STREAM,
    BEFORE_LOGS,
    NEWER,
    Behaviour,
    Drop,
    Front,
    ReplayServer,
    Restart,
    Stall,
    load_session,
)
from tests.captures import executed, log_bytes
from tests.logs import read
from tests.replayed import FAST, Played, Scenario, play_all, until
from tests.test_live_sessions import check_runs

TLS = Path(__file__).parent / "tls"
CERTIFICATE, KEY = str(TLS / "certificate.pem"), str(TLS / "key.pem")
GUARDED = Front(user="me", password="se:cret", prefix="/comfy", certificate=CERTIFICATE, key=KEY)
QUICK_TO_DOUBT = replace(FAST, answer=0.4)
# Seconds of the sessions: S1's first run goes from 10.9 to 17.9, its third from 20.3 to 24.6; S3's third from 22.4 to 33.4.
IN_A_RUN, IN_ANOTHER, IN_A_QUEUE = 14.0, 22.5, 28.0

VERSIONS: dict[str, Behaviour] = {
    "before jobs": BEFORE_JOBS,
    "before create time": BEFORE_CREATE_TIME,
    "before the log stream": BEFORE_LOG_STREAM,
    "before logs": BEFORE_LOGS,
    "newer": NEWER,
}
SCENARIOS: dict[str, Scenario] = {
    **{name: Scenario(session="S4-failures", speed=8, server={"behaviour": kind}) for name, kind in VERSIONS.items()},
    "drop": Scenario(session="S1-simple", speed=8, server={"faults": [Drop(at=IN_A_RUN), Drop(at=IN_ANOTHER)]}),
    "drop in a queue": Scenario(session="S3-queue", speed=8, server={"faults": [Drop(at=IN_A_QUEUE)]}),
    "stall": Scenario(session="S1-simple", speed=8, server={"faults": [Stall(at=IN_A_RUN, seconds=15)]}, pace=QUICK_TO_DOUBT),
    "stall in a queue": Scenario(
        session="S3-queue", speed=8, server={"faults": [Stall(at=IN_A_QUEUE, seconds=12)]}, pace=QUICK_TO_DOUBT
    ),
    "restart": Scenario(session="S1-simple", speed=4, server={"faults": [Restart(at=IN_ANOTHER, down_seconds=3.0)]}),
    "guarded": Scenario(
        session="S1-simple", server={"front": GUARDED}, target={"user": "me", "password": "se:cret", "ca_file": CERTIFICATE}
    ),
    "token": Scenario(session="S1-simple", server={"front": Front(token="abc")}, target={"token": "abc"}),
    "untrusted but taken": Scenario(
        session="S1-simple", server={"front": Front(certificate=CERTIFICATE, key=KEY)}, target={"insecure": True}
    ),
    "another zone": Scenario(session="S2-two-pass", server={"utc_offset_seconds": 20700.0}),
    "no sockets": Scenario(
        session="S4-failures", speed=8, server={"front": Front(passes_sockets=False)}, pace=replace(FAST, poll=0.1)
    ),
}


@pytest.fixture(scope="module")
def played() -> dict[str, Played]:
    return play_all(SCENARIOS)


TELL_ALL = [name for name in SCENARIOS if name not in ("restart", "before create time", "before the log stream", "before logs")]


@pytest.mark.parametrize("name", TELL_ALL)
def test_every_run_is_told(name: str, played: dict[str, Played]) -> None:
    check_runs(played[name])


@pytest.mark.parametrize("name", ["before create time", "before the log stream", "before logs"])
def test_old_servers_tell_every_run_but_not_how_long_it_waited(name: str, played: dict[str, Played]) -> None:
    live, prompts = played[name], executed("S4-failures")

    assert [one.run.prompt_id for one in live.finished] == [prompt["prompt_id"] for prompt in prompts]
    for one, prompt in zip(live.finished, prompts, strict=True):
        if prompt.get("history_duration_s") is not None:
            assert (one.run.duration_seconds or 0) * 8 == pytest.approx(prompt["history_duration_s"], abs=0.5)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("before jobs", {"/queue", "/history"}),
        ("newer", {"/api/jobs"}),
        ("before the log stream", {"/queue", "/internal/logs/raw"}),
    ],
)
def test_each_version_is_asked_what_it_knows(name: str, asked: set[str], played: dict[str, Played]) -> None:
    paths = [path for _, path, _ in played[name].asked]

    assert asked <= set(paths)
    # What is missing is found out once for each of the two processes of this session.
    assert name == "newer" or paths.count("/api/jobs") == 2


def test_passes_come_from_the_log_where_it_can_be_had(played: dict[str, Played]) -> None:
    with_log = {name: sum(len(one.run.passes) for one in played[name].finished) for name in VERSIONS}

    assert with_log["before logs"] == 0
    assert with_log["before jobs"] == with_log["before create time"] == with_log["newer"] > 0
    assert with_log["before the log stream"] > 0


@pytest.mark.parametrize("name", ["drop", "drop in a queue"])
def test_a_broken_connection_is_no_restart(name: str, played: dict[str, Played]) -> None:
    live = played[name]

    assert live.restarts == 0
    assert [path for _, path, _ in live.asked].count("/ws") == 1 + len(live.scenario.server["faults"])


@pytest.mark.parametrize("name", ["stall", "stall in a queue"])
def test_a_stalled_server_is_not_down(name: str, played: dict[str, Played]) -> None:
    live = played[name]

    assert live.states == [State.UP, State.STALLED, State.UP]
    assert live.restarts == 0


@pytest.mark.parametrize("name", ["drop", "stall", "guarded", "another zone"])
def test_lines_missed_meanwhile_are_filled_in_once(name: str, played: dict[str, Played]) -> None:
    live = played[name]
    steps = [[(bar.steps, bar.complete) for bar in one.run.passes] for one in live.finished]

    whole = read(log_bytes(live.scenario.session)).runs
    assert steps == [[(bar.steps, bar.complete) for bar in run.passes] for run in whole]


def test_a_restart_loses_what_ran_and_no_more(played: dict[str, Played]) -> None:
    live, prompts = played["restart"], executed("S1-simple")

    assert [(one.run.prompt_id, one.run.outcome) for one in live.finished] == [
        (prompts[0]["prompt_id"], Outcome.SUCCESS),
        (prompts[1]["prompt_id"], Outcome.CACHED),
        (prompts[2]["prompt_id"], Outcome.CUT_OFF),
        (prompts[3]["prompt_id"], Outcome.SUCCESS),
        (prompts[4]["prompt_id"], Outcome.SUCCESS),
    ]
    assert live.states == [State.UP, State.DOWN, State.UP]
    assert live.restarts == 1


def test_naive_stamps_of_another_zone_are_brought_into_line(played: dict[str, Played]) -> None:
    for one in played["another zone"].finished:
        assert one.run.queued_line is not None, "the log's request was not within two seconds of the API's"
        assert one.run.ended_at is not None
        assert all(bar.last_at is not None and abs(bar.last_at - one.run.ended_at) < 10 for bar in one.run.passes)


# --- what cannot be watched -----------------------------------------------------------------------------------------


def first_state(front: Front, target: Mapping[str, object]) -> ServerState:
    async def watch() -> ServerState:
        async with ReplayServer(load_session("S1-simple"), front=front, play=False) as server:
            observations = observe(target_of(server.url, **target), pace=FAST)  # type: ignore[arg-type]
            try:
                async for seen in observations:
                    if isinstance(seen, ServerState):
                        return seen
                raise AssertionError
            finally:
                await observations.aclose()

    return asyncio.run(watch())


@pytest.mark.parametrize(
    ("front", "target", "says"),
    [
        (Front(user="me", password="x"), {}, "401"),
        (Front(user="me", password="x"), {"user": "me", "password": "y"}, "401"),
        (Front(token="abc"), {"token": "abd"}, "401"),
        (Front(certificate=CERTIFICATE, key=KEY), {}, "certificate is not trusted"),
    ],
    ids=["no password", "wrong password", "wrong token", "own certificate"],
)
def test_a_closed_door_is_said_so(front: Front, target: Mapping[str, object], says: str) -> None:
    state = first_state(front, target)

    assert state.state is State.DOWN
    assert says in state.reason


def test_credentials_in_the_address_are_used() -> None:
    async def watch() -> State:
        async with ReplayServer(load_session("S1-simple"), front=Front(user="me", password="a b"), play=False) as server:
            observations = observe(target_of(server.url.replace("://", "://me:a%20b@")), pace=FAST)
            try:
                async for seen in observations:
                    if isinstance(seen, ServerState):
                        return seen.state
                raise AssertionError
            finally:
                await observations.aclose()

    assert asyncio.run(watch()) is State.UP


def test_nobody_there() -> None:
    async def watch() -> ServerState:
        observations = observe(target_of("http://127.0.0.1:1"), pace=FAST)
        try:
            async for seen in observations:
                assert isinstance(seen, ServerState)
                return seen
            raise AssertionError
        finally:
            await observations.aclose()

    state = asyncio.run(watch())
    assert (state.state, "refused" in state.reason) == (State.DOWN, True)


@pytest.mark.parametrize("url", ["", "ftp://host", "http://", "http://host:port", "http://me:secret@host:999999"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UsageError) as error:
        target_of(url)
    assert "secret" not in str(error.value)


def test_secrets_do_not_show() -> None:
    assert "hush" not in repr(target_of("http://host", user="me", password="hush"))
    assert "hush" not in repr(target_of("http://host", token="hush"))


def test_a_certificate_file_that_is_none() -> None:
    with pytest.raises(UsageError, match="no certificates can be read"):
        target_of("https://host", ca_file=__file__).tls()


# --- coming late ----------------------------------------------------------------------------------------------------


def test_what_was_over_when_we_came_is_past_and_the_run_under_way_is_not() -> None:
    """S5-soak has a run every few seconds; we come after some of them."""

    async def watch() -> Played:
        played = Played(Scenario(session="S5-soak"), runs=LiveRuns())
        async with ReplayServer(load_session("S5-soak"), speed=40.0) as server:
            await until(lambda: len(server.process.history) >= 6 and bool(server.process.running))
            ended, running = set(server.process.history), set(server.process.running)
            updates = follow(played.runs, [observe(target_of(server.url), pace=FAST)])

            async def collect() -> None:
                async for update in updates:
                    played.updates.append(update)

            task = asyncio.ensure_future(collect())
            await until(lambda: any(not one.past for one in played.finished), task)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await updates.aclose()
        assert {one.run.prompt_id for one in played.finished if one.past} >= ended
        assert running & {one.run.prompt_id for one in played.finished if not one.past}
        return played

    played = asyncio.run(watch())
    started = next(place for place, update in enumerate(played.updates) if isinstance(update, RunStarted))
    assert all(one.past for one in played.updates[:started] if isinstance(one, RunFinished))
    # The lines of the run under way, from before we came, follow its start.
    assert isinstance(played.updates[started + 1], RunProgress)
    assert not any(isinstance(update, RunProgress) for update in played.updates[:started])


def test_memory_is_sampled_without_the_command_line() -> None:
    async def watch() -> SystemStats:
        async with ReplayServer(load_session("S1-simple"), play=False) as server:
            observations = observe(target_of(server.url), pace=FAST)
            try:
                async for seen in observations:
                    if isinstance(seen, SystemStats):
                        return seen
                raise AssertionError
            finally:
                await observations.aclose()

    stats = asyncio.run(watch())
    assert (stats.comfyui_version, stats.pytorch_version) == ("0.8.0", "2.13.0+cpu")
    assert stats.ram_total_bytes == 25276502016
    assert [(device.kind, device.total_bytes) for device in stats.devices] == [("cpu", 25276502016)]
    assert "main.py" not in repr(stats)


def test_jobs_are_told_to_be_complete(played: dict[str, Played]) -> None:
    assert all(live.of(JobsTold) for live in played.values())
