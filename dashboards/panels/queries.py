"""PromQL of metrics in the catalogue, always for the job and the instance that the dashboard's variables name.

What does not happen is 0 in a gauge of moments: `moment` and its friends leave those out, so that an idle server shows nothing
instead of a run that began in 1970.
"""

from exporters.metrics import Metric

SERVER = 'job=~"$job",instance=~"$instance"'
GPU = 'gpu=~"$gpu"'
WORKFLOW = 'workflow=~"$workflow"'
# The server, without what its targets are labelled with besides.
BY_SERVER = "by (job, instance)"
RATE = "$__rate_interval"
RANGE = "$__range"


def of(metric: Metric, *more: str, part: str = "") -> str:
    """The series of a metric. `more`: matchers; `part`: `_bucket`, `_sum` or `_count` of a histogram."""
    return f"{metric.name}{part}{{{','.join((SERVER, *more))}}}"


def equals(label: str, value: str) -> str:
    """A matcher."""
    return f'{label}="{value}"'


def rate(metric: Metric, *more: str, part: str = "") -> str:
    """Per second."""
    return f"rate({of(metric, *more, part=part)}[{RATE}])"


def increase(metric: Metric, *more: str, part: str = "", over: str = RANGE) -> str:
    """How many in the time range of the dashboard, or in each interval."""
    return f"increase({of(metric, *more, part=part)}[{over}])"


def quantile(ratio: float, metric: Metric, *more: str, by: str = "", over: str = RATE) -> str:
    """A quantile of a histogram; nothing where nothing was observed."""
    buckets = increase(metric, *more, part="_bucket", over=over) if over == RANGE else rate(metric, *more, part="_bucket")
    return f"histogram_quantile({ratio}, sum by (le{', ' + by if by else ''}) ({buckets}))"


def moment(metric: Metric) -> str:
    """When something is or was, in Unix seconds; nothing where there is none."""
    return f"({of(metric)} > 0)"


def since(metric: Metric) -> str:
    """Seconds since a moment."""
    return f"time() - {moment(metric)}"


def until(metric: Metric) -> str:
    """Seconds until a moment; less than 0 when it is over."""
    return f"{moment(metric)} - time()"


def between(first: Metric, last: Metric) -> str:
    """Seconds from one moment to another one."""
    return f"{moment(last)} - {moment(first)}"


def share(part: str, whole: str) -> str:
    """A part of a whole that may be nothing, which gives no value then."""
    return f"{part} / ({whole} > 0)"
