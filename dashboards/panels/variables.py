"""The variables of the dashboards: the data source, which servers, and what else a dashboard lets choose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard

from dashboards.kits.base import SERVED_RUNBOOKS
from dashboards.panels.queries import of
from dashboards.panels.target import DATASOURCE
from exporters import metrics
from exporters.metrics import Metric

# Every watched server has it, by its API or by its log alone.
_ALWAYS = metrics.RUN_START


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A choice among the values that a label of a metric has."""

    label: str
    title: str
    metric: Metric


GPUS = Select(label="gpu", title="GPU", metric=metrics.GPU_MEMORY_TOTAL)
WORKFLOWS = Select(label="workflow", title="Workflow", metric=metrics.RUNS)


RUNBOOKS = "runbooks"
# `serve` and `demo` serve them there; whoever put them elsewhere says so in the variable.


def runbooks() -> build.TextBoxVariable:
    """Where the runbooks are, for links to them."""
    at = dashboard.VariableOption(text=SERVED_RUNBOOKS, value=SERVED_RUNBOOKS)
    return build.TextBoxVariable(RUNBOOKS).label("Runbooks at").default_value(SERVED_RUNBOOKS).current(at)


def all_of(selects: Sequence[Select], *, one_server: bool) -> Iterator[build.DatasourceVariable | build.QueryVariable]:
    """Those that every dashboard has, then its own."""
    yield build.DatasourceVariable("datasource").label("Data source").type("prometheus")
    yield _query("job", "Job", f"label_values({_ALWAYS.name}, job)")
    yield _query("instance", "Instance", f'label_values({_ALWAYS.name}{{job=~"$job"}}, instance)', one=one_server)
    for select in selects:
        yield _query(select.label, select.title, f"label_values({of(select.metric)}, {select.label})")


def _query(name: str, title: str, query: str, *, one: bool = False) -> build.QueryVariable:
    variable = build.QueryVariable(name).label(title).datasource(DATASOURCE).query({"query": query, "refId": name})
    variable = variable.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(dashboard.VariableSort.ALPHABETICAL_ASC)
    if one:
        return variable.multi(False).include_all(False)
    everything = dashboard.VariableOption(text="All", value="$__all")
    return variable.multi(True).include_all(True).all_value(".+").current(everything)
