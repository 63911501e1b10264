"""A stretch of the log's own time, as `--since` and `--until` give it. No clock is read: `-3h` counts from the log's end."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from analyzer.runs.model import Run
from analyzer.units import parse_duration


class _NoDayError(Exception):
    """A time of day, and no day to put it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `since` to `until` (Unix seconds; for stamps without a zone the wall clock as if it were UTC)."""

    since: float | None = None
    until: float | None = None

    def holds(self, run: Run) -> bool:
        """Whether the run overlaps the window. A run without stamps does not: nobody can tell."""
        begin = run.started_at if run.started_at is not None else run.queued_at
        end = run.ended_at if run.ended_at is not None else begin
        if begin is None or end is None:
            return False
        return (self.since is None or end >= self.since) and (self.until is None or begin <= self.until)


def parse_moment(text: str, *, log_end: float | None, zone: tzinfo | None, aware: bool) -> float:
    """Unix seconds of `-3h` (before the log's end), `2026-05-17`, `2026-05-17T20:10` or `20:10` (the log's last day).

    `aware`: the log's times are instants; a moment without a zone is then in `zone`, or UTC. Raises ValueError.
    """
    if text.startswith("-"):
        if log_end is None:
            raise ValueError(f"{text!r} counts from the log's end, but the log has no time stamps")
        return log_end - parse_duration(text[1:])
    clock = zone or UTC if aware else UTC
    try:
        moment = _on_last_day(text, log_end, clock) if len(text) <= len("HH:MM:SS") else datetime.fromisoformat(text)
    except _NoDayError:
        raise ValueError(f"{text!r} names no day, and the log has no time stamps") from None
    except ValueError:
        raise ValueError(f"{text!r} is no time: write it like 2026-05-17T20:10, 20:10 or -3h") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=clock)).timestamp()


def _on_last_day(text: str, log_end: float | None, clock: tzinfo) -> datetime:
    if log_end is None:
        raise _NoDayError
    day = datetime.fromtimestamp(log_end, clock).date()
    moment = datetime.fromisoformat(f"{day}T{text}").replace(tzinfo=clock)
    # 23:50 in a log that ends at 00:10 means the evening before.
    return moment - timedelta(days=1) if moment.timestamp() > log_end else moment
