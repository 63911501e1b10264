"""`comfymeter.toml`: defaults for the command line. Every key is known, typed and checked; anything else is an error."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer import settings_values as read
from analyzer.errors import SettingsError, unreadable
from analyzer.settings_values import Reader, parse_timezone
from analyzer.workflows import Exclusion, Naming, WorkflowRule

DEFAULT_FILE = "comfymeter.toml"

__all__ = ["DEFAULT_FILE", "Settings", "load_settings", "parse_settings", "parse_timezone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user set; None where they did not. `timeout` in seconds, `risk` as a ratio, `store` a path or URL."""

    timeout: float | None = None
    timezone: str | None = None
    top: int | None = None
    color: str | None = None
    redact: bool | None = None
    risk: float | None = None
    store: str | None = None
    workflows: tuple[WorkflowRule, ...] = ()
    exclude: Exclusion = field(default_factory=Exclusion)

    @property
    def naming(self) -> Naming:
        """What the settings say about workflows."""
        return Naming(rules=self.workflows, exclusion=self.exclude)


_KEYS: dict[str, Reader] = {
    "timeout": read.duration,
    "timezone": read.zone,
    "top": read.count,
    "color": read.color,
    "redact": read.switch,
    "risk": read.risk,
    "store": read.text,
    "workflows": read.workflow_rules,
    "exclude": read.exclusion,
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
            raise SettingsError(f"{name}: unknown key {key!r}; known keys are {', '.join(_KEYS)}")
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
        text = chosen.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{chosen}: cannot read the settings: {unreadable(error)}") from error
    return parse_settings(text, str(chosen))
