"""The report as pictures: plain Plotly figures, the same in a notebook and on the page. The registry is the list below."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from analyzer.figures.base import Figure, FigureKind, Words, as_it_is
from analyzer.figures.budget import BUDGET
from analyzer.figures.durations import DURATIONS
from analyzer.figures.memory import VRAM
from analyzer.figures.runs import RUNS
from analyzer.figures.steps import STEPS
from analyzer.figures.timeline import TIMELINE

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from analyzer.report import Report

FIGURES: tuple[FigureKind, ...] = (RUNS, TIMELINE, VRAM, BUDGET, DURATIONS, STEPS)


def drawn(report: "Report", words: Words = as_it_is) -> Iterator[tuple[FigureKind, Figure]]:
    """All figures that the report has something to show in. `words` makes log text fit for others' eyes."""
    for kind in FIGURES:
        figure = kind.draw(report, words)
        if figure is not None:
            yield kind, figure


class Figures(Mapping[str, "go.Figure"]):
    """A report's figures by name, each drawn when it is asked for. Those that would be empty are not there."""

    def __init__(self, report: "Report") -> None:
        self._report = report
        self._drawn: dict[str, Figure | None] = {}

    def _figure(self, name: str) -> Figure | None:
        if name not in self._drawn:
            kind = next(kind for kind in FIGURES if kind.name == name)
            self._drawn[name] = kind.draw(self._report, as_it_is)
        return self._drawn[name]

    def __getitem__(self, name: str) -> "go.Figure":
        if name not in (kind.name for kind in FIGURES):
            raise KeyError(f"{name}: no such figure; there are {', '.join(self)}")
        figure = self._figure(name)
        if figure is None:
            raise KeyError(f"{name}: the log says nothing that it could show")
        return figure.plot

    def __iter__(self) -> Iterator[str]:
        return (kind.name for kind in FIGURES if self._figure(kind.name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
