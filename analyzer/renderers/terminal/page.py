"""A page of styled lines for a terminal of a given width: every line is cut to size here, none of them later."""

from collections.abc import Sequence
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from analyzer.cuts import beginning
from analyzer.renderers.base import Options
from analyzer.renderers.clean import clean
from analyzer.renderers.terminal.table import Cell, Column, Row, layout

READABLE = 104
_ASCII = str.maketrans({"×": "x", "…": "~", "–": "-", "→": ">", "≥": ">=", "≤": "<=", "≈": "~", "·": "-", "\u00a0": " "})
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Page:
    """Collects lines. Text from a log goes through `text` (or a method here that takes a `str`) before it is shown."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.width = max(40, options.width)
        self.lines: list[Text] = []
        self.mark = "…" if options.unicode else "~"
        self._console = Console(file=StringIO(), width=self.width, color_system=None)

    def text(self, raw: str) -> str:
        """`raw` as it may be shown: redacted, harmless, on one line, in ASCII where asked."""
        shown = clean(self.options.redactor.text(raw))
        return shown if self.options.unicode else shown.translate(_ASCII).encode("ascii", "backslashreplace").decode()

    def heading(self, title: str, note: str = "") -> None:
        """A section's title behind an empty line."""
        self.blank()
        self._add(Text.assemble((self.text(title), "bold"), ("  " + self.text(note) if note else "", "dim")))

    def blank(self) -> None:
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def paragraph(self, *spans: str | tuple[str, str], indent: int = 2, lead: tuple[str, str] = ("", "")) -> None:
        """Wrapped text of plain and `(text, style)` spans; `lead` stands in front of its first line and indents the others."""
        hanging = indent + cell_len(lead[0])
        body = Text()
        for span in spans:
            raw, style = (span, "") if isinstance(span, str) else span
            body.append(self.text(beginning(raw, 1200, mark="…")), style)
        wrapped = body.wrap(self._console, max(20, min(self.width, READABLE) - hanging), overflow="fold")
        for position, line in enumerate(wrapped):
            line.rstrip()
            front = Text.assemble(" " * indent, lead) if position == 0 else Text(" " * hanging)
            self._add(front.append_text(line))

    def table(self, columns: Sequence[Column], rows: Sequence[Row], *, indent: int = 2) -> None:
        """Aligned rows; columns that do not fit are cut or left out (`table.layout`)."""
        shown = [[self._cell(cell) for cell in row] for row in rows]
        for line in layout(columns, shown, self.width - indent, self.mark):
            self._add(Text(" " * indent).append_text(line))

    def bar(self, share: float, width: int, style: str) -> Text:
        """A bar of `share` of `width` cells; whatever is above 0 shows."""
        exact = min(1.0, max(0.0, share)) * width
        if not self.options.unicode:
            return Text("#" * round(exact) or ("." if share > 0 else ""), style)
        full, eighths = divmod(round(exact * 8), 8)
        return Text("█" * full + _EIGHTHS[eighths].strip() or ("▏" if share > 0 else ""), style)

    def _cell(self, cell: Cell) -> Text:
        if isinstance(cell, Text):
            return cell
        raw, style = (cell, "") if isinstance(cell, str) else cell
        return Text(self.text(beginning(raw, 400, mark="…")), style)

    def _add(self, line: Text) -> None:
        if cell_len(line.plain) > self.width:
            line.truncate(self.width - 1)
            line.append(self.mark)
        line.rstrip()
        self.lines.append(line)

    def print(self, console: Console) -> None:
        for line in self.lines:
            console.print(line, markup=False, emoji=False, highlight=False, no_wrap=True, crop=False, overflow="ignore")


def printed(page: Page) -> str:
    """The page as text, with colour codes only where asked."""
    file = StringIO()
    console = Console(
        file=file,
        width=page.width,
        force_terminal=page.options.color,
        color_system="standard" if page.options.color else None,
        legacy_windows=False,
        _environ={},
    )
    page.print(console)
    return file.getvalue()
