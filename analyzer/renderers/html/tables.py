"""The tables of the page: columns as data, rows as plain values that the page sorts, filters and writes out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from analyzer.analysis import SourceInfo
from analyzer.renderers.margins import margins
from analyzer.renderers.rounding import number
from analyzer.renderers.words import OUTCOMES, PHASES, STARTS, VERDICTS, joined, seconds
from analyzer.report import Report
from analyzer.runs.model import Load, Run
from analyzer.timeouts.advice import WorkflowAdvice
from analyzer.units import format_bytes, format_instant, format_share, plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`kind` says how values are written and sorted: text, word, badge, phase, run, count, seconds, percent, bytes,
    time (seconds of a wall clock), lines (one, or first and last)."""

    title: str
    kind: str = "text"
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    id: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    note: str = ""

    def as_value(self) -> dict[str, Any]:
        """For the page's script."""
        columns = [{"title": c.title, "kind": c.kind, **({"hidden": True} if c.hidden else {})} for c in self.columns]
        return {"id": self.id, "title": self.title, "note": self.note, "columns": columns, "rows": self.rows}


def _columns(*given: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(title=title, kind=kind) for title, kind in given)


# --- runs --------------------------------------------------------------------------------------------------------

_RUNS = (
    *_columns(
        ("run", "run"), ("outcome", "badge"), ("total", "seconds"), ("of limit", "percent"), ("verdict", "badge"),
        ("workflow", "text"), ("start", "word"), ("biggest phase", "phase"), ("its share", "percent"), ("steps", "count"),
        ("s/step", "seconds"), ("loads", "count"), ("reloads", "count"), ("queue", "seconds"), ("VRAM peak", "bytes"),
        ("began", "time"), ("lines", "lines"),
    ),
    Column(title="log", hidden=True),
    Column(title="failure", hidden=True),
    Column(title="client gave up", kind="lines", hidden=True),
    Column(title="longest silence", kind="seconds", hidden=True),
    Column(title="VRAM mean", kind="bytes", hidden=True),
    Column(title="VRAM of others, peak", kind="bytes", hidden=True),
    Column(title="energy, J", kind="count", hidden=True),
)  # fmt: skip


def runs_table(report: Report, shown: Sequence[Run]) -> Table:
    """Worst first."""
    zones = {source.name: source.timezone for source in report.sources}
    rest = len(report.runs) - len(shown)
    note = f"worst first; {plural(rest, 'further run')} not listed" if rest else "worst first" if len(shown) > 1 else ""
    rows = [_run_row(run, zones.get(run.source)) for run in shown]
    return Table(id="runs", title="All runs" if len(shown) > 1 else "The run", columns=_RUNS, rows=rows, note=note)


def _run_row(run: Run, zone: str | None) -> list[Any]:
    biggest = max(run.phases, key=lambda time: time.seconds, default=None)
    steps = sum(bar.steps for bar in run.passes)
    taken = sum(bar.seconds or 0.0 for bar in run.passes)
    failure = run.failure
    return [
        run.number,
        OUTCOMES[run.outcome],
        number(run.total_seconds),
        number(run.limit_used_ratio),
        VERDICTS[run.verdict],
        run.workflow.name,
        STARTS[run.start],
        PHASES[biggest.phase] if biggest else None,
        number(biggest.share) if biggest else None,
        number(steps) if run.passes else None,
        number(taken / steps) if steps and taken else None,
        len(run.loads),
        sum(load.reload for load in run.loads),
        number(run.queue_seconds),
        run.vram.peak_bytes if run.vram else None,
        None if run.started_at is None else _wall_clock(run.started_at, zone),
        _lines(run.first_line, run.last_line),
        run.source,
        f"{failure.kind}: {failure.message} (L{failure.line})" if failure else None,
        run.client_timeout.line if run.client_timeout else None,
        number(run.silence_seconds),
        *((run.vram.mean_bytes, run.vram.other_peak_bytes, number(run.vram.energy_joules)) if run.vram else (None, None, None)),
    ]


def _lines(first: int | None, last: int | None) -> int | list[int] | None:
    """Numbers are smaller than words, and sort."""
    return first if first is None or last is None or first == last else [first, last]


def _wall_clock(at: float, zone: str | None) -> float:
    return datetime.fromisoformat(format_instant(at, zone)).replace(tzinfo=UTC).timestamp()


