"""What a finding is, and what a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from analyzer.analysis import Analysis


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a user should know. `summary`: one sentence with its figures; `detail`: the arithmetic; `advice`: what to do.

    `runs` are run numbers; `lines` the log lines it rests on, of the source of its first run.
    """

    rule: str
    severity: Severity
    summary: str
    detail: str = ""
    advice: str = ""
    runs: tuple[int, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named check. It yields nothing where its evidence is missing. `about` says in a sentence when it speaks."""

    id: str
    about: str
    find: Callable[[Analysis], Iterator[Finding]]
