"""Users' names for workflows: which rule takes a run, which limit it gets, which runs are left out."""

import pytest

from analyzer.runs.model import DetectionTime, Outcome, Run, Workflow
from analyzer.workflows import Exclusion, Naming, WorkflowRule
from tests.builders import bar, run

FLUX = Workflow(name="Flux, 2 passes, detect", signature="model:SDXL+Flux|passes:2|detect")
FACE = DetectionTime(line=4, label="1 face", seconds=0.01)
PORTRAIT = run(workflow=FLUX, passes=(bar(), bar()), detections=(FACE,), bars=(bar(label="Tiles", unit="tile"),))

TAKES = [
    ("everything", WorkflowRule(name="x"), True),
    ("model", WorkflowRule(name="x", models=("Flux",)), True),
    ("both models", WorkflowRule(name="x", models=("Flux", "SDXL")), True),
    ("other model", WorkflowRule(name="x", models=("WAN21",)), False),
    ("passes", WorkflowRule(name="x", passes=(2, 4)), True),
    ("other passes", WorkflowRule(name="x", passes=(1, 1)), False),
    ("detects", WorkflowRule(name="x", detects=True), True),
    ("detects not", WorkflowRule(name="x", detects=False), False),
    ("bar", WorkflowRule(name="x", bars=("Til",)), True),
    ("other bar", WorkflowRule(name="x", bars=("Rows",)), False),
    ("signature", WorkflowRule(name="x", signatures=("no", FLUX.signature)), True),
    ("other signature", WorkflowRule(name="x", signatures=("no",)), False),
]


@pytest.mark.parametrize(("rule", "taken"), [row[1:] for row in TAKES], ids=[row[0] for row in TAKES])
def test_a_rule_takes_what_fits_all_it_asks(rule: WorkflowRule, taken: bool) -> None:
    assert rule.takes(PORTRAIT) is taken


def named(naming: Naming, *runs: Run, limit: float | None = None) -> list[tuple[str, float | None]]:
    return [(run.workflow.name, run.limit_seconds) for run in naming.apply(runs, limit)]


def test_the_first_rule_names_and_its_limit_stands_above_the_common_one() -> None:
    naming = Naming(rules=(WorkflowRule(name="Portrait", detects=True, limit_seconds=400), WorkflowRule(name="Rest")))

    assert named(naming, PORTRAIT, run(2), limit=300) == [("Portrait", 400), ("Rest", 300)]


def test_without_rules_runs_keep_their_names() -> None:
    assert named(Naming(), PORTRAIT, limit=300) == [(FLUX.name, 300)]


def test_exclusions() -> None:
    naming = Naming(
        rules=(WorkflowRule(name="Test", detects=True),),
        exclusion=Exclusion(workflows=("Test",), outcomes=(Outcome.CACHED,), shorter_than_seconds=2),
    )

    left = named(naming, PORTRAIT, run(2, outcome=Outcome.CACHED), run(3, duration_seconds=1.0), run(4, duration_seconds=50.0))

    assert left == [("Flux", None)]