# --- one run -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table inside a run's section; `rows` are made per run."""

    title: str
    columns: tuple[Column, ...]
    rows: Callable[[Run], list[list[Any]]]


def _phase_rows(run: Run) -> list[list[Any]]:
    ordered = sorted(run.phases, key=lambda time: -time.seconds)
    return [
        [
            PHASES[time.phase],
            number(time.seconds),
            number(time.share),
            time.evidence.value,
            run.vram.phase_peak_bytes(time.phase) if run.vram else None,
            _lines(time.first_line, time.last_line),
        ]
        for time in ordered
    ]


def _bar_rows(run: Run) -> list[list[Any]]:
    bars = sorted((*run.passes, *run.bars), key=lambda bar: bar.line)
    return [
        [
            bar.label or "sampling",
            number(bar.steps),
            number(bar.total_steps),
            number(bar.seconds_per_step),
            number(bar.seconds),
            _lines(bar.line, bar.last_line),
        ]
        for bar in bars
    ]


def _load_values(load: Load) -> list[Any]:
    return [
        load.model or "not named",
        load.role.value.replace("_", " "),
        load.mode.value,
        load.loaded_bytes,
        load.added_bytes,
        load.offloaded_bytes,
        number(load.seconds),
        "reload" if load.reload else "",
        load.line,
    ]


def _unload_rows(run: Run) -> list[list[Any]]:
    return [[unload.mode.value, unload.freed_bytes, unload.remaining_bytes, unload.line] for unload in run.unloads]


def _other_rows(run: Run) -> list[list[Any]]:
    rows = [["detection", found.label, number(found.seconds), found.line] for found in run.detections]
    for name, notes in (("went on after out of memory", run.soft_ooms), ("leak", run.leaks), ("quantisation", run.quantizations)):
        rows += [[name, note.text, None, note.line] for note in notes]
    return rows


_LOAD = (
    ("model", "text"), ("role", "word"), ("mode", "word"), ("on device", "bytes"), ("added", "bytes"), ("offloaded", "bytes"),
    ("took", "seconds"), ("note", "word"), ("line", "lines"),
)  # fmt: skip

PARTS: tuple[Part, ...] = (
    Part(
        title="Where the time went",
        columns=_columns(
            ("phase", "phase"),
            ("time", "seconds"),
            ("share", "percent"),
            ("how known", "word"),
            ("VRAM peak", "bytes"),
            ("lines", "lines"),
        ),
        rows=_phase_rows,
    ),
    Part(
        title="Progress bars",
        columns=_columns(
            ("what", "text"), ("steps", "count"), ("of", "count"), ("s/step", "seconds"), ("took", "seconds"), ("lines", "lines")
        ),
        rows=_bar_rows,
    ),
    Part(title="Model loads", columns=_columns(*_LOAD), rows=lambda run: [_load_values(load) for load in run.loads]),
    Part(
        title="Unloads",
        columns=_columns(("mode", "word"), ("freed", "bytes"), ("remaining", "bytes"), ("line", "lines")),
        rows=_unload_rows,
    ),
    Part(
        title="Also in the log",
        columns=_columns(("what", "text"), ("text", "text"), ("took", "seconds"), ("line", "lines")),
        rows=_other_rows,
    ),
)


def details(run: Run) -> list[list[list[Any]]]:
    """The rows of each part, up to the last part that has any."""
    parts = [part.rows(run) for part in PARTS]
    while parts and not parts[-1]:
        parts.pop()
    return parts


# --- all other tables --------------------------------------------------------------------------------------------

MOST_LOADS = 5000


def loads_table(report: Report) -> Table | None:
    """The ledger, in log order."""
    rows: list[list[Any]] = []
    hidden = 0
    for run in report.runs:
        for load in run.loads:
            if len(rows) < MOST_LOADS:
                rows.append([run.number, *_load_values(load)])
            else:
                hidden += 1
    if not rows:
        return None
    note = "MB as ComfyUI counts them (MiB)" + (f"; {plural(hidden, 'further load')} not listed" if hidden else "")
    return Table(id="loads", title="Load ledger", columns=_columns(("run", "run"), *_LOAD), rows=rows, note=note)


