"""Text to seconds and bytes and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.timeouts.rounding import round_up
from analyzer.units import (
    format_duration,
    format_mib,
    format_seconds,
    format_share,
    parse_clock,
    parse_duration,
    parse_si,
    plural,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("2d", 172800), ("1.5h", 5400), ("0.5s", 0.5), (" 5M ", 300)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "abc", "5 minutes", "-5m", "5m30", "s", "1e3", "nan", "inf"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    if text == "5m30":
        assert parse_duration(text) == 330  # the last unit may be left out
        return
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "seconds"), [("01:07", 67), ("1:06:40", 4000), ("100:00:00", 360000), ("-00:05", -5)])
def test_clocks(text: str, seconds: float) -> None:
    assert parse_clock(text) == seconds


@pytest.mark.parametrize(("text", "value"), [("28", 28), ("123M", 123e6), ("2.35G", 2.35e9), ("1.5", 1.5)])
def test_si_numbers(text: str, value: float) -> None:
    assert parse_si(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0108, "10.8 ms"),
        (2.42, "2.42 s"),
        (67, "67 s"),
        (63.87, "63.87 s"),
        (303.88, "5m 04s"),
        (3725, "1h 02m"),
        (-5, "-5.00 s"),
    ],
)
def test_durations_are_written(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_sizes_are_found_again_in_the_log() -> None:
    assert format_mib(round(7040.08 * 1024**2)) == "7040.08 MB"


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.004, "0.4 %"), (0.47, "47 %"), (0.996, "99.6 %"), (1.013, "101.3 %"), (1e-5, "<0.1 %")]
)
def test_shares(share: float, text: str) -> None:
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.0108, "10.8 ms"), (97, "97 s"), (303.88, "303.88 s"), (3723.5, "3,723.5 s"), (-5, "-5 s")],
)
def test_seconds_are_found_again_in_the_log(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(1, "run", "1 run"), (0, "run", "0 runs"), (1250, "run", "1,250 runs"), (2, "pass", "2 passes"), (2, "patch", "2 patches")],
)
def test_counts(count: int, noun: str, text: str) -> None:
    assert plural(count, noun) == text


@pytest.mark.parametrize(
    ("seconds", "rung"), [(587, 600), (821, 840), (1, 15), (120, 120), (121, 150), (300, 300), (301, 360), (1201, 1500)]
)
def test_timeouts_are_rounded_up_to_human_steps(seconds: float, rung: float) -> None:
    assert round_up(seconds) == rung


@given(st.floats(0.1, 1e6))
def test_rounding_never_goes_down(seconds: float) -> None:
    assert round_up(seconds) >= seconds * (1 - 1e-9)
    assert round_up(round_up(seconds)) == round_up(seconds)
