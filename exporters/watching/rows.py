"""Rows of the live view: a label, then what it says; bars of phases. Log text is made harmless here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.text import Text

from analyzer.renderers.clean import clean, clip
from analyzer.units import format_duration

LABEL_WIDTH = 11
_FULL, _REST, _MARK = ("█", "░", "│"), ("#", ".", "|"), ("…", "...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to draw. `zone`: of the clock times; `unicode`: whether the terminal has block characters."""

    width: int
    zone: tzinfo
    unicode: bool = True

    @property
    def room(self) -> int:
        """Columns beside the label; the last one stays free, since some terminals break the line there."""
        return max(20, self.width - LABEL_WIDTH - 1)

    def clock(self, at: float) -> str:
        """`14:03:22`; `?` for a time that no calendar has, as a run has that claims to have taken thousands of years."""
        try:
            return datetime.fromtimestamp(at, self.zone).strftime("%H:%M:%S")
        except (ValueError, OverflowError, OSError):
            return "?"

    def short(self, text: str, most: int) -> str:
        """Log text on one line, clean and clipped."""
        return clip(clean(text), most, mark=_MARK[0 if self.unicode else 1])


def whole(seconds: float) -> str:
    """A time that goes on, without digits that flicker: `4 s`, `2m 04s`."""
    return f"{seconds:.0f} s" if seconds < 119.5 else format_duration(seconds)


def row(look: Look, label: str, *parts: str | tuple[str, str]) -> Text:
    """A row. Parts are words, or words and their style; what is too long is cut."""
    line = Text(f"{label:<{LABEL_WIDTH}}", style="bold", no_wrap=True)
    content = Text.assemble(*(part if isinstance(part, tuple) else (part, "not bold") for part in parts))
    content.truncate(look.room)
    return line.append_text(content)


def bar(look: Look, parts: Iterable[tuple[float, str]], *, rest: float, mark: float | None) -> Text:
    """Seconds and their styles side by side, what is expected of the rest, and a mark at the limit; all to one scale."""
    full, empty, tick = _FULL if look.unicode else _REST
    shares = list(parts)
    total = max(sum(seconds for seconds, _ in shares) + rest, mark or 0.0)
    if total <= 0:
        return Text()
    cells = _cells(shares, rest, look.room / total)
    drawn = [(full, style) for style, count in cells[:-1] for _ in range(count)] + [(empty, "dim")] * cells[-1][1]
    drawn += [(" ", "")] * (look.room - len(drawn))
    if mark is not None:
        drawn[min(look.room - 1, int(mark * look.room / total))] = (tick, "bold")
    return Text.assemble(*drawn[: look.room])


def _cells(shares: Sequence[tuple[float, str]], rest: float, scale: float) -> list[tuple[str, int]]:
    """How many cells each part has: rounded at its ends, so that nothing adds up."""
    cells, end = [], 0.0
    for seconds, style in (*shares, (rest, "")):
        begin, end = end, end + seconds
        cells.append((style, round(end * scale) - round(begin * scale)))
    return cells
