"""A run in flight: passes and what lies between them, from lines as they come."""

import pytest

from analyzer.events import Event, NodeNote, Role, WeightsRead
from analyzer.predict import History, LiveLog, LiveRun, live_phases
from analyzer.runs.model import Outcome, Phase, Start
from tests.captures import RAN, UNSPLIT, log_bytes, truth
from tests.live import arrivals, frame, loaded, requested, sampling
from tests.logs import events as events_of
from tests.logs import log, read, sampler


def run_of(*timed: tuple[float, Event]) -> LiveRun:
    live = LiveRun(started_at=0.0)
    for at, event in timed:
        live.feed(event, at)
    return live


def passes(live: LiveRun) -> list[tuple[float, float]]:
    return [(steps.done, steps.total) for steps in live.passes]


def test_lines_tell_what_is_being_done_and_since_when() -> None:
    live = LiveRun(started_at=10.0)
    assert (live.phase, live.phase_since, live.start) == (Phase.OTHER, 10.0, Start.UNKNOWN)

    live.feed(requested("FluxClipModel_"), 12.0)
    assert (live.phase, live.phase_since) == (Phase.MODEL_LOAD, 12.0)
    live.feed(loaded(), 14.0)
    assert (live.phase, live.phase_since) == (Phase.TEXT_ENCODE, 14.0)
    live.feed(WeightsRead(line=1, role=Role.DIFFUSION), 15.0)
    assert (live.phase, live.start) == (Phase.MODEL_LOAD, Start.COLD)
    live.feed(frame(0, 20), 60.0)
    assert (live.phase, live.phase_since) == (Phase.SAMPLE, 60.0)
    live.feed(requested("AutoencodingEngine"), sampling(live, 60.0, 20))
    live.feed(loaded(), 81.0)
    assert (live.phase, live.current) == (Phase.VAE, None)


def test_a_run_whose_first_pass_began_without_a_load_is_warm() -> None:
    live = LiveRun(started_at=0.0)
    starts = [live.start]
    sampling(live, 1.0, 4)
    starts.append(live.start)
    live.feed(requested("Flux"), 9.0)
    starts.append(live.start)

    assert starts == [Start.UNKNOWN, Start.WARM, Start.COLD]


def test_a_second_pass_is_not_progress_running_backwards() -> None:
    live = LiveRun(started_at=0.0)
    end = sampling(live, 1.0, 20)
    live.feed(frame(20, 20, 20.0), end + 0.01)  # the last frame, repeated on closing
    sampling(live, end + 3.0, 20, done=5)

    assert passes(live) == [(20, 20), (5, 20)]
    assert [place.began_at for place in live.places] == [0.0, end]
    assert live.places[1].ended_at == end + 3.0
    assert live.current is live.passes[1]


def test_a_sampler_that_stops_early_is_over_when_the_next_one_begins() -> None:
    live = LiveRun(started_at=0.0)
    sampling(live, 0.0, 20, done=12)
    sampling(live, 30.0, 10, done=1)

    assert passes(live) == [(12, 20), (1, 10)]
    assert live.places[1].began_at == 12.0


def test_a_sampler_without_a_total_ends_the_one_before_and_is_no_pass() -> None:
    live = LiveRun(started_at=0.0)
    sampling(live, 0.0, 20, done=12)
    for steps in range(3):
        live.feed(frame(steps, None, float(steps)), 20.0 + steps)

    assert (passes(live), live.current, live.seen.samplers) == ([(12, 20)], None, 2)


def test_a_total_that_changes_within_a_bar_is_the_same_pass() -> None:
    live = LiveRun(started_at=0.0)
    sampling(live, 0.0, 20, done=8)
    live.feed(frame(9, 30, 9.0), 9.0)
    live.feed(frame(10, 30, 10.0), 10.0)

    assert passes(live) == [(10, 30)]
    assert list(live.passes[0].recent) == [1.0] * 9


def test_bars_inside_another_bar_are_part_of_it() -> None:
    live = LiveRun(started_at=0.0)
    live.feed(frame(0, 2, label="USDU", unit="tile"), 0.0)
    sampling(live, 1.0, 10)
    live.feed(frame(1, 2, 14.0, label="USDU", unit="tile"), 14.0)
    sampling(live, 15.0, 10, done=3)

    assert passes(live) == [(1, 2)]
    assert (live.phase, live.seen.samplers) == (Phase.OTHER, 2)


def test_loaders_and_downloads_have_no_steps_that_tell_anything() -> None:
    live = run_of(
        (1.0, frame(0, 7, label="Loading pipeline components...")),
        (1.5, frame(6, 7, 0.0, label="Loading pipeline components...")),
        (2.0, frame(3e6, 9e9, 1.0, label="model.safetensors", unit="B")),
        (3.0, frame(12, None, 3.0)),
    )

    assert live.passes == []
    assert live.start is Start.COLD
    assert live.phase is Phase.OTHER


def test_a_bar_that_is_under_way_when_it_is_first_seen_began_as_long_ago_as_it_says() -> None:
    live = run_of((200.0, frame(14, 30, 113.0)), (208.0, frame(15, 30, 121.0)))
    steps = live.passes[0]

    assert (steps.began_at, steps.joined_steps, steps.joined_seconds) == (87.0, 14, 113.0)
    assert list(steps.recent) == [8.0]


