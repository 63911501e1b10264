"""Past runs to what they say about the next: read with and without stamps, stored, watched."""

from dataclasses import replace
from typing import Any

import pytest

from analyzer.events import Role
from analyzer.history.rows import row_of
from analyzer.history.store import StoredRun
from analyzer.predict import Course, History, LiveRun, PhaseHistory, course_of_row, course_of_run, watched_course
from analyzer.predict.course import LAST, MOST_PASSES
from analyzer.predict.landmarks import BEGIN
from analyzer.predict.matching import parts_of
from analyzer.runs.model import Outcome, Phase, Start, Workflow
from tests.builders import bar, load, phase, run
from tests.live import frame, loaded, plain_run, requested, sampling


def stored(**given: Any) -> StoredRun:
    made = run(**given)
    row = row_of(made, timezone=None, epoch=None, limit_seconds=None)
    return StoredRun(**{name: row[name] for name in StoredRun.__dataclass_fields__})


STAMPED: dict[str, Any] = {
    "workflow": Workflow(name="Flux", signature="model:Flux|passes:2"),
    "start": Start.COLD,
    "started_at": 1000.0,
    "ended_at": 1100.0,
    "silence_seconds": 10.0,
    "passes": (
        bar(steps=20, total_steps=20, seconds=30.0, first_at=1040.0, last_at=1070.0),
        bar(line=4, last_line=4, steps=10, total_steps=10, seconds=15.0, first_at=1075.0, last_at=1090.0),
    ),
    "loads": (load(at=1038.0), load(at=1092.0, model="AutoencodingEngine", role=Role.VAE)),
}


def begins(course: Course) -> dict[int, tuple[float, bool]]:
    return {leg.place: (leg.seconds, leg.cold) for leg in course.legs if leg.mark == BEGIN}


def test_a_stamped_run_tells_what_lies_before_between_and_behind_its_passes() -> None:
    course = course_of_run(run(**STAMPED))

    assert begins(course) == {0: (40.0, True), 1: (5.0, False), LAST: (10.0, False)}
    marks = {leg.mark: (leg.place, leg.seconds) for leg in course.legs if leg.mark != BEGIN}
    assert marks == {"loaded Flux#1": (0, 2.0), "loaded AutoencodingEngine#1": (LAST, 8.0)}
    assert [(one.place, one.steps, one.seconds) for one in course.passes] == [(0, 20, 30.0), (1, 10, 15.0)]
    assert (course.count, course.unplaced_seconds) == (2, None)


def test_a_stored_run_tells_the_same_but_for_its_landmarks() -> None:
    course = course_of_row(stored(**STAMPED))

    assert begins(course) == {0: (40.0, True), 1: (5.0, False), LAST: (10.0, False)}
    assert (course.count, course.cold, len(course.passes)) == (2, True, 2)
    assert course.observation is not None
    assert (course.observation.seconds, course.observation.cold) == (100.0, True)


def test_an_older_row_without_the_beginnings_of_passes_goes_by_its_phases() -> None:
    row = stored(**STAMPED | {"passes": STAMPED["passes"][:1]}, phases=(phase(Phase.MODEL_LOAD, 41.0), phase(Phase.SAMPLE, 30.0)))
    old = replace(row, passes=[one[:4] for one in row.passes])

    assert begins(course_of_row(old)) == {0: (41.0, True), LAST: (29.0, False)}
    two = replace(old, passes=old.passes * 2)
    assert course_of_row(two).legs == ()
    assert course_of_row(two).unplaced_seconds == 40.0


@pytest.mark.parametrize("kept", ["run", "row"])
def test_without_stamps_only_the_sum_outside_passes_is_known(kept: str) -> None:
    given: dict[str, Any] = {"passes": (bar(steps=20, total_steps=20, seconds=30.0),)}
    course = course_of_run(run(**given)) if kept == "run" else course_of_row(stored(**given))

    assert (course.legs, course.unplaced_seconds, course.count) == ((), 70.0, 1)
    assert not PhaseHistory("", [course]).placed


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.OOM, Outcome.INTERRUPTED])
def test_a_run_that_ended_badly_tells_only_what_it_has_completed(outcome: Outcome) -> None:
    course = course_of_run(run(**STAMPED | {"outcome": outcome}))

    assert set(begins(course)) == {0, 1}
    assert (course.count, len(course.passes)) == (None, 2)


