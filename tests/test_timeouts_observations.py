"""What counts as an observation, row by row of the table."""

from typing import Any

import pytest

from analyzer.runs.model import ClientGaveUp, Outcome, Start
from analyzer.timeouts.observations import (
    TABLE,
    Cause,
    Dropped,
    Observation,
    Reason,
    Status,
    killed_by,
    observe,
    observe_status,
)
from analyzer.timeouts.samples import MOST_RUNS, cancelled_as_slow, collect, cut_hangs, sample
from tests.builders import run

GAVE_UP = ClientGaveUp(limit_seconds=300.0, line=10)

RUNS = [
    ("success", {"outcome": Outcome.SUCCESS, "duration_seconds": 120.0}, Cause.FINISHED, 120.0),
    (
        "success although the client had given up",
        {"outcome": Outcome.SUCCESS, "duration_seconds": 303.88, "client_timeout": GAVE_UP},
        Cause.FINISHED,
        303.88,
    ),
    ("error", {"outcome": Outcome.ERROR, "duration_seconds": 40.0}, Cause.FAILED, 40.0),
    ("out of memory", {"outcome": Outcome.OOM, "duration_seconds": 40.0}, Cause.FAILED, 40.0),
    (
        "error at the limit",
        {"outcome": Outcome.ERROR, "duration_seconds": 303.88, "limit_seconds": 300.0},
        Cause.TIMEOUT_KILL,
        303.88,
    ),
    ("interrupted", {"outcome": Outcome.INTERRUPTED, "duration_seconds": 77.0}, Cause.INTERRUPTED, 77.0),
    (
        "interrupted at the limit",
        {"outcome": Outcome.INTERRUPTED, "duration_seconds": 301.0, "limit_seconds": 300.0},
        Cause.TIMEOUT_KILL,
        301.0,
    ),
    (
        "interrupted after the client gave up",
        {"outcome": Outcome.INTERRUPTED, "duration_seconds": 320.0, "client_timeout": GAVE_UP},
        Cause.CLIENT_TIMEOUT,
        320.0,
    ),
    (
        "cut off",
        {"outcome": Outcome.CUT_OFF, "duration_seconds": None, "observed_seconds": 210.0},
        Cause.CUT_OFF,
        210.0,
    ),
    (
        "cut off after the client gave up",
        {"outcome": Outcome.CUT_OFF, "duration_seconds": None, "observed_seconds": 303.88, "client_timeout": GAVE_UP},
        Cause.CLIENT_TIMEOUT,
        303.88,
    ),
    ("unknown", {"outcome": Outcome.UNKNOWN, "duration_seconds": 90.0}, Cause.FINISHED, 90.0),
    (
        "unknown at the limit",
        {"outcome": Outcome.UNKNOWN, "duration_seconds": 302.0, "limit_seconds": 300.0},
        Cause.TIMEOUT_KILL,
        302.0,
    ),
]


@pytest.mark.parametrize(("given", "cause", "seconds"), [row[1:] for row in RUNS], ids=[row[0] for row in RUNS])
def test_runs(given: dict[str, Any], cause: Cause, seconds: float) -> None:
    found = observe(run(**given))
    assert isinstance(found, Observation)
    assert (found.cause, found.seconds, found.finished) == (cause, seconds, cause is Cause.FINISHED)


DROPPED = [
    ("cached", Status.CACHED, 0.2, Reason.CACHED),
    ("under a second", Status.SUCCESS, 0.4, Reason.CACHED),
    ("failed under a second", Status.FAILED, 0.4, Reason.SUB_SECOND),
    ("no seconds", Status.SUCCESS, None, Reason.NO_TIME),
    ("zero", Status.SUCCESS, 0.0, Reason.NO_TIME),
    ("a clock step", Status.INTERRUPTED, -3.0, Reason.NO_TIME),
    ("not a number", Status.SUCCESS, float("nan"), Reason.NO_TIME),
]


@pytest.mark.parametrize(("status", "seconds", "reason"), [row[1:] for row in DROPPED], ids=[row[0] for row in DROPPED])
def test_dropped(status: Status, seconds: float | None, reason: Reason) -> None:
    assert observe_status(status, seconds) == Dropped(reason=reason)


LISTED = [
    (Status.SUCCESS, Cause.FINISHED),
    (Status.TIMEOUT, Cause.CLIENT_TIMEOUT),
    (Status.INTERRUPTED, Cause.INTERRUPTED),
    (Status.FAILED, Cause.FAILED),
]


@pytest.mark.parametrize(("status", "cause"), LISTED)
def test_statuses_of_a_run_list(status: Status, cause: Cause) -> None:
    found = observe_status(status, 100.0, cold=True, at=5.0, epoch="a")
    assert found == Observation(seconds=100.0, finished=cause is Cause.FINISHED, cold=True, at=5.0, epoch="a", cause=cause)