def test_frames_that_come_together_are_told_apart_by_the_bars_own_clock() -> None:
    live = run_of((50.0, frame(0, 30)), (50.0, frame(20, 30, 40.0)), (52.0, frame(21, 30, 42.0)))

    assert live.passes[0].joined_seconds == 40.0
    assert list(live.passes[0].recent) == [2.0]


def test_lines_without_any_time_wait_for_the_first_one_that_has_it() -> None:
    live = LiveRun()
    for event in (requested("Flux"), loaded(), frame(0, 30), frame(14, 30, 113.0)):
        live.feed(event)
    assert live.started_at is None
    live.feed(frame(15, 30, 121.0), 1000.0)

    assert live.joined_late
    assert live.started_at == pytest.approx(1000.0 - 121.0)
    assert passes(live) == [(15, 30)]


def test_a_clock_that_is_set_back_does_not_make_time_run_backwards() -> None:
    live = LiveRun(started_at=100.0)
    end = sampling(live, 101.0, 4)
    live.feed(NodeNote(line=1, what="saved"), end - 3600.0)

    assert live.last_at == end
    assert live.elapsed_seconds(50.0) == 0.0


def test_weights_that_are_brought_in_during_the_first_step_are_no_slow_step() -> None:
    live = run_of(
        (0.0, frame(0, 20, initialising=True)), (41.0, frame(1, 20, 41.0, initialising=True)), (42.5, frame(2, 20, 3.0))
    )

    assert live.passes[0].first_loads
    assert list(live.passes[0].recent) == [1.5]


def test_what_the_api_knows_better_than_the_log() -> None:
    live = LiveRun()
    live.feed(frame(0, 20), 100.0)
    live.learn(started_at=90.0, queue_seconds=30.0, workflow="graph", start=Start.COLD)

    assert (live.started_at, live.places[0].began_at) == (90.0, 90.0)
    assert (live.used_seconds(110.0), live.workflow, live.start) == (50.0, "graph", Start.COLD)


def test_a_request_that_must_be_worked_on_now_is_in_flight_before_its_first_line() -> None:
    watched = LiveLog()
    feed(watched, log("got prompt"), 100.0)
    feed(watched, log("got prompt"), 105.0)

    assert watched.current is not None
    assert (watched.current.started_at, watched.current.queue_seconds, watched.waiting) == (100.0, 0.0, 1)
    feed(watched, log("Requested to load Flux", sampler(), "Prompt executed in 40.00 seconds"), 140.0)
    assert watched.current is not None
    assert (watched.current.started_at, watched.current.queue_seconds, watched.waiting) == (140.0, 35.0, 0)


def test_a_rejected_request_is_no_run() -> None:
    watched = LiveLog()
    feed(watched, log("got prompt"), 100.0)
    feed(watched, log("invalid prompt: {'type': 'prompt_no_outputs', 'message': 'Prompt has no outputs', 'details': ''}"), 100.1)

    assert (watched.current, watched.waiting) == (None, 0)


def test_a_run_that_dies_with_its_server_ends_without_saying_how_long_the_last_part_takes() -> None:
    watched = LiveLog()
    feed(watched, log("got prompt", "Requested to load Flux"), 100.0)
    feed(watched, log("Total VRAM 24106 MB, total RAM 24106 MB"), 130.0)
    assert watched.current is None


def feed(watched: LiveLog, data: bytes, at: float) -> None:
    for event in events_of(data):
        watched.feed(event, at)


@pytest.mark.parametrize("session", UNSPLIT)
def test_recorded_runs_have_their_steps_and_the_phases_of_the_finished_run(session: str) -> None:
    watched = LiveLog()
    outcomes: list[Outcome] = []
    for at, events in arrivals(session):
        for event in events:
            ended = watched.feed(event, at)
            if ended is None:
                continue
            outcomes.append(ended.run.outcome)
            assert ended.live is not None
            if ended.run.duration_seconds is None or not ended.run.passes:
                continue
            # A server cleans up between two runs: the next one begins up to half a second after the end of the one before.
            late = (ended.run.started_at or 0.0) - (ended.live.started_at or 0.0)
            assert -0.05 < late < 0.5
            finished = {time.phase: time.seconds for time in ended.run.phases}
            so_far = live_phases(ended.live, ended.run.ended_at or at)
            assert sum(so_far.values()) == pytest.approx(ended.run.duration_seconds, abs=0.05 + abs(late))
            for phase in Phase:
                assert so_far.get(phase, 0.0) == pytest.approx(finished.get(phase, 0.0), abs=0.05 + abs(late)), (
                    ended.run.number,
                    phase,
                )
    assert len(outcomes) == sum(prompt["outcome"] in RAN for prompt in truth(session)["prompts"])


def test_a_log_without_any_time_still_tells_its_runs_and_rates() -> None:
    watched, data = LiveLog(), log_bytes("S5-soak")
    ended = [found for event in events_of(data) if (found := watched.feed(event)) is not None]

    assert [one.run.workflow for one in ended] == [run.workflow for run in read(data).runs]
    history = History.of_courses(one.course for one in ended)
    assert {name: one.placed for name, one in history.workflows.items()} == dict.fromkeys(history.workflows, False)
    assert history.workflows["model:Flux|passes:1"].rate(0).median == pytest.approx(0.4, rel=0.1)
