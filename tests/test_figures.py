"""Figures: they say what the report says, in log order where there is no time, and they aggregate where there is too much."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer import analyze
from analyzer.figures import FIGURES, Figures, drawn
from analyzer.figures.base import as_it_is, label
from analyzer.figures.placing import Axis, MarkKind, placement
from analyzer.palette import BAD, GOOD, LOOK, NEUTRAL, PASS_COLORS, PHASE_COLORS, QUEUE
from analyzer.report import Report
from analyzer.runs.model import Phase, Run
from tests.builders import phase, report, run

SAMPLES = sorted(Path("sample_logs").glob("*.log"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_what_is_drawn_adds_up_to_the_runs(path: Path) -> None:
    found = analyze(path)
    placed = placement(found)

    by_run: dict[int, float] = {}
    for span in placed.spans():
        assert span.seconds >= 0
        by_run[span.run.number] = by_run.get(span.run.number, 0.0) + span.seconds
    for placed_run, _ in placed.runs:
        assert by_run[placed_run.number] == pytest.approx(placed_run.total_seconds, abs=0.05)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_marks_stand_inside_their_runs(path: Path) -> None:
    found = analyze(path, timeout="20s")
    placed = placement(found)
    ends = {placed_run.number: (begin, begin + (placed_run.total_seconds or 0.0)) for placed_run, begin in placed.runs}

    marks = list(placed.marks())
    for mark in marks:
        begin, end = ends[mark.run.number]
        assert begin - 1 <= mark.at <= end + 1
    over = sum(1 for one in found.runs if one.total_seconds and one.total_seconds > 20 and one.number in ends)
    assert sum(1 for mark in marks if mark.kind is MarkKind.LIMIT) == over


def test_without_stamps_it_is_order_and_says_so() -> None:
    found = analyze("sample_logs/incident.log")

    assert placement(found).axis is Axis.ORDER
    caption = {kind.name: figure.caption for kind, figure in drawn(found)}["timeline"]
    assert "this is order, not time" in caption


def test_columns_hold_the_phases_of_each_run() -> None:
    found = analyze("sample_logs/incident.log", timeout="300s")

    columns = {trace.name: list(trace.y) for trace in found.figures["runs"].data if trace.type == "bar"}

    assert columns["sample"] == [143]
    assert columns["pipeline load"] == [97]


def test_the_budget_s_shares_are_whole() -> None:
    figure = analyze("sample_logs/capture-soak.log").figures["budget"]

    for row in range(len(figure.data[0].x)):
        assert sum(trace.x[row] for trace in figure.data) == pytest.approx(100)


def many(count: int) -> Report:
    runs = [
        run(number, duration_seconds=60.0 + number % 7, phases=(phase(Phase.SAMPLE, 50.0), phase(Phase.OTHER, 10.0 + number % 7)))
        for number in range(1, count + 1)
    ]
    return report(*runs)


def test_many_runs_are_outlines_and_too_many_are_means() -> None:
    few, outlines, means = (Figures(many(count))["runs"] for count in (200, 3000, 30_000))

    assert {trace.type for trace in few.data} == {"bar"}
    assert {trace.type for trace in outlines.data} == {"scatter"}
    assert len(outlines.data[0].x) == 3000
    assert len(means.data[0].x) == 10_000
    assert any(trace.name == "slowest of them" and max(trace.y) == 66 for trace in means.data)


def test_what_is_aggregated_is_said() -> None:
    captions = {kind.name: figure.caption for kind, figure in drawn(many(30_000))}

    assert "mean of 3 runs" in captions["runs"]


def test_too_many_phases_leave_each_run_its_biggest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.figures.timeline._MOST_SPANS", 60)

    kind = next(kind for kind in FIGURES if kind.name == "timeline")
    figure = kind.draw(analyze("sample_logs/capture-soak.log"), as_it_is)

    assert figure is not None
    assert sum(len(trace.x) for trace in figure.plot.data if trace.mode == "lines") == 40 * 4
    assert "colour of its biggest one" in figure.caption


def test_many_parts_of_a_phase_are_one_outline(monkeypatch: pytest.MonkeyPatch) -> None:
    report = analyze("sample_logs/model-thrash.log")
    lines = {trace.name: trace for trace in report.figures["timeline"].data}["sample"]
    monkeypatch.setattr("analyzer.figures.timeline._MOST_LINES", 5)
    outline = {trace.name: trace for trace in report.figures["timeline"].data}["sample"]

    assert (lines.fill, outline.fill) == (None, "toself")
    assert sorted(set(outline.x)) == sorted({at for place, at in enumerate(lines.x) if place % 4 in (0, 2)})


def test_an_empty_report_has_no_figures() -> None:
    figures = report().figures

    assert list(figures) == []
    with pytest.raises(KeyError, match="says nothing"):
        figures["runs"]
    with pytest.raises(KeyError, match="no such figure"):
        figures["pie"]


def test_figures_are_plain_plotly_figures() -> None:
    import plotly.graph_objects as go

    figures = analyze("sample_logs/model-thrash.log").figures

    assert set(figures) == {"runs", "timeline", "vram", "budget", "durations", "steps"}
    assert all(isinstance(figure, go.Figure) for figure in figures.values())
    assert figures["runs"] is figures["runs"]


def test_a_notebook_shows_the_page_in_a_frame_of_its_own() -> None:
    shown = analyze("sample_logs/incident.log")._repr_html_()

    assert shown.startswith("<iframe")
    assert 'sandbox="allow-scripts"' in shown
    assert "<script" not in shown


@pytest.mark.parametrize("text", ["<b>x</b>", '<a href="http://x">', "x\x1b[31m", "\u202ex", "a&b"])
def test_labels_hold_no_markup(text: str) -> None:
    shown = label(text, as_it_is)

    assert not set(shown) & set("<>\x1b\u202e")


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("color", sorted({*PHASE_COLORS.values(), *PASS_COLORS, GOOD, LOOK, BAD, NEUTRAL}))
def test_colours_stand_out_on_light_and_dark_ground(color: str) -> None:
    assert contrast(color, "#ffffff") >= 3
    assert contrast(color, "#1a2027") >= 3


def test_phases_are_told_apart() -> None:
    assert len({*PHASE_COLORS.values(), QUEUE}) == len(PHASE_COLORS) + 1


def test_a_client_s_wait_counts_in_the_distribution() -> None:
    waited: Run = replace(run(1, duration_seconds=10.0), queue_seconds=90.0)
    figure: Any = report(waited).figures["durations"]

    assert list(figure.data[0].x) == [100]
