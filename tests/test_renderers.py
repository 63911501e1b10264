"""Every format of the report: the JSON contract, harmless text, widths, sizes, and golden files to read."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len

from analyzer import events
from analyzer.doctor import Check, Status, diagnose
from analyzer.errors import NoTimesError, UsageError
from analyzer.events import LoadMode, Role, UnloadMode
from analyzer.findings import usability
from analyzer.findings.base import Severity
from analyzer.redaction import Redactor
from analyzer.renderers import RENDERERS, documents, for_target, json_report, markdown, named, pieces, render
from analyzer.renderers.base import Options
from analyzer.renderers.clean import clean
from analyzer.renderers.diagnosis import render_diagnosis
from analyzer.renderers.event_words import WORDS
from analyzer.renderers.headline import headline
from analyzer.renderers.margins import margins
from analyzer.renderers.markdown_text import plain
from analyzer.renderers.ranking import worst_first
from analyzer.renderers.rounding import phase_seconds
from analyzer.renderers.terminal import render as terminal
from analyzer.renderers.terminal.table import crop, crop_front
from analyzer.renderers.timeline import render_timeline, timeline
from analyzer.report import Report
from analyzer.runs.model import (
    DetectionTime,
    DurationSource,
    Evidence,
    Outcome,
    Phase,
    Run,
    Start,
    Verdict,
    Vram,
    VramSource,
    Workflow,
)
from analyzer.timeouts.advice import Grade, TimeoutAdvice
from analyzer.vram.facts import GpuFacts, Problem
from tests import builders
from tests.builders import (
    advice,
    bar,
    failure,
    finding,
    gave_up,
    gpu_series,
    load,
    node,
    report,
    sampled_vram,
    server_start,
    source,
    split,
    unload,
    vram,
)

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(json_report.__file__).parents[1] / "schemas" / "report-1.schema.json").read_text("utf-8"))
PLAIN = Options(version="1.2.3")
MIB, GIB = 1024**2, 1024**3
HOSTILE = {
    "colour": "\x1b[31mred\x1b[0m alert",
    "title": "\x1b]0;owned\x07title",
    "c1": "\x9b31mred\x85next",
    "bell": "ding\x07\x08\x00",
    "markup": "[bold]loud[/bold] [link=http://evil.example]here[/link]",
    "close": "[/] :smile:",
    "script": "<script>alert(1)</script><img src=x>",
    "table": "a | b || c",
    "mention": "thanks @user in #12 and GH-34",
    "formula": '=cmd|" /C calc"!A0',
    "code": "``` end `of` code",
    "lines": "one\r\ntwo\nthree\u2028four",
    "direction": "abc\u202efdp.exe",
    "surrogate": "lone \udc80 byte",
    "wide": "편집 실패 " * 30,
    "long": "x" * 5000,
}


def run(number: int = 1, **given: Any) -> Run:
    """A run with phases, passes, bars, loads, unloads and detections."""
    values: dict[str, Any] = {
        "duration_seconds": 100.0,
        "phases": split(given.get("duration_seconds") or 100.0, pipeline_load=0.3, sample=0.5, other=0.2),
        "passes": (bar(line=3), bar(line=7, seconds=None, seconds_per_step=None, steps=12, complete=False)),
        "bars": (
            bar(line=1, label="Loading pipeline components...", steps=7, total_steps=7, seconds=97.0, seconds_per_step=13.97),
        ),
        "loads": (load(), load(line=5, reload=True, mode=LoadMode.PARTIAL, offloaded_bytes=MIB, patches=12, seconds=3.5)),
        "unloads": (unload(line=4),),
        "detections": (DetectionTime(line=6, label="2 faces", seconds=0.0108),),
    }
    return builders.run(number, **values | given)


def hostile_report(text: str) -> Report:
    """The text in every place where log text can stand."""
    made = run(
        source=text,
        workflow=Workflow(name=text, signature=text),
        failure=failure(text, text),
        outcome=Outcome.ERROR,
        bars=(bar(line=1, label=text),),
        detections=(DetectionTime(line=6, label=text, seconds=1.0),),
        loads=(load(model=text),),
    )
    return report(
        made,
        replace(made, number=2),
        sources=(
            source(name=text, container=text, encoding=text, notes=(text,)),
            source(name="b.log"),
            source(name=text, left_out=text, notes=(text,)),
        ),
        server_starts=(
            server_start(1, node(text, 1.0), node(text, failed=True), comfyui_version=text, device=text, attention=text),
        ),
        findings=(finding(text, detail=text, advice=text, runs=(1,), lines=(2,)),),
        timeout=TimeoutAdvice(risk=None, overall=advice(reason=text), workflows=(advice(text), advice(text))),
        unparsed=builders.unparsed((text, text)),
    )


def many(count: int) -> Report:
    """Runs of all outcomes with a finding for each."""
    outcomes = list(Outcome)
    runs = [
        run(
            number,
            outcome=outcomes[number % len(outcomes)],
            duration_seconds=50.0 + number % 300,
            limit_seconds=300.0,
            first_line=number * 9,
            last_line=number * 9 + 8,
            workflow=Workflow(name=f"workflow {number % 500}", signature="s"),
        )
        for number in range(1, count + 1)
    ]
    findings = tuple(
        finding(f"Run {made.number} is slow.", detail="Because.", advice="Wait.", runs=(made.number,)) for made in runs
    )
    return report(
        *runs,
        limit_seconds=300.0,
        findings=findings,
        timeout=TimeoutAdvice(risk=0.01, overall=advice(), workflows=tuple(advice(f"workflow {n}") for n in range(500))),
        unparsed=builders.unparsed(*((f"line {n}", f"line {n}") for n in range(50))),
    )


def golden_report() -> Report:
    """Small, made up, with one of everything."""
    runs = (
        run(
            1,
            duration_seconds=303.88,
            phases=split(303.88, pipeline_load=0.32, sample=0.47, other=0.21),
            limit_seconds=300.0,
            client_timeout=gave_up(300.0, line=11),
            start=Start.COLD,
            workflow=Workflow(name="Flux, 2 passes", signature="a"),
            passes=(bar(line=6, seconds=76.0, seconds_per_step=2.73), bar(line=10)),
            queue_seconds=12.5,
        ),
        builders.run(
            2,
            outcome=Outcome.OOM,
            duration_seconds=41.2,
            phases=split(41.2, model_load=0.8, other=0.2),
            limit_seconds=300.0,
            failure=failure("torch.OutOfMemoryError", "CUDA out of memory.", line=21),
            first_line=14,
            last_line=22,
        ),
        builders.run(
            3,
            outcome=Outcome.CUT_OFF,
            duration_seconds=None,
            duration_source=None,
            observed_seconds=35.0,
            phases=split(35.0, sample=1.0),
            limit_seconds=300.0,
            first_line=24,
            last_line=25,
        ),
    )
    start = server_start(
        1,
        node("comfyui-manager", 1.4),
        node("ComfyUI-Broken", failed=True),
        comfyui_version="0.8.0",
        python_version="3.12.3",
        pytorch_version="2.9.0+cu128",
        device="cuda:0 NVIDIA GeForce RTX 4080 : cudaMallocAsync",
        total_vram_bytes=16 * 1024 * MIB,
        vram_state="NORMAL_VRAM",
    )
    over = finding(
        "Run 1 took 303.88 s against a limit of 300 s: 3.88 s over.",
        rule="over_limit",
        severity=Severity.CRITICAL,
        detail="The largest phase is sample with 143 s (47 %).",
        advice="Give the client a longer limit, or shorten the largest phase: keep the model loaded between the passes.",
        runs=(1,),
        lines=(12,),
    )
    return report(
        *runs,
        limit_seconds=300.0,
        server_starts=(start,),
        findings=(over, finding("1 run failed because GPU memory ran out.", runs=(2,), lines=(20, 21))),
        timeout=TimeoutAdvice(
            risk=0.01,
            overall=advice(
                recommended_seconds=600.0,
                recommended_interval_seconds=(480.0, 900.0),
                risk_at={300.0: 0.4},
                grade=Grade.PROVISIONAL,
                reason="half as much again as the slowest run",
            ),
        ),
        unparsed=builders.unparsed(("[CustomNode] hello", "comfyui.log")),
    )


def in_time(made: Report) -> Report:
    """The same report with runs that have a date."""
    return replace(made, runs=tuple(replace(run, started_at=1_779_048_645.25 + 1000 * run.number) for run in made.runs))


# --- JSON -------------------------------------------------------------------------------------------------------


def as_json(made: Report, options: Options = PLAIN) -> Any:
    value = json.loads(json_report.render(made, options))
    jsonschema.validate(value, SCHEMA, cls=jsonschema.Draft202012Validator)
    return value


REPORTS: dict[str, Callable[[], Report]] = {
    "empty": Report,
    "one run": lambda: report(run()),
    "golden": golden_report,
    "many": lambda: many(300),
    "sampled": lambda: report(run(vram=sampled_vram()), run(2, vram=vram(5 * MIB)), vram=(gpu_series(1, 2),)),
    "full": lambda: report(run(vram=vram(5 * MIB), prompt_id="a-b", phases_scaled=True), server_starts=(server_start(),)),
    **{f"hostile {name}": partial(hostile_report, text) for name, text in HOSTILE.items()},
}


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)
def test_json_fulfils_its_schema(made: Callable[[], Report]) -> None:
    as_json(made())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


RUN_FIELDS = """number source outcome failure client_timeout partial queued_line first_line last_line queued_at started_at ended_at
    queue_seconds duration_seconds duration_source observed_seconds workflow start phases passes bars loads unloads detections
    vram nodes limit_seconds limit_used_ratio verdict phases_scaled server_number prompt_id"""
CONTRACT = {
    "": "schema generated_by sources server_starts requests runs budget findings timeout unparsed",
    "sources": "name bytes lines encoding container stamps first_at last_at timezone notes",
    "server_starts": """source line comfyui_version python_version pytorch_version device total_vram_bytes total_ram_bytes
        vram_state attention custom_nodes""",
    "requests": "received rejected unresolved",
    "runs": RUN_FIELDS,
    "runs.phases": "phase seconds share evidence first_line last_line",
    "runs.passes": "line steps total_steps seconds seconds_per_step complete",
    "runs.bars": "line label steps total_steps seconds complete unit",
    "runs.loads": """line model role mode loaded_bytes usable_bytes offloaded_bytes added_bytes added_evidence patches seconds
        reload""",
    "runs.unloads": "line mode freed_bytes remaining_bytes patches",
    "runs.detections": "line label seconds",
    "runs.client_timeout": "limit_seconds line",
    "runs.workflow": "name signature",
    "budget": "runs total_seconds phases",
    "budget.phases": "phase seconds share",
    "findings": "rule severity summary detail advice runs lines",
    "unparsed": "lines share samples",
    "unparsed.samples": "line text source",
}


@pytest.mark.parametrize("place", CONTRACT)
def test_json_names_and_order_are_the_contract(place: str) -> None:
    value = as_json(golden_report())
    for key in place.split(".") if place else ():
        value = value[key]
        value = value[0] if isinstance(value, list) else value
    assert list(value) == CONTRACT[place].split()


def test_the_schema_requires_every_field_of_the_design() -> None:
    required = SCHEMA["$defs"]["run"]["required"]
    assert required == RUN_FIELDS.split()[: -len(("phases_scaled", "server_number", "prompt_id"))]


@pytest.mark.parametrize(
    ("where", "values"),
    [
        (("run", "properties", "outcome"), Outcome),
        (("run", "properties", "start"), Start),
        (("run", "properties", "verdict"), Verdict),
        (("run", "properties", "duration_source"), [*DurationSource, None]),
        (("run", "properties", "vram", "anyOf", 0, "properties", "source"), VramSource),
        (("run", "properties", "loads", "items", "properties", "role"), Role),
        (("run", "properties", "loads", "items", "properties", "mode"), LoadMode),
        (("run", "properties", "unloads", "items", "properties", "mode"), [*UnloadMode]),
        (("phase",), Phase),
        (("evidence",), Evidence),
        (("finding", "properties", "severity"), Severity),
        (("workflow_advice", "properties", "grade"), Grade),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_the_schema_knows_every_value(where: tuple[str | int, ...], values: Any) -> None:
    found = SCHEMA["$defs"]
    for key in where:
        found = found[key]
    assert set(values) <= set(found["enum"])


def test_json_null_means_that_the_log_does_not_say() -> None:
    made = as_json(golden_report())["runs"][2]
    absent = ("duration_seconds", "duration_source", "failure", "client_timeout", "queued_at", "queue_seconds", "vram", "nodes")
    assert {name: made[name] for name in absent} == dict.fromkeys(absent)
    assert made["observed_seconds"] == 35
    assert as_json(Report())["timeout"] is None


def test_json_tells_the_vram_as_it_is_known() -> None:
    sampled, logged, unknown = (
        one["vram"] for one in as_json(report(run(vram=sampled_vram()), run(2, vram=vram(7)), run(3)))["runs"]
    )
    assert sampled == {
        "peak_bytes": 21_000,
        "source": "nvml",
        "gpu": "0",
        "samples": 12,
        "mean_bytes": 15_000,
        "total_bytes": 24_000,
        "process_peak_bytes": 20_000,
        "other_peak_bytes": 1_000,
        "energy_joules": 1234.5,
        "utilisation_ratio": 0.75,
        "throttled_ratio": 0.25,
        "log_peak_bytes": 19_000,
        "phases": [{"phase": "sample", "peak_bytes": 18_000}, {"phase": "vae", "peak_bytes": 21_000}],
    }
    assert (logged["peak_bytes"], logged["samples"], logged["mean_bytes"], logged["phases"]) == (7, None, None, [])
    assert unknown is None


def test_vram_stands_in_tables_for_people_where_it_is_known() -> None:
    made = report(
        run(vram=sampled_vram(21 * GIB, total_bytes=24 * GIB, mean_bytes=15 * GIB, other_peak_bytes=2 * GIB)),
        run(2),
        sources=(source(vram=("VRAM samples: x.csv",)),),
    )
    wide = replace(PLAIN, width=160)
    text, markdown = render(named("text"), made, wide), str(render(named("markdown"), made, wide))
    assert "VRAM" in str(text)
    assert "21.0 GiB 88 %" in str(text)
    assert "VRAM samples: x.csv" in str(text)
    assert "| VRAM |" in markdown
    assert "| 21.0 GiB 88 % |" in markdown
    alone = str(render(named("text"), replace(made, runs=made.runs[:1]), wide))
    assert "VRAM peak 21.0 GiB of 24.0 GiB (88 %), mean 15.0 GiB, other processes up to 2.0 GiB" in alone
    assert "GPU busy 75 % of the time, 1.2 kJ" in " ".join(alone.split())
    assert "VRAM" not in str(render(named("markdown"), report(run()), wide))


def test_json_times_are_naive_unless_the_source_has_a_zone() -> None:
    moment = 1_779_048_645.25
    for stamps, offset, zone in (("aware", "+00:00", "UTC"), ("naive", "", None)):
        made = as_json(report(run(started_at=moment), sources=(source(stamps=stamps, first_at=moment),)))
        assert made["runs"][0]["started_at"] == made["sources"][0]["first_at"] == f"2026-05-17T20:10:45.250{offset}"
        assert made["sources"][0]["timezone"] == zone


@pytest.mark.parametrize("total", [303.88, 1 / 3, 0.000002, 86_399.9999996, 12_345.6789012])
def test_json_phases_sum_exactly(total: float) -> None:
    shares = {"pipeline_load": 1 / 7, "model_load": 1 / 11, "text_encode": 1 / 13, "detect": 1e-5, "sample": 1 / 3, "vae": 1 / 17}
    phases = split(total, **shares, other=1 - sum(shares.values()))
    made = as_json(report(run(duration_seconds=total, phases=phases)))["runs"][0]
    assert round(sum(round(part["seconds"] * 1e6) for part in made["phases"])) == round(made["duration_seconds"] * 1e6)
    assert all(abs(part["seconds"] - exact.seconds) < 5e-6 for part, exact in zip(made["phases"], phases, strict=True))


def test_a_real_difference_is_not_hidden_by_rounding() -> None:
    phases = split(90.0, sample=1.0)
    assert phase_seconds(phases, 100.0) == [90]


def test_json_is_the_same_every_time_and_one_run_per_line() -> None:
    text = json_report.render(many(50), PLAIN)
    assert text == json_report.render(many(50), PLAIN)
    assert sum(line.startswith('  {"number": ') for line in text.splitlines()) == 50


@pytest.mark.parametrize("name", [renderer.name for renderer in RENDERERS if not renderer.binary])
def test_a_document_in_pieces_is_the_whole(name: str) -> None:
    whole = render(named(name), in_time(many(50)), PLAIN)

    parts = list(pieces(named(name), in_time(many(50)), PLAIN))
    assert "".join(map(str, parts)) == whole
    assert name != "json" or len(parts) > 1


def test_json_has_no_number_that_json_lacks() -> None:
    made = as_json(report(run(passes=(bar(seconds=float("nan"), seconds_per_step=float("inf")),))))
    assert made["runs"][0]["passes"][0]["seconds"] is None


# --- the registry -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("a/b.json", "json"),
        ("X.MD", "markdown"),
        ("x.csv", "csv"),
        ("x.parquet", "parquet"),
        ("x.txt", "text"),
        ("x.trace.json", "trace"),
        ("x.OTLP.json", "otlp"),
        ("x.om", "openmetrics"),
        ("out/", "csv"),
    ],
)
def test_the_suffix_names_the_format(target: str, name: str) -> None:
    assert for_target(target).name == name


@pytest.mark.parametrize("target", ["report", "x.pdf", ".json.gz"])
def test_an_unknown_suffix_lists_the_known_ones(target: str) -> None:
    with pytest.raises(UsageError, match=r"\.json .*\.md .*\.csv .*\.parquet"):
        for_target(target)


def test_formats_have_a_name() -> None:
    assert [named(renderer.name) for renderer in RENDERERS] == list(RENDERERS)
    assert named("md").name == "markdown"
    with pytest.raises(UsageError, match="terminal text html json"):
        named("pdf")


def test_only_the_terminal_is_not_made_to_be_shared() -> None:
    assert [renderer.name for renderer in RENDERERS if not renderer.shared] == ["terminal"]


def test_the_registry_does_not_import_rich_or_pandas() -> None:
    code = "import sys, analyzer.renderers, analyzer.tables; print([n for n in ('rich', 'pandas', 'plotly') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [renderer.name for renderer in RENDERERS])
@pytest.mark.parametrize("made", [Report(), golden_report(), in_time(golden_report())], ids=["empty", "golden", "in time"])
def test_every_format_renders(name: str, made: Report) -> None:
    renderer = named(name)
    if name in ("otlp", "openmetrics") and not any(run.started_at for run in made.runs):
        with pytest.raises(NoTimesError):
            render(renderer, made, PLAIN)
        return
    document = render(renderer, made, PLAIN)
    assert document
    assert isinstance(document, bytes) == renderer.binary


@pytest.mark.parametrize("name", ["terminal", "text", "markdown", "json", "html"])
def test_a_log_that_was_left_out_is_named_with_the_reason(name: str) -> None:
    unread = source(name="secret.log", left_out="permission denied", notes=("left out: permission denied",))
    analyzed = builders.analysis(run(), sources=(source(), unread))
    made = report(run(), sources=(source(), unread), findings=tuple(usability.find(analyzed)))
    text = str(render(named(name), made, replace(PLAIN, width=200)))

    assert "left out: permission denied" in " ".join(text.split())
    assert "secret.log" in text


@pytest.mark.parametrize("name", [renderer.name for renderer in RENDERERS if not renderer.binary])
def test_private_text_is_taken_out_everywhere(name: str) -> None:
    secret = "/home/gertrude/ComfyUI/models/x.safetensors"
    for redactor, seen in ((PLAIN.redactor, True), (Redactor(), False)):
        text = render(named(name), in_time(hostile_report(secret)), replace(PLAIN, redactor=redactor, width=200))
        assert ("gertrude" in str(text)) is seen


def test_a_name_learned_late_is_hidden_early() -> None:
    made = report(run(workflow=Workflow(name="by gertrude", signature="")), findings=(finding("see /home/gertrude/x"),))
    assert "gertrude" not in str(render(named("json"), made, replace(PLAIN, redactor=Redactor())))


# --- hostile text -----------------------------------------------------------------------------------------------

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["terminal", "markdown", "csv"])
def test_no_control_character_gets_out(name: str, text: str) -> None:
    document = str(render(named(name), hostile_report(text), PLAIN))
    assert not CONTROLS.search(document)
    document.encode("utf-8")


def test_markup_of_rich_stays_text() -> None:
    text = terminal(hostile_report(HOSTILE["markup"]), replace(PLAIN, width=140, color=True))
    assert "[bold]loud[/bold]" in text
    assert "\x1b]8;" not in text
    assert ":smile:" in terminal(hostile_report(HOSTILE["close"]), PLAIN)


def test_colours_of_the_log_are_not_ours() -> None:
    for color in (False, True):
        assert "\x1b[31mred" not in terminal(hostile_report(HOSTILE["colour"]), replace(PLAIN, color=color, width=140))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a | b", r"a \| b"),
        ("@user", "@&#8203;user"),
        ("owner/repo#12", "owner/repo#&#8203;12"),
        ("GH-34", "GH&#8203;-34"),
        ("[x](http://evil)", r"\[x\](http:&#8203;//evil)"),
        ("`code` *b* _i_ ~s~ $m$", r"\`code\` \*b\* \_i\_ \~s\~ \$m\$"),
        ("a\nb", "a b"),
        ("&lt;", "&amp;lt;"),
        ("trailing \\", "trailing \\\\"),
        (" ", ""),
    ],
)
def test_markdown_text_is_only_text(text: str, shown: str) -> None:
    assert plain(text, PLAIN) == shown


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_markdown_tables_keep_their_columns(text: str) -> None:
    document = markdown.render(hostile_report(text), PLAIN)
    outside = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", document)
    assert "<script" not in outside
    assert "@user" not in outside
    assert "#12" not in outside
    for block in re.findall(r"(?m)(?:^\|.*\|$\n?)+", outside):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_markdown_code_cannot_be_closed_from_inside() -> None:
    document = markdown.render(hostile_report(HOSTILE["code"]), PLAIN)
    assert "````text\nL1: ``` end `of` code\n````" in document


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31mb\x1b[0m", "ab"), ("a\tb\r\nc", "a b c"), ("a\x1b", "a"), ("\x1b]8;;http://x\x1b\\y", "y"), ("\udc80", "\ufffd")],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


# --- terminal ---------------------------------------------------------------------------------------------------

LAYOUTS: dict[str, Callable[[], Report]] = {
    "empty": Report,
    "one": lambda: report(run(limit_seconds=90.0), limit_seconds=90.0),
    "golden": golden_report,
    "many": lambda: many(100),
    "wide text": lambda: hostile_report(HOSTILE["wide"]),
    "long text": lambda: hostile_report(HOSTILE["long"]),
}


@pytest.mark.parametrize("made", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 220])
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_the_terminal(made: Callable[[], Report], width: int, unicode: bool) -> None:
    text = terminal(made(), replace(PLAIN, width=width, unicode=unicode))
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii() or unicode


@pytest.mark.parametrize(
    ("text", "front", "back"),
    [
        ("short", "short", "short"),
        ("logs/night/comfyui.log", "…yui.log", "logs/ni…"),
        ("편집편집편집", "…집편집", "편집편…"),
        ("a편집편집편집", "…집편집", "a편집편…"),
    ],
)
def test_cells_are_cut_at_the_end_or_for_paths_at_the_front(text: str, front: str, back: str) -> None:
    assert (crop_front(text, 8, "…"), crop(text, 8, "…")) == (front, back)


def test_no_colour_unless_asked() -> None:
    assert "\x1b" not in terminal(golden_report(), PLAIN)
    coloured = terminal(golden_report(), replace(PLAIN, color=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == terminal(golden_report(), PLAIN)


def test_the_text_format_never_has_colours() -> None:
    assert "\x1b" not in str(render(named("text"), golden_report(), replace(PLAIN, color=True)))


def test_many_runs_stay_readable() -> None:
    made = many(10_000)
    text = terminal(made, PLAIN)
    assert len(text.splitlines()) <= 400
    assert "9,990 further runs not shown" in text
    assert len(markdown.render(made, PLAIN)) < 60_000
    assert len(markdown.render(made, replace(PLAIN, top=10_000))) < 60_000


def test_markdown_names_what_it_leaves_out() -> None:
    assert "Left out to stay postable: runs" in markdown.render(many(2_000), replace(PLAIN, top=2_000))


def test_runs_are_listed_worst_first() -> None:
    runs = [
        builders.run(1, duration_seconds=10.0),
        builders.run(2, duration_seconds=90.0, limit_seconds=100.0),
        builders.run(3, outcome=Outcome.ERROR, duration_seconds=5.0),
        builders.run(4, duration_seconds=120.0, limit_seconds=100.0),
        builders.run(5, duration_seconds=20.0, client_timeout=gave_up()),
        builders.run(6, duration_seconds=50.0),
        builders.run(7, duration_seconds=110.0, queue_seconds=30.0, limit_seconds=100.0),
    ]
    assert [made.number for made in worst_first(runs, 6)] == [7, 4, 5, 3, 2, 6]


def test_margins_are_a_part_of_the_worst_run() -> None:
    modes = {"Portrait": 350.0, "Product": 500.0, "Hybrid": 550.0}
    runs = [builders.run(duration_seconds=worst, workflow=Workflow(name=name, signature="")) for name, worst in modes.items()]
    found = {row.workflow: (row.margin_seconds, round((row.margin_ratio or 0) * 100)) for row in margins(runs, 600.0)}
    assert found == {"Hybrid": (50, 9), "Product": (100, 20), "Portrait": (250, 71)}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Report(sources=(source(lines=12),)), "No run found in 12 lines."),
        (report(run(limit_seconds=80.0)), "1 run: success in 100 s, 20 s over the limit of 80 s (125 % of it)."),
        (report(run(limit_seconds=400.0, queue_seconds=5.0)), "in 100 s and 5 s in the queue, 295 s under the limit of 400 s"),
        (
            golden_report(),
            "3 runs: 1 success, 1 out of memory, 1 cut off. Against the limit of 300 s: 1 over, 1 well under it, 1",
        ),
        (report(run(outcome=Outcome.CUT_OFF, duration_seconds=None, observed_seconds=9.0)), "1 run: cut off after at least 9 s."),
        (report(run(client_timeout=gave_up())), "A client gave up on run 1 after 300 s."),
    ],
    ids=["none", "over", "queue", "several", "unfinished", "gave up"],
)
def test_headlines(made: Report, words: str) -> None:
    assert words in headline(made)


@pytest.mark.parametrize("name", ["report-80.txt", "report-80-ascii.txt", "show-80.txt", "report.md"])
def test_golden_files(name: str) -> None:
    """To write them again see `tests/golden/README.md`."""
    assert golden()[name] == (GOLDEN / name).read_text("utf-8")


def golden() -> dict[str, str]:
    return {
        "report-80.txt": terminal(golden_report(), PLAIN),
        "report-80-ascii.txt": terminal(golden_report(), replace(PLAIN, unicode=False)),
        "report.md": markdown.render(golden_report(), PLAIN),
        "show-80.txt": render_timeline("text", report(), shown_run(), PLAIN),
    }


# --- one run ----------------------------------------------------------------------------------------------------


def frame(line: int, steps: int, seconds: float, at: float | None = None) -> events.Bar:
    rate = None if not steps else 2.0
    return events.Bar(line=line, at=at, label="", steps=steps, total=28, seconds=seconds, rate_seconds=rate, unit="it")


def shown_run() -> Run:
    seen = (
        events.LoadRequested(line=2, at=10.5, model="Flux"),
        events.ModelLoaded(line=3, at=31.0, mode=LoadMode.FULL, loaded_bytes=6_923_233_526, usable_bytes=15_383_448_781),
        frame(4, 0, 0.0, 31.5),
        frame(4, 28, 56.0, 87.5),
        events.LoraKeyMissing(line=5, at=88.0),
        events.LoraKeyMissing(line=6, at=88.0),
        events.Unrecognised(line=7, at=88.1, text="[bold]hello\x1b[31m"),
        events.NodeException(line=8, at=89.0, message="bad"),
        events.PromptFinished(line=9, at=110.0, duration_seconds=100.0),
    )
    return run(started_at=10.0, events=seen)


def test_a_timeline_tells_times_silences_and_repetitions() -> None:
    rows = timeline(shown_run())
    assert [row.offset_seconds for row in rows[:3]] == [0.5, 21.0, 21.5]
    assert [(row.what, row.silence_seconds) for row in rows if row.silence_seconds] == [
        ("model loaded", 20.5),
        ("run ends", 21.0),
    ]
    assert [(row.count, row.event.line, row.last_line) for row in rows if row.count > 1] == [(2, 5, 6)]


def test_an_empty_first_frame_without_a_stamp_is_left_out() -> None:
    rows = timeline(run(events=(frame(4, 0, 0.0), frame(4, 28, 56.0))))
    assert [row.figures for row in rows] == ["28 of 28, 56 s, 2 s per step"]


def test_a_timeline_as_json() -> None:
    made = report(shown_run(), sources=(source(stamps="naive"),))
    value = json.loads(render_timeline("json", made, made.runs[0], PLAIN))
    assert value["schema"] == "comfymeter.show/1"
    assert value["events"][0] == {
        "event": "load_requested",
        "line": 2,
        "last_line": 2,
        "count": 1,
        "at": "1970-01-01T00:00:10.500",
        "offset_seconds": 0.5,
        "model": "Flux",
    }
    assert value["run"]["number"] == 1


def test_every_event_has_words() -> None:
    known = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)}
    assert set(WORDS) == known - {events.Event}


@pytest.mark.parametrize(
    "render_it", [lambda: render_timeline("pdf", report(), run(), PLAIN), lambda: render_diagnosis("pdf", report(), PLAIN)]
)
def test_other_formats_of_a_timeline_and_a_diagnosis_are_refused(render_it: Callable[[], str]) -> None:
    with pytest.raises(UsageError, match="terminal text json"):
        render_it()


# --- the doctor -------------------------------------------------------------------------------------------------


def check(made: Report, name: str) -> Check | None:
    return next((found for found in diagnose(made) if found.id == name), None)


@pytest.mark.parametrize(
    ("name", "made", "status"),
    [
        ("runs", Report(), Status.FAIL),
        ("runs", report(run()), Status.OK),
        ("stamps", report(sources=(source(stamps="none"),)), Status.WARN),
        ("stamps", report(sources=(source(stamps="naive"),)), Status.OK),
        ("bars", report(sources=(source(bars=0),)), Status.WARN),
        ("bars", report(sources=(source(stamps_are_late=True),)), Status.WARN),
        ("bars", report(sources=(source(),)), Status.OK),
        ("error_stream", report(sources=(source(error_stream_missing=True),)), Status.FAIL),
        ("error_stream", report(sources=(source(),)), Status.OK),
        ("encoding", report(sources=(source(repaired_lines=3),)), Status.WARN),
        ("left_out", report(sources=(source(left_out="permission denied"),)), Status.WARN),
        ("unparsed", report(unparsed=builders.unparsed(("x", "a"), of_lines=100)), Status.OK),
        ("unparsed", report(unparsed=builders.unparsed(("x", "a"), of_lines=10)), Status.WARN),
        ("unparsed", report(unparsed=builders.unparsed(("x", "a"), of_lines=2)), Status.FAIL),
        ("restarts", report(run()), Status.WARN),
        ("restarts", report(run(), server_starts=(server_start(),)), Status.OK),
        ("restarts", report(run(failure=failure("server_restarted")), server_starts=(server_start(),)), Status.WARN),
        ("excerpt", report(run(partial=True)), Status.WARN),
        ("cold_runs", report(run(1), run(2), run(3)), Status.WARN),
        ("vram_samples", report(run(vram=sampled_vram())), Status.OK),
        ("vram_samples", report(run(vram=sampled_vram(process_peak_bytes=None))), Status.OK),
        ("vram_samples", report(run(), sources=(source(vram_trouble="no zone"),)), Status.WARN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_checks(name: str, made: Report, status: Status) -> None:
    found = check(made, name)
    assert found is not None
    assert found.status is status
    assert status is Status.OK or (found.meaning and found.advice)


def test_checks_that_do_not_apply_are_silent() -> None:
    made = report(run(1), run(2), run(3, start=Start.COLD))
    assert check(made, "excerpt") is None
    assert check(made, "cold_runs") is None
    assert check(made, "left_out") is None
    assert check(report(sources=(source(left_out="permission denied"),)), "stamps") is None
    assert check(made, "vram_samples") is None
    assert check(report(run(vram=Vram(peak_bytes=5, source=VramSource.LOG))), "vram_samples") is None


MACHINES: dict[str, tuple[GpuFacts, str | None, str]] = {
    "all is well": (GpuFacts(gpus=1), None, ""),
    "no GPU at all": (GpuFacts(problem=Problem.NO_DRIVER, visible=False), None, ""),
    "a container of its own without a GPU": (
        GpuFacts(problem=Problem.NO_LIBRARY, visible=False, foreign_pids=True),
        None,
        "",
    ),
    "a container's processes": (GpuFacts(gpus=1, foreign_pids=True), "gpu_processes", "--pid=host"),
    "Windows": (GpuFacts(gpus=1, wddm=True), "gpu_processes", "TCC"),
    **{f"a GPU, but {problem}": (GpuFacts(problem=problem), "nvml", problem) for problem in Problem},
}


@pytest.mark.parametrize(("facts", "name", "words"), MACHINES.values(), ids=MACHINES)
def test_what_this_machine_can_tell_of_its_gpus(facts: GpuFacts, name: str | None, words: str) -> None:
    found = [each for each in diagnose(report(run()), facts) if each.id in ("nvml", "gpu_processes")]
    assert [each.id for each in found] == ([name] if name else [])
    for each in found:
        assert each.status is Status.WARN
        assert each.meaning
        assert each.advice
        assert words in each.summary + each.advice


def test_the_machine_is_in_the_diagnosis() -> None:
    text = render_diagnosis("text", report(run()), PLAIN, GpuFacts(gpus=1, foreign_pids=True))
    assert "--pid=host" in text


def test_equal_checks_of_several_logs_are_one() -> None:
    made = report(run(), sources=(source(name="a", stamps="none"), source(name="b", stamps="none"), source(name="c")))
    assert [found.sources for found in diagnose(made) if found.id == "stamps"] == [("a", "b"), ("c",)]
    text = render_diagnosis("text", made, PLAIN)
    assert text.index("warn") < text.index("\n  ok")
    assert "[a, b]" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_diagnosis_as_json() -> None:
    value = json.loads(render_diagnosis("json", report(run()), PLAIN))
    assert value["schema"] == "comfymeter.doctor/1"
    assert list(value["checks"][0]) == ["id", "status", "summary", "meaning", "advice", "sources"]


def test_a_folder_gets_every_table() -> None:
    names = [name for name, _ in documents("out/", golden_report(), PLAIN)]
    assert names[:2] == ["out/runs.csv", "out/phases.csv"]
    assert len(names) == 9


if __name__ == "__main__":
    for file_name, content in golden().items():
        (GOLDEN / file_name).write_text(content, "utf-8", newline="\n")
