"""The fuzzing targets: every seed passes without atheris, faults are found and kept, figures add up."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from analyzer.errors import ComfymeterError, SourceError
from fuzz.base import Target
from fuzz.campaign import Figures
from fuzz.finding import Faults
from fuzz.replaying import replay
from fuzz.shown import Vocabulary, check_text
from fuzz.targets import TARGETS, target_of
from fuzz.telling import table

_MOST_SEEDS = 40
ROOT = Path(__file__).parent.parent


def some(target: Target) -> Iterator[bytes]:
    """Seeds from all over."""
    seeds = list(target.seeds())
    return islice(seeds[:: max(1, len(seeds) // _MOST_SEEDS)], _MOST_SEEDS)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_seeds_show_no_fault(target: Target) -> None:
    fine = 0
    for seed in some(target):
        try:
            target.check(seed)
            fine += 1
        except ComfymeterError:
            pass
    assert fine


def test_names_are_told_apart() -> None:
    assert len({target.name for target in TARGETS}) == len(TARGETS)
    assert target_of("api").what


@pytest.mark.parametrize("target", [target for target in TARGETS if target.mutator], ids=lambda target: target.name)
def test_mutations_are_repeatable_and_bounded(target: Target) -> None:
    assert target.mutator
    for number, seed in enumerate(islice(some(target), 10)):
        made = [target.mutator(seed, target.most_bytes, number, lambda data, size: data[:size]) for _ in range(2)]
        assert made[0] == made[1]
        assert len(made[0]) <= target.most_bytes


def test_a_fault_is_kept_with_its_shortest_input(tmp_path: Path) -> None:
    def check(data: bytes) -> None:
        if b"x" in data:
            raise ValueError(data)
        raise SourceError("no fault")

    faults = Faults(check, tmp_path / "faults")
    for data in (b"fine", b"  x", b"x", b" x"):
        faults(data)

    assert len(faults) == 1
    (kept,) = tmp_path.glob("faults/*.input")
    assert kept.read_bytes() == b"x"
    assert "ValueError: b'x'" in kept.with_suffix(".txt").read_text()

    mended = Faults(lambda data: None, tmp_path / "faults")
    assert mended.recheck() == 1
    assert list((tmp_path / "faults").iterdir()) == []


def test_a_corpus_is_checked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "run-list" / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "a").write_bytes(b"workflow,duration_seconds\n")

    assert replay("run-list", tmp_path) == 0
    assert capsys.readouterr().out == "run-list: 3 inputs, 0 faults\n"


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202e", "\x07", "\x9b31m", "\u2028"])
def test_a_control_code_is_a_fault(text: str) -> None:
    check_text("\x1b[31mfine\x1b[0m\n")
    with pytest.raises(AssertionError):
        check_text(text)


@pytest.mark.parametrize("text", ["<zqx>", "<p onload=zqx()>", "<!-- x -->", "<a href='javascript:x'>x</a>"])
def test_markup_is_a_fault(text: str) -> None:
    known = Vocabulary(["<p class=x>a <a href='#x'>x</a></p>"])
    known.check("<p class=y>other</p>")
    with pytest.raises(AssertionError):
        known.check(f"<p>{text}</p>")


def test_figures_add_up() -> None:
    first = Figures(
        target="x",
        at="",
        cpu_seconds=60.0,
        executions=1000,
        edges=5,
        features=8,
        corpus=3,
        peak_megabytes=9,
        faults=2,
        failures=0,
        ended=0,
    )
    rows = [first, replace(first, cpu_seconds=30.0, executions=1, features=7, faults=0)]
    assert table(rows).splitlines()[-1] == "| x | 1.5 | 1,001 | 5 | 8 | 3 | 9 | 0 | 0 |"


def test_without_atheris_one_line_says_so(tmp_path: Path) -> None:
    program = (
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name == 'atheris' else find(name, *a)\n"
        "sys.argv = ['fuzz', 'parsing']\n"
        "runpy.run_module('fuzz', run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "fuzzing needs atheris (Linux or macOS): pip install atheris; --replay works without it\n"
