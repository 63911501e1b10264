"""OpenMetrics: read by two parsers, brought into a real Prometheus and asked there."""

import json
import math
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from analyzer.errors import NoTimesError
from analyzer.events import LoadMode
from analyzer.redaction import Redactor
from analyzer.renderers import openmetrics
from analyzer.renderers.base import Options
from analyzer.renderers.openmetrics.families import DURATION_BUCKETS, FAMILIES
from analyzer.renderers.openmetrics.samples import _seconds
from analyzer.report import Report
from analyzer.runs.model import Outcome, Phase, Run, Start, Workflow
from analyzer.runs.table import table_of
from tests.builders import load, phase, report, run, server_start, source, unload
from tests.reports import STAMPED, UNSTAMPED, report_on
from tests.samples import SAMPLES
from tests.test_bad_input import comfymeter

PLAIN = Options(version="1.2.3")
START = 1_779_048_645.25
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool (Debian: prometheus)")
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="no prometheus (Debian: prometheus)")

Key = tuple[str, tuple[tuple[str, str], ...]]
Series = dict[Key, list[tuple[int, float]]]


def parsed(text: str) -> Series:
    """Every series with its samples in milliseconds, as prometheus_client reads them."""
    assert text.endswith("# EOF\n")
    found: Series = defaultdict(list)
    for document in _readable(text.removesuffix("# EOF\n")):
        for family in text_string_to_metric_families(f"{document}# EOF\n"):  # type: ignore[no-untyped-call]
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                found[key].append((round(float(sample.timestamp) * 1000), float(sample.value)))
    return dict(found)


def _readable(text: str) -> Iterator[str]:
    """prometheus_client (0.26) loses the buckets of a histogram's second time: it gets histograms time by time."""
    others = []
    for family in re.split("(?m)^(?=# HELP )", text):
        head = "".join(f"{line}\n" for line in family.splitlines() if line.startswith("#"))
        if " histogram\n" not in head:
            others.append(family)
            continue
        times: dict[str, list[str]] = defaultdict(list)
        for line in family.splitlines()[head.count("\n") :]:
            times[line.rsplit(" ", 1)[1]].append(line)
        for _, lines in sorted(times.items(), key=lambda item: float(item[0])):
            yield head + "".join(f"{line}\n" for line in lines)
    yield "".join(others)


def rendered(made: Report, options: Options = PLAIN) -> Series:
    return parsed(openmetrics.render(made, options))


def last(series: Series, name: str, **labels: str) -> float:
    return series[name, tuple(sorted(labels.items()))][-1][1]


@pytest.mark.parametrize("name", STAMPED)
def test_the_last_samples_are_the_reports_totals(name: str) -> None:
    made = report_on(name)
    series = rendered(made)

    assert last(series, "comfyui_runs_total") == len(made.runs)
    outcomes = Counter(run.outcome for run in made.runs)
    for outcome in (Outcome.ERROR, Outcome.OOM, Outcome.INTERRUPTED, Outcome.CUT_OFF):
        assert last(series, "comfyui_runs_failed_total", reason=outcome.value) == outcomes[outcome]
    for kind in Phase:
        expected = sum(run.phase_seconds(kind) for run in made.runs)
        assert last(series, "comfyui_phase_seconds_total", phase=kind.value) == pytest.approx(expected, abs=1e-4)
    assert last(series, "comfyui_sampler_steps_total") == sum(bar.steps for run in made.runs for bar in run.passes)
    loads = [series[key][-1][1] for key in series if key[0] == "comfyui_model_loads_total"]
    assert sum(loads) == sum(len(run.loads) for run in made.runs)
    over = sum((run.limit_used_ratio or 0) > 1 for run in made.runs)
    assert sum(series[key][-1][1] for key in series if key[0] == "comfyui_runs_over_limit_total") == over


