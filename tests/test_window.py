"""--since and --until: moments in the log's own time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from analyzer.window import Window, parse_moment
from tests.builders import run

END = datetime(2026, 5, 18, 0, 10, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-3h", "2026-05-17T21:10:00+00:00"),
        ("2026-05-17", "2026-05-17T00:00:00+00:00"),
        ("2026-05-17T20:10", "2026-05-17T20:10:00+00:00"),
        ("2026-05-17T20:10+02:00", "2026-05-17T18:10:00+00:00"),
        ("00:05", "2026-05-18T00:05:00+00:00"),
        ("23:50", "2026-05-17T23:50:00+00:00"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert parse_moment(text, log_end=END, zone=None, aware=True) == datetime.fromisoformat(expected).timestamp()


def test_a_moment_without_zone_is_in_the_given_one_where_the_log_knows_zones() -> None:
    zone = ZoneInfo("Europe/Berlin")

    aware = parse_moment("2026-05-17T20:10", log_end=END, zone=zone, aware=True)
    naive = parse_moment("2026-05-17T20:10", log_end=END, zone=None, aware=False)

    assert naive - aware == 2 * 3600


@pytest.mark.parametrize("text", ["soon", "-x", "-", "25:00", "2026-13-01"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text, log_end=END, zone=None, aware=True)


@pytest.mark.parametrize("text", ["-3h", "20:10"])
def test_what_counts_from_the_log_needs_stamps(text: str) -> None:
    with pytest.raises(ValueError, match="time stamps"):
        parse_moment(text, log_end=None, zone=None, aware=False)


def test_a_run_that_overlaps_is_in_and_one_without_stamps_is_not() -> None:
    window = Window(since=100, until=200)

    assert window.holds(run(started_at=50.0, ended_at=150.0))
    assert window.holds(run(started_at=150.0, ended_at=250.0))
    assert not window.holds(run(started_at=10.0, ended_at=90.0))
    assert not window.holds(run())


def test_a_time_of_day_is_one_in_the_given_zone() -> None:
    end = datetime(2026, 5, 17, 20, 0, tzinfo=UTC).timestamp()

    found = parse_moment("21:00", log_end=end, zone=ZoneInfo("Europe/Berlin"), aware=True)

    assert found == datetime(2026, 5, 17, 19, 0, tzinfo=UTC).timestamp()
