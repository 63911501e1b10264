"""What holds for every document that a report becomes."""

import csv
import io
import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema

from analyzer.errors import NoTimesError
from analyzer.logs import ReadOptions, read_files
from analyzer.redaction import Redactor
from analyzer.renderers import named, render
from analyzer.renderers.base import Options
from analyzer.report import Question, Report, build_report
from fuzz import reads, seeds
from fuzz.base import demand
from fuzz.shown import Vocabulary, check_text

# The page is drawn with Plotly and takes as long as a hundred others.
FORMATS = ("terminal", "markdown", "csv", "trace", "otlp", "openmetrics", "text", "redacted")
_PARTS = 1_000_000


def check_json(report: Report) -> None:
    """It is JSON, fulfils its schema, has no number that JSON lacks, and its phases add up to the microsecond."""
    text = str(render(named("json"), report, Options(version="0")))
    check_text(text)
    value = json.loads(text, parse_constant=_no_constant)
    error = next(_validator().iter_errors(value), None)
    demand(error is None, f"schema: {error.json_path if error else ''}: {error.message[:200] if error else ''}")
    for run in value["runs"]:
        _check_run(run)


def _check_run(run: dict[str, Any]) -> None:
    total = run["duration_seconds"] if run["duration_seconds"] is not None else run["observed_seconds"]
    if run["phases"] and total is not None:
        parts = sum(round(phase["seconds"] * _PARTS) for phase in run["phases"])
        whole = round(total * _PARTS)
        demand(parts == whole or math.isclose(parts, whole, rel_tol=1e-12), f"run {run['number']}: {parts} of {whole} µs")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(files("analyzer").joinpath("schemas", "report-1.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def check_format(report: Report, name: str) -> None:
    """One of `FORMATS`."""
    options = Options(version="0", color=name == "terminal", redactor=Redactor()) if name == "redacted" else Options(version="0")
    try:
        text = str(render(named("terminal" if name == "redacted" else name), report, options))
    except NoTimesError:
        return
    check_text(text, also="\n\r" if name == "csv" else "\n")
    text.encode("utf-8")
    if name == "csv":
        rows = list(csv.reader(io.StringIO(text), strict=True))
        demand(len({len(row) for row in rows}) <= 1, "rows of CSV differ in length")
    elif name == "trace":
        json.loads(text, parse_constant=_no_constant)
    elif name == "otlp":
        for line in text.splitlines():
            json.loads(line, parse_constant=_no_constant)


def check_page(report: Report) -> None:
    """The HTML page has only elements and attributes that harmless logs have too."""
    _vocabulary().check(str(render(named("html"), report, Options(version="0"))))


@cache
def _vocabulary() -> Vocabulary:
    return Vocabulary([str(render(named("html"), report_of(log), Options(version="0"))) for log in seeds.logs()[:16]])


def report_of(data: bytes) -> Report:
    """The report on a log, with a limit. Raises SourceError."""
    return build_report([read_files([reads.file_of(data)], ReadOptions())], Question(limit_seconds=60.0))
