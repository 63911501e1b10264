"""Runs by column are the same runs."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from math import copysign, inf, isnan, nan
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import report as reporting
from analyzer.events import Event, PromptFinished
from analyzer.report import Question, build_report
from analyzer.runs import assemble, table
from analyzer.runs.columns import Columns, View
from analyzer.runs.model import (
    DetectionTime,
    DurationSource,
    Evidence,
    NodeTime,
    Outcome,
    Phase,
    PhaseSpan,
    ProgressBar,
    Run,
    Start,
    Workflow,
)
from analyzer.runs.table import RunTable, gathered, materialise, table_of
from tests.builders import bar, failure, gave_up, load, note, phase, run, sampled_vram, unload, vram
from tests.captures import SESSIONS, log_bytes
from tests.logs import read

DERIVED = ("total_seconds", "used_seconds", "limit_used_ratio", "verdict")
FULL = run(
    7,
    source="another.log",
    outcome=Outcome.ERROR,
    failure=failure("ValueError", "no", at=8.0),
    client_timeout=gave_up(300.0, at=9.0),
    partial=True,
    queued_line=None,
    first_line=3,
    last_line=4,
    queued_at=0.5,
    started_at=1.5,
    ended_at=2.5,
    queue_seconds=3.5,
    duration_seconds=4.5,
    duration_source=DurationSource.STAMPS,
    observed_seconds=0.0,
    workflow=Workflow(name="mine", signature="its", graph_signature="graph:1"),
    start=Start.COLD,
    server_number=2,
    passes=(
        bar(),
        bar(
            line=4,
            last_line=5,
            label="Sampling",
            unit="tile",
            steps=1.5,
            total_steps=None,
            seconds=None,
            seconds_per_step=None,
            complete=False,
            nested_seconds=1.0,
            initialise_seconds=2.0,
            first_at=3.0,
            last_at=4.0,
        ),
    ),
    bars=(bar(label="Tiles", unit="tile"),),
    loads=(load(), load(model=None, loaded_bytes=2**70, usable_bytes=1, patches=-1, seconds=2.0, requested_line=9, at=5.0)),
    unloads=(unload(), unload(freed_bytes=3, remaining_bytes=2, patches=1, at=6.0, models=2)),
    detections=(DetectionTime(line=4, label="1 face", seconds=0.01, at=2.0),),
    vram=sampled_vram(),
    soft_ooms=(note("tiled", at=7.0),),
    leaks=(note("leak"), note("another")),
    quantizations=(note("Q8_0"),),
    prompt_id="x",
    phases=(phase(Phase.SAMPLE, 1.0), phase(Phase.OTHER, 2.0)),
    spans=(PhaseSpan(phase=Phase.VAE, started_at=1.0, seconds=2.0, evidence=Evidence.INFERRED, first_line=3, last_line=4),),
    phases_scaled=True,
    silence_seconds=1.25,
    limit_seconds=300.0,
    events=(PromptFinished(line=4, at=None, duration_seconds=4.5),),
    nodes=(NodeTime(class_type="KSampler", seconds=4.0),),
    cached_nodes=3,
    node_count=9,
)


def rows_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """All dataclasses in a run and itself, but for events, which are kept as they are."""
    for item in value if isinstance(value, tuple) else (value,):
        if is_dataclass(item) and not isinstance(item, Event):
            yield item.__class__, item
            for field in fields(item):
                yield from rows_of(getattr(item, field.name))


def assert_same(found: Run, expected: Run) -> None:
    assert isinstance(found, Run)
    for (kind, row), (expected_kind, wanted) in zip(rows_of(found), rows_of(expected), strict=True):
        assert kind is expected_kind
        for field in fields(kind):
            value, want = getattr(row, field.name), getattr(wanted, field.name)
            assert value == want, field.name
            assert value.__class__ is type(want), field.name
    for name in DERIVED:
        assert getattr(found, name) == getattr(expected, name)
    assert found.phase_seconds(Phase.SAMPLE) == expected.phase_seconds(Phase.SAMPLE)
    assert found == expected
    assert expected == found
    assert repr(found) == repr(expected)
    assert hash(found) == hash(expected)
    assert materialise(found) == expected


@pytest.mark.parametrize("session", SESSIONS)
def test_the_runs_of_a_capture(session: str) -> None:
    runs = read(log_bytes(session)).runs

    for found, expected in zip(table_of(runs), runs, strict=True):
        assert_same(found, expected)


def test_every_field_is_kept() -> None:
    """Beside a run that lacks everything, so that no column holds a single value throughout."""
    bare = run()

    for found, expected in zip(table_of([bare, FULL, bare]), [bare, FULL, bare], strict=True):
        assert_same(found, expected)


def test_the_full_run_has_a_value_in_every_field() -> None:
    """A new field must be given one above, or the test before says nothing about it."""
    given = {(kind, field.name) for kind, row in rows_of(FULL) for field in fields(kind) if getattr(row, field.name) is not None}
    empty = {(Run, field.name) for field in fields(Run) if getattr(FULL, field.name) == ()}
    wanted = {(kind, field.name) for kind in kinds(Run) for field in fields(kind)}

    assert wanted - given - GIVEN_BY_FULL == set()
    assert empty == set()


# What is None above, and is in the other runs.
GIVEN_BY_FULL = {(Run, "queued_line")}


def kinds(kind: Any) -> set[Any]:
    """A dataclass and all that its fields hold, but for events."""
    found = {kind}
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner) and inner is not Event:
                found |= kinds(inner)
    return found


@dataclass(frozen=True, kw_only=True)
class Odd:
    """Fields of types that no column is made for."""

    words: tuple[str, ...]
    choice: int | str
    table: dict[str, int]


def test_fields_of_any_other_type_are_kept_as_they_are() -> None:
    rows = [Odd(words=("a",), choice=1, table={}), Odd(words=(), choice="b", table={"c": 1})]
    columns = Columns(Odd)
    columns.extend(rows)

    assert [columns.view_class()(place) for place in range(2)] == rows


@pytest.mark.parametrize(
    "values", [[0.0, -0.0], [-0.0, 0.0, None], [1.0, 1, 2**70, inf, -inf, True], [None, -1.7976931348623157e308]]
)
def test_numbers_are_exact(values: list[Any]) -> None:
    found = [each.duration_seconds for each in table_of(run(duration_seconds=value) for value in values)]

    assert found == values
    assert list(map(type, found)) == list(map(type, values))
    assert [copysign(1, value or 0) for value in found] == [copysign(1, value or 0) for value in values]


def test_not_a_number_is_not_nothing() -> None:
    first, second = table_of([run(duration_seconds=nan), run(duration_seconds=None)])

    assert first.duration_seconds is not None
    assert isnan(first.duration_seconds)
    assert second.duration_seconds is None


@pytest.mark.parametrize("values", [[-(2**31), None], [1, 2**31, -(2**31) - 1, 2**63, -(2**70)], [None, None, 3]])
def test_whole_numbers_are_exact(values: list[Any]) -> None:
    assert [each.queued_line for each in table_of(run(queued_line=value) for value in values)] == values


def test_more_words_than_a_byte_counts() -> None:
    names = [f"{number}.log" for number in range(70_000)]

    columns = Columns(ProgressBar)
    columns.extend([bar(label=name) for name in names])
    view = columns.view_class()
    assert [view(place).label for place in range(len(names))] == names


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
    loads=st.lists(st.builds(load, reload=st.booleans(), loaded_bytes=st.none() | st.integers()), max_size=2).map(tuple),
    vram=st.none() | st.builds(vram, st.integers(0, 2**40)),
    failure=st.none() | st.builds(failure, st.text(max_size=3)),
    prompt_id=st.none() | st.text(max_size=4),
)


@given(st.lists(RUNS, max_size=12))
def test_any_runs_come_back_as_they_went_in(runs: list[Run]) -> None:
    found = table_of(runs)

    assert len(found) == len(runs)
    for one, expected in zip(found, runs, strict=True):
        assert_same(one, expected)


@given(st.lists(RUNS, max_size=12), st.integers(1, 4), st.integers(0, 12))
def test_reading_between_appends_changes_nothing(runs: list[Run], block: int, early: int) -> None:
    found = RunTable()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_BLOCK", block)
        views = []
        for number, each in enumerate(runs):
            found.append(each)
            if number <= early:
                views.append(found[-1])
            assert len(found) == number + 1

    assert views == runs[: early + 1]
    assert list(found) == runs


def test_it_is_a_sequence() -> None:
    runs = [run(number) for number in range(1, 11)]
    found = table_of(runs)

    assert found[0] == runs[0]
    assert found[-1] == runs[-1]
    assert list(found[2:5]) == runs[2:5]
    assert list(found[::-2]) == runs[::-2]
    assert found[2:][1:3][-1] == runs[4]
    assert list(reversed(found)) == runs[::-1]
    assert runs[3] in found
    assert found.index(runs[3]) == 3
    assert not RunTable()
    with pytest.raises(IndexError):
        found[10]


def test_nobody_changes_a_run_of_a_table() -> None:
    found = table_of([run()])[0]

    with pytest.raises(AttributeError):
        found.number = 2  # type: ignore[misc]


def test_among_other_logs() -> None:
    found = table_of([run(1), run(2, server_number=0)]).placed(10, 3, 300.0)

    assert [(each.number, each.server_number, each.limit_seconds) for each in found] == [(11, 4, 300), (12, 0, 300)]
    assert [each.limit_used_ratio for each in found] == [pytest.approx(1 / 3)] * 2


def test_changes_add_up_and_leave_the_table_alone() -> None:
    found = table_of([run(1), run(2), run(3, limit_seconds=9.0)])
    some = found.without_errors().placed(10, 0, None).select(lambda each: each.number > 11).placed(100, 1, None)[1:]

    assert [(each.number, each.server_number, each.outcome) for each in some] == [(113, 2, Outcome.UNKNOWN)]
    assert [each.limit_seconds for each in some] == [9.0]
    assert [each.number for each in found] == [1, 2, 3]
    assert found[0].outcome is Outcome.SUCCESS


def test_where_errors_could_not_be_seen() -> None:
    found = table_of([run(1), run(2, outcome=Outcome.OOM)]).without_errors()

    assert [each.outcome for each in found] == [Outcome.UNKNOWN, Outcome.OOM]


def test_some_of_them_and_changed_ones() -> None:
    found = table_of([run(1), run(2), run(3)]).select(lambda each: each.number != 2)

    assert [each.number for each in found] == [1, 3]
    assert replace(found[0], limit_seconds=5.0) == run(1, limit_seconds=5.0)
    assert replace(found[0], number=4) == run(4)


def test_by_itself_a_run_holds_no_table() -> None:
    made = materialise(table_of([FULL])[0])

    assert not any(isinstance(row, View) for _, row in rows_of(made))
    assert materialise(made) is made


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
