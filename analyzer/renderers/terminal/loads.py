"""The ledger of models brought to the device: one line per event where they are few, else one per model."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.events import LoadMode
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import duration, size
from analyzer.report import Report
from analyzer.runs.model import Load, Run, Unload
from analyzer.units import format_bytes

_EVENTS = (
    Column(title="run", keep=60, right=True),
    Column(title="line", keep=95, right=True),
    Column(title="model", keep=100, least=8),
    Column(title="role", keep=40),
    Column(title="mode", keep=80),
    Column(title="on device", keep=90, right=True),
    Column(title="change", keep=85, right=True),
    Column(title="offloaded", keep=75, right=True),
    Column(title="patches", keep=50, right=True),
    Column(title="took", keep=45, right=True),
    Column(title="note", keep=70),
)
_MODELS = (
    Column(title="model", keep=100, least=8),
    Column(title="role", keep=60),
    Column(title="loads", keep=95, right=True),
    Column(title="reloads", keep=90, right=True),
    Column(title="partial", keep=80, right=True),
    Column(title="dynamic", keep=50, right=True),
    Column(title="runs", keep=55, right=True),
    Column(title="added in all", keep=85, right=True),
    Column(title="worst offload", keep=70, right=True),
    Column(title="took in all", keep=65, right=True),
)


def loads(page: Page, report: Report) -> None:
    count = sum(len(run.loads) + len(run.unloads) for run in report.runs)
    if not count:
        return
    if count <= max(12, page.options.top):
        ledger(page, report.runs)
    else:
        page.heading("Model loads", "per model")
        rows = sorted(_by_model(report).items(), key=lambda item: -item[1].loads)
        page.table(_MODELS, [_model_row(key, total) for key, total in rows[: page.options.top]])


def ledger(page: Page, runs: Sequence[Run]) -> None:
    """One line per load and unload, in log order."""
    if any(run.loads or run.unloads for run in runs):
        page.heading("Model loads", "MB as ComfyUI counts them (MiB)")
        page.table(_EVENTS, [row for run in runs for row in run_rows(run, len(runs) > 1)])


def run_rows(run: Run, numbered: bool) -> Iterator[Row]:
    """The run's loads and unloads in log order."""
    events: list[Load | Unload] = [*run.loads, *run.unloads]
    for event in sorted(events, key=lambda event: event.line):
        row = _load_row(event) if isinstance(event, Load) else _unload_row(event)
        yield (str(run.number) if numbered else "", (f"L{event.line}", styles.QUIET), *row)


def _load_row(load: Load) -> Row:
    change = "" if load.added_bytes is None else f"+{size(load.added_bytes)}" if load.added_bytes else "none"
    return (
        load.model or "not named",
        load.role.value.replace("_", " "),
        (load.mode.value, styles.LOOK if load.mode is LoadMode.PARTIAL else ""),
        size(load.loaded_bytes),
        change,
        (size(load.offloaded_bytes), styles.LOOK) if load.offloaded_bytes else "",
        str(load.patches) if load.patches else "",
        duration(load.seconds),
        "reload" if load.reload else "",
    )


def _unload_row(unload: Unload) -> Row:
    change = "" if unload.freed_bytes is None else f"-{size(unload.freed_bytes)}"
    name = ("(unload)", styles.QUIET)
    return (name, "", unload.mode.value, size(unload.remaining_bytes), change, "", str(unload.patches or ""), "", "")


@dataclass(slots=True)
class _Sum:
    """One model's loads, added up: a big log has too many to keep."""

    loads: int = 0
    reloads: int = 0
    runs: int = 0
    partial: int = 0
    dynamic: int = 0
    added_bytes: int = 0
    worst_offload_bytes: int = 0
    seconds: float | None = None
    last_run: int | None = None

    def add(self, run: int, load: Load) -> None:
        self.loads += 1
        self.reloads += load.reload
        self.runs += run != self.last_run
        self.last_run = run
        self.partial += load.mode is LoadMode.PARTIAL
        self.dynamic += load.mode is LoadMode.DYNAMIC
        self.added_bytes += load.added_bytes or 0
        self.worst_offload_bytes = max(self.worst_offload_bytes, load.offloaded_bytes or 0)
        if load.seconds is not None:
            self.seconds = (self.seconds or 0.0) + load.seconds


def _by_model(report: Report) -> dict[tuple[str, str], _Sum]:
    found: defaultdict[tuple[str, str], _Sum] = defaultdict(_Sum)
    for run in report.runs:
        for load in run.loads:
            found[load.model or "not named", load.role.value.replace("_", " ")].add(run.number, load)
    return found


def _model_row(key: tuple[str, str], total: _Sum) -> Row:
    return (
        *key,
        f"{total.loads:,}",
        f"{total.reloads:,}",
        (f"{total.partial:,}", styles.LOOK if total.partial else styles.QUIET),
        f"{total.dynamic:,}" if total.dynamic else "",
        f"{total.runs:,}",
        format_bytes(total.added_bytes),
        format_bytes(total.worst_offload_bytes) if total.worst_offload_bytes else "",
        duration(total.seconds),
    )
