"""No text makes a regular expression slow: the time grows with the length of a text, not with its square.

A text of 40 KiB costs a linear expression about a millisecond and a quadratic one half a second at least, so what is asked is
only that each ends within a bound of the process's own time, however busy the machine is.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from tests.patterns import Known, every, hostile

# Those that never get to see a long text, or nobody else's.
_BOUNDED = {
    "analyzer.redaction.hosts._VERSION_BEFORE": "32 characters in front of an address",
    "analyzer.redaction.aliases._NUMBER": "one alias",
    "exporters.replay.scaling._MILLISECONDS": "the recorded sessions that come with comfymeter",
    "exporters.replay.scaling._FRAME": "the recorded sessions that come with comfymeter",
}
KNOWN = list(every())
JUDGED = [one for one in KNOWN if one.name not in _BOUNDED]
LENGTH, MOST_CPU_SECONDS = 40 << 10, 0.35


class TooSlowError(Exception):
    pass


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlowError when the process has computed for so long; the engine of expressions looks for signals, too."""

    def over(number: int, frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def run(known: Known, text: str | bytes) -> None:
    pattern = known.pattern
    pattern.match(text)  # type: ignore[arg-type]
    pattern.fullmatch(text)  # type: ignore[arg-type]
    if known.searches:
        for _ in pattern.finditer(text):  # type: ignore[arg-type]
            pass


def slow(known: Known, length: int, seconds: float) -> list[str | bytes]:
    """The first text that takes too long."""
    for text in hostile(known, length):
        try:
            with limited(seconds):
                run(known, text)
        except TooSlowError:
            return [text[:60]]
    return []


def test_all_expressions_are_found() -> None:
    assert len(KNOWN) > 600
    assert {one.name for one in KNOWN} >= _BOUNDED.keys()
    assert any(one.name.startswith("analyzer.redaction.") for one in KNOWN)
    assert any(one.name.startswith("exporters.") for one in KNOWN)


def test_every_expression_is_linear() -> None:
    assert {one.name: found for one in JUDGED if (found := slow(one, LENGTH, MOST_CPU_SECONDS))} == {}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_expression_is_linear_up_to_a_megabyte() -> None:
    assert {one.name: found for one in JUDGED if (found := slow(one, 1 << 20, 30 * MOST_CPU_SECONDS))} == {}


@pytest.mark.parametrize("expression", [r"(a+)+b", r"\d+x", r"[^\n]*[\x80-\xff]"])
def test_the_check_can_fail(expression: str) -> None:
    assert slow(Known(name="x", pattern=re.compile(expression), searches=True, starts=("",)), LENGTH, MOST_CPU_SECONDS)
