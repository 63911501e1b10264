"""The rules as the Prometheus operator takes them."""

import textwrap

_HEAD = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: comfymeter
  labels: {app.kubernetes.io/name: comfymeter}
spec:
"""


def prometheus_rule(rules: str) -> str:
    """The rules file as a resource: the same groups, word for word."""
    comment, groups = rules.split("groups:\n", 1)
    return comment + _HEAD + textwrap.indent(f"groups:\n{groups}", "  ")
