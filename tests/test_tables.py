"""The tables: their columns and types, what missing means, and CSV that is safe to open."""

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest

from analyzer.redaction import Redactor
from analyzer.renderers.base import Options
from analyzer.renderers.tabular import csv_files, render_csv, render_parquet
from analyzer.report import Report
from analyzer.runs.model import DetectionTime, Outcome, Phase, Workflow
from analyzer.tables import TABLES, tables
from tests.builders import bar, failure, finding, gave_up, gpu_series, load, report, run, sampled_vram, source, split, unload

NAMES = ["runs", "phases", "passes", "bars", "loads", "unloads", "detections", "vram", "findings"]
PLAIN = Options()
MOMENT = 1_779_048_645.25


def full() -> Report:
    made = run(
        passes=(bar(), bar(line=8, seconds=None, seconds_per_step=None)),
        bars=(bar(label="tiles", unit="tile"),),
        loads=(load(), load(reload=True, usable_bytes=7)),
        unloads=(unload(),),
        detections=(DetectionTime(line=5, label="2 faces", seconds=0.0108),),
        phases=split(100.0, sample=0.8, other=0.2),
        failure=failure("KeyError", "'x'"),
        client_timeout=gave_up(300.0),
        vram=sampled_vram(),
    )
    return report(made, run(2), findings=(finding(runs=(1, 2), lines=(3,)),), vram=(gpu_series(5, 6),))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_all_tables_are_there() -> None:
    assert list(TABLES) == list(tables(Report())) == NAMES
    assert list(full().to_frames()) == NAMES


def test_rows_are_counted_by_what_the_runs_hold() -> None:
    assert {name: len(table) for name, table in tables(full()).items()} == {
        "runs": 2,
        "phases": 2,
        "passes": 2,
        "bars": 1,
        "loads": 2,
        "unloads": 1,
        "detections": 1,
        "vram": 2,
        "findings": 1,
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_report_has_the_same_columns_and_types(name: str) -> None:
    empty, filled = tables(Report())[name], tables(full())[name]
    assert empty.empty
    assert list(empty.dtypes.astype(str).items()) == list(filled.dtypes.astype(str).items())


def test_types() -> None:
    types = tables(full())["runs"].dtypes.astype(str)
    wanted = {
        "run": "Int64",
        "duration_seconds": "Float64",
        "partial": "boolean",
        "outcome": "string",
        "started_at": "datetime64[ms]",
        "vram_peak_bytes": "Int64",
        "sample_seconds": "Float64",
    }
    assert {name: types[name] for name in wanted} == wanted


def test_missing_is_missing_and_never_zero() -> None:
    first, second = tables(full())["runs"].to_dict("records")
    assert (first["vram_peak_bytes"], first["failure_line"], first["client_timeout_seconds"]) == (21_000, 8, 300)
    for name in ("vram_peak_bytes", "failure_kind", "client_timeout_line", "queue_seconds", "started_at", "limit_used_ratio"):
        assert pd.isna(second[name])
    assert first["vae_seconds"] == 0
    assert all(pd.isna(second[f"{phase}_seconds"]) for phase in Phase)
    assert tables(full())["passes"]["seconds"].isna().tolist() == [False, True]


def test_vram_in_the_tables() -> None:
    made = tables(full())
    first = made["runs"].to_dict("records")[0]
    assert (first["vram_gpu"], first["vram_mean_bytes"], first["vram_energy_joules"]) == ("0", 15_000, 1234.5)
    assert made["phases"]["vram_peak_bytes"].tolist()[0] == 18_000
    assert pd.isna(made["phases"]["vram_peak_bytes"][1])
    assert made["vram"]["used_max_bytes"].tolist() == [5, 6]
    assert made["vram"]["at"][0] == pd.Timestamp("2026-05-17T20:10:45.250")


@pytest.mark.parametrize(
    ("stamps", "kind", "text"),
    [
        (("aware",), "datetime64[ms, UTC]", "2026-05-17T20:10:45.250+00:00"),
        (("naive",), "datetime64[ms]", "2026-05-17T20:10:45.250"),
        (("aware", "none"), "datetime64[ms, UTC]", "2026-05-17T20:10:45.250+00:00"),
        (("aware", "naive"), "datetime64[ms]", "2026-05-17T20:10:45.250"),
    ],
    ids=["aware", "naive", "aware and none", "mixed"],
)
def test_times_have_a_zone_only_where_every_log_tells_it(stamps: tuple[str, ...], kind: str, text: str) -> None:
    made = report(run(started_at=MOMENT), sources=tuple(source(stamps=each) for each in stamps))
    assert str(tables(made)["runs"]["started_at"].dtype) == kind
    assert rows(render_csv(made, PLAIN))[0]["started_at"] == text


def test_phases_add_up_in_the_wide_table() -> None:
    made = tables(report(run(duration_seconds=303.88, phases=split(303.88, pipeline_load=0.3, sample=0.5, other=0.2))))["runs"]
    assert made[[f"{phase}_seconds" for phase in Phase]].sum(axis=1)[0] == pytest.approx(303.88, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=cmd|" /C calc"!A0', '\'=cmd|" /C calc"!A0'),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "' =1"),
        ("\x1b[31m=1", "'=1"),
        ("Flux, 2 passes", "Flux, 2 passes"),
        ('say "hi"', 'say "hi"'),
        ("two\nlines", "two lines"),
    ],
)
def test_csv_cells_are_text_and_not_formulas(text: str, cell: str) -> None:
    made = report(run(workflow=Workflow(name=text, signature="s"), bars=(bar(label=text),)), findings=(finding(text),))
    files = dict(csv_files(made, PLAIN))
    assert rows(files["runs.csv"])[0]["workflow"] == cell
    assert rows(files["bars.csv"])[0]["label"] == cell
    assert rows(files["findings.csv"])[0]["summary"] == cell


def test_numbers_stay_numbers() -> None:
    row = rows(dict(csv_files(report(run(loads=(load(usable_bytes=-126_353_408),))), PLAIN))["loads.csv"])[0]
    assert row["usable_bytes"] == "-126353408"


def test_csv_is_one_row_per_run_with_lf() -> None:
    text = render_csv(full(), PLAIN)
    assert text.count("\n") == 3
    assert "\r" not in text
    assert rows(text)[0]["sample_seconds"] == "80.0"


def test_parquet_keeps_types() -> None:
    made = pd.read_parquet(io.BytesIO(render_parquet(full(), PLAIN)))
    assert made["duration_seconds"].tolist() == [100, 100]
    assert made["outcome"].tolist() == ["success", "success"]
    assert list(pd.read_parquet(io.BytesIO(render_parquet(Report(), PLAIN))).columns) == list(made.columns)


def test_shared_tables_are_redacted() -> None:
    secret = "/home/gertrude/x"
    made = report(run(source=secret, outcome=Outcome.ERROR, failure=failure("E", secret)), findings=(finding(secret),))
    shared = replace(PLAIN, redactor=Redactor())
    assert "gertrude" in render_csv(made, PLAIN)
    assert not any("gertrude" in text for _, text in csv_files(made, shared))
    assert b"gertrude" not in render_parquet(made, shared)
