"""Every recorded session, served to the real client over real sockets, against the truth beside it."""

from dataclasses import replace
from typing import Any

import pytest

from analyzer.runs.graph_signature import graph_facts
from analyzer.runs.model import DurationSource, Outcome
from exporters.comfyui import Pace
from exporters.comfyui.node_times import NodeTimes
from exporters.live_runs import RequestQueued, RequestRejected, RequestRemoved, RunProgress, RunStarted
from exporters.observations import State
from exporters.replay import load_session
from tests.captures import SESSIONS, executed, log_bytes, truth
from tests.logs import read
from tests.replayed import FAST, Played, Scenario, play_all

OUTCOMES = {
    "success": {Outcome.SUCCESS},
    "cached": {Outcome.CACHED},
    "error": {Outcome.ERROR, Outcome.OOM},
    "interrupted": {Outcome.INTERRUPTED},
    "server_killed": {Outcome.CUT_OFF},
}
SAMPLERS = ("KSampler", "SamplerCustomAdvanced")
# Of the session's own time.
NEAR_SECONDS = 0.5


# Where prompts are deleted or killed soon after they came, the API must be given the time to show them.
SPEEDS = {"S3-queue": 8.0, "S4-failures": 8.0, "S5-soak": 40.0}
EAGER = replace(FAST, least=0.005)


@pytest.fixture(scope="module")
def all_played() -> dict[tuple[str, bool], Played]:
    ways = [(name, log) for name in SESSIONS for log in (True, False)]
    return play_all(
        {(name, log): Scenario(session=name, log=log, speed=SPEEDS.get(name, 30.0), pace=EAGER) for name, log in ways}
    )


@pytest.fixture(scope="module")
def played(all_played: dict[tuple[str, bool], Played]) -> dict[str, Played]:
    return {name: all_played[name, True] for name in SESSIONS}


@pytest.fixture(scope="module")
def without_log(all_played: dict[tuple[str, bool], Played]) -> dict[str, Played]:
    return {name: all_played[name, False] for name in SESSIONS}


def check_runs(live: Played) -> None:
    """Each executed prompt is one run, none is invented, and times and outcomes are the true ones."""
    prompts, speed = executed(live.scenario.session), live.scenario.speed
    recorded = {prompt.id: prompt for prompt in load_session(live.scenario.session).prompts}

    assert [one.run.prompt_id for one in live.finished] == [prompt["prompt_id"] for prompt in prompts]
    for one, prompt in zip(live.finished, prompts, strict=True):
        run = one.run
        assert run.outcome in OUTCOMES[prompt["outcome"]], prompt["prompt_id"]
        assert not one.past
        if prompt.get("history_duration_s") is None:
            assert run.duration_seconds is None
            continue
        assert run.duration_source is DurationSource.API
        assert run.duration_seconds is not None
        assert run.duration_seconds * speed == pytest.approx(prompt["history_duration_s"], abs=NEAR_SECONDS)
        begun = dict(recorded[prompt["prompt_id"]].history["status"]["messages"])["execution_start"]["timestamp"]  # type: ignore[index]
        waited = (begun - recorded[prompt["prompt_id"]].extra_data["create_time"]) / 1000
        assert run.queue_seconds is not None
        assert run.queue_seconds * speed == pytest.approx(waited, abs=NEAR_SECONDS)
        assert run.queue_seconds * speed == pytest.approx(max(0.0, prompt["start"] - prompt["submit"]), abs=NEAR_SECONDS)


def counts(session: str) -> tuple[int, int, int]:
    """Requests that were received, rejected, and never ran."""
    outcomes = [prompt["outcome"] for prompt in truth(session)["prompts"]]
    return len(outcomes), outcomes.count("rejected"), outcomes.count("deleted_from_queue") + outcomes.count("lost_in_queue")


@pytest.mark.parametrize("session", SESSIONS)
def test_api_and_log_together_tell_every_run(session: str, played: dict[str, Played]) -> None:
    check_runs(played[session])


@pytest.mark.parametrize("session", SESSIONS)
def test_the_api_alone_tells_every_run(session: str, without_log: dict[str, Played]) -> None:
    check_runs(without_log[session])
    assert all(one.run.first_line == 0 for one in without_log[session].finished)


@pytest.mark.parametrize("session", SESSIONS)
def test_requests_are_counted(session: str, played: dict[str, Played]) -> None:
    live = played[session]
    received, rejected, removed = counts(session)

    assert (live.runs.requests.received, live.runs.requests.rejected, live.runs.requests.unresolved) == (
        received,
        rejected,
        removed,
    )
    assert sum(isinstance(update, RequestQueued) for update in live.updates) == received
    assert sum(isinstance(update, RequestRejected) for update in live.updates) == rejected
    assert sum(isinstance(update, RequestRemoved) for update in live.updates) == removed


