"""Which files are one server's log in parts: rotated sets, oldest first."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.sources.files import LogFile

_PACKED = re.compile(r"\.(?:gz|xz|zst|bz2)$", re.IGNORECASE)
# ComfyUI-Manager: comfyui.log, comfyui.prev.log, comfyui.prev2.log.
_PREVIOUS = re.compile(r"\.prev(\d*)(?=\.log$)")
# logrotate, Docker: x.log.1, x.log.2.gz.
_NUMBERED = re.compile(r"\.(\d{1,3})$")
# logrotate's dateext: x.log-20260801, x-20260801.log; the desktop app: comfyui.log_2026-08-01T10-00-00-000Z.log.
_DATED = re.compile(r"[-_.](\d{4}-?\d\d-?\d\d(?:[T_-]?\d\d[-:.]?\d\d(?:[-:.]?\d\d(?:[-:.]\d{1,6})?)?Z?|-\d{10})?)(\.log)?$")

# Sorts the parts of one log oldest first.
_Age = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """Files that follow each other as one log, oldest first; nearly always just one."""

    name: str
    files: tuple[LogFile, ...]


def group_logs(files: Iterable[LogFile]) -> list[LogGroup]:
    """The files in groups, in the order in which each group is named first."""
    groups: dict[str, list[tuple[_Age, LogFile]]] = {}
    for file in files:
        base, age = _base_and_age(file.name)
        groups.setdefault(base, []).append((age, file))
    return [_group(base, members) for base, members in groups.items()]


def _group(base: str, members: list[tuple[_Age, LogFile]]) -> LogGroup:
    # A packed file beside a plain one of its name is older, if it is no copy.
    files = tuple(file for _, file in sorted(members, key=lambda member: (member[0], not _PACKED.search(member[1].name))))
    return LogGroup(name=files[0].name if len(files) == 1 else base, files=files)


def base_of(name: str) -> str:
    """The name of the log that a file is a part of; its own for a log that was never turned."""
    return _base_and_age(name)[0]


def _base_and_age(name: str) -> tuple[str, _Age]:
    """The name of the log that a file is a part of, and its age among them."""
    plain = _PACKED.sub("", name)
    if found := _PREVIOUS.search(plain):
        return plain[: found.start()] + plain[found.end() :], (1, -int(found[1] or 1), "")
    if found := _NUMBERED.search(plain):
        return plain[: found.start()], (1, -int(found[1]), "")
    if found := _DATED.search(plain):
        before = plain[: found.start()]
        return before if before.endswith(".log") else before + (found[2] or ""), (0, 0, found[1])
    return plain, (2, 0, "")
