"""The report as tables: one pandas DataFrame per kind of thing, typed, empty reports included. Missing is missing, never 0."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from analyzer.renderers.clean import encodable
from analyzer.renderers.rounding import number
from analyzer.report import Report
from analyzer.runs.model import Phase

if TYPE_CHECKING:
    import pandas as pd

INTEGER, NUMBER, FLAG, TEXT, WORD, TIME = "Int64", "Float64", "boolean", "text", "string", "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`kind`: a pandas type, or `text` (a string that may hold log text), or `time` (Unix seconds).

    `get` takes what the table's `rows` yield.
    """

    name: str
    kind: str
    get: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    rows: Callable[[Report], Iterable[Any]]
    columns: tuple[Column, ...]

    def texts(self) -> list[str]:
        """Columns that hold text out of the log."""
        return [column.name for column in self.columns if column.kind == TEXT]

    def times(self) -> list[str]:
        return [column.name for column in self.columns if column.kind == TIME]


def tables(report: Report) -> dict[str, "pd.DataFrame"]:
    """All tables by name."""
    return {name: frame(table, report) for name, table in TABLES.items()}


def frame(table: Table, report: Report) -> "pd.DataFrame":
    """One table. Times have the zone UTC where every stamped log tells its zone, else they are wall clocks without one."""
    import pandas as pd

    rows = list(table.rows(report))
    stamped = [source for source in report.sources if source.stamps != "none"]
    aware = bool(stamped) and all(source.timezone for source in stamped)
    series = {column.name: _series(column, rows, aware=aware) for column in table.columns}
    return pd.DataFrame(series)


def _series(column: Column, rows: list[Any], *, aware: bool) -> "pd.Series[Any]":
    import pandas as pd

    values = [column.get(row) for row in rows]
    if column.kind == NUMBER:
        values = [number(value) for value in values]
    if column.kind == TIME:
        moments = [pd.NaT if at is None else pd.Timestamp(round(at * 1000), unit="ms") for at in values]
        naive = pd.Series(moments, dtype="datetime64[ms]")
        return naive.dt.tz_localize("UTC") if aware else naive
    if column.kind == TEXT:
        # Arrow, which carries the texts, refuses what UTF-8 cannot.
        values = [encodable(str(value)) if value is not None else None for value in values]
        return pd.Series(values, dtype="string")
    return pd.Series(values, dtype=column.kind)


def _of(kind: str, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind=kind, get=attrgetter(name)) for name in names)


def _inside(kind: str, *names: str) -> tuple[Column, ...]:
    """Columns of things inside a run: rows are pairs of run and thing."""
    return tuple(Column(name=name, kind=kind, get=_second(name)) for name in names)


def _second(name: str) -> Callable[[Any], Any]:
    get = attrgetter(name)
    return lambda pair: get(pair[1])


def _column(name: str, kind: str, get: Callable[[Any], Any]) -> Column:
    return Column(name=name, kind=kind, get=get)


def _seconds_of(phase: Phase) -> Column:
    return _column(f"{phase}_seconds", NUMBER, lambda run: run.phase_seconds(phase) if run.phases else None)


def _of_vram(kind: str, *names: str) -> tuple[Column, ...]:
    return tuple(_column(f"vram_{name}", kind, _from_vram(attrgetter(name))) for name in names)