@pytest.mark.parametrize("session", SESSIONS)
def test_without_a_log_rejected_requests_are_not_seen(session: str, without_log: dict[str, Played]) -> None:
    received, rejected, removed = counts(session)
    requests = without_log[session].runs.requests
    # One that is deleted at once may never be seen.
    unseen = received - rejected - requests.received

    assert 0 <= unseen <= sum(prompt["outcome"] == "deleted_from_queue" for prompt in truth(session)["prompts"])
    assert requests.unresolved == removed - unseen


def expected_steps(prompt: dict[str, Any]) -> list[int]:
    ran = [node for node, facts in prompt["nodes"].items() if facts["class_type"] in SAMPLERS and facts["end"]]
    return sorted(prompt["sampler_steps"][node] for node in ran)


@pytest.mark.parametrize("session", SESSIONS)
def test_sampler_passes_have_their_steps(session: str, played: dict[str, Played]) -> None:
    for one, prompt in zip(played[session].finished, executed(session), strict=True):
        if prompt["outcome"] == "success" and prompt["nodes_complete"]:
            assert sorted(int(bar.total_steps or 0) for bar in one.run.passes) == expected_steps(prompt), one.run.number


# The log of a split session lacks what went to the other stream; the API's has both.
@pytest.mark.parametrize("session", [name for name in SESSIONS if "split" not in name])
def test_a_run_is_the_same_workflow_live_and_from_the_file(session: str, played: dict[str, Played]) -> None:
    live = [one.run.workflow.signature for one in played[session].finished]

    assert live == [run.workflow.signature for run in read(log_bytes(session)).runs]


@pytest.mark.parametrize("session", SESSIONS)
def test_phases_fill_the_run(session: str, played: dict[str, Played]) -> None:
    for one in played[session].finished:
        if one.run.total_seconds:
            assert sum(time.seconds for time in one.run.phases) == pytest.approx(one.run.total_seconds, abs=1e-6)


@pytest.mark.parametrize("session", SESSIONS)
def test_a_graph_is_one_workflow_whoever_tells_it(
    session: str, played: dict[str, Played], without_log: dict[str, Played]
) -> None:
    signatures = [one.run.workflow.graph_signature for one in played[session].finished]

    assert None not in signatures
    assert signatures == [one.run.workflow.graph_signature for one in without_log[session].finished]
    assert all(played[session].runs.spellings[name or ""].graph_signature == name for name in signatures[:1])


@pytest.mark.parametrize("session", SESSIONS)
def test_runs_that_worked_have_started_and_told_their_steps(session: str, played: dict[str, Played]) -> None:
    live = played[session]
    stepped = [one.run for one in live.finished if one.run.passes]
    started = [update for update in live.updates if isinstance(update, RunStarted)]
    frames = [update for update in live.updates if isinstance(update, RunProgress) and type(update.event).__name__ == "Bar"]

    assert len(started) >= len(stepped)
    assert len(frames) >= sum(int(bar.steps) for run in stepped for bar in run.passes)


def test_a_restart_is_told_once(played: dict[str, Played]) -> None:
    assert {name: live.restarts for name, live in played.items() if live.restarts} == {"S4-failures": 1}
    assert played["S4-failures"].states == [State.UP, State.DOWN, State.UP]


SENT_WITHOUT_CLIENT = next(one for one in load_session("S3-queue").prompts if "client_id" not in one.extra_data)


def test_node_times_are_known_where_observers_get_them(played: dict[str, Played]) -> None:
    with_nodes = [one.run for one in played["S3-queue"].finished if one.run.nodes]

    assert [run.prompt_id for run in with_nodes] == [SENT_WITHOUT_CLIENT.id]
    times = {node.class_type: node.seconds for node in with_nodes[0].nodes or ()}
    assert times.keys() >= {"SamplerCustomAdvanced", "PostProcessSleep", "VAEDecode"}


def test_node_times_are_the_true_ones() -> None:
    times = NodeTimes()
    for one in load_session("S3-queue").happenings:
        if one.message is not None and one.message["type"] == "progress_state":
            times.message(one.message["data"], one.at)
    found = times.of(SENT_WITHOUT_CLIENT.id, graph_facts(SENT_WITHOUT_CLIENT.graph)) or ()
    prompt = next(row for row in executed("S3-queue") if row["prompt_id"] == SENT_WITHOUT_CLIENT.id)

    truly = {node["class_type"]: node["end"] - node["start"] for node in prompt["nodes"].values()}
    assert {node.class_type: node.seconds for node in found} == pytest.approx(truly, abs=0.01)


@pytest.mark.parametrize("session", SESSIONS)
def test_a_server_is_only_looked_at(session: str, played: dict[str, Played]) -> None:
    asked = played[session].asked

    assert {(method, path) for method, path, _ in asked if method != "GET"} == {("PATCH", "/internal/logs/subscribe")}
    assert not any({"origin", "sec-fetch-site"} & {name.lower() for name in headers} for _, _, headers in asked)


@pytest.mark.long
def test_near_the_real_speed_with_the_usual_pace() -> None:
    everything = play_all({name: Scenario(session=name, speed=2.0, pace=Pace()) for name in SESSIONS})

    for live in everything.values():
        check_runs(live)
