"""What Grafana's own dashboard-linter asks of a dashboard, and a little more, as functions from a dashboard to complaints.

The rules have the linter's names (github.com/grafana/dashboard-linter, `docs/rules`), so that its documents explain them.
"""

import re
from collections.abc import Callable, Iterator

from dashboards.panels.looks import BYTES, CELSIUS, COUNT, JOULES, MOMENT, PER_HOUR, PER_MINUTE, SECONDS, SHARE, WATTS
from dashboards.reading import Json, panels, variables

Rule = Callable[[Json], Iterator[str]]
UNITS = {BYTES, CELSIUS, COUNT, JOULES, MOMENT, PER_HOUR, PER_MINUTE, SECONDS, SHARE, WATTS, "cps"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SELECTOR = re.compile(r"\b(?:ALERTS|(?:comfyui|comfymeter)_\w+)(?P<matchers>\{[^}]*\})?(?P<range>\[[^\]]*\])?")
_RATE = re.compile(r"\b(?:rate|irate)\([^\[]*\[(?P<range>[^\]]*)\]")


def _asked(dashboard: Json) -> Iterator[tuple[str, str]]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for mark in dashboard["annotations"]["list"]:
        yield mark["name"], mark["expr"]


def template_datasource_rule(dashboard: Json) -> Iterator[str]:
    found = [one for one in variables(dashboard) if one["type"] == "datasource"]
    if [(one["name"], one["label"], one["query"]) for one in found] != [("datasource", "Data source", "prometheus")]:
        yield "there must be one data source variable, named datasource, for Prometheus"


def _template_rule(dashboard: Json, name: str) -> Iterator[str]:
    found = next((one for one in variables(dashboard) if one["name"] == name), None)
    if found is None:
        yield f"there must be a variable {name}"
        return
    wanted = {"type": "query", "label": name.title(), "datasource": DATASOURCE, "multi": True, "allValue": ".+"}
    for key, value in wanted.items():
        if found.get(key) != value:
            yield f"the variable {name} must have {key} {value!r}"


def template_job_rule(dashboard: Json) -> Iterator[str]:
    yield from _template_rule(dashboard, "job")


def template_instance_rule(dashboard: Json) -> Iterator[str]:
    yield from _template_rule(dashboard, "instance")


def template_on_time_change_reload_rule(dashboard: Json) -> Iterator[str]:
    for one in variables(dashboard):
        if one["type"] == "query" and one["refresh"] != 2:
            yield f"the variable {one['name']} must be asked anew when the time range changes"


def panel_datasource_rule(dashboard: Json) -> Iterator[str]:
    for panel in panels(dashboard):
        if panel["datasource"] != DATASOURCE or any(target["datasource"] != DATASOURCE for target in panel["targets"]):
            yield f"{panel['title']}: must use the data source variable"


def panel_title_description_rule(dashboard: Json) -> Iterator[str]:
    for panel in panels(dashboard):
        if not panel["title"] or len(panel.get("description", "")) < 15:
            yield f"{panel['title']}: needs a title and a description"


def panel_units_rule(dashboard: Json) -> Iterator[str]:
    for panel in panels(dashboard):
        config = panel["fieldConfig"]
        given = {one["value"] for over in config["overrides"] for one in over["properties"] if one["id"] == "unit"}
        if not ({config["defaults"].get("unit")} | given) <= UNITS:
            yield f"{panel['title']}: has no unit or one that Grafana does not know"


def panel_no_targets_rule(dashboard: Json) -> Iterator[str]:
    for panel in panels(dashboard):
        if not panel["targets"]:
            yield f"{panel['title']}: asks nothing"


def target_job_rule(dashboard: Json) -> Iterator[str]:
    yield from _matcher(dashboard, 'job=~"$job"')


def target_instance_rule(dashboard: Json) -> Iterator[str]:
    yield from _matcher(dashboard, 'instance=~"$instance"')


def _matcher(dashboard: Json, wanted: str) -> Iterator[str]:
    for title, expr in _asked(dashboard):
        for found in _SELECTOR.finditer(expr):
            if wanted not in (found["matchers"] or ""):
                yield f"{title}: {found[0]} must match {wanted}"


def target_rate_interval_rule(dashboard: Json) -> Iterator[str]:
    for title, expr in _asked(dashboard):
        for found in _RATE.finditer(expr):
            if found["range"] != "$__rate_interval":
                yield f"{title}: a rate must be over $__rate_interval"


def target_counter_agg_rule(dashboard: Json) -> Iterator[str]:
    """A counter by itself says nothing: it begins at 0 with each start."""
    for title, expr in _asked(dashboard):
        for found in _SELECTOR.finditer(expr):
            counter = re.match(r"\w+?_(?:total|bucket|sum|count)\b", found[0])
            before = expr[: found.start()]
            if counter and not (found["range"] and before.endswith(("rate(", "increase("))):
                yield f"{title}: {counter[0]} must be within rate or increase"


def uneditable_dashboard(dashboard: Json) -> Iterator[str]:
    if dashboard["editable"] is not False:
        yield "must not be editable: it is made from code"


# --- more than the linter asks ------------------------------------------------------------------------------------------


def imports_anywhere(dashboard: Json) -> Iterator[str]:
    if not 36 <= dashboard["schemaVersion"] <= 39:
        yield "Grafana 11.0 must know the schema"
    if "id" in dashboard and dashboard["id"] is not None:
        yield "a dashboard's number belongs to one Grafana"
    if not re.fullmatch(r"comfymeter-[a-z]+", dashboard["uid"]):
        yield "must have a stable uid"
    if dashboard["refresh"] != "30s" or not dashboard["time"]["from"].startswith("now-"):
        yield "must open with a time range that ends now, and go on"


def moments_are_milliseconds(dashboard: Json) -> Iterator[str]:
    for panel in panels(dashboard):
        if panel["fieldConfig"]["defaults"].get("unit", "").startswith("dateTime"):
            for target in panel["targets"]:
                if not target["expr"].startswith("1000 * ("):
                    yield f"{panel['title']}: Grafana takes moments in milliseconds"


def idle_moments_are_left_out(dashboard: Json) -> Iterator[str]:
    """0 is no moment: it must be filtered out or compared."""
    for title, expr in _asked(dashboard):
        for found in re.finditer(r"\w+_timestamp_seconds\{[^}]*\}(?P<then>.{0,11})", expr):
            if not found["then"].startswith((" > 0)", " > bool 0)")):
                yield f"{title}: {found[0]} may be 0"


RULES: tuple[Rule, ...] = (
    template_datasource_rule,
    template_job_rule,
    template_instance_rule,
    template_on_time_change_reload_rule,
    panel_datasource_rule,
    panel_title_description_rule,
    panel_units_rule,
    panel_no_targets_rule,
    target_job_rule,
    target_instance_rule,
    target_rate_interval_rule,
    target_counter_agg_rule,
    uneditable_dashboard,
    imports_anywhere,
    moments_are_milliseconds,
    idle_moments_are_left_out,
)
