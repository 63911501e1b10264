"""The alerts as a table, for the documents: `python -m dashboards.alerts.table`."""

from dashboards.alerts import ALERTS, Alert

BEGIN, END = "<!-- alerts: python -m dashboards.alerts.table -->", "<!-- end of alerts -->"


def alert_table() -> str:
    """Markdown: each alert with its severity, what it is about, how long it waits, and when it fires."""
    return "\n".join(["| alert | severity | scope | for | fires when |", "|---|---|---|---|---|", *map(_row, ALERTS)])


def _row(alert: Alert) -> str:
    page = f"[{alert.name}](../dashboards/{alert.runbook})"
    waits = ", ".join(filter(None, (alert.wait, f"stays {alert.keep}" if alert.keep else "")))
    return f"| {page} | {alert.severity} | {alert.scope} | {waits} | {alert.means} |"


if __name__ == "__main__":
    print(alert_table())  # noqa: T201
