"""What a dashboard is, and how it becomes Grafana's: rows of panels on a grid of 24 columns, variables, links, ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from dashboards.panels import variables
from dashboards.panels.marks import Annotation, Mark

TAG = "comfymeter"
# Grafana 11.0 to 11.2 know this version; later ones bring it up to date when they import it.
SCHEMA_VERSION = 39

Panel = Builder[dashboard.Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A row with its title, and the panels under it."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard. `name`: of its file; `since`: the time range it opens with. `sections`: made when they are needed.

    `selects`: variables beside those that all of them have; `one_server`: it shows one server at a time;
    `links_runbooks`: it lets say where they are.
    """

    name: str
    title: str
    description: str
    sections: Callable[[], Sequence[Section]]
    selects: Sequence[variables.Select] = ()
    one_server: bool = False
    links_runbooks: bool = False
    marks: Sequence[Mark] = field(default=())
    since: str = "now-3h"

    @property
    def uid(self) -> str:
        """Stable, so that links and bookmarks live."""
        return f"comfymeter-{self.name}"


def built(board: Board) -> dashboard.Dashboard:
    """As Grafana's."""
    made = build.Dashboard(board.title).uid(board.uid).description(board.description).tags([TAG]).readonly()
    made = made.timezone("browser").time(board.since, "now").refresh("30s").tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
    for variable in variables.all_of(board.selects, one_server=board.one_server):
        made = made.with_variable(variable)
    if board.links_runbooks:
        made = made.with_variable(variables.runbooks())
    for mark in board.marks:
        made = made.annotation(Annotation(mark))
    made = made.link(_others())
    for section in board.sections():
        made = made.with_row(build.Row(section.title))
        for panel in section.panels:
            made = made.with_panel(panel)
    return _finished(made.build())


def _others() -> build.DashboardLink:
    """To the other dashboards, with the same servers and the same time."""
    link = build.DashboardLink("comfymeter").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(False).include_vars(True).keep_time(True).target_blank(False).icon("external link").tooltip("")


def _finished(made: dashboard.Dashboard) -> dashboard.Dashboard:
    """With ids that only depend on the order."""
    for number, panel in enumerate(made.panels or (), 1):
        panel.id_val = number
    made.schema_version = SCHEMA_VERSION
    return made