@pytest.mark.parametrize("name", STAMPED)
def test_durations_fall_into_their_buckets(name: str) -> None:
    made = report_on(name)
    series = rendered(made)
    finished = [run.duration_seconds for run in made.runs if run.duration_seconds is not None]

    for bound in (*DURATION_BUCKETS, math.inf):
        label = "+Inf" if math.isinf(bound) else f"{bound}"
        counts = [
            values[-1][1]
            for (metric, labels), values in series.items()
            if metric == "comfyui_run_duration_seconds_bucket" and ("le", label) in labels
        ]
        assert sum(counts) == sum(seconds <= bound for seconds in finished)
    sums = [values[-1][1] for (metric, _), values in series.items() if metric == "comfyui_run_duration_seconds_sum"]
    assert sum(sums) == pytest.approx(sum(finished), abs=1e-4)


@pytest.mark.parametrize("name", STAMPED)
def test_time_goes_on_and_counters_never_fall(name: str) -> None:
    for (metric, _), samples in rendered(report_on(name)).items():
        assert all(before[0] < after[0] for before, after in pairwise(samples)), metric
        if metric.endswith(("_total", "_bucket", "_count", "_sum")):
            assert samples[0][1] == 0
            assert all(before[1] <= after[1] for before, after in pairwise(samples)), metric


@pytest.mark.parametrize("name", UNSTAMPED)
def test_without_stamps_there_is_no_document(name: str) -> None:
    with pytest.raises(NoTimesError, match="no run has a date and time"):
        openmetrics.render(report_on(name), PLAIN)


def placed_run(number: int = 1, **given: Any) -> Run:
    """A run that begins 200 s after the one before and takes 100 s."""
    start = given.pop("started_at", START + (number - 1) * 200)
    return run(number, **{"started_at": start, "phases": (phase(Phase.SAMPLE, 100.0),)} | given)


def stamped(*runs: Run, **given: Any) -> Report:
    return report(*runs, **given)


def offsets(samples: list[tuple[int, float]]) -> list[tuple[float, float]]:
    return [(at / 1000 - START, value) for at, value in samples]


def test_counters_have_a_sample_where_a_run_begins_and_where_it_ends() -> None:
    series = rendered(stamped(placed_run(1), placed_run(2, outcome=Outcome.OOM), placed_run(3)))

    assert offsets(series["comfyui_runs_total", ()]) == [(0, 0), (100, 1), (200, 1), (300, 2), (400, 2), (500, 3)]
    failed = offsets(series["comfyui_runs_failed_total", (("reason", "oom"),)])
    assert failed == [(0, 0), (200, 0), (300, 1), (500, 1)]
    assert offsets(series["comfyui_runs_failed_total", (("reason", "error"),)]) == [(0, 0), (500, 0)]
    assert offsets(series["comfyui_run_start_timestamp_seconds", ()]) == [
        (0, START),
        (100, 0),
        (200, START + 200),
        (300, 0),
        (400, START + 400),
        (500, 0),
    ]


def test_runs_of_several_logs_are_counted_together_in_the_order_of_time() -> None:
    runs = [placed_run(1, started_at=START + 50), placed_run(2, source="b.log", started_at=START)]
    made = stamped(*runs, sources=(source(), source(name="b.log")))
    assert offsets(rendered(made)["comfyui_runs_total", ()]) == [(0, 0), (100, 1), (150, 2)]


def test_runs_that_end_together_are_one_sample() -> None:
    runs = [placed_run(number, started_at=START, duration_seconds=100.0) for number in (1, 2, 3)]
    assert offsets(rendered(stamped(*runs))["comfyui_runs_total", ()]) == [(0, 0), (100, 3)]


def test_gauges_say_what_the_last_load_said() -> None:
    loads = (
        load(at=START + 10, loaded_bytes=100, offloaded_bytes=0),
        load(at=START + 20, loaded_bytes=60, offloaded_bytes=40, mode=LoadMode.PARTIAL),
        load(at=START + 30, loaded_bytes=None, offloaded_bytes=None),
        load(at=None, loaded_bytes=5, offloaded_bytes=5),
    )
    series = rendered(stamped(placed_run(loads=loads, unloads=(unload(freed_bytes=7, remaining_bytes=1),))))

    assert offsets(series["comfyui_model_loaded_bytes", ()]) == [(10, 100), (20, 60)]
    assert offsets(series["comfyui_model_offloaded_bytes", ()]) == [(10, 0), (20, 40)]
    assert last(series, "comfyui_model_loads_total", model_class="Flux", mode="full") == 3
    assert last(series, "comfyui_model_loads_total", model_class="Flux", mode="partial") == 1
    assert last(series, "comfyui_model_unloads_total", mode="partial") == 1
    assert last(series, "comfyui_model_freed_bytes_total") == 7


