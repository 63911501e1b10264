"""The catalogue as a table, for the documents: `python -m exporters.metric_table`."""

from exporters.collectors import COLLECTORS
from exporters.metrics import METRICS, Metric

BEGIN, END = "<!-- metrics: python -m exporters.metric_table -->", "<!-- end of metrics -->"
_SCRAPE = "scrape"


def metric_table() -> str:
    """Markdown: each metric with its type, its labels, its collector and what it means."""
    owners = {metric.name: collector.name for collector in COLLECTORS for metric in collector.metrics}
    rows = [_row(metric, owners.get(metric.name, _SCRAPE)) for metric in METRICS]
    return "\n".join(["| metric | type | labels | collector | |", "|---|---|---|---|---|", *rows])


def _row(metric: Metric, owner: str) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    meaning = metric.help.replace("|", "\\|")
    return f"| `{metric.name}` | {metric.kind} | {labels} | {owner} | {meaning} |"


if __name__ == "__main__":
    print(metric_table())  # noqa: T201
