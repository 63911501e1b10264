"""What is expected of a run in flight: how long still, how surely, and in which words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.events import Detection, Event, NodeNote, SoftOutOfMemory
from analyzer.predict import (
    Basis,
    Change,
    Forecasts,
    History,
    Level,
    LiveRun,
    Prediction,
    RiskAlert,
    alert_chance,
    predict,
    sentence,
    watched_course,
)
from analyzer.predict.course import Course
from analyzer.runs.model import Phase
from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.observations import Observation
from tests.live import frame, loaded, plain_run, requested, sampling

KNOWN = History.of_courses([plain_run(load=2.0 + 0.1 * i, after=5.0 + 0.1 * i) for i in range(10)])


def begun(at: float = 0.0) -> LiveRun:
    live = LiveRun(started_at=at)
    live.feed(requested("FluxClipModel_"), at)
    return live


def in_pass(done: int, step: float = 1.0) -> tuple[LiveRun, float]:
    live = begun()
    live.feed(loaded(), 2.0)
    return live, sampling(live, 2.0, 20, step, done=done)


# --- remaining time ----------------------------------------------------------------------------------------------------


def test_equal_states_give_equal_numbers_and_nothing_is_changed() -> None:
    first, now = in_pass(8)
    second, _ = in_pass(8)

    assert predict(first, KNOWN, now, 30.0) == predict(first, KNOWN, now, 30.0) == predict(second, KNOWN, now, 30.0)


def test_the_rest_is_that_of_the_pass_and_what_past_runs_had_behind_it() -> None:
    live, now = in_pass(8)
    found = predict(live, KNOWN, now)

    assert found.remaining_seconds == pytest.approx(12 + 5.45, rel=0.05)
    assert found.low_seconds < found.remaining_seconds < found.high_seconds
    assert (found.steps, found.total_steps, found.pass_number, found.phase) == (8, 20, 1, Phase.SAMPLE)
    assert found.seconds_per_step == pytest.approx(1.0, rel=0.02)
    assert (found.basis, found.past_runs, found.p_exceed) == (Basis.PHASES, 10, None)
    assert found.ends_at == now + found.remaining_seconds


def test_a_run_that_is_slower_than_its_past_is_believed() -> None:
    live, now = in_pass(8, step=3.0)

    assert predict(live, KNOWN, now).remaining_seconds == pytest.approx(3 * 12 + 5.45, rel=0.05)


def test_the_first_step_is_not_taken_for_the_others() -> None:
    slow_first = History.of_courses([plain_run_with_first(3.0) for _ in range(6)])
    live = begun()
    at = sampling(live, 2.0, 20, first=3.0, done=1)

    assert predict(live, slow_first, at).seconds_per_step == pytest.approx(1.0, rel=0.1)


def plain_run_with_first(first: float) -> Course:
    live = begun()
    end = sampling(live, 2.0, 20, first=first)
    return watched_course(live, workflow="model:Flux|passes:1", ended_at=end + 5.0)


def test_the_second_pass_is_expected_to_be_as_slow_as_the_first() -> None:
    def two(step: float, done: int) -> tuple[LiveRun, float]:
        live = begun()
        end = sampling(live, 2.0, 10, step)
        return live, sampling(live, end, 10, step, done=done) if done else end

    past, end = two(1.0, 10)
    known = History.of_courses([watched_course(past, workflow="model:Flux|passes:2", ended_at=end + 1.0)] * 10)
    live, now = two(2.0, 0)

    assert predict(live, known, now).remaining_seconds > 1.4 * 11


@pytest.mark.parametrize("place", ["open step", "load"])
def test_while_nothing_happens_the_end_moves_away_and_the_risk_grows(place: str) -> None:
    live, last = in_pass(8) if place == "open step" else (begun(), 0.0)
    found = [predict(live, KNOWN, last + waited, 300.0) for waited in (1.0, 30.0, 100.0, 250.0)]

    assert found[-1].remaining_seconds > found[-2].remaining_seconds > 60.0
    risks = [one.p_exceed or 0.0 for one in found]
    assert risks == sorted(risks)
    assert risks[0] < 0.05
    assert risks[-1] > 0.8


def test_a_load_that_lasts_must_be_a_cold_one() -> None:
    cold = [plain_run(load=60.0 + i, cold=True) for i in range(5)]
    known = History.of_courses([*KNOWN.workflows["model:Flux|passes:1"].courses, *cold])
    live = LiveRun(started_at=0.0)

    early, late = (predict(live, known, at).remaining_seconds for at in (0.5, 20.0))
    assert early == pytest.approx(1.6 + 20 + 5.5, rel=0.15)
    assert late == pytest.approx(42 + 20 + 5.5, rel=0.15)


def test_a_landmark_that_past_runs_had_too_is_better_than_the_time_so_far() -> None:
    live = begun()
    live.feed(loaded(), 40.0)

    assert predict(live, KNOWN, 40.0).remaining_seconds == pytest.approx(20 + 5.45, rel=0.1)


def test_one_of_very_many_passes() -> None:
    def faces(count: int) -> tuple[LiveRun, float]:
        live, at = LiveRun(started_at=0.0), 1.0
        for _ in range(count):
            at = sampling(live, at, 10)
        return live, at

    past, end = faces(9)
    known = History.of_courses([watched_course(past, workflow="model:|passes:4+", ended_at=end + 1.0)] * 6)
    live, now = faces(6)
    sampling(live, now, 10, done=2)

    assert predict(live, known, now + 2).remaining_seconds == pytest.approx(end + 1.0 - (now + 2), rel=0.2)


# --- the limit ---------------------------------------------------------------------------------------------------------


def test_the_risk_goes_with_the_limit_and_is_one_beyond_it() -> None:
    live, now = in_pass(8)
    risks = [predict(live, KNOWN, now, limit).p_exceed or 0.0 for limit in (5.0, 20.0, 27.0, 30.0, 300.0)]

    assert risks == sorted(risks, reverse=True)
    assert risks[0] == 1.0
    assert 0.9 < risks[1] < 1.0
    assert 0 < risks[-1] < 0.01


def test_the_wait_in_the_queue_counts_against_the_limit() -> None:
    live, now = in_pass(8)
    alone = predict(live, KNOWN, now, 40.0)
    live.learn(queue_seconds=30.0)
    queued = predict(live, KNOWN, now, 40.0)

    assert (alone.used_seconds, queued.used_seconds, queued.elapsed_seconds) == (10.0, 40.0, 10.0)
    assert queued.remaining_seconds == alone.remaining_seconds
    assert (queued.p_exceed, (alone.p_exceed or 1.0) < 0.05) == (1.0, True)


def test_without_live_progress_the_history_speaks_as_it_does_for_the_timeout() -> None:
    seconds = [100.0 + 3 * i for i in range(12)]
    observations = [Observation(seconds=one, finished=True, cold=False) for one in seconds]
    known = History.of_courses([Course(workflow="w", cold=False, count=0, observation=one) for one in observations])
    curve = estimate({"w": observations})["w"].curve
    found = predict(LiveRun(started_at=0.0, workflow="w", progress=False), known, 90.0, 130.0)

    assert found.basis is Basis.HISTORY
    assert found.p_exceed == pytest.approx(curve.conditional(130.0, 90.0), abs=2e-3)
    assert found.remaining_seconds == pytest.approx(curve.inverse(0.5 * curve.survival(90.0)) - 90.0, rel=0.02)


def test_without_any_past_run_there_are_defaults() -> None:
    live, now = in_pass(8)
    found = predict(live, History(), now, 300.0)

    assert (found.basis, found.past_runs, found.workflow) == (Basis.DEFAULTS, 0, None)
    assert found.seconds_per_step == pytest.approx(1.0, rel=0.05)
    assert found.low_seconds > 12


def test_a_run_like_no_other_has_the_server_s_own_defaults() -> None:
    live = LiveRun(started_at=0.0, resident_model="Wan")
    now = sampling(live, 1.0, 20)
    found = predict(live, KNOWN, now)

    assert (found.basis, found.past_runs) == (Basis.DEFAULTS, 0)
    assert found.remaining_seconds == pytest.approx(5.45, rel=0.2)


def test_a_history_without_stamps_knows_the_time_outside_passes_as_a_whole() -> None:
    past = [
        Course(workflow="w", cold=False, passes=one.passes, count=1, unplaced_seconds=40.0 + i)
        for i, one in enumerate([plain_run()] * 6)
    ]
    known = History.of_courses(past)
    live = LiveRun(started_at=0.0, workflow="w")
    assert predict(live, known, 1.0).remaining_seconds == pytest.approx(41.5 + 20, rel=0.1)
    now = sampling(live, 30.0, 20, done=10)
    assert predict(live, known, now).remaining_seconds == pytest.approx(12.5 + 10, rel=0.2)
    now = sampling(live, now, 20)
    assert predict(live, known, now).basis is Basis.PHASES


EVENTS = st.one_of(
    st.builds(
        frame,
        st.integers(0, 40),
        st.sampled_from([None, 0, 1, 8, 20, 1e300]),
        st.sampled_from([0.0, 3.0, 1e12]),
        label=st.sampled_from(["", "Sampling", "tile", "Loading pipeline components..."]),
        unit=st.sampled_from(["it", "tile", "B"]),
        initialising=st.booleans(),
    ),
    st.builds(requested, st.sampled_from(["Flux", "AutoencoderKL", "?"])),
    st.builds(loaded, st.sampled_from([None, "Flux"])),
    st.builds(NodeNote, line=st.just(1), what=st.text(max_size=5)),
    st.builds(Detection, line=st.just(1), label=st.just("face"), seconds=st.just(0.1)),
    st.builds(SoftOutOfMemory, line=st.just(1), what=st.just("tiled VAE")),
)
GAPS = st.sampled_from([0.0, 0.3, 2.0, 50.0, 1e5, -7.0])


@given(
    timed=st.lists(st.tuples(GAPS, EVENTS), max_size=30),
    history=st.sampled_from([History(), KNOWN]),
    limit=st.sampled_from([None, 1e-3, 60.0, 1e9]),
    start=st.sampled_from([None, 0.0, 1.7e9]),
)
def test_whatever_is_printed_the_numbers_are_finite_and_a_limit_once_passed_stays_so(
    timed: list[tuple[float, Event]], history: History, limit: float | None, start: float | None
) -> None:
    live, now, passed = LiveRun(started_at=start), start or 0.0, False
    for gap, event in timed:
        now += gap
        live.feed(event, now)
        found = predict(live, history, now, limit)
        assert 0 <= found.low_seconds <= found.remaining_seconds <= found.high_seconds < math.inf
        assert (found.p_exceed is None) == (limit is None)
        assert found.p_exceed is None or 0 < found.p_exceed <= 1
        assert sentence(found).endswith(".")
        if gap >= 0:
            assert not passed or found.p_exceed == 1
            passed = passed or found.p_exceed == 1


# --- alerts ------------------------------------------------------------------------------------------------------------


def made(p_exceed: float | None, at: float, **given: object) -> Prediction:
    values: dict[str, object] = {
        "at": at,
        "elapsed_seconds": at,
        "used_seconds": at,
        "limit_seconds": 300.0,
        "p_exceed": p_exceed,
        "remaining_seconds": 204.0,
        "low_seconds": 168.0,
        "high_seconds": 262.0,
        "phase": Phase.SAMPLE,
        "phase_since": 40.0,
        "basis": Basis.PHASES,
        "past_runs": 10,
        "workflow": "w",
    }
    return Prediction(**(values | given))  # type: ignore[arg-type]


def changes(risks: list[float], level: Level = Level.RISK, every: float = 2.0, **given: object) -> list[tuple[int, Change]]:
    alert = RiskAlert()
    return [
        (place, event.change)
        for place, risk in enumerate(risks)
        for event in alert.update(made(risk, every * place, **given))
        if event.level is level
    ]


def test_two_looks_in_a_row_raise_and_three_clear() -> None:
    assert changes([0.9, 0.7, 0.9, 0.9, 0.9]) == [(3, Change.RAISED)]
    assert changes([0.9, 0.9, 0.3, 0.3, 0.6, 0.3, 0.3, 0.3]) == [(1, Change.RAISED), (7, Change.CLEARED)]
    assert changes([0.79] * 20) == []


def test_a_level_is_raised_once_per_run() -> None:
    assert changes([0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9]) == [(1, Change.RAISED), (4, Change.CLEARED)]


@pytest.mark.parametrize(("runs", "chance"), [(0, 0.9), (4, 0.9), (5, 0.8), (29, 0.8), (30, 0.7), (500, 0.7)])
def test_the_fewer_past_runs_the_surer_it_must_be(runs: int, chance: float) -> None:
    assert alert_chance(runs) == chance
    assert changes([chance] * 2, past_runs=runs, steps=5.0, total_steps=20.0) == [(1, Change.RAISED)]
    assert changes([chance - 0.01] * 2, past_runs=runs, steps=5.0, total_steps=20.0) == []


def test_a_burst_of_lines_is_one_look() -> None:
    assert changes([0.9] * 5, every=0.1) == []
    assert changes([0.9] * 30, every=0.1) == [(20, Change.RAISED)]
    assert changes([0.9] * 3, every=0.3, limit_seconds=12.0) == [(1, Change.RAISED)]


def test_hints_are_never_notified() -> None:
    alert = RiskAlert()
    found = [event for at in (0.0, 2.0) for event in alert.update(made(0.6, at))]

    assert [(event.level, event.change, event.notify) for event in found] == [(Level.HINT, Change.RAISED, False)]
    assert (alert.active(Level.HINT), alert.active()) == (True, False)
    assert [event.notify for at in (4.0, 6.0) for event in alert.update(made(0.95, at))] == [True]


def test_with_few_past_runs_the_run_itself_must_speak_too() -> None:
    assert changes([0.95] * 5, past_runs=4) == []
    assert changes([0.95] * 5, past_runs=4, steps=2.0, total_steps=20.0) == [(1, Change.RAISED)]
    assert changes([0.95] * 5, past_runs=4, used_seconds=150.0) == [(1, Change.RAISED)]
    assert changes([0.95] * 5, past_runs=5) == [(1, Change.RAISED)]


def test_with_none_only_its_steps_and_the_limit_itself_count() -> None:
    assert changes([0.95] * 5, past_runs=0, used_seconds=290.0) == []
    assert changes([0.95] * 5, past_runs=0, steps=3.0, total_steps=20.0) == [(1, Change.RAISED)]
    assert changes([1.0] * 5, past_runs=0, used_seconds=301.0) == [(1, Change.RAISED)]


def test_without_a_limit_there_is_no_alert() -> None:
    assert RiskAlert().update(made(None, 1.0, limit_seconds=None)) == ()


# --- the record --------------------------------------------------------------------------------------------------------


def test_a_run_leaves_what_was_predicted_beside_what_came() -> None:
    kept = Forecasts()
    for at in range(0, 200, 2):
        kept.add(made(at / 400, float(at), remaining_seconds=190.0 - at, low_seconds=150.0 - at, high_seconds=230.0 - at))
    record = kept.close(200.0, workflow="w", well=True)

    assert record is not None
    assert [(one.share, one.elapsed_seconds, one.actual_seconds) for one in record.forecasts] == [
        (0.25, 50.0, 150.0),
        (0.5, 100.0, 100.0),
        (0.75, 150.0, 50.0),
    ]
    assert [one.held for one in record.forecasts] == [True, True, True]
    assert record.forecasts[1].error_ratio == pytest.approx(0.1)
    assert record.at_half_limit is not None
    assert (record.at_half_limit.p_exceed, record.at_half_limit.exceeded) == (0.375 - 0.005 + 0.005, False)
    assert record.duration_seconds == 200.0


@pytest.mark.parametrize(
    ("ended_at", "well", "exceeded"),
    [(140.0, True, None), (200.0, True, False), (310.0, True, True), (200.0, False, None), (310.0, False, True)],
)
def test_a_run_cut_short_before_its_limit_says_nothing_about_it(ended_at: float, well: bool, exceeded: bool | None) -> None:
    kept = Forecasts()
    for at in range(0, int(ended_at), 5):
        kept.add(made(0.4, float(at)))
    record = kept.close(ended_at, workflow="w", well=well)

    assert record is not None
    assert (record.at_half_limit.exceeded if record.at_half_limit else None) == exceeded
    assert len(record.forecasts) == (3 if well else 0)


def test_a_long_run_is_remembered_in_bounded_space() -> None:
    kept = Forecasts()
    for at in range(20_000):
        kept.add(made(0.1, float(at), limit_seconds=30_000.0))
    record = kept.close(20_000.0, workflow="w", well=True)

    assert record is not None
    assert [one.share for one in record.forecasts] == pytest.approx([0.25, 0.5, 0.75], abs=0.01)
    assert Forecasts().close(1.0, workflow="w", well=True) is None


# --- words -------------------------------------------------------------------------------------------------------------

STEPPED = {"steps": 14.0, "total_steps": 30.0, "pass_number": 1, "seconds_per_step": 8.1}


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        (
            made(0.82, 190.0, **STEPPED),
            "Likely to exceed the 300 s timeout (82 %): 14 of 30 steps after 190 s at 8.1 s/it; about 205 s left (170-260).",
        ),
        (
            made(0.04, 190.0, **STEPPED | {"pass_number": 2}),
            "About 205 s left (170-260), 4 % risk to exceed the 300 s timeout: pass 2, 14 of 30 steps after 190 s at 8.1 s/it.",
        ),
        (
            made(1.0, 310.0, phase=Phase.VAE, remaining_seconds=7.32, low_seconds=5.0, high_seconds=12.4),
            "Over the 300 s timeout: in the VAE after 310 s; about 7.3 s left (5-12).",
        ),
        (
            made(None, 40.0, limit_seconds=None, phase=Phase.MODEL_LOAD, basis=Basis.DEFAULTS),
            "About 205 s left (170-260): loading a model after 40 s; a guess, no run like it is known.",
        ),
        (
            made(0.001, 190.0, used_seconds=1230.0, limit_seconds=7200.0, **STEPPED | {"seconds_per_step": 0.4}),
            "About 205 s left (170-260), <1 % risk to exceed the 7,200 s timeout: 14 of 30 steps after 1,230 s, 1,040 s of it in the queue, at 0.40 s/it.",
        ),
        (
            made(0.999, 190.0, phase=Phase.OTHER, basis=Basis.HISTORY),
            "Likely to exceed the 300 s timeout (>99 %): after 190 s; about 205 s left (170-260); no live progress.",
        ),
    ],
)
def test_a_prediction_in_words(prediction: Prediction, expected: str) -> None:
    assert sentence(prediction) == expected
