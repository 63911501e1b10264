"""The rules as Prometheus reads them."""

import io
from typing import Any

from dashboards.alerts import GROUPS, Alert, Group, Recording

RULES_FILE = "prometheus/comfymeter.rules.yml"
_HEAD = "# Alerts and recording rules of comfymeter, made by `python -m dashboards`. Prometheus 2.42 or newer.\n"


def rules_files() -> dict[str, str]:
    """The rules file, by its path in this package."""
    return {RULES_FILE: rules_document(GROUPS)}


def rules_document(groups: tuple[Group, ...]) -> str:
    """YAML."""
    from ruamel.yaml import YAML

    yaml, text = YAML(), io.StringIO()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump({"groups": [_group(group) for group in groups]}, text)
    return _HEAD + text.getvalue()


def _group(group: Group) -> dict[str, Any]:
    rules = [_alert(rule) if isinstance(rule, Alert) else _recording(rule) for rule in group.rules]
    return {"name": group.name, **({"interval": group.every} if group.every else {}), "rules": rules}


def _alert(alert: Alert) -> dict[str, Any]:
    times = {"for": alert.wait, "keep_firing_for": alert.keep}
    return {
        "alert": alert.name,
        "expr": _block(alert.expr),
        **{key: value for key, value in times.items() if value},
        "labels": {"severity": alert.severity.value, "scope": alert.scope.value},
        "annotations": {"summary": alert.summary, "description": alert.description, "runbook_url": alert.runbook},
    }


def _recording(rule: Recording) -> dict[str, Any]:
    return {"record": rule.name, "expr": _block(rule.expr)}


def _block(expr: str) -> str:
    """Expressions of several lines stay readable."""
    from ruamel.yaml.scalarstring import LiteralScalarString

    return LiteralScalarString(expr + "\n") if "\n" in expr else expr
