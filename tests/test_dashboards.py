"""The committed dashboards: made from the code, readable by Grafana, laid out well, linted, about metrics that there are."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from analyzer.palette import PHASE_COLORS
from dashboards.__main__ import generated
from dashboards.coverage import NOT_SHOWN, metrics_in, not_used, shown
from dashboards.reading import Json, dashboards, everything_asked, panels, put_in, variables
from exporters.metrics import METRICS
from tests.dashboard_rules import RULES, Rule

FOLDER = Path(__file__).parents[1] / "dashboards"
NAMES = ("gpu", "history", "overview", "run")
# Complaints that are right but not to be followed, by rule, dashboard and how they begin.
_ONE_SERVER = "a run is one server's: with several chosen its figures would not tell which is whose"
_OF_ALL = "alerts about all servers have no job and no instance: the matchers let them pass"
EXCLUDED: Mapping[tuple[str, str, str], str] = {
    ("template_instance_rule", "run", "the variable instance must have multi"): _ONE_SERVER,
    ("template_instance_rule", "run", "the variable instance must have allValue"): _ONE_SERVER,
    ("target_job_rule", "overview", "Alerts that fire: "): _OF_ALL,
    ("target_instance_rule", "overview", "Alerts that fire: "): _OF_ALL,
}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dashboard(name: str) -> Json:
    return dashboards()[name]


def test_what_is_committed_is_what_the_code_makes() -> None:
    made = {path: text for path, text in generated().items() if path.startswith("grafana/")}
    assert sorted(made) == [f"grafana/{name}.json" for name in NAMES]
    for path, text in made.items():
        assert (FOLDER / path).read_text(encoding="utf-8") == text, f"{path}: run python -m dashboards"


def test_grafanas_own_decoder_reads_all_of_it(dashboard: Json) -> None:
    register_default_plugins()
    again = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
    assert not list(_lost(dashboard, again))


def _lost(given: Any, again: Any, where: str = "") -> Iterator[str]:
    """What is gone; the decoder may add what is usual. What Prometheus's annotations say is not in its schema."""
    if isinstance(given, dict):
        for key, value in given.items():
            if where.startswith("/annotations/list") and key in ("titleFormat", "textFormat", "tagKeys", "step"):
                continue
            yield from _lost(value, again.get(key) if isinstance(again, dict) else None, f"{where}/{key}")
    elif isinstance(given, list):
        if not isinstance(again, list) or len(given) != len(again):
            yield where
            return
        for place, (one, other) in enumerate(zip(given, again, strict=True)):
            yield from _lost(one, other, f"{where}/{place}" if not where.endswith("/list") else where)
    elif given != again:
        yield where


# --- the grid -----------------------------------------------------------------------------------------------------------


def test_panels_lie_on_the_grid_and_apart(dashboard: Json) -> None:
    places = [(panel["gridPos"], panel["title"]) for panel in dashboard["panels"]]
    for at, title in places:
        assert at["x"] >= 0, title
        assert at["x"] + at["w"] <= 24, title
    overlapping = [
        (title, other)
        for (at, title), (to, other) in combinations(places, 2)
        if at["x"] < to["x"] + to["w"]
        and to["x"] < at["x"] + at["w"]
        and at["y"] < to["y"] + to["h"]
        and to["y"] < at["y"] + at["h"]
    ]
    assert overlapping == []


def test_each_row_of_panels_is_filled_and_even(dashboard: Json) -> None:
    rows: dict[int, list[Json]] = {}
    for panel in dashboard["panels"]:
        rows.setdefault(panel["gridPos"]["y"], []).append(panel["gridPos"])
    for y, row in rows.items():
        assert sum(at["w"] for at in row) == 24, f"row at {y}"
        assert len({at["h"] for at in row}) == 1, f"row at {y}"


def test_ids_are_unique(dashboard: Json) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels(dashboard):
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)


def test_titles_are_unique() -> None:
    for name, dashboard in dashboards().items():
        titles = [panel["title"] for panel in panels(dashboard)]
        assert len(set(titles)) == len(titles), name
    uids = [dashboard["uid"] for dashboard in dashboards().values()]
    assert len(set(uids)) == len(NAMES)


