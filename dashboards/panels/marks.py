"""Annotations: what happened, drawn across all panels over time."""

from dataclasses import dataclass

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from dashboards.panels.looks import BAD
from dashboards.panels.queries import RATE, increase
from dashboards.panels.target import DATASOURCE
from exporters import metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`title`: what it says, with labels in double braces. `shown`: without being asked for."""

    name: str
    expr: str
    title: str
    color: str
    shown: bool = True


RESTARTS = Mark(
    name="Restarts",
    expr=f"sum by (instance) ({increase(metrics.RESTARTS, over=RATE)}) > 0",
    title="{{instance}} was restarted",
    color=BAD,
)


class _Query(dashboard.AnnotationQuery):
    """The SDK has no words for what Prometheus's own annotations say."""

    title: str = ""

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"titleFormat": self.title, "textFormat": "", "tagKeys": "instance", "step": "15s"}


class Annotation(Builder[dashboard.AnnotationQuery]):
    """A mark as Grafana's."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def build(self) -> dashboard.AnnotationQuery:
        mark = self._mark
        made = _Query(name=mark.name, datasource=DATASOURCE, enable=mark.shown, icon_color=mark.color, expr=mark.expr)
        made.title = mark.title
        return made