def advice_table(report: Report) -> Table | None:
    """The recommended timeout of each workflow."""
    advice = report.timeout
    if advice is None or not advice.overall.n:
        return None
    limit = report.limit_seconds
    rows = [_advice_row(row, limit) for row in (*advice.workflows, *((advice.overall,) if len(advice.workflows) != 1 else ()))]
    titles = [
        ("workflow", "text"), ("runs", "count"), ("finished", "count"), ("unfinished", "count"), ("cold", "count"),
        ("median", "seconds"), ("worst", "seconds"), ("recommended", "seconds"), ("between", "word"), ("evidence", "word"),
        (f"P(> {seconds(limit)})" if limit is not None else "", "percent"),
    ]  # fmt: skip
    keep = [place for place, (title, _) in enumerate(titles) if title]
    risk = f"for a risk of {format_share(advice.risk)} per run" if advice.risk is not None else ""
    return Table(
        id="advice",
        title="Recommended timeouts",
        columns=_columns(*(titles[place] for place in keep)),
        rows=[[row[place] for place in keep] for row in rows],
        note=risk,
    )


def _advice_row(row: WorkflowAdvice, limit: float | None) -> list[Any]:
    between = row.recommended_interval_seconds
    return [
        row.workflow,
        row.n,
        row.finished,
        row.censored,
        row.cold,
        number(row.median_seconds),
        number(row.worst_seconds),
        number(row.recommended_seconds),
        f"{seconds(between[0])} to {seconds(between[1])}" if between else None,
        row.grade.value,
        number(row.risk_at.get(limit)) if limit is not None else None,
    ]


def margins_table(report: Report) -> Table | None:
    """How much room the limit leaves."""
    if report.limit_seconds is None or not report.runs:
        return None
    rows = [
        [row.workflow, row.runs, row.over, number(row.median_seconds), number(row.worst_seconds), number(row.margin_seconds)]
        for row in margins(report.runs, report.limit_seconds)
    ]
    columns = _columns(
        ("workflow", "text"),
        ("runs", "count"),
        ("over", "count"),
        ("median", "seconds"),
        ("worst", "seconds"),
        ("room", "seconds"),
    )
    title = f"Room under the limit of {seconds(report.limit_seconds)}"
    return Table(id="margins", title=title, columns=columns, rows=rows, note="queue wait included where known")


def nodes_table(report: Report) -> Table | None:
    """Custom nodes of all starts."""
    rows = [
        [start.number, node.name, number(node.seconds), "import failed" if node.failed else "", node.reason or ""]
        for start in report.server_starts
        for node in sorted(start.custom_nodes, key=lambda node: (not node.failed, -(node.seconds or 0.0)))
    ]
    columns = _columns(("start", "count"), ("custom node", "text"), ("import", "seconds"), ("state", "badge"), ("why", "text"))
    return Table(id="nodes", title="Custom nodes", columns=columns, rows=rows) if rows else None


def unparsed_table(report: Report) -> Table | None:
    """The first few different lines that no wording takes."""
    rows = [[sample.source, sample.line, sample.text] for sample in report.unparsed.samples]
    columns = _columns(("log", "text"), ("line", "lines"), ("text", "text"))
    return Table(id="unparsed", title="Samples", columns=columns, rows=rows) if rows else None


def sources_table(report: Report) -> Table:
    columns = _columns(
        ("log", "text"), ("lines", "count"), ("size", "word"), ("container", "word"), ("encoding", "word"), ("stamps", "word"),
        ("bars", "count"), ("notes", "text"),
    )  # fmt: skip
    return Table(id="sources", title="Logs read", columns=columns, rows=[_source_row(source) for source in report.sources])


def _source_row(source: SourceInfo) -> list[Any]:
    notes = "; ".join(_source_notes(source))
    if source.left_out:
        return [source.name, *[None] * 6, notes]
    stamps = joined((source.stamps, source.timezone or "", "late" if source.stamps_are_late else ""))
    return [source.name, source.lines, format_bytes(source.bytes), source.container, source.encoding, stamps, source.bars, notes]


def _source_notes(source: SourceInfo) -> Iterator[str]:
    if source.repaired_lines:
        yield f"{plural(source.repaired_lines, 'line')} with damaged characters repaired"
    if source.error_stream_missing:
        yield "the error stream is missing"
    yield from source.notes


def all_tables(report: Report, shown: Sequence[Run]) -> Iterable[Table]:
    """Those that have rows."""
    makers = (loads_table, margins_table, advice_table, nodes_table, unparsed_table, sources_table)
    found = (make(report) for make in makers)
    return [*([runs_table(report, shown)] if shown else []), *(table for table in found if table is not None)]
