"""One duration in somebody's YAML or TOML file changed, and nothing else: comments, order, quotes and line ends stay.

TOML goes through tomlkit, which keeps all of a document. For YAML the place of the value comes from ruamel.yaml and only its
text is replaced, since writing a YAML document again changes its layout. Either way the result is read again and compared.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.errors import SettingsError
from analyzer.units import parse_duration
from analyzer.yaml_trouble import NotYamlError, load_yaml

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
# A YAML scalar on one line: quoted, or plain up to a comment.
_SCALAR = re.compile(
    r"""(?P<quote>["'])(?P<quoted>[^"'\r\n]*)(?P=quote)|(?P<plain>[^\s#,}\]][^#,}\]\r\n]*?)(?=\s*(?:\s#|[,}\]]|\r?$))""", re.M
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A file's text before and after, and the duration that stood there."""

    before: str
    after: str
    old_seconds: float


def edit_duration(text: str, name: str, key: str, seconds: float) -> Edit:
    """Sets the duration at `key` (`comfyui.timeout`) of the file `name` with this text to `seconds`.

    Its form stays: a number stays a number of seconds, `5m` keeps its unit where that is exact. Raises SettingsError for a file
    that is neither YAML nor TOML, a key that is not there, and a value that is no duration.
    """
    editor = _EDITORS.get(name.rpartition(".")[2].lower())
    if editor is None:
        raise SettingsError(f"{name}: only .yaml, .yml and .toml files can be edited")
    path = key.split(".")
    if not all(path):
        raise SettingsError(f"{name}: {key!r} is not a key; write it like comfyui.timeout")
    return editor(text, name, path, seconds)


def _edit_toml(text: str, name: str, path: Sequence[str], seconds: float) -> Edit:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsError(f"{name}: not valid TOML: {error}") from error
    parent = _parent(document, path, name)
    old = parent[path[-1]]
    old_seconds = _seconds(_plain(old), name, path)
    new = _like(_plain(old), seconds)
    parent[path[-1]] = new
    return _checked(Edit(before=text, after=tomlkit.dumps(document), old_seconds=old_seconds), name, path, new, _read_toml)


def _edit_yaml(text: str, name: str, path: Sequence[str], seconds: float) -> Edit:
    document = _read_yaml(text, name)
    parent = _parent(document, path, name)
    old = _plain(parent[path[-1]])
    old_seconds = _seconds(old, name, path)
    line, column = parent.lc.value(path[-1])
    start = sum(len(row) for row in text.splitlines(keepends=True)[:line]) + column
    new, after = _like(old, seconds), text
    if match := _SCALAR.match(text, start):
        place = match.span("quoted" if match["quote"] else "plain")
        after = text[: place[0]] + str(new) + text[place[1] :]
    return _checked(Edit(before=text, after=after, old_seconds=old_seconds), name, path, new, _read_yaml)


def _read_yaml(text: str, name: str) -> Any:
    try:
        return load_yaml(text, keep=True)
    except NotYamlError as error:
        raise SettingsError(f"{name}: not valid YAML: {error}") from error


def _read_toml(text: str, name: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: not valid TOML: {error}") from error


def _parent(document: Any, path: Sequence[str], name: str) -> Any:
    """The table that holds the key."""
    table = document
    for depth, part in enumerate(path):
        if not isinstance(table, dict) or part not in table:
            known = ", ".join(map(str, table)) if isinstance(table, dict) and table else "nothing"
            raise SettingsError(f"{name}: no key {'.'.join(path[: depth + 1])}; there is {known}")
        if depth < len(path) - 1:
            table = table[part]
    return table


def _plain(value: Any) -> Any:
    """A value without what tomlkit or ruamel.yaml keep around it."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _seconds(value: Any, name: str, path: Sequence[str]) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        return parse_duration(str(value))
    except ValueError:
        raise SettingsError(f"{name}: {'.'.join(path)} is {value!r}, which is no duration") from None


def _like(old: Any, seconds: float) -> Any:
    """The new value in the form of the old one."""
    if isinstance(old, float):
        return float(seconds)
    if isinstance(old, int):
        return math.ceil(seconds)
    unit = old.strip()[-1:].lower()
    if unit in _UNITS and seconds % _UNITS[unit] == 0:
        return f"{seconds / _UNITS[unit]:g}{unit}"
    return f"{seconds:g}s" if unit in _UNITS else f"{seconds:g}"


def _checked(edit: Edit, name: str, path: Sequence[str], value: Any, read: Callable[[str, str], Any]) -> Edit:
    """The edit, if reading it again shows this one change and no other."""
    before = read(edit.before, name)
    try:
        after = read(edit.after, name)
        new = _parent(after, path, name)[path[-1]]
    except SettingsError:  # an anchor may have gone, which others refer to
        after, new = None, None
    _parent(before, path, name)[path[-1]] = new
    if before != after or _plain(new) != value:
        raise SettingsError(f"{name}: {'.'.join(path)} cannot be edited without touching other values; change it by hand")
    return edit


_EDITORS: dict[str, Callable[[str, str, Sequence[str], float], Edit]] = {
    "toml": _edit_toml,
    "yaml": _edit_yaml,
    "yml": _edit_yaml,
}
