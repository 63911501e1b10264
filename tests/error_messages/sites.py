"""Where error messages are made: each call in the code that makes an exception whose words a user may read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import analyzer

ROOT = Path(analyzer.__file__).parents[1]
FAMILY = ("ComfymeterError", "SourceError", "SettingsError", "UsageError", "NoRunsError", "NoTimesError", "ProgramError")
# Raised for whoever writes code against these, never for what a user gave.
FOR_PROGRAMMERS = (
    "analyzer/budgets/gaps.py",
    "analyzer/families/template.py",
    "analyzer/families/wording.py",
    "analyzer/redaction/rule.py",
    "analyzer/renderers/placing.py",
    "analyzer/timeouts/estimate.py",
    "dashboards/reading.py",
    "exporters/comfyui/client.py",  # told as an answer without sense
    "exporters/instruments.py",
)


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A call `Kind("words")`. `file`: from the root; `first`, `last`: its lines."""

    file: str
    first: int
    last: int
    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}:{self.first} {self.kind}: {self.words}"


def sites() -> list[Site]:
    """All of them, in order."""
    files = [file for package in ("analyzer", "exporters", "dashboards") for file in sorted((ROOT / package).rglob("*.py"))]
    return sorted(site for file in files for site in _sites_of(file.relative_to(ROOT).as_posix(), file.read_text("utf-8")))


def _sites_of(file: str, text: str) -> Iterator[Site]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and _counts(file, node.func.id):
            words = ast.unparse(node.args[0])
            yield Site(file=file, first=node.lineno, last=node.end_lineno or node.lineno, kind=node.func.id, words=words)


def _counts(file: str, name: str) -> bool:
    return name in FAMILY or (name == "ValueError" and file not in FOR_PROGRAMMERS)
