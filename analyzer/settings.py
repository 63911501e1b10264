"""`comfymeter.toml`: defaults for the command line. Every key is known, typed and checked; anything else is an error."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.errors import SettingsError
from analyzer.units import parse_duration

DEFAULT_FILE = "comfymeter.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user set; None where they did not. `timeout` in seconds."""

    timeout: float | None = None
    timezone: str | None = None
    top: int | None = None
    color: str | None = None
    redact: bool | None = None


def parse_timezone(name: str) -> ZoneInfo:
    """The zone of a name such as `Europe/Berlin`. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write it like Europe/Berlin or UTC") from error


def _duration(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parse_duration(str(value))
    return parse_duration(_text(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} must be text in quotes")
    return value


def _zone(value: Any) -> str:
    return parse_timezone(_text(value)).key


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} must be a whole number from 1")
    return value


def _color(value: Any) -> str:
    if value not in ("auto", "always", "never"):
        raise ValueError(f"{value!r} must be auto, always or never")
    return str(value)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} must be true or false")
    return value


_KEYS: dict[str, Callable[[Any], Any]] = {
    "timeout": _duration,
    "timezone": _zone,
    "top": _count,
    "color": _color,
    "redact": _switch,
}


def parse_settings(text: str, name: str) -> Settings:
    """The settings in a TOML text. Raises SettingsError naming file, key (or line) and what is allowed."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: not valid TOML: {error}") from error
    return Settings(**_checked(document, name))


def _checked(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    values = {}
    for key, value in document.items():
        if key not in _KEYS:
            known = ", ".join(field.name for field in fields(Settings))
            raise SettingsError(f"{name}: unknown key {key!r}; known keys are {known}")
        try:
            values[key] = _KEYS[key](value)
        except ValueError as error:
            raise SettingsError(f"{name}: {key}: {error}") from error
    return values


def load_settings(path: str | None) -> Settings:
    """The settings of a file; without one those of `comfymeter.toml` in the working directory, if it is there."""
    chosen = Path(path or DEFAULT_FILE)
    if path is None and not chosen.is_file():
        return Settings()
    try:
        text = chosen.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SettingsError(f"{chosen}: cannot read the settings: {reason}") from error
    return parse_settings(text, str(chosen))