def test_a_pass_that_was_cut_short_has_no_rate() -> None:
    cut = bar(steps=7, total_steps=20, complete=False, seconds=9.0)

    assert course_of_run(run(passes=(cut,), outcome=Outcome.INTERRUPTED)).passes == ()
    assert course_of_row(stored(passes=(cut,), outcome=Outcome.INTERRUPTED)).passes == ()


def test_the_passes_of_a_tiled_upscaler_are_those_of_its_outer_bar() -> None:
    tiles = bar(label="USDU", unit="tile", line=3, last_line=9, steps=4, total_steps=4, seconds=80.0, nested_seconds=60.0)
    inner = tuple(bar(line=4 + i, last_line=4 + i, steps=20, total_steps=20, seconds=15.0) for i in range(4))
    course = course_of_run(run(passes=inner, bars=(tiles,)))

    assert [(one.steps, one.seconds) for one in course.passes] == [(4, 80.0)]
    assert course.count == 1


def test_a_run_that_was_watched_tells_its_landmarks_and_its_first_step() -> None:
    live = LiveRun(started_at=0.0)
    live.feed(requested("Flux"), 1.0)
    live.feed(loaded(), 31.0)
    end = sampling(live, 32.0, 10, 2.0, first=2.5)
    live.feed(requested("AutoencodingEngine"), end + 0.5)
    course = watched_course(live, workflow="w", ended_at=end + 6.0)

    legs = {(leg.place, leg.mark): leg.seconds for leg in course.legs}
    assert legs[0, BEGIN] == 32.0
    assert legs[0, "requested Flux#1"] == 31.0
    assert legs[0, "loaded Flux#1"] == 1.0
    assert legs[LAST, "requested AutoencodingEngine#1"] == 5.5
    history = PhaseHistory("w", [course])
    assert history.first_step == pytest.approx(2.5)
    assert history.rate(0).median == pytest.approx(2.0)


def test_behind_the_fourth_pass_all_is_one_place() -> None:
    live = LiveRun(started_at=0.0)
    at = 1.0
    for _ in range(7):
        at = sampling(live, at + 1.0, 5)
    course = watched_course(live, workflow="w", ended_at=at + 2.0)

    assert course.count == len(course.passes) == MOST_PASSES
    assert begins(course)[LAST] == (2.0 + 3 * 6.0, False)


def test_cold_and_warm_runs_are_apart_and_what_was_never_seen_is_guessed_from_the_other_kind() -> None:
    warm = PhaseHistory("w", [plain_run(load=2.0) for _ in range(3)])
    both = PhaseHistory("w", [*warm.courses, plain_run(load=62.0, cold=True)])

    assert warm.leg(0, BEGIN, False).median == pytest.approx(2.0)
    assert warm.leg(0, BEGIN, True).n == 0
    assert warm.leg(0, BEGIN, True).median == pytest.approx(2.0 + 45.0)
    assert both.leg(0, BEGIN, True).median == pytest.approx(62.0)
    assert (both.runs, both.cold_share(0)) == (4, 1.5 / 6)


def test_without_history_there_are_defaults() -> None:
    empty = PhaseHistory("")

    assert (empty.runs, empty.first_step) == (0, 1.3)
    assert empty.rate(0).median == pytest.approx(2.0)
    assert empty.leg(0, BEGIN, True).median == pytest.approx(55.0)
    assert empty.likely_counts(0) == {1: 1.0}
    assert empty.likely_counts(3) == {3: 1.0}