def test_server_starts() -> None:
    start = server_start(started_at=START - 9, comfyui_version="0.8.0", python_version="3.12", vram_state="NORMAL_VRAM")
    series = rendered(stamped(placed_run(), server_starts=(start, server_start(2))))

    labels = (("python", "3.12"), ("torch", ""), ("version", "0.8.0"), ("vram_state", "NORMAL_VRAM"))
    assert offsets(series["comfyui_build_info", labels]) == [(-9, 1)]
    assert series["comfyui_process_start_timestamp_seconds", ()] == [(round((START - 9) * 1000), START - 9)]


def test_unfinished_runs_have_no_duration() -> None:
    cut = placed_run(2, duration_seconds=None, duration_source=None, observed_seconds=30.0, outcome=Outcome.CUT_OFF)
    series = rendered(stamped(placed_run(1), cut))
    assert last(series, "comfyui_run_duration_seconds_count", start="warm", workflow="Flux") == 1
    assert last(series, "comfyui_runs_failed_total", reason="cut_off") == 1


def test_queue_waits_and_limits() -> None:
    runs = [placed_run(1, queue_seconds=7.0, limit_seconds=105.0), placed_run(2, limit_seconds=300.0)]
    series = rendered(stamped(*runs))
    assert last(series, "comfyui_queue_wait_seconds_bucket", le="5.0") == 0
    assert last(series, "comfyui_queue_wait_seconds_bucket", le="10.0") == 1
    assert last(series, "comfyui_runs_over_limit_total", limit="105s") == 1
    assert last(series, "comfyui_runs_over_limit_total", limit="300s") == 0


def label_values(series: Series, label: str) -> set[str]:
    return {value for _, labels in series for name, value in labels if name == label}


def test_labels_are_capped_and_the_rest_is_other() -> None:
    runs = [
        placed_run(
            number,
            workflow=Workflow(name=f"workflow {number % 30}", signature=""),
            limit_seconds=float(number % 9 + 1),
            loads=tuple(load(model=f"Model{place}") for place in range(50)) if number == 1 else (load(model="Model7"),),
        )
        for number in range(1, 100)
    ]
    series = rendered(stamped(*runs))

    workflows, models, limits = (label_values(series, name) for name in ("workflow", "model_class", "limit"))
    assert (len(workflows), len(models), len(limits)) == (21, 41, 7)
    assert "other" in workflows & models & limits
    assert last(series, "comfyui_model_loads_total", model_class="Model7", mode="full") == 99
    assert sum(values[-1][1] for (name, _), values in series.items() if name == "comfyui_runs_over_limit_total") == 99


def test_texts_that_are_shown_alike_are_one_series() -> None:
    runs = [placed_run(number, workflow=Workflow(name="x" * 500 + str(number), signature="")) for number in (1, 2)]
    assert label_values(rendered(stamped(*runs)), "workflow") == {"x" * 99 + "…"}


HOSTILE = [
    'say "hi"\\',
    "a\nb",
    '{le="1"} 5\n# EOF',
    "\x1b[31mred\x1b[0m",
    "\udc80",
    "",
    "\\n",
    "편집",
    "x" * 5000,
    "other",
    "a\u2028b",
]


@pytest.mark.parametrize("text", HOSTILE, ids=map(repr, range(len(HOSTILE))))
def test_hostile_labels_stay_labels(text: str) -> None:
    hostile = placed_run(workflow=Workflow(name=text, signature=text), loads=(load(model=text),))
    document = openmetrics.render(stamped(hostile, server_starts=(server_start(started_at=START, comfyui_version=text),)), PLAIN)
    series = parsed(document)
    assert last(series, "comfyui_runs_total") == 1
    assert sum(name == "comfyui_model_loads_total" for name, _ in series) == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u2028\ud800-\udfff]", document)


