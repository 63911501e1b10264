"""What a panel asks: PromQL, what its series are called, and how they look."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.panels.looks import of_color

DATASOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`legend`: with labels in double braces. `color`: of its series, where not Grafana's own. `dashed`: for limits and expectations;
    `faint`: a line that only bounds another; `fill_to`: the legend of the series down to which the area is filled."""

    expr: str
    legend: str = ""
    color: str = ""
    dashed: bool = False
    faint: bool = False
    fill_to: str = ""

    def look(self) -> list[dashboard.DynamicConfigValue]:
        """What makes its series look different."""
        found = [of_color(self.color)] if self.color else []
        if self.dashed:
            found.append(_set("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}))
        if self.faint:
            found.append(_set("custom.lineWidth", 0))
        if self.fill_to:
            found += [_set("custom.fillBelowTo", self.fill_to), _set("custom.fillOpacity", 18)]
        elif self.dashed or self.faint:
            found.append(_set("custom.fillOpacity", 0))
        return found


def _set(name: str, value: object) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def letter(place: int) -> str:
    """How Grafana names a panel's queries."""
    return chr(ord("A") + place)


def ranged(ask: Ask, place: int) -> prometheus.Dataquery:
    """Over time."""
    return _query(ask, place).range()


def instant(ask: Ask, place: int) -> prometheus.Dataquery:
    """Now, or at the end of the time range."""
    return _query(ask, place).instant()


def rows(ask: Ask, place: int) -> prometheus.Dataquery:
    """Now, each series a row of a table."""
    return _query(ask, place).instant().format(PromQueryFormat.TABLE)


def buckets(ask: Ask, place: int) -> prometheus.Dataquery:
    """Over time, the buckets of a histogram."""
    return _query(ask, place).range().format(PromQueryFormat.HEATMAP)


def _query(ask: Ask, place: int) -> prometheus.Dataquery:
    legend = ask.legend or "__auto"
    return prometheus.Dataquery().expr(ask.expr).legend_format(legend).ref_id(letter(place)).datasource(DATASOURCE)
