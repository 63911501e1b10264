"""Runs by column are the same runs."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import report as reporting
from analyzer.report import Question, build_report
from analyzer.runs import assemble, table
from analyzer.runs.model import ClientGaveUp, DetectionTime, Failure, Noted, Outcome, Phase, Run, Start, Vram, Workflow
from analyzer.runs.table import RunTable, changed, gathered, table_of
from tests.builders import bar, load, phase, run
from tests.captures import SESSIONS, log_bytes
from tests.logs import read

DERIVED = ("total_seconds", "limit_used_ratio", "verdict")
FULL = run(
    7,
    outcome=Outcome.ERROR,
    failure=Failure(kind="ValueError", message="no", line=3),
    client_timeout=ClientGaveUp(limit_seconds=None, line=4),
    queued_line=None,
    queued_at=None,
    started_at=1.5,
    observed_seconds=0.0,
    passes=(bar(), bar(label="Sampling", total_steps=None, seconds=None)),
    bars=(bar(label="Tiles", unit="tile"),),
    loads=(load(), load(model=None, loaded_bytes=2**70, patches=-1)),
    detections=(DetectionTime(line=4, label="1 face", seconds=0.01),),
    vram=Vram(peak_bytes=5, source="log"),
    soft_ooms=(Noted(line=1, text="tiled"),),
    prompt_id="x",
    phases=(phase(Phase.SAMPLE, 1.0), phase(Phase.OTHER, 2.0)),
    phases_scaled=True,
)


def assert_same(found: Run, expected: Run) -> None:
    for field in fields(Run):
        assert getattr(found, field.name) == getattr(expected, field.name), field.name
        assert getattr(found, field.name).__class__ is type(getattr(expected, field.name)), field.name
    for name in DERIVED:
        assert getattr(found, name) == getattr(expected, name)
    assert found.phase_seconds(Phase.SAMPLE) == expected.phase_seconds(Phase.SAMPLE)
    assert found == expected


@pytest.mark.parametrize("session", SESSIONS)
def test_the_runs_of_a_capture(session: str) -> None:
    runs = read(log_bytes(session)).runs

    for found, expected in zip(table_of(runs), runs, strict=True):
        assert_same(found, expected)


def test_every_field_is_kept() -> None:
    (found,) = table_of([FULL])

    assert_same(found, FULL)
    assert set(RunTable()._columns.columns) == {field.name for field in fields(Run)}


NUMBERS = st.none() | st.floats(0, 1e9)
RUNS = st.builds(
    run,
    st.integers(1, 10**6),
    outcome=st.sampled_from(Outcome),
    start=st.sampled_from(Start),
    duration_seconds=NUMBERS,
    queue_seconds=NUMBERS,
    queued_line=st.none() | st.integers(-(2**70), 2**70),
    partial=st.booleans(),
    workflow=st.builds(Workflow, name=st.text(max_size=5), signature=st.text(max_size=5)),
    passes=st.lists(st.builds(bar, line=st.integers(1, 99), seconds=NUMBERS), max_size=3).map(tuple),
    prompt_id=st.none() | st.text(max_size=4),
)


@given(st.lists(RUNS, max_size=12))
def test_any_runs_come_back_as_they_went_in(runs: list[Run]) -> None:
    found = table_of(runs)

    assert len(found) == len(runs)
    for one, expected in zip(found, runs, strict=True):
        assert_same(one, expected)


def test_it_is_a_sequence() -> None:
    runs = [run(number) for number in range(1, 11)]
    found = table_of(runs)

    assert found[0] == runs[0]
    assert found[-1] == runs[-1]
    assert list(found[2:5]) == runs[2:5]
    assert list(reversed(found)) == runs[::-1]
    with pytest.raises(IndexError):
        found[10]


def test_among_other_logs() -> None:
    found = table_of([run(1), run(2, server_number=0)]).placed(10, 3, 300.0)

    assert [(each.number, each.server_number, each.limit_seconds) for each in found] == [(11, 4, 300), (12, 0, 300)]
    assert [each.limit_used_ratio for each in found] == [pytest.approx(1 / 3)] * 2


def test_where_errors_could_not_be_seen() -> None:
    found = table_of([run(1), run(2, outcome=Outcome.OOM)]).without_errors()

    assert [each.outcome for each in found] == [Outcome.UNKNOWN, Outcome.OOM]


def test_some_of_them_and_changed_ones() -> None:
    found = table_of([run(1), run(2), run(3)]).select(lambda each: each.number != 2)

    assert [each.number for each in found] == [1, 3]
    assert changed(found[0], limit_seconds=5.0) == run(1, limit_seconds=5.0)


def test_only_many_runs_become_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MANY_RUNS", 3)

    assert isinstance(gathered(run(n) for n in range(3)), tuple)
    assert isinstance(gathered(run(n) for n in range(4)), RunTable)


@pytest.mark.parametrize("session", ["S4-failures", "S5-soak"])
def test_a_report_on_a_table_is_the_same_report(session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question(limit_seconds=5.0)
    readings = [read(log_bytes(session)), read(log_bytes("S1-simple"), name="other.log")]
    expected = build_report(readings, question)

    monkeypatch.setattr(assemble, "MANY_RUNS", 0)
    monkeypatch.setattr(table, "MANY_RUNS", 0)
    readings = [read(log_bytes(session)), read(log_bytes("S1-simple"), name="other.log")]
    found = reporting.build_report(readings, question)

    assert isinstance(readings[0].runs, RunTable)
    assert list(found.runs) == list(expected.runs)
    assert found.findings == expected.findings
    assert found.budget == expected.budget