def test_every_status_and_outcome_has_one_row() -> None:
    assert sorted(row.status for row in TABLE) == sorted(Status)
    assert {outcome.value for outcome in Outcome} <= {status.value for status in Status}
    assert all(row.note for row in TABLE)


@pytest.mark.parametrize(
    ("limit", "seconds", "killed"),
    [
        (300, 299.9, False),
        (300, 300, True),
        (300, 306, True),
        (300, 306.1, False),
        (60, 65, True),
        (60, 65.1, False),
        (None, 9, False),
    ],
)
def test_slack_after_a_limit(limit: float | None, seconds: float, killed: bool) -> None:
    assert killed_by(limit, seconds) is killed


def test_the_queue_counts_towards_the_limit() -> None:
    found = observe(run(outcome=Outcome.ERROR, duration_seconds=260.0, queue_seconds=42.0, limit_seconds=300.0))
    assert isinstance(found, Observation)
    assert found.cause is Cause.TIMEOUT_KILL
    assert found.seconds == 260.0


@pytest.mark.parametrize(("start", "cold"), [(Start.COLD, True), (Start.WARM, False), (Start.UNKNOWN, None)])
def test_starts(start: Start, cold: bool | None) -> None:
    found = observe(run(start=start))
    assert isinstance(found, Observation)
    assert found.cold is cold


def _finished(*seconds: float) -> list[Observation]:
    return [Observation(seconds=value, finished=True) for value in seconds]


def test_a_suspected_hang_counts_as_longer_than_ten_medians() -> None:
    found = cut_hangs(_finished(100, 100, 100, 100, 90_000))[-1]
    assert (found.seconds, found.finished, found.cause) == (1000.0, False, Cause.SUSPECTED_HANG)
    few = _finished(100, 100, 100, 90_000)
    assert cut_hangs(few) == few


def test_a_hang_is_judged_within_its_group() -> None:
    warm = [Observation(seconds=10.0, finished=True, cold=False)] * 6
    cold = [Observation(seconds=200.0, finished=True, cold=True)]
    assert cut_hangs([*warm, *cold])[-1].finished


def test_late_cancellations_as_the_longest() -> None:
    late = [Observation(seconds=120, finished=False, cause=Cause.INTERRUPTED)] * 2
    found = cancelled_as_slow([*_finished(*[100.0] * 9, 150.0), *late])
    assert found is not None
    assert [one.seconds for one in found[-2:]] == [150.0, 150.0]
    assert cancelled_as_slow([*_finished(*[100.0] * 30), late[0]]) is None
    assert cancelled_as_slow(late) is None


def test_collect_counts_what_is_dropped() -> None:
    cached = observe(run(outcome=Outcome.CACHED, duration_seconds=0.1))
    found = collect([("a", observe(run())), ("b", cached), ("a", cached)])
    assert (len(found.modes["a"]), "b" in found.modes, found.dropped) == (1, False, {Reason.CACHED: 2})


def test_collect_keeps_the_newest() -> None:
    runs = [("a", Observation(seconds=float(i), finished=True)) for i in range(1, MOST_RUNS + 11)]
    assert [len(group) for group in collect(runs).modes.values()] == [MOST_RUNS]
    assert collect(runs).modes["a"][-1].seconds == MOST_RUNS + 10


def test_a_sample_is_in_order_of_time_where_all_times_are_known() -> None:
    later = [Observation(seconds=2.0, finished=True, at=20.0), Observation(seconds=3.0, finished=True, at=10.0)]
    assert list(sample(later).seconds) == [3.0, 2.0]
    assert list(sample([*later, Observation(seconds=4.0, finished=True)]).seconds) == [2.0, 3.0, 4.0]


def test_starts_are_told_apart_where_half_are_known() -> None:
    known = Observation(seconds=10.0, finished=True, cold=True)
    unknown = Observation(seconds=10.0, finished=True)
    assert sample([known, unknown]).cold is not None
    assert sample([known, unknown, unknown]).cold is None
    assert sample([]).cold is not None


def test_a_workflows_own_limit_goes_before_the_general_one() -> None:
    killed = observe(run(outcome=Outcome.INTERRUPTED, duration_seconds=902.0, limit_seconds=900.0), limit_seconds=300.0)
    ended = observe(run(outcome=Outcome.UNKNOWN, duration_seconds=302.0, limit_seconds=900.0), limit_seconds=300.0)

    assert isinstance(killed, Observation)
    assert isinstance(ended, Observation)
    assert killed.cause is Cause.TIMEOUT_KILL
    assert ended.finished
