"""Workflows from the log alone."""

from collections import Counter
from math import comb

import pytest

from analyzer.runs.model import DetectionTime
from analyzer.runs.signature import workflow_of
from tests.builders import bar
from tests.captures import executed, log_bytes
from tests.logs import read

FACE = DetectionTime(line=1, label="2 faces", seconds=0.01)


def adjusted_rand_index(first: list[str], second: list[str]) -> float:
    """How far two ways to split the same things agree (Hubert and Arabie 1985): 1 the same, 0 by chance."""
    pairs = sum(comb(count, 2) for count in Counter(zip(first, second, strict=True)).values())
    in_first = sum(comb(count, 2) for count in Counter(first).values())
    in_second = sum(comb(count, 2) for count in Counter(second).values())
    by_chance = in_first * in_second / comb(len(first), 2)
    return (pairs - by_chance) / ((in_first + in_second) / 2 - by_chance)


def test_the_signatures_split_the_soak_session_as_its_modes_do() -> None:
    found = [run.workflow.signature for run in read(log_bytes("S5-soak")).runs]
    modes = [prompt["mode"] for prompt in executed("S5-soak")]

    assert len(found) == 40
    assert adjusted_rand_index(found, modes) >= 0.95


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"passes": [bar(steps=40, total_steps=40, seconds=90.0)]}, True),
        ({"passes": [bar(), bar()]}, False),
        ({"diffusion_models": ["SDXL"]}, False),
        ({"detections": [FACE]}, False),
        ({"bars": [bar(label="tile 7", unit="tile")]}, True),
        ({"bars": []}, False),
        ({"bars": [bar(label="tile 1", unit="tile"), bar(label="model.safetensors", unit="B")]}, True),
    ],
    ids=["other steps", "another pass", "another model", "a detection", "another tile", "no tiles", "a download"],
)
def test_what_makes_a_workflow(changed: dict[str, list[object]], same: bool) -> None:
    usual: dict[str, list[object]] = {
        "passes": [bar()],
        "bars": [bar(label="tile 1", unit="tile")],
        "detections": [],
        "diffusion_models": ["Flux"],
    }

    assert (workflow_of(**usual) == workflow_of(**usual | changed)) is same  # type: ignore[arg-type]


def test_many_passes_are_the_pictures_number() -> None:
    four, nine = ([bar()] * count for count in (4, 9))

    assert workflow_of(four, [], [], []) == workflow_of(nine, [], [], [])
