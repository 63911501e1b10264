"""The little language in which wordings are written: literal text with typed fields, `{loaded_bytes:mib} MB loaded`.

A field is `{name:type}`; `{:type}` matches without keeping. Everything else is literal. A template compiles to one anchored
bytes pattern; no type can backtrack over another, so matching is linear.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analyzer.units import MIB, parse_clock

Value = str | int | float | bool | None

# ComfyUI prints 1e32 bytes ("no limit") as 9.5e25 MB; nothing real comes near this.
_UNLIMITED_MIB = 1e20


@dataclass(frozen=True, slots=True)
class FieldType:
    """How a field looks (a pattern without groups), what its text means, and the bytes it can start with (empty: any).

    `figure`: its text is a number, which `convert` takes as the bytes that it is.
    """

    pattern: str
    convert: Callable[..., Value]
    meaning: str
    firsts: bytes = b""
    figure: bool = False


def _mib(text: str | bytes) -> int:
    return round(float(text) * MIB)


def _budget(text: str | bytes) -> int | None:
    value = float(text)
    return None if abs(value) >= _UNLIMITED_MIB else round(value * MIB)


def _old_budget(text: str | bytes) -> int | None:
    return None if float(text) == 0.0 else _budget(text)


_LIMIT = re.compile(
    r"(?<![\w.-])(\d{1,9}(?:\.\d{1,9})?)\s?(?:(ms|millisec)|(min|m\b|분|分)|(h\b|hour|시간|小时|時間)|(s\b|sec|초|秒))",
    re.IGNORECASE,
)


def _limit(text: str) -> float | None:
    found = _LIMIT.search(text)
    if found is None:
        return None
    _, milli, minutes, hours, _ = found.groups()
    return float(found[1]) * (0.001 if milli else 60.0 if minutes else 3600.0 if hours else 1.0)


def _main_gguf_type(text: str) -> str:
    counts = {name: int(count) for name, count in re.findall(r"(\w+) \((\d+)\)", text)}
    quantised = {name: count for name, count in counts.items() if name not in {"F32", "F16", "BF16"}}
    return str(max((quantised or counts).items(), key=lambda item: item[1])[0])


def _wall_clock(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


_DIGITS = b"-0123456789"
# Bounded, so that no figure of a broken log is beyond a float.
_FLOAT = r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,2})?"

FIELD_TYPES: dict[str, FieldType] = {
    "int": FieldType(r"-?\d{1,18}", int, "whole number", _DIGITS, figure=True),
    "float": FieldType(_FLOAT, float, "number", _DIGITS, figure=True),
    "seconds": FieldType(_FLOAT, float, "seconds", _DIGITS, figure=True),
    "ms": FieldType(_FLOAT, lambda text: float(text) / 1000, "milliseconds, kept as seconds", _DIGITS, figure=True),
    "clock": FieldType(r"\d+:\d\d:\d\d", parse_clock, "HH:MM:SS, kept as seconds"),
    "mib": FieldType(_FLOAT, _mib, "ComfyUI's MB (MiB), kept as bytes", figure=True),
    "gib": FieldType(_FLOAT, lambda text: round(float(text) * 1024 * MIB), "GiB, kept as bytes", figure=True),
    "budget": FieldType(_FLOAT, _budget, "like mib; the 'no limit' sentinel is None", figure=True),
    "old_budget": FieldType(_FLOAT, _old_budget, "like budget; 0.0 meant 'no limit' before 2024-12", figure=True),
    "bool": FieldType(r"True|False", lambda text: text == "True", "Python's bool"),
    "word": FieldType(r"\S+", str, "text without spaces"),
    "name": FieldType(r"\w+", str, "an identifier"),
    "path": FieldType(r"\S[^\r\n]*", str, "a path, to the line's end"),
    "text": FieldType(r"[^\r\n]*", str, "anything, to the line's end or the next literal"),
    "some": FieldType(r"[^\r\n]+", str, "anything, at least one character"),
    "date": FieldType(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?", _wall_clock, "a wall clock, kept as seconds"),
    "id": FieldType(r"[0-9A-Za-z_-]+", str, "a prompt or node id"),
    "maybe_int": FieldType(r"\d{1,18}|None", lambda text: None if text == "None" else int(text), "whole number or Python's None"),
    "room": FieldType(
        r"all|\d{1,18}(?:\.\d{1,18})?MB",
        lambda text: None if text == "all" else _mib(text[:-2]),
        "`12.5MB`, kept as bytes; `all` is None",
    ),
    "quoted": FieldType(
        r"'[^'\r\n]*'|\"[^\"\r\n]*\"", lambda text: text[1:-1], "a Python string as repr prints it, without its quotes"
    ),
    "rest": FieldType(r"[^\r\n]*", str.strip, "anything to the line's end, without the white space around it"),
    "list": FieldType(r"[^\]\r\n]*", str, "anything up to a closing bracket"),
    "size": FieldType(r"\d+x\d+", str, "width and height"),
    "version": FieldType(r"[\w.+-]+", str, "a version without its v"),
    "gap": FieldType(r"[ \t]+", str, "white space that pads a column"),
    "basename": FieldType(
        r"[^\r\n]*[^\s/\\][/\\]?", lambda text: re.split(r"[/\\]", text.rstrip("/\\"))[-1], "a path, kept as its last part"
    ),
    "vram_state": FieldType(
        r"[A-Z]+(?:[_ ]VRAM)?", lambda text: text.replace(" ", "_"), "`NORMAL_VRAM`, before 2023-04 `NORMAL VRAM`"
    ),
    "revision": FieldType(
        r"\d+", lambda text: f"revision {text}", "the commit count that named ComfyUI's state before there were versions"
    ),
    # A timeout's setting ("任务超时时间：300秒") is no timeout.
    "limit": FieldType(
        r"(?!时间|時間|设置|设定|設定|设为)[^\r\n]*",
        _limit,
        "text to the line's end, kept as the first duration in it, in seconds; None without one",
    ),
    "gguf_types": FieldType(
        r"\w+ \(\d+\)(?:, \w+ \(\d+\))*", _main_gguf_type, "`F32 (471), Q8_0 (304)`, kept as the commonest quantised type"
    ),
    "other_thread": FieldType(r"(?![^:\r\n]*prompt_worker)[^:\r\n]+", str, "a thread's name, unless it is the prompt worker's"),
    "source": FieldType(r"(?:[A-Za-z]:)?[^\s:]+:\d+", str, "file:line of a C source"),
    "python_source": FieldType(r"[^\r\n]+:\d+", str, "file:line of a Python warning; the path may hold spaces"),
    "torch_source": FieldType(
        r"(?:\d{4} \d\d:\d\d:\d\d\.\d{1,9})? ?[\w./\\-]+:\d{1,9}", str, "torch's C++ log prefix, with file:line"
    ),
    "glog": FieldType(
        r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [^\]\s]+",
        str,
        "level, month and day, time, process, file:line, as glog writes them",
        b"IWEF",
    ),
    "day_time": FieldType(r"\d\d:\d\d:\d\d\.\d{3}", str, "a time of day with milliseconds"),
    "emoji_text": FieldType(r"[^\x00-\x7f][^\r\n]*", str, "text to the line's end that starts outside ASCII"),
    "dashes": FieldType(r"-*", str, "a drawn line"),
    "equals": FieldType(r"=*", str, "a drawn line"),
    "hashes": FieldType(r"#*", str, "a drawn line"),
}

# Types that match to the end of the line: one such field at most may stand before further text, or matching is not linear.
OPEN_ENDED = frozenset({"text", "some", "path", "rest", "basename", "limit", "python_source", "emoji_text"})

_FIELD = re.compile(r"\{(\w*):(\w+)\}")


class Template:
    """A template ready for use: the literal it starts with, its longest literal, its pattern.

    `firsts`: the bytes that a match can start with; empty where it can start with anything. `repeats`: it holds no figure,
    so that the very same line may well come again.

    The pattern is compiled at first use: a process meets a few dozen of some hundred wordings.
    """

    __slots__ = ("_fields", "_pattern", "_source", "anchor", "firsts", "prefix", "repeats")

    def __init__(self, source: str, literals: list[str], fields: Sequence[tuple[str, FieldType]], firsts: bytes) -> None:
        self.prefix = literals[0].encode()
        self.anchor = max((literal.strip() for literal in literals), key=len).encode()
        self.firsts = firsts
        self.repeats = not any(kind.figure for _, kind in fields)
        self._fields = tuple((name, kind.convert if kind.figure else _decoded(kind.convert)) for name, kind in fields)
        self._source = source
        self._pattern: re.Pattern[bytes] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in order."""
        return tuple(name for name, _ in self._fields)

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The anchored pattern over UTF-8 bytes, one group per named field."""
        if self._pattern is None:
            self._pattern = re.compile(self._source.encode())
        return self._pattern

    def values(self, match: re.Match[bytes]) -> dict[str, Value]:
        """The converted fields of a match of `pattern`."""
        return {name: convert(text) for (name, convert), text in zip(self._fields, match.groups(), strict=True)}


def _decoded(convert: Callable[..., Value]) -> Callable[[bytes], Value]:
    return lambda text: convert(text.decode("utf-8", "replace"))


def compile_template(text: str, *, glued: bool = False) -> Template:
    """Reads a template. `glued`: more text may follow on the line.

    Raises ValueError for an unknown field type, for no literal text, and for two open-ended fields before other text.
    """
    parts: list[str] = []
    literals: list[str] = []
    fields: list[tuple[str, FieldType]] = []
    position = open_ended = 0
    for field in _FIELD.finditer(text):
        name, kind = field.groups()
        if kind not in FIELD_TYPES:
            raise ValueError(f"template {text!r}: unknown field type {kind!r}")
        literals.append(text[position : field.start()])
        parts.append(re.escape(literals[-1]))
        parts.append(f"({FIELD_TYPES[kind].pattern})" if name else f"(?:{FIELD_TYPES[kind].pattern})")
        if name:
            fields.append((name, FIELD_TYPES[kind]))
        position = field.end()
        open_ended += kind in OPEN_ENDED and position < len(text)
    literals.append(text[position:])
    parts.append(re.escape(literals[-1]))
    if not any(literal.strip() for literal in literals):
        raise ValueError(f"template {text!r}: no literal text to look for")
    if open_ended > 1:
        raise ValueError(f"template {text!r}: only one open-ended field may stand before other text")
    firsts = literals[0][:1].encode() or _firsts_of(text)
    return Template("".join(parts) + ("" if glued else r"\s*$"), literals, fields, firsts)


def _firsts_of(text: str) -> bytes:
    field = _FIELD.match(text)
    return FIELD_TYPES[field.group(2)].firsts if field else b""
