"""The servers to watch, from a targets file: one table each, secrets in files or the environment and never in the file itself."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import SettingsError, UsageError, unreadable
from analyzer.units import parse_duration
from analyzer.yaml_trouble import NotYamlError, load_yaml
from exporters.comfyui import Target, target_of

MOST_TARGETS = 1000
_KEYS = (
    "name",
    "url",
    "log",
    "timeout",
    "user",
    "password_file",
    "password_env",
    "token_file",
    "token_env",
    "ca_file",
    "insecure",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEntry:
    """A server as the file has it. `limit_seconds` None: as for all."""

    name: str
    target: Target | None
    log: str | None
    limit_seconds: float | None


def load_targets(path: str, environment: Mapping[str, str] = os.environ) -> list[TargetEntry]:
    """The entries of a file. Raises SettingsError naming the entry and what is allowed."""
    try:
        document = load_yaml(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, NotYamlError) as error:
        reason = str(error) if isinstance(error, NotYamlError) else unreadable(error)
        raise SettingsError(f"{path}: cannot read the targets: {reason}") from error
    rows = document.get("targets") if isinstance(document, dict) and set(document) == {"targets"} else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_TARGETS:
        raise SettingsError(f"{path}: must be a list `targets:` of 1 to {MOST_TARGETS} entries with name and url or log")
    entries = [_entry(path, number, row, environment) for number, row in enumerate(rows, 1)]
    names = [entry.name for entry in entries]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"{path}: two targets have the name {twice[0]!r}")
    return entries


def _entry(path: str, number: int, row: Any, environment: Mapping[str, str]) -> TargetEntry:
    where = f"{path}: target {number}"
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not row["name"].strip():
        raise SettingsError(f"{where}: needs a name")
    if unknown := [key for key in row if key not in _KEYS]:
        raise SettingsError(f"{where}: unknown key {unknown[0]!r}; known keys are {', '.join(_KEYS)}")
    url, log = _text(where, row, "url"), _text(where, row, "log")
    if url is None and log is None:
        raise SettingsError(f"{where}: needs url or log")
    if log == "-":
        raise SettingsError(f"{where}: log: the standard input is for one server; use --log -")
    return TargetEntry(
        name=row["name"].strip(),
        target=_target(where, url, row, environment) if url is not None else None,
        log=log,
        limit_seconds=_limit(where, row.get("timeout")),
    )


def _target(where: str, url: str, row: Mapping[str, Any], environment: Mapping[str, str]) -> Target:
    def given(name: str) -> str | None:
        file, variable = _text(where, row, f"{name}_file"), _text(where, row, f"{name}_env")
        return secret(file, variable, environment, where)

    insecure = row.get("insecure", False)
    if not isinstance(insecure, bool):
        raise SettingsError(f"{where}: insecure must be true or false")
    try:
        target = target_of(
            url,
            user=_text(where, row, "user"),
            password=given("password") or "",
            token=given("token"),
            ca_file=_text(where, row, "ca_file"),
            insecure=insecure,
        )
        target.tls()
    except UsageError as error:
        raise SettingsError(f"{where}: {error}") from error
    return target


def secret(file: str | None, variable: str | None, environment: Mapping[str, str], where: str) -> str | None:
    """A secret from a file (without its line end) or a variable. Raises SettingsError."""
    if file is not None:
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{where}: {file}: cannot be read: {unreadable(error)}") from error
    if variable is not None:
        if variable not in environment:
            raise SettingsError(f"{where}: the environment has no {variable}; set it where comfymeter runs")
        return environment[variable]
    return None


def _text(where: str, row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise SettingsError(f"{where}: {key} must be text in quotes")
    return value


def _limit(where: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        return parse_duration(str(value))
    except ValueError as error:
        raise SettingsError(f"{where}: timeout: {error}") from error