def test_private_text_stays_out() -> None:
    secret = "/home/gertrude/x"
    made = stamped(
        placed_run(
            source=secret, workflow=Workflow(name=secret, signature=secret), loads=(load(model=secret), load(model="Flux"))
        ),
        sources=(source(name=secret),),
        server_starts=(
            server_start(started_at=START, **dict.fromkeys(("comfyui_version", "python_version", "pytorch_version"), secret)),  # type: ignore[arg-type]
        ),
    )
    for redactor, seen in ((PLAIN.redactor, True), (Redactor(), False)):
        text = openmetrics.render(made, replace(PLAIN, redactor=redactor))
        assert ("gertrude" in text) is seen
        assert 'comfyui_model_loads_total{model_class="Flux",mode="full"} 1 ' in text


@given(st.integers(946_684_800_000, 7_258_118_400_000))
def test_a_timestamp_survives_being_cut_off(at: int) -> None:
    assert int(float(_seconds(at)) * 1000) == at


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 500)), min_size=1, max_size=20))
def test_any_runs_make_an_ordered_document(times: list[tuple[float, float]]) -> None:
    runs = [
        placed_run(number, started_at=START + begin, duration_seconds=seconds, start=Start.COLD if number % 2 else Start.WARM)
        for number, (begin, seconds) in enumerate(times, 1)
    ]
    series = rendered(stamped(*runs))
    assert last(series, "comfyui_runs_total") == len(runs)
    for samples in series.values():
        assert all(before[0] < after[0] for before, after in pairwise(samples))


def test_families_follow_one_another_and_each_has_its_text() -> None:
    document = openmetrics.render(report_on("service-timeouts.log"), PLAIN)
    names = [line.split()[2] for line in document.splitlines() if line.startswith("# HELP")]
    assert names == [family.name for family in FAMILIES if family.name in names]
    seen = [re.split(r"[ {]", line)[0] for line in document.splitlines() if not line.startswith("#")]
    families = [max((name for name in names if metric.startswith(name)), key=len) for metric in seen]
    assert len([name for name, _ in groupby(families)]) == len(set(families))
    units = {line.split()[2]: line.split()[3] for line in document.splitlines() if line.startswith("# UNIT")}
    assert all(name.endswith(f"_{unit}") for name, unit in units.items())


def test_it_is_written_in_pieces_and_a_table_is_the_same() -> None:
    runs = [placed_run(number) for number in range(1, 300)]
    made, table = stamped(*runs), stamped(*runs)
    object.__setattr__(table, "runs", table_of(runs))
    pieces = list(openmetrics.parts(made, PLAIN))
    assert len(pieces) > 15
    assert max(map(len, pieces)) < 200_000
    assert "".join(openmetrics.parts(table, PLAIN)) == "".join(pieces)


# --- a real Prometheus ------------------------------------------------------------------------------------------


def brought_in(text: str, folder: Path) -> Path:
    """The document as blocks, made by promtool."""
    path, data = folder / "runs.om", folder / "data"
    path.write_text(text)
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(path), str(data)], check=True, capture_output=True
    )
    return data


def dumped(data: Path) -> Series:
    """All samples of the blocks; promtool reads no store without a log of writes, be it empty."""
    (data / "wal").mkdir(exist_ok=True)
    done = subprocess.run(["promtool", "tsdb", "dump", str(data)], check=True, capture_output=True, text=True)
    found: Series = defaultdict(list)
    for labels, value, at in re.findall(r"^\{(.*)\} (\S+) (\d+)$", done.stdout, re.MULTILINE):
        pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        name = pairs.pop("__name__")
        found[name, tuple(sorted(pairs.items()))].append((int(at), float(value)))
    return {key: sorted(samples) for key, samples in found.items()}


@needs_promtool
@pytest.mark.parametrize("name", STAMPED)
def test_promtool_takes_every_sample(name: str, tmp_path: Path) -> None:
    text = openmetrics.render(report_on(name), PLAIN)
    # Prometheus has no empty labels.
    expected = {(metric, tuple(pair for pair in labels if pair[1])): values for (metric, labels), values in parsed(text).items()}
    assert dumped(brought_in(text, tmp_path)) == expected


