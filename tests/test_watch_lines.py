"""The watch as lines: one per happening, how far the run is now and then, and nothing that could do harm."""

from datetime import UTC

import pytest

from analyzer.predict import Change, Level
from analyzer.runs.model import Failure, Outcome
from exporters.happenings import Happening, StallKind
from exporters.observations import State
from exporters.watching.lines import PROGRESS_SECONDS, Lines, line_of
from tests.happened import began, ended, passed, risk, server, stalled
from tests.watched_servers import HOSTILE, NOON, idle, running

SENTENCE = "Likely to exceed the 300 s timeout (82 %): 14 of 30 steps after 190 s at 8.1 s/it; about 205 s left (170-260)."


@pytest.mark.parametrize(
    ("happening", "line"),
    [
        (began(), "run began: portraits"),
        (ended(), "run ended: success after 100 s, portraits"),
        (
            ended(Outcome.OOM, failure=Failure(kind="OOM", message="no", line=1)),
            "run ended: out of memory after 100 s, portraits: OOM: no",
        ),
        (risk(), f"risk raised: {SENTENCE}"),
        (risk(Change.CLEARED), f"risk cleared: {SENTENCE}"),
        (passed(), "limit passed: 5m 01s of 5m 00s, and it goes on"),
        (stalled(StallKind.NOT_STARTED, evidence="prompts wait"), "stall begins: not started: prompts wait"),
        (stalled(over=True, evidence="it moves again"), "stall over: silent idle"),
        (server(State.DOWN, "no connection in time"), "server down: no connection in time"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_happenings_as_lines(happening: Happening, line: str) -> None:
    assert line_of(happening) == line


def test_log_text_is_one_harmless_line() -> None:
    line = line_of(ended(Outcome.ERROR, failure=Failure(kind=HOSTILE, message=HOSTILE * 100, line=1)))
    assert line.isprintable()
    assert "owned" not in line
    assert len(line) <= 400


def test_how_far_the_run_is_every_half_minute() -> None:
    written: list[str] = []
    watched = running()
    lines = Lines(watched, written.append, UTC)
    for after in range(0, 100, 5):
        lines.draw(NOON + 180.0 + after)
    assert len(written) == 1 + int(95 // PROGRESS_SECONDS)
    assert written[0].startswith("2026-05-17T14:03:00+00:00 Likely to exceed the 300 s timeout")

    watched.in_flight = None
    lines.draw(NOON + 500.0)
    assert len(written) == 4


def test_hints_are_for_a_picture_and_what_waits_is_written_at_the_end() -> None:
    written: list[str] = []
    lines = Lines(idle(), written.append, UTC)
    lines.happened(risk(level=Level.HINT))
    lines.happened(passed())
    lines.close()
    assert written == ["1970-01-01T00:21:40+00:00 limit passed: 5m 01s of 5m 00s, and it goes on\n"]
