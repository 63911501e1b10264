"""Where the time goes, as shares of each workflow's total."""

from collections import defaultdict

from analyzer.analysis import Budget
from analyzer.figures.base import Figure, FigureKind, Words, label, plot
from analyzer.palette import PHASE_COLORS
from analyzer.renderers.words import PHASES, duration, joined
from analyzer.report import Report
from analyzer.runs.model import Phase, Run
from analyzer.units import format_share, plural

_MOST_WORKFLOWS = 12
_ROW_PIXELS = 34


def draw(report: Report, words: Words) -> Figure | None:
    """One bar for all runs and one per workflow, the most expensive first."""
    if not report.budget.total_seconds:
        return None
    budgets = _by_workflow(report)
    shown = budgets[:_MOST_WORKFLOWS]
    rows = [("all runs", report.budget), *((label(name, words), budget) for name, budget in shown)]
    if len(budgets) == 1:
        rows = [(rows[1][0], report.budget)]
    figure = plot(height=110 + _ROW_PIXELS * len(rows), barmode="stack", bargap=0.3)
    # Equal names after clipping must not fall together.
    places = list(range(len(rows)))
    for phase in Phase:
        if phase in report.budget.seconds:
            figure.add_bar(
                y=places,
                x=[budget.share(phase) * 100 for _, budget in rows],
                orientation="h",
                name=PHASES[phase],
                marker={"color": PHASE_COLORS[phase], "line": {"width": 0}},
                customdata=[
                    [
                        name,
                        duration(budget.seconds.get(phase, 0.0)),
                        format_share(budget.share(phase)),
                        plural(budget.runs, "run"),
                    ]
                    for name, budget in rows
                ],
                hovertemplate=f"%{{customdata[0]}}<br>{PHASES[phase]}: %{{customdata[1]}}, "
                "%{customdata[2]} of %{customdata[3]}<extra></extra>",
            )
    figure.update_yaxes(
        tickmode="array", tickvals=places, ticktext=[name for name, _ in rows], autorange="reversed", showgrid=False
    )
    figure.update_xaxes(title_text="share of the time, %", range=[0, 100])
    return Figure(plot=figure, caption=_caption(len(budgets), len(shown)), summary=_summary(report.budget))


def _by_workflow(report: Report) -> list[tuple[str, Budget]]:
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for run in report.runs:
        if run.phases:
            runs[run.workflow.name].append(run)
    found = [(name, Budget.of(members)) for name, members in runs.items()]
    return sorted(found, key=lambda row: -row[1].total_seconds)


def _caption(workflows: int, shown: int) -> str:
    rest = f" The {plural(workflows - shown, 'workflow')} with the least time not shown." if shown < workflows else ""
    return f"`other` is time that no line accounts for.{rest}"


def _summary(budget: Budget) -> str:
    shares = sorted(budget.seconds, key=lambda phase: -budget.seconds[phase])
    return joined(f"{PHASES[phase]} {format_share(budget.share(phase))}" for phase in shares)


BUDGET = FigureKind(name="budget", title="Where the time went", draw=draw)