def _from_vram(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda run: run.vram and get(run.vram)


def _phase_peak(pair: Any) -> int | None:
    run, time = pair
    peak: int | None = run.vram.phase_peak_bytes(time.phase) if run.vram else None
    return peak


def _with_run(things: str, *columns: tuple[Column, ...]) -> Table:
    get = attrgetter(things)
    keys = (_column("run", INTEGER, lambda pair: pair[0].number), _column("source", TEXT, lambda pair: pair[0].source))
    return Table(
        rows=lambda report: ((run, thing) for run in report.runs for thing in get(run)),
        columns=(*keys, *(column for part in columns for column in part)),
    )


_RUN_COLUMNS = (
    _column("run", INTEGER, lambda run: run.number),
    *_of(TEXT, "source"),
    *_of(WORD, "outcome"),
    _column("failure_kind", TEXT, lambda run: run.failure and run.failure.kind),
    _column("failure_message", TEXT, lambda run: run.failure and run.failure.message),
    _column("failure_line", INTEGER, lambda run: run.failure and run.failure.line),
    _column("client_timeout_line", INTEGER, lambda run: run.client_timeout and run.client_timeout.line),
    _column("client_timeout_seconds", NUMBER, lambda run: run.client_timeout and run.client_timeout.limit_seconds),
    *_of(FLAG, "partial"),
    *_of(INTEGER, "queued_line", "first_line", "last_line"),
    *_of(TIME, "queued_at", "started_at", "ended_at"),
    *_of(NUMBER, "queue_seconds", "duration_seconds"),
    *_of(WORD, "duration_source"),
    *_of(NUMBER, "observed_seconds"),
    _column("workflow", TEXT, lambda run: run.workflow.name),
    _column("workflow_signature", TEXT, lambda run: run.workflow.signature),
    *_of(WORD, "start"),
    *_of(INTEGER, "server_number"),
    *(_seconds_of(phase) for phase in Phase),
    *_of(FLAG, "phases_scaled"),
    _column("passes", INTEGER, lambda run: len(run.passes)),
    _column("steps", NUMBER, lambda run: sum(bar.steps for bar in run.passes)),
    _column("loads", INTEGER, lambda run: len(run.loads)),
    _column("reloads", INTEGER, lambda run: sum(load.reload for load in run.loads)),
    _column("vram_peak_bytes", INTEGER, lambda run: run.vram and run.vram.peak_bytes),
    _column("vram_source", WORD, lambda run: run.vram and run.vram.source),
    *_of_vram(WORD, "gpu"),
    *_of_vram(INTEGER, "samples", "mean_bytes", "total_bytes", "process_peak_bytes", "other_peak_bytes", "log_peak_bytes"),
    *_of_vram(NUMBER, "energy_joules", "utilisation_ratio", "throttled_ratio"),
    *_of(NUMBER, "limit_seconds", "limit_used_ratio"),
    *_of(WORD, "verdict"),
)


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


TABLES: Mapping[str, Table] = {
    "runs": Table(rows=lambda report: report.runs, columns=_RUN_COLUMNS),
    "phases": _with_run(
        "phases",
        _inside(WORD, "phase"),
        _inside(NUMBER, "seconds", "share"),
        _inside(WORD, "evidence"),
        _inside(INTEGER, "first_line", "last_line"),
        (_column("vram_peak_bytes", INTEGER, _phase_peak),),
    ),
    "passes": _with_run(
        "passes",
        _inside(INTEGER, "line"),
        _inside(NUMBER, "steps", "total_steps", "seconds", "seconds_per_step"),
        _inside(FLAG, "complete"),
    ),
    "bars": _with_run(
        "bars",
        _inside(INTEGER, "line"),
        _inside(TEXT, "label", "unit"),
        _inside(NUMBER, "steps", "total_steps", "seconds", "seconds_per_step"),
        _inside(FLAG, "complete"),
    ),
    "loads": _with_run(
        "loads",
        _inside(INTEGER, "line"),
        _inside(TEXT, "model"),
        _inside(WORD, "role", "mode"),
        _inside(INTEGER, "loaded_bytes", "usable_bytes", "offloaded_bytes", "added_bytes"),
        _inside(WORD, "added_evidence"),
        _inside(INTEGER, "patches"),
        _inside(NUMBER, "seconds"),
        _inside(FLAG, "reload"),
    ),
    "unloads": _with_run(
        "unloads", _inside(INTEGER, "line"), _inside(WORD, "mode"), _inside(INTEGER, "freed_bytes", "remaining_bytes", "patches")
    ),
    "detections": _with_run("detections", _inside(INTEGER, "line"), _inside(TEXT, "label"), _inside(NUMBER, "seconds")),
    "vram": Table(
        rows=lambda report: ((series, point) for series in report.vram for point in series.points),
        columns=(
            _column("source", TEXT, lambda pair: pair[0].source),
            _column("gpu", WORD, lambda pair: pair[0].gpu),
            _column("at", TIME, lambda pair: pair[1].at),
            _column("step_seconds", NUMBER, lambda pair: pair[0].step_seconds),
            *_inside(INTEGER, "used_min_bytes", "used_max_bytes", "used_mean_bytes", "process_bytes"),
            *_inside(NUMBER, "utilisation_ratio"),
            _column("total_bytes", INTEGER, lambda pair: pair[0].total_bytes),
        ),
    ),
    "findings": Table(
        rows=lambda report: report.findings,
        columns=(
            *_of(WORD, "rule", "severity"),
            *_of(TEXT, "summary", "detail", "advice"),
            _column("runs", WORD, lambda finding: _numbers(finding.runs)),
            _column("lines", WORD, lambda finding: _numbers(finding.lines)),
        ),
    ),
}