@needs_promtool
def test_promtool_takes_times_that_binary_fractions_miss(tmp_path: Path) -> None:
    runs = [placed_run(number, started_at=START + number * 0.001, duration_seconds=0.0) for number in range(1, 400)]
    text = openmetrics.render(stamped(*runs), PLAIN)
    found = dumped(brought_in(text, tmp_path))["comfyui_runs_total", ()]
    assert found == [(round(START * 1000) + number, number) for number in range(1, 400)]


@contextmanager
def prometheus(data: Path, folder: Path) -> Iterator[str]:
    """A real Prometheus on these blocks; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "prometheus.yml").write_text("global: {}\n")
    flags = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}", f"--web.listen-address={address}"]
    server = subprocess.Popen(
        ["prometheus", *flags, "--storage.tsdb.retention.time=100y", "--log.level=error"], stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        yield _ready(f"http://{address}", server)
    finally:
        server.terminate()
        server.wait()


def _ready(url: str, server: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=5):
                return url
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Prometheus did not start")


def asked(url: str, query: str, at: float) -> list[tuple[dict[str, str], float]]:
    given = urllib.parse.urlencode({"query": query, "time": f"{at:.3f}"})
    with urllib.request.urlopen(f"{url}/api/v1/query?{given}", timeout=30) as response:
        result = json.load(response)["data"]["result"]
    return [(row["metric"], float(row["value"][1])) for row in result]


@needs_promtool
@needs_prometheus
def test_a_prometheus_answers_what_the_report_says(tmp_path: Path) -> None:
    made = report_on("service-timeouts.log")
    end = max((run.started_at or 0) + (run.total_seconds or 0) for run in made.runs)
    data = brought_in(openmetrics.render(made, PLAIN), tmp_path)

    with prometheus(data, tmp_path) as url:
        assert asked(url, "comfyui_runs_total", end) == [({"__name__": "comfyui_runs_total"}, len(made.runs))]
        over = sum((run.limit_used_ratio or 0) > 1 for run in made.runs)
        assert over > 0
        ((labels, value),) = asked(url, "comfyui_runs_over_limit_total", end)
        assert (labels["limit"], value) == ("300s", over)
        # `increase` stretches what it sees to the window's ends; with the window at the samples' ends nothing is to be stretched.
        ((_, grown),) = asked(url, f"increase(comfyui_runs_total[{math.ceil(end) - int(made.runs[0].started_at or 0)}s])", end)
        assert grown == pytest.approx(len(made.runs), rel=0.1)
        for kind in (Phase.SAMPLE, Phase.MODEL_LOAD):
            ((_, seconds),) = asked(url, f'comfyui_phase_seconds_total{{phase="{kind.value}"}}', end)
            assert seconds == pytest.approx(sum(run.phase_seconds(kind) for run in made.runs), abs=1e-4)
        ((_, slow),) = asked(url, 'sum(last_over_time(comfyui_run_duration_seconds_bucket{le="300.0"}[1d]))', end)
        assert slow == sum((run.duration_seconds or math.inf) <= 300 for run in made.runs)
        ((_, begun),) = asked(url, "max_over_time(comfyui_run_start_timestamp_seconds[1d])", end)
        assert begun == pytest.approx(max(run.started_at or 0 for run in made.runs), abs=1e-3)


# --- the command ------------------------------------------------------------------------------------------------


def test_a_log_without_stamps_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    done = comfymeter("report", str(SAMPLES / "incident.log"), "-o", str(tmp_path / "x.om"))
    assert (done.code, list(tmp_path.iterdir())) == (1, [])
    (line,) = done.err.splitlines()
    assert line.endswith("incident.log: no run has a date and time; `comfymeter doctor` says how to get time stamps")


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    logs = [str(SAMPLES / name) for name in ("docker-logs-t.log", "incident.log", "manager-windows.log")]
    done = comfymeter("report", *logs, "-o", str(tmp_path / "x.om"))
    assert done.code == 0
    assert done.err.splitlines() == [
        f"wrote {tmp_path / 'x.om'}",
        f"{tmp_path / 'x.om'}: 1 of 8 runs left out: without time stamps they have no date",
        f"{tmp_path / 'x.om'}: stamps of 3 runs have no zone and are taken as UTC; --timezone says where they come from",
    ]
    assert last(parsed((tmp_path / "x.om").read_text()), "comfyui_runs_total") == 7