def test_a_workflow_with_a_varying_number_of_passes_may_have_more_of_them() -> None:
    history = PhaseHistory("w", [Course(workflow="w", cold=False, count=count) for count in (1, 2, 2, 3)])

    assert history.likely_counts(0) == {1: 0.25, 2: 0.5, 3: 0.25}
    assert history.likely_counts(2) == {2: pytest.approx(2 / 3), 3: pytest.approx(1 / 3)}
    assert history.likely_counts(4) == {4: 1.0}


# --- which workflow it is ----------------------------------------------------------------------------------------------


def history_of(**runs: int) -> History:
    names = {
        "one": "model:Flux|passes:1",
        "two": "model:Flux|passes:2",
        "face": "model:Flux|passes:1|bar:Face#|detect",
        "sd": "model:SDXL|passes:1",
    }
    return History.of_courses(replace(plain_run(), workflow=names[name]) for name, count in runs.items() for _ in range(count))


def likely(live: LiveRun, history: History) -> dict[str, float]:
    return {one.workflow: round(weight, 3) for one, weight in history.likely(live)}


def test_before_its_first_line_a_run_may_be_of_any_workflow() -> None:
    assert likely(LiveRun(), history_of(one=6, two=3, sd=1)) == {
        "model:Flux|passes:1": 0.6,
        "model:Flux|passes:2": 0.3,
        "model:SDXL|passes:1": 0.1,
    }


def test_what_it_shows_leaves_fewer_and_fewer() -> None:
    history = history_of(one=4, two=4, face=4, sd=4)
    live = LiveRun(started_at=0.0)
    live.feed(requested("SDXL"), 1.0)
    assert set(likely(live, history)) == {"model:SDXL|passes:1"}

    live = LiveRun(started_at=0.0, resident_model="Flux")
    end = sampling(live, 1.0, 20)
    assert set(likely(live, history)) == {"model:Flux|passes:1", "model:Flux|passes:2", "model:Flux|passes:1|bar:Face#|detect"}
    sampling(live, end, 20)
    assert set(likely(live, history)) == {"model:Flux|passes:2"}
    live.feed(frame(1, 2, label="Face3", unit="face"), end + 30)
    assert set(likely(live, history)) == {""}


def test_steps_that_a_workflow_has_speak_for_it() -> None:
    other = [replace(plain_run(steps=8), workflow="model:Flux|passes:1|detect") for _ in range(6)]
    history = History.of_courses([*(plain_run() for _ in range(6)), *other])
    live = LiveRun(started_at=0.0, resident_model="Flux")
    sampling(live, 1.0, 8, done=1)

    assert likely(live, history)["model:Flux|passes:1|detect"] > 0.9


def test_a_workflow_that_is_known_needs_no_guess() -> None:
    assert likely(LiveRun(workflow="model:SDXL|passes:1"), history_of(one=9, sd=1)) == {"model:SDXL|passes:1": 1.0}


def test_the_parts_of_a_signature() -> None:
    parts = parts_of("model:Flux+SDXL|passes:4+|bar:Loading pipeline components...|bar:a/b: c|detect")

    assert (parts.models, parts.passes, parts.many, parts.detects) == (("Flux", "SDXL"), 4, True, True)
    assert parts.labels == {"Loading pipeline components...", "a/b: c"}
    assert parts_of("none").models == ()


def test_a_history_grows_without_changing() -> None:
    before = history_of(one=2)
    after = before.plus(plain_run()).plus(replace(plain_run(), workflow="new"))

    assert {name: one.runs for name, one in before.workflows.items()} == {"model:Flux|passes:1": 2}
    assert {name: one.runs for name, one in after.workflows.items()} == {"model:Flux|passes:1": 3, "new": 1}
    assert after.workflows["new"] is after.plus(plain_run()).workflows["new"]


def test_of_rows_newest_first_the_newest_are_kept() -> None:
    rows = [stored(**STAMPED | {"duration_seconds": 90.0 + number}) for number in range(80, 0, -1)]
    history = History.of_rows(rows).workflows["model:Flux|passes:2"]

    assert history.runs == 60
    assert [begins(course)[LAST][0] for course in history.courses] == pytest.approx(list(range(21, 81)))
