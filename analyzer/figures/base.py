"""What a figure is, and the look that all of them share."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.renderers.clean import clean, clip

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from analyzer.report import Report

# Log text to text that may be shown.
Words = Callable[[str], str]

_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_GRID = "rgba(128,140,155,0.22)"
_LONGEST_LABEL = 48
_EVERY_RUN = 20


def as_it_is(text: str) -> str:
    """For one's own eyes: nothing is replaced."""
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`caption` says what is seen and how it was made, `summary` the same figures in words, for those who do not see it.

    `axis`: figures that share it are zoomed together.
    """

    plot: "go.Figure"
    caption: str
    summary: str
    axis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """`draw` gives None where there is nothing to show."""

    name: str
    title: str
    draw: "Callable[[Report, Words], Figure | None]"


def label(text: str, words: Words, most: int = _LONGEST_LABEL) -> str:
    """Log text for a figure. Plotly reads a little HTML in its texts: escaped, none of it is the log's."""
    return html.escape(clip(clean(words(text)), most), quote=False)


def plot(*, height: int, **layout: Any) -> "go.Figure":
    """An empty figure in the project's look: no title (the page has one), no ground of its own, few lines."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 64, "r": 20, "t": 24, "b": 48},
        font={"family": _FONT, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"family": _FONT, "size": 13}},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "font": {"size": 12}},
        **layout,
    )
    figure.update_xaxes(gridcolor=_GRID, zeroline=False, automargin=True, title_font={"size": 12})
    figure.update_yaxes(gridcolor=_GRID, zeroline=False, automargin=True, title_font={"size": 12})
    return figure


def run_axis(figure: "go.Figure", runs: int) -> None:
    """Run numbers, which are whole."""
    step = {"dtick": 1} if runs <= _EVERY_RUN else {}
    figure.update_xaxes(title_text="run, in log order", showgrid=False, tickformat=",d", **step)


def time_axis(figure: "go.Figure", begin: float, end: float) -> None:
    """The same stretch of time in every figure that shows time, so that they can be read below each other."""
    figure.update_xaxes(type="date", range=[begin, end])


def line_at(figure: "go.Figure", value: float, text: str, color: str, *, axis: str = "y", dash: str = "dash") -> None:
    """A limit across the figure, named at its end."""
    draw = figure.add_hline if axis == "y" else figure.add_vline
    where = "top left" if axis == "y" else "top right"
    # Plotly places such texts at the line's end; a second line's text goes below the first one's.
    draw(
        **{axis: value},
        line={"color": color, "width": 1.5, "dash": dash},
        annotation={"text": text, "font": {"color": color, "size": 12}},
        annotation_position=where,
    )
