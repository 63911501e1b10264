"""`check`: bounds, exit codes, JUnit."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from analyzer.analysis import Unparsed
from analyzer.gates import Gates, check
from analyzer.report import Report
from analyzer.runs.model import Outcome, Run
from tests.builders import run
from tests.command import command
from tests.samples import SAMPLES


def report(*runs: Run, unparsed: Unparsed | None = None) -> Report:
    return Report(runs=runs, unparsed=unparsed or Unparsed())


FAST, SLOW = run(1, duration_seconds=100.0, limit_seconds=300.0), run(2, duration_seconds=400.0, limit_seconds=300.0)
FAILED = run(3, outcome=Outcome.ERROR, duration_seconds=5.0, limit_seconds=300.0)
WAITED = run(4, duration_seconds=100.0, queue_seconds=250.0, limit_seconds=300.0)

CASES = [
    ("limit kept", Gates(limit_seconds=300), report(FAST), True, 100),
    ("limit broken", Gates(limit_seconds=300), report(FAST, SLOW), False, 400),
    ("the wait counts", Gates(limit_seconds=300), report(WAITED), False, 350),
    ("no run is no proof", Gates(limit_seconds=300), report(), False, None),
    ("p95 kept", Gates(p95_seconds=150), report(*[FAST] * 19, SLOW), True, 100),
    ("p95 broken", Gates(p95_seconds=150), report(FAST, SLOW), False, 400),
    ("p95 of failed runs only", Gates(p95_seconds=150), report(FAILED), False, None),
    ("failures allowed", Gates(max_failed=0.5), report(FAST, FAILED), True, 0.5),
    ("failures broken", Gates(max_failed=0.1), report(FAST, FAILED), False, 0.5),
    ("unparsed", Gates(max_unparsed=0.05), report(FAST, unparsed=Unparsed(lines=6, of_lines=100)), False, 0.06),
]


@pytest.mark.parametrize(("gates", "told", "passed", "measured"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_gates(gates: Gates, told: Report, passed: bool, measured: float | None) -> None:
    (result,) = check(told, gates)

    assert result.passed is passed
    assert result.measured == (None if measured is None else pytest.approx(measured))


def test_a_broken_gate_ends_with_3_and_writes_junit(tmp_path: Path) -> None:
    target = tmp_path / "gates.xml"

    ended = command("check", SAMPLES / "incident.log", "--limit", "300s", "--p95", "10m", "-o", str(target), "-q")

    assert ended.returncode == 3
    assert ended.stdout.startswith("BROKEN  limit: 303.88 s, wanted at most 300.00 s")
    suite = ET.parse(target).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None] == ["limit"]


def test_kept_gates_end_with_0() -> None:
    ended = command("check", SAMPLES / "incident.log", "--limit", "310s", "--max-unparsed", "5%", "--format", "json")

    assert ended.returncode == 0
    assert '"passed": true' in ended.stdout


@pytest.mark.parametrize("arguments", [(), ("--limit", "soon"), ("--max-unparsed", "7"), ("--limit", "5m", "-o", "x.pdf")])
def test_wrong_bounds_are_usage_errors(arguments: tuple[str, ...]) -> None:
    ended = command("check", SAMPLES / "incident.log", *arguments)

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "code"), [(("--limit", "300s"), 3), ((), 0)])
def test_a_limit_on_the_command_line_is_meant_for_every_run(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    """The settings' timeout is not meant for a workflow with a limit of its own; the time shown is the run's either way."""
    settings = tmp_path / "comfymeter.toml"
    settings.write_text('timeout = "300s"\n[workflows.Any]\nlimit = "900s"\n')

    ended = command("check", SAMPLES / "incident.log", "--config", str(settings), *arguments)

    assert ended.returncode == code
    assert "limit: 303.88 s, wanted at most 300.00 s" in ended.stdout
    assert ("workflow's own limit" in ended.stdout) is (not arguments)