# --- what the linter says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_the_linters_rules(name: str, dashboard: Json, rule: Rule) -> None:
    excluded = [begin for one, other, begin in EXCLUDED if (one, other) == (rule.__name__, name)]
    complaints = list(rule(dashboard))
    assert [one for one in complaints if not one.startswith(tuple(excluded))] == []
    assert all(any(one.startswith(begin) for one in complaints) for begin in excluded), "an exclusion is no longer needed"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("template_datasource_rule", ('"name": "datasource"', '"name": "prometheus"')),
        ("template_job_rule", ('"allValue": ".+"', '"allValue": ".*"')),
        ("template_instance_rule", ('"label": "Instance"', '"label": "instance"')),
        ("template_on_time_change_reload_rule", ('"refresh": 2', '"refresh": 1')),
        ("panel_datasource_rule", ('"uid": "${datasource}"', '"uid": "P1809F7CD0C75ACF3"')),
        ("panel_title_description_rule", ('"description": "Prompts', '"text": "Prompts')),
        ("panel_units_rule", ('"unit": "percentunit"', '"unit": "ratio"')),
        ("panel_no_targets_rule", ('"targets": [{', '"targets": [], "more": [{')),
        ("target_job_rule", ('job=~\\"$job\\",', "")),
        ("target_instance_rule", ('instance=~\\"$instance\\"', 'instance=\\"$instance\\"')),
        ("target_rate_interval_rule", ("[$__rate_interval]", "[5m]")),
        ("target_counter_agg_rule", ("increase(", "abs(")),
        ("uneditable_dashboard", ('"editable": false', '"editable": true')),
        ("imports_anywhere", ('"schemaVersion": 39', '"schemaVersion": 41')),
        ("idle_moments_are_left_out", ("_timestamp_seconds{job=~\\\"$job\\\",instance=~\\\"$instance\\\"} > 0)", "_timestamp_seconds{job=~\\\"$job\\\",instance=~\\\"$instance\\\"})")),
    ],
)  # fmt: skip
def test_each_rule_speaks(rule: str, change: tuple[str, str]) -> None:
    text = json.dumps(dashboards()["overview"])
    assert change[0] in text
    assert list({one.__name__: one for one in RULES}[rule](json.loads(text.replace(*change))))


def test_moments_must_be_milliseconds() -> None:
    text = json.dumps(dashboards()["run"]).replace("1000 * (", "(")
    assert list({one.__name__: one for one in RULES}["moments_are_milliseconds"](json.loads(text)))


# --- metrics and labels -------------------------------------------------------------------------------------------------

BY_NAME = {metric.name: metric for metric in METRICS}
# The target's own labels, and a histogram's bounds.
ALWAYS = {"job", "instance", "le"}
_SELECTED = re.compile(r"\b(?P<name>(?:comfyui|comfymeter)_\w+)\{(?P<matchers>[^}]*)\}")
_GROUPED = re.compile(r"\b(?:by|on|group_left|group_right) \((?P<labels>[^)]*)\)")


def test_all_metrics_are_in_the_catalogue() -> None:
    assert shown() <= set(BY_NAME)


def test_all_labels_are_in_the_catalogue() -> None:
    for question in everything_asked():
        for found in _SELECTED.finditer(question.expr):
            (whole,) = metrics_in(found["name"])
            used = set(re.findall(r"(\w+)(?==)", found["matchers"]))
            assert used <= ALWAYS | set(BY_NAME[whole].labels), f"{question.where}: {found[0]}"
        there = {label for name in metrics_in(question.expr) for label in BY_NAME[name].labels}
        there |= {"alertname", "severity"} if "ALERTS{" in question.expr else set()
        grouped = {one for found in _GROUPED.finditer(question.expr) for one in found["labels"].split(", ") if one}
        assert grouped <= ALWAYS | there, f"{question.where}: {question.expr}"


def test_all_labels_of_legends_are_there(name: str, dashboard: Json) -> None:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            there = ALWAYS.union(*(BY_NAME[metric].labels for metric in metrics_in(target["expr"])))
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= there, f"{name}: {panel['title']}"


def test_all_variables_exist_and_are_used(name: str, dashboard: Json) -> None:
    named = {one["name"] for one in variables(dashboard)}
    assert ("runbooks" in named) == ("${runbooks}" in json.dumps(dashboard))
    text = json.dumps(dashboard)
    used = set(re.findall(r"\$\{?([a-z]\w*)", text))
    assert used == named | ({"datasource"} & used)
    for question in everything_asked():
        values = dict.fromkeys([*named, "__range", "__rate_interval"], "x")
        assert question.dashboard != name or "$" not in put_in(question.expr, values)


def test_each_metric_is_looked_at_or_there_is_a_reason() -> None:
    assert not_used() == set()
    assert not set(NOT_SHOWN) & shown()
    assert set(NOT_SHOWN) <= set(BY_NAME)


# --- links and looks ----------------------------------------------------------------------------------------------------


def test_links_lead_to_dashboards_that_there_are(name: str, dashboard: Json) -> None:
    uids = {one["uid"] for one in dashboards().values()}
    assert [(link["type"], link["tags"], link["keepTime"], link["includeVars"]) for link in dashboard["links"]] == [
        ("dashboards", ["comfymeter"], True, True)
    ]
    assert dashboard["tags"] == ["comfymeter"]
    linked = set(re.findall(r"/d/([^/?\"]+)", json.dumps(dashboard)))
    assert linked <= uids
    assert linked or name != "overview"


def test_an_alert_leads_to_its_runbook() -> None:
    """The names of runbooks are those of the alerts, which their own tests check; `tests/test_runbooks.py` asks for them."""
    (panel,) = (one for one in panels(dashboards()["overview"]) if one["title"] == "Alerts that fire")
    assert "${runbooks}/${__value.raw}.md" in json.dumps(panel["fieldConfig"]["overrides"])


def test_phases_have_the_colours_of_the_report() -> None:
    (timeline,) = (panel for panel in panels(dashboards()["run"]) if panel["title"] == "Phases")
    (mapping,) = timeline["fieldConfig"]["defaults"]["mappings"]
    shown_as = {one["text"]: one["color"] for one in mapping["options"].values()}
    assert {phase.value: color for phase, color in PHASE_COLORS.items()}.items() <= shown_as.items()
