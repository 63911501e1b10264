"""Text, tables and code for Markdown from which nothing breaks out: no markup, no mention, no link, no HTML."""

import re
from collections.abc import Iterable, Sequence

from analyzer.cuts import beginning
from analyzer.renderers.base import Options
from analyzer.renderers.clean import clean, clip

_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A zero-width space takes away the meaning that GitHub sees in `@name`, `#12`, `GH-12` and addresses.
_REFERENCES = re.compile(r"(?<=@)|(?<=#)|(?<=GH)(?=-\d)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=:)(?=\w+:)", re.IGNORECASE)
_BREAK = "&#8203;"
# What makes a list, a heading or a rule at the beginning of a line or of a list's item.
_LEADING = re.compile(r"^(?:[-+=]|(\d{1,9})([.)]))(?=[\s=-]|$)")


def plain(text: str, options: Options, *, most: int = 400) -> str:
    """`text` as text and nothing else, on one line."""
    shown = clip(clean(options.redactor.text(beginning(text, most * 4, mark="…"))), most).strip().translate(_HTML)
    return _LEADING.sub(_unmarked, _REFERENCES.sub(_BREAK, _MARKUP.sub(r"\\\1", shown)))


def _unmarked(found: re.Match[str]) -> str:
    return f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[0]}"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; `>` in front of a title aligns right. Empty columns are left out."""
    all_rows = [list(row) for row in rows]
    kept = [place for place in range(len(titles)) if any(row[place] for row in all_rows)]
    rule = ("---:" if titles[place].startswith(">") else "---" for place in kept)
    head = [_row(titles[place].lstrip(">") for place in kept), _row(rule)]
    return "\n".join((*head, *(_row(row[place] for place in kept) for row in all_rows)))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def code(lines: Iterable[str], options: Options) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    shown = [clip(clean(options.redactor.text(beginning(line, 1200, mark="…"))), 300) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}text", *shown, fence))


def folded(summary: str, body: str) -> str:
    """A part that opens on a click. `summary` is our own text."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"
