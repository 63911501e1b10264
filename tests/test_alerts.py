"""The shipped rules: current, valid, tested one by one by promtool, and each with its runbook."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from analyzer.cli import app
from dashboards.__main__ import generated
from dashboards.alerts import ALERTS, GROUPS, RECORDINGS, Alert, Severity
from dashboards.alerts.base import figure
from dashboards.alerts.document import RULES_FILE
from dashboards.alerts.table import BEGIN, END, alert_table
from tests.promql import LABELS, TARGET, Catalogue, Used, check, metrics_used
from tests.scaled_rules import scaled, shorter

FOLDER = Path(str(resources.files("dashboards")))
RULES, RUNBOOKS = FOLDER / RULES_FILE, FOLDER / "runbooks"
PROMTOOL = shutil.which("promtool")
with_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
CATALOGUE = Catalogue({rule.name: rule.expr for rule in RECORDINGS})
_EXPRESSIONS = [*(alert.expr for alert in ALERTS), *(rule.expr for rule in RECORDINGS)]
_QUERY = re.compile(r'query \(printf "((?:[^"\\]|\\.)*)"')


@cache
def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def promtool(*arguments: str) -> None:
    ended = subprocess.run([str(PROMTOOL), *arguments], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


# --- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(generated()))
def test_generated_files_are_current(path: str) -> None:
    assert (FOLDER / path).read_text(encoding="utf-8") == generated()[path], "run python -m dashboards"


@with_promtool
def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", RULES.name)


@with_promtool
def test_promtool_proves_when_alerts_fire_and_when_not() -> None:
    promtool("test", "rules", *(file.name for file in sorted(RULES.parent.glob("*.test.yml"))))


def test_names_are_unique_and_rules_complete() -> None:
    names = [rule.name for group in GROUPS for rule in group.rules]
    assert len(names) == len(set(names))
    assert len({group.name for group in GROUPS}) == len(GROUPS)
    for alert in ALERTS:
        assert re.fullmatch(r"Comfy(UI|meter)[A-Z]\w+", alert.name)
        assert alert.means.endswith(".")


# --- what they ask for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [*ALERTS, *RECORDINGS], ids=lambda rule: rule.name)
def test_expressions_use_the_catalogue_and_its_labels(rule: Any) -> None:
    check(rule.expr, CATALOGUE)


@each_alert
def test_texts_use_labels_and_figures_that_there_are(alert: Alert) -> None:
    labels = check(alert.expr, CATALOGUE)
    text = alert.summary + alert.description
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= labels
    for query in _queries(text):
        check(query, CATALOGUE)
    assert "$value" in text or alert.name in (
        "ComfyUIServerDown",
        "ComfyUIServerStalled",
        "ComfymeterDown",
        "ComfymeterAbsent",
        "ComfymeterCollectorFailing",
    )


def _queries(text: str) -> Iterator[str]:
    for query in _QUERY.findall(text):
        yield query.replace('\\"', '"').replace("%q", '"x"').replace("%%", "%")


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        ("comfyui_run_start_seconds > 0", "is not in the catalogue"),
        ('comfyui_runs_total{reason="oom"}', "no label reason there"),
        ("sum by (gpu) (comfyui_runs_total)", "no label gpu there"),
        ("comfyui_up and on (gpu) comfyui_gpu_power_watts", "no label gpu there"),
        ("comfyui_up and comfyui_gpu_power_watts", "is joined with"),
        ("histogram_quantile(0.9, sum by (job) (comfyui_queue_wait_seconds_bucket))", "no label le there"),
        ("rate(comfyui_queue_wait_seconds[5m])", "is not in the catalogue"),
        ('absent(nothing{job="x"})', "is not in the catalogue"),
    ],
)
def test_an_expression_with_a_slip_is_found(expr: str, words: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(words)):
        check(expr, CATALOGUE)


def test_what_an_expression_uses_and_gives() -> None:
    expr = 'max by (job, instance) (increase(comfyui_runs_over_limit_total{limit="a"}[5m] offset 1h)) / on (job) group_left () comfyui_up'
    assert metrics_used(expr) == [
        Used(metric="comfyui_runs_over_limit_total", labels=frozenset({"limit"})),
        Used(metric="comfyui_up", labels=frozenset()),
    ]
    assert check(expr, CATALOGUE) == TARGET
    assert check("comfyui_gpu_power_watts unless on (job) comfyui_up", CATALOGUE) == TARGET | {"gpu"}
    assert check("absent(comfyui_up)", CATALOGUE) == set()
    assert LABELS["comfyui_queue_wait_seconds_bucket"] == TARGET | {"le"}


def test_a_figure_vanishes_with_its_words() -> None:
    found = figure(" (# left)", 'a{$,b="c"} % 2', 'printf "%.0f"')
    assert found == (
        '{{ with query (printf "a{job=%q,instance=%q,b=\\"c\\"} %% 2" $labels.job $labels.instance) }}'
        ' ({{ . | first | value | printf "%.0f" }} left){{ end }}'
    )


# --- each alert has its tests ---------------------------------------------------------------------------------------


def seconds(duration: str) -> float:
    return float(shorter(duration, 1).removesuffix("ms").removesuffix("s")) / 1000


def kinds(document: Mapping[str, Any], name: str) -> set[str]:
    """What a test file shows of an alert: that it fires, that it resolves after that, and that it is silent elsewhere."""
    found = set()
    for test in document["tests"]:
        looks = [
            (seconds(look["eval_time"]), bool(look.get("exp_alerts")))
            for look in test["alert_rule_test"]
            if look["alertname"] == name
        ]
        fired = [at for at, fires in looks if fires]
        if fired:
            found.add("fires")
        if fired and any(at > fired[-1] and not fires for at, fires in looks):
            found.add("resolves")
        if looks and not fired:
            found.add("silent")
    return found


@each_alert
def test_each_alert_fires_resolves_and_is_silent(alert: Alert) -> None:
    assert kinds(read(RULES.parent / f"{alert.name}.test.yml"), alert.name) == {"fires", "resolves", "silent"}


def test_a_missing_kind_is_found() -> None:
    fires = {"eval_time": "5m", "alertname": "A", "exp_alerts": [{}]}
    quiet = {"eval_time": "4m", "alertname": "A"}
    assert kinds({"tests": [{"alert_rule_test": [quiet, fires]}]}, "A") == {"fires"}
    assert kinds({"tests": [{"alert_rule_test": [quiet]}]}, "A") == {"silent"}
    assert kinds({"tests": [{"alert_rule_test": [fires]}]}, "B") == set()


def test_no_test_is_of_an_alert_that_is_gone() -> None:
    assert {file.name for file in RULES.parent.glob("*.test.yml")} == {f"{alert.name}.test.yml" for alert in ALERTS} | {
        "quiet.test.yml"
    }


@each_alert
def test_idle_and_healthy_servers_are_no_reason(alert: Alert) -> None:
    tests = read(RULES.parent / "quiet.test.yml")["tests"]
    assert [test["name"] for test in tests] == [
        "an idle server",
        "a healthy server at work",
        "one at work and one idle, each probed by its name",
    ]
    assert [kinds({"tests": [test]}, alert.name) for test in tests] == [{"silent"}] * 3


def test_the_healthy_server_has_every_series_that_rules_ask_for() -> None:
    """Silence proves nothing where the series are missing."""
    told = {series["series"].partition("{")[0] for series in read(RULES.parent / "quiet.test.yml")["tests"][1]["input_series"]}
    asked = {used.metric for expr in _EXPRESSIONS for used in metrics_used(expr)} - set(CATALOGUE.recorded)
    assert asked <= told


# --- runbooks -------------------------------------------------------------------------------------------------------


def test_each_alert_has_its_runbook_and_each_runbook_its_alert() -> None:
    assert {file.stem for file in RUNBOOKS.glob("*.md")} == {alert.name for alert in ALERTS}


@each_alert
def test_runbooks_say_what_it_means_where_to_look_and_what_to_do(alert: Alert) -> None:
    text = (FOLDER / alert.runbook).read_text(encoding="utf-8")
    flat = " ".join(text.split())
    assert text.startswith(f"# {alert.name}\n")
    when = f"after {alert.wait}" if alert.wait else "at once"
    assert f"**{alert.severity}**, {when}. {alert.means}" in flat
    assert re.findall("^## (.*)$", text, re.MULTILINE) == ["What it means", "What to look at", "What to do"]
    commands = {command.name for command in app.registered_commands}
    assert set(re.findall(r"`comfymeter (\w+)", text)) <= commands
    for name in re.findall(r"\bcomfy(?:ui|meter)_\w+", text):
        assert name in LABELS or f"{name}_bucket" in LABELS, name
    for page in re.findall(r"\]\((\S+?)\)", text):
        assert (RUNBOOKS / page).is_file(), page


def test_severities_are_sparing() -> None:
    """Who is called at night is called for what cannot wait."""
    critical = {alert.name for alert in ALERTS if alert.severity is Severity.CRITICAL}
    assert critical == {
        "ComfyUIRunStalledIdle",
        "ComfyUIQueueNotStarting",
        "ComfyUIServerDown",
        "ComfyUIServerStalled",
        "ComfyUICrashLooping",
        "ComfymeterDown",
        "ComfyUIRunsFailingFast",
    }


# --- rules in a quicker time ----------------------------------------------------------------------------------------


def test_every_duration_of_the_rules_is_scaled() -> None:
    rules = read(RULES)
    quick = scaled(rules, 60)
    assert len(re.findall(r"\d+ms", str(_without_texts(quick)))) == len(
        re.findall(r"\[\w+\]|offset \w+|'(?:for|keep_firing_for|interval)':", str(_without_texts(rules)))
    )
    by_name = {rule.get("alert"): rule for group in quick["groups"] for rule in group["rules"]}
    assert by_name["ComfyUIVRAMCreep"]["for"] == "30000ms"
    assert "offset 360000ms" in by_name["ComfyUIVRAMCreep"]["expr"]
    assert by_name["ComfyUIRunTimedOut"]["expr"].count("[10000ms]") == 1
    assert by_name["ComfyUIQueueWaitHigh"]["expr"].count("> 300") == 1
    assert by_name["ComfyUIServerDown"]["annotations"] == _by_name(rules)["ComfyUIServerDown"]["annotations"]
    assert scaled(rules, 1)["groups"][0]["name"] == rules["groups"][0]["name"]


def _by_name(rules: Any) -> dict[str, Any]:
    return {rule.get("alert"): rule for group in rules["groups"] for rule in group["rules"]}


def _without_texts(rules: Any) -> Any:
    return [{**group, "rules": [{**rule, "annotations": {}} for rule in group["rules"]]} for group in rules["groups"]]


@pytest.mark.parametrize(
    ("duration", "factor", "result"),
    [
        ("1m", 60, "1000ms"),
        ("1h30m", 10, "540000ms"),
        ("5s", 10_000, "1ms"),
        ("0s", 2, "0s"),
        ("500ms", 0.5, "1000ms"),
        ("1d", 1, "86400000ms"),
    ],
)
def test_durations_are_divided(duration: str, factor: float, result: str) -> None:
    assert shorter(duration, factor) == result


@with_promtool
def test_scaled_rules_are_rules(tmp_path: Path) -> None:
    path = tmp_path / "quick.yml"
    YAML(typ="safe", pure=True).dump(scaled(read(RULES), 37.0), path)
    promtool("check", "rules", str(path))


def test_the_documents_have_the_alerts() -> None:
    text = Path("docs/alerts.md").read_text(encoding="utf-8")
    assert f"{BEGIN}\n{alert_table()}\n{END}" in text
