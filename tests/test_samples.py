"""Every sample log: the report on it works, and says what the folder's README promises."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from analyzer import analyze
from analyzer.renderers.base import Options
from analyzer.renderers.json_report import render
from analyzer.report import Report
from analyzer.runs.model import Outcome, Phase, Run
from analyzer.units import MIB
from tests.samples import SAMPLES

LOGS = tuple(sorted(path.name for path in SAMPLES.glob("*.log")))
# The captures' made-up nodes print lines that no real node does.
MADE_UP_NODES_SHARE = 0.15
LARGEST_BYTES = 40 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a sample must show. `never` are rules that would be wrong about it."""

    outcomes: dict[Outcome, int]
    container: str = "raw"
    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    rejected: int = 0
    unresolved: int = 0


CALM = ("run-failed", "fatal-oom", "cut-off", "client-gave-up", "still-timing-out", "memory-leak", "creep")

EXPECTED = {
    "incident.log": Expected(
        outcomes={Outcome.SUCCESS: 1},
        always=("client-gave-up", "double-load", "log-unusable"),
        never=("run-failed", "cut-off", "weights-streamed", "model-thrash"),
    ),
    "incident-mojibake.log": Expected(
        outcomes={Outcome.SUCCESS: 1},
        always=("client-gave-up", "double-load", "log-unusable"),
        never=("run-failed", "cut-off", "weights-streamed", "model-thrash"),
    ),
    "double-load.log": Expected(
        outcomes={Outcome.CUT_OFF: 1}, always=("double-load", "log-unusable"), never=("cut-off", "model-thrash")
    ),
    "double-load-mojibake.log": Expected(
        outcomes={Outcome.CUT_OFF: 1}, always=("double-load", "log-unusable"), never=("cut-off", "model-thrash")
    ),
    "capture-simple.log": Expected(
        outcomes={Outcome.SUCCESS: 4, Outcome.CACHED: 1},
        always=("import-failures", "cold-start"),
        never=(*CALM, "double-load", "model-thrash", "slow-startup"),
    ),
    "capture-two-pass.log": Expected(
        outcomes={Outcome.SUCCESS: 6},
        always=("import-failures", "double-load"),
        never=(*CALM, "model-thrash", "weights-streamed"),
    ),
    "capture-queue.log": Expected(
        outcomes={Outcome.SUCCESS: 8}, always=("unresolved-requests",), never=(*CALM, "rejected-requests"), unresolved=1
    ),
    "capture-failures.log": Expected(
        outcomes={Outcome.SUCCESS: 6, Outcome.ERROR: 3, Outcome.OOM: 2, Outcome.INTERRUPTED: 2, Outcome.CUT_OFF: 1},
        always=("run-failed", "fatal-oom", "cut-off", "run-interrupted", "rejected-requests", "unresolved-requests"),
        never=("soft-oom", "still-timing-out"),
        rejected=5,
        unresolved=1,
    ),
    "capture-soak.log": Expected(outcomes={Outcome.SUCCESS: 40}, always=("cold-start",), never=(*CALM, "sampler-slowdown")),
    "capture-tty-ansi.log": Expected(
        outcomes={Outcome.SUCCESS: 3, Outcome.OOM: 1},
        container="terminal",
        always=("fatal-oom",),
        never=("run-failed", "soft-oom"),
    ),
    "partial-loads-8gb.log": Expected(
        outcomes={Outcome.SUCCESS: 6}, always=("weights-streamed",), never=(*CALM, "soft-oom", "dynamic-vram")
    ),
    "dynamic-vram.log": Expected(
        outcomes={Outcome.SUCCESS: 3},
        container="terminal",
        always=("dynamic-vram", "cold-start"),
        never=(*CALM, "weights-streamed", "sampler-slowdown"),
    ),
    "oom-gpu.log": Expected(
        outcomes={Outcome.SUCCESS: 3, Outcome.OOM: 1},
        always=("fatal-oom", "soft-oom"),
        never=("run-failed", "cut-off", "model-thrash", "memory-leak"),
    ),
    "manager-windows.log": Expected(
        outcomes={Outcome.SUCCESS: 3},
        container="manager",
        always=("cold-start", "log-unusable"),
        never=(*CALM, "import-failures", "weights-streamed"),
    ),
    "docker-logs-t.log": Expected(
        outcomes={Outcome.SUCCESS: 4},
        container="docker-logs",
        always=("weights-streamed", "cold-start"),
        never=(*CALM, "double-load"),
    ),
    "docker-json-file.log": Expected(
        outcomes={Outcome.SUCCESS: 3}, container="docker-json", always=("log-unusable",), never=(*CALM, "weights-streamed")
    ),
    "bug-report.log": Expected(
        outcomes={Outcome.SUCCESS: 2, Outcome.ERROR: 1, Outcome.INTERRUPTED: 1},
        container="bug-report",
        always=("run-failed", "run-interrupted", "cold-start"),
        never=("fatal-oom", "soft-oom", "cut-off"),
    ),
    "model-thrash.log": Expected(
        outcomes={Outcome.SUCCESS: 6},
        container="ts-iso",
        always=("model-thrash", "savings"),
        never=(*CALM, "double-load", "slow-second-load", "sampler-slowdown"),
    ),
    "long-runs-hours.log": Expected(
        outcomes={Outcome.SUCCESS: 3}, container="journald-short-iso", always=("log-unusable",), never=(*CALM, "load-dominates")
    ),
    "stamped-with-vram.log": Expected(
        outcomes={Outcome.SUCCESS: 6},
        container="docker-logs",
        always=("gpu-shared", "vram-nearly-full", "double-load"),
        never=(*CALM, "gpu-throttled", "soft-oom"),
    ),
    "service-timeouts.log": Expected(
        outcomes={Outcome.SUCCESS: 9, Outcome.INTERRUPTED: 1},
        container="docker-compose",
        always=("client-gave-up", "still-timing-out", "run-interrupted"),
        never=("run-failed", "cut-off", "fatal-oom", "import-failures"),
    ),
}


