"""Private text in documents: a redactor is taught all that a report says first, then what is shown goes through it."""

from collections.abc import Iterable, Iterator
from typing import Any

from analyzer.redaction import NO_REDACTION, Redaction
from analyzer.report import Report
from analyzer.runs.model import Run
from analyzer.runs.signature import bar_part


def learn(report: Report, redactor: Redaction) -> None:
    """A name learned anywhere counts everywhere, also before the place where it was learned."""
    if redactor is NO_REDACTION:
        return
    for text in dict.fromkeys(_texts(report)):
        redactor.learn(text)
    for workflow, labels in _signatures(report).items():
        redactor.settle(workflow, _signature(workflow, labels, redactor))


def _signatures(report: Report) -> dict[str, tuple[str, ...]]:
    """Signatures that have lost digits, with the labels of the bars in them."""
    found: dict[str, tuple[str, ...]] = {}
    for run in report.runs:
        signature = run.workflow.signature
        if "#" in signature and signature not in found:
            found[signature] = tuple(sorted(dict.fromkeys(bar.label for bar in run.bars), key=len, reverse=True))
    return found


def _signature(signature: str, labels: Iterable[str], redactor: Redaction) -> str:
    """Without its digits a key is no longer known as one: what a label hides is told by the label itself."""
    for label in labels:
        hidden = redactor.text(label)
        if hidden != label:
            signature = signature.replace(bar_part(label), bar_part(hidden))
    return redactor.text(signature)


class Hider:
    """Redacts JSON-like values whose keys are our own. Equal texts are looked at once: a report repeats most of its words."""

    def __init__(self, redactor: Redaction) -> None:
        self._redactor = redactor
        self._known: dict[str, str] = {}

    def value(self, value: Any) -> Any:
        if self._redactor is NO_REDACTION:
            return value
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._redactor.text(text)
        return known


def _texts(report: Report) -> Iterator[str]:
    yield from report.accounts
    for source in report.sources:
        yield from (source.name, *source.notes, *source.vram)
    yield from (series.source for series in report.vram)
    yield from (sample.text for sample in report.unparsed.samples)
    yield from (quote.text for quote in report.quotes)
    for finding in report.findings:
        yield from (finding.summary, finding.detail, finding.advice)
    for start in report.server_starts:
        yield from (node.name for node in start.custom_nodes)
        yield start.device or ""
    for run in report.runs:
        yield from _run_texts(run)


def _run_texts(run: Run) -> Iterator[str]:
    yield from (run.source, run.workflow.name, run.workflow.signature)
    if run.failure:
        yield from (run.failure.kind, run.failure.message)
    yield from (bar.label for bar in run.bars)
    yield from (load.model or "" for load in run.loads)
    yield from (detection.label for detection in run.detections)
    yield from (note.text for notes in (run.soft_ooms, run.leaks, run.quantizations) for note in notes)
