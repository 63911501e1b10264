"""Every document that a report can become, and how each of them is read back."""

import csv
import html
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pandas as pd

from analyzer.renderers import RENDERERS, documents, is_folder, pieces, suffixes
from analyzer.renderers.base import Document, Options
from analyzer.report import Report

# A terminal's codes for colours.
SGR = re.compile(r"\x1b\[[0-9;]*m")


def unsafe(text: str) -> set[str]:
    """Characters that a screen obeys or does not show: controls, format characters, line separators, half characters."""
    return {character for character in set(text) - {"\n"} if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One document. `name` ends in the suffix that says how to read it; a format without one has its renderer's name."""

    name: str
    content: Document

    @property
    def text(self) -> str:
        """The document as it stands; for a binary one its texts."""
        return self.content if isinstance(self.content, str) else "\n".join(self.texts())

    def texts(self) -> list[str]:
        """What a reader of the format gets to see: its strings, with escapes undone."""
        return READERS[self.suffix](self.content)

    @property
    def suffix(self) -> str:
        return max((suffix for suffix in READERS if self.name.endswith(suffix)), key=len)


def rendered(target: str, report: Report, options: Options) -> list[Rendered]:
    """The documents of a target of `TARGETS`."""
    for renderer in RENDERERS:
        if target in (renderer.name, *renderer.suffixes):
            return [Rendered(name=target, content=_joined(list(pieces(renderer, report, options))))]
    return [Rendered(name=path, content=_joined(list(parts))) for path, parts in documents(target, report, options)]


def _joined(parts: list[Document]) -> Document:
    if any(isinstance(part, bytes) for part in parts):
        return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return "".join(map(str, parts))


def _folders() -> Iterator[str]:
    """One target for each kind of folder: a name that ends in a slash, perhaps behind a suffix."""
    kinds: dict[tuple[str, ...], str] = {}
    for target in ("out/", *(f"out{suffix}/" for suffix in suffixes())):
        if is_folder(target):
            made = documents(target, Report(), Options())
            kinds.setdefault(tuple(path.removeprefix(target) for path, _ in made), target)
    yield from kinds.values()


# All there is in the registry, by name where a format has no suffix, else by its first suffix; and folders of tables.
TARGETS = [*(renderer.suffixes[0] if renderer.suffixes else renderer.name for renderer in RENDERERS), *_folders()]


# --- readers ----------------------------------------------------------------------------------------------------


def strings(value: Any) -> Iterator[str]:
    """All strings in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def _text(document: Document) -> list[str]:
    return [_decoded(document)]


def _json(document: Document) -> list[str]:
    return list(strings(json.loads(document)))


def _json_lines(document: Document) -> list[str]:
    return [text for line in _decoded(document).splitlines() for text in strings(json.loads(line))]


def _csv(document: Document) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(_decoded(document)), strict=True) for cell in row]


def _parquet(document: Document) -> list[str]:
    frame = pd.read_parquet(io.BytesIO(document if isinstance(document, bytes) else document.encode()))
    return [str(cell) for column in frame for cell in (column, *frame[column].dropna())]


def _markdown(document: Document) -> list[str]:
    return [html.unescape(re.sub(r"\\([^\w\s])", r"\1", _decoded(document)))]


class HtmlParts(HTMLParser):
    """A document's elements, attributes and texts, as a browser's parser would tell them apart. `data`: of its scripts those
    that hold JSON; our own code and Plotly's are the same whatever a log says."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.comments: list[str] = []
        self.data: list[str] = []
        self._is_data = False
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._is_data = tag == "script" and ("type", "application/json") in attrs
        self.attributes += ((tag, name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        (self.scripts if self.cdata_elem else self.texts).append(data)
        if self._is_data:
            self.data.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def _html(document: Document) -> list[str]:
    """Texts and attributes; data in scripts with JSON's escapes undone."""
    parts = HtmlParts(_decoded(document))
    texts = [*parts.texts, *parts.data, *parts.comments, *(value for _, _, value in parts.attributes)]
    return [*texts, *(_unescaped(text) for text in texts if "\\" in text)]


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text).replace("\\", "")


def _openmetrics(document: Document) -> list[str]:
    text = _decoded(document)
    return [text, re.sub(r'\\([\\"])', r"\1", text)]


def _decoded(document: Document) -> str:
    return document if isinstance(document, str) else document.decode("utf-8")


# The longest suffix that fits decides; a new format needs a line here only where none of these can read it.
READERS: dict[str, Callable[[Document], list[str]]] = {
    "": _text,
    ".json": _json,
    ".otlp.json": _json_lines,
    ".csv": _csv,
    ".parquet": _parquet,
    ".md": _markdown,
    ".html": _html,
    ".om": _openmetrics,
}