@cache
def report_on(name: str) -> Report:
    return analyze(SAMPLES / name)


def run(name: str, number: int) -> Run:
    return report_on(name).runs[number - 1]


def test_every_sample_is_in_the_readme_and_has_its_expectations() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(named) == list(LOGS)
    assert sorted(EXPECTED) == list(LOGS)


@pytest.mark.parametrize("name", LOGS)
def test_samples_are_small(name: str) -> None:
    assert (SAMPLES / name).stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_runs_and_outcomes(name: str, expected: Expected) -> None:
    report = report_on(name)

    assert Counter(run.outcome for run in report.runs) == expected.outcomes
    assert (report.requests.rejected, report.requests.unresolved) == (expected.rejected, expected.unresolved)
    assert report.sources[0].container == expected.container


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_findings(name: str, expected: Expected) -> None:
    rules = {finding.rule for finding in report_on(name).findings}

    assert rules >= set(expected.always)
    assert not rules & set(expected.never)


@pytest.mark.parametrize("name", LOGS)
def test_every_line_is_understood(name: str) -> None:
    allowed = MADE_UP_NODES_SHARE if name.startswith(("capture-", "stamped-")) else 0.0

    assert report_on(name).unparsed.share <= allowed, report_on(name).unparsed.samples


@pytest.mark.parametrize("name", LOGS)
def test_the_lines_of_a_log_say_what_the_log_says(name: str) -> None:
    path = SAMPLES / name
    expected = render(report_on(name), Options()).replace(str(path), "lines")
    text = path.read_bytes().decode()

    sampled = [file for file in (path.with_name(f"{name}.vram.csv"),) if file.exists()]
    assert render(analyze(text.split("\n"), vram=sampled), Options()) == expected
    assert render(analyze((line.encode() for line in text.split("\n")), vram=sampled), Options()) == expected
    assert render(analyze(io.StringIO(text, newline="\n"), vram=sampled), Options()) == expected


def test_the_container_of_lines_is_told_by_more_than_the_first() -> None:
    note, *stamped = "by hand: the log of Sunday", *(f"2026-05-17T20:01:{second:02d}.5Z {second}" for second in range(50))

    assert analyze([note, *stamped]).sources[0].container == "docker-logs"


@pytest.mark.parametrize("lines", [[], [""], iter(())], ids=["list", "blank", "iterator"])
def test_no_lines_are_an_empty_report(lines: Iterable[str]) -> None:
    report = analyze(lines)

    assert (list(report.runs), report.findings, report.timeout) == ([], (), None)


def test_what_goes_wrong_in_the_giver_of_lines_is_his_own() -> None:
    def lines() -> Iterator[str]:
        yield "got prompt"
        raise ValueError("not mine")

    with pytest.raises(ValueError, match="not mine"):
        analyze(lines())


# --- the figures that the README and the samples' stories rest on -----------------------------------------------------


def test_partial_loads_are_slower() -> None:
    assert [one.passes[0].seconds_per_step for one in report_on("partial-loads-8gb.log").runs] == [
        7.85,
        7.55,
        7.6,
        9.15,
        4.62,
        4.58,
    ]
    streamed = run("partial-loads-8gb.log", 1).loads[1]
    assert streamed.loaded_bytes == pytest.approx(5614.92 * MIB, abs=2)
    assert streamed.offloaded_bytes == pytest.approx(5735.15 * MIB, abs=2)
    assert [load.patches for load in run("partial-loads-8gb.log", 4).loads] == [152, None]


def test_dynamic_initialisation_is_loading() -> None:
    first = run("dynamic-vram.log", 1)

    assert first.passes[0].initialise_seconds == pytest.approx(35.54, abs=0.1)
    assert first.phase_seconds(Phase.SAMPLE) == pytest.approx(118, abs=1)
    assert first.phase_seconds(Phase.MODEL_LOAD) == pytest.approx(35.54, abs=0.1)


def test_out_of_memory_names_its_kind() -> None:
    failure = run("oom-gpu.log", 3).failure

    assert failure is not None
    assert failure.kind == "torch.OutOfMemoryError"
    assert [len(one.soft_ooms) for one in report_on("oom-gpu.log").runs] == [1, 1, 0, 0]


def test_queue_waits_of_docker_logs() -> None:
    waits = [one.queue_seconds for one in report_on("docker-logs-t.log").runs]

    assert waits == pytest.approx([0, 31.43, 73.7, 104.86], abs=0.01)


def test_a_bar_in_two_docker_records_is_one() -> None:
    (download,) = run("docker-json-file.log", 1).bars

    assert (download.unit, download.complete) == ("B", True)
    assert download.seconds == pytest.approx(29.7, abs=1)


def test_runs_of_more_than_a_day() -> None:
    assert [one.duration_seconds for one in report_on("long-runs-hours.log").runs] == [577.72, 8950, 90206]


def test_clients_of_the_service() -> None:
    report = report_on("service-timeouts.log")
    gave_up = {one.number: one.client_timeout.limit_seconds for one in report.runs if one.client_timeout}

    assert gave_up.items() >= {3: 300, 5: 300, 9: 300}.items()
    assert run("service-timeouts.log", 9).outcome is Outcome.INTERRUPTED
