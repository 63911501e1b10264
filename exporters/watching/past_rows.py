"""What was, in the live view: the last runs, and what somebody was told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from analyzer.palette import BAD, LOOK, NEUTRAL, OUTCOME_COLORS
from analyzer.renderers.words import OUTCOMES
from analyzer.runs.model import Run
from analyzer.units import format_bytes, format_duration
from exporters.notifiers import Severity
from exporters.watching.rows import Look, row

MOST_RUNS, MOST_TOLD = 5, 3
_COLORS = {Severity.INFO: NEUTRAL, Severity.WARNING: LOOK, Severity.CRITICAL: BAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that was told, in words."""

    at: float
    text: str
    severity: Severity


def run_list(runs: Sequence[Run], limit_seconds: float | None, look: Look) -> Iterator[Text]:
    """The newest runs first."""
    for number, run in enumerate(runs):
        yield row(look, "" if number else "last runs", *_ended(run, limit_seconds, look))


def _ended(run: Run, limit_seconds: float | None, look: Look) -> Iterator[tuple[str, str]]:
    limit = limit_seconds if run.limit_seconds is None else run.limit_seconds
    over = limit is not None and (run.used_seconds or 0.0) > limit
    taken = "" if run.total_seconds is None else format_duration(run.total_seconds)
    yield "--:--:--  " if run.ended_at is None else f"{look.clock(run.ended_at)}  ", "not bold dim"
    yield f"{OUTCOMES[run.outcome]:<13}  ", f"not bold {OUTCOME_COLORS[run.outcome]}"
    yield f"{taken:>8}", f"bold {BAD}" if over else "not bold"
    yield f"  {look.short(run.workflow.name, 60)}", "not bold"
    if over:
        yield ", over its limit", f"not bold {BAD}"
    if run.vram:
        yield f", peak {format_bytes(run.vram.peak_bytes)}", "not bold dim"
    if run.failure:
        yield f": {look.short(run.failure.message or run.failure.kind, 200)}", "not bold dim"


def told_list(told: Sequence[Told], look: Look) -> Iterator[Text]:
    """The newest first."""
    for number, one in enumerate(reversed(list(told)[-MOST_TOLD:])):
        words = (look.short(one.text, look.room), f"not bold {_COLORS[one.severity]}")
        yield row(look, "" if number else "notices", (f"{look.clock(one.at)}  ", "not bold dim"), words)
