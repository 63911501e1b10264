"""The fleet: which servers work, what runs against which deadline, what failed, whose limits are too tight, who is out of memory."""

from dashboards.panels import looks
from dashboards.panels.board import Board, Panel, Section
from dashboards.panels.kinds import bars, gauges, lines, number, states
from dashboards.panels.marks import RESTARTS
from dashboards.panels.queries import BY_SERVER, increase, moment, of, rate, share, since, until
from dashboards.panels.tables import Column, Key, grid
from dashboards.panels.target import Ask
from exporters import metrics

_TO_RUN = "/d/comfymeter-run/run?${datasource:queryparam}&${job:queryparam}&var-instance=${__value.raw:percentencode}&${__url_time_range}"
_TO_HISTORY = "/d/comfymeter-history/history?${datasource:queryparam}&${job:queryparam}&var-instance=${__data.fields.Server:percentencode}&${__url_time_range}"
_SERVER = Key(label="instance", title="Server", url=_TO_RUN)
# The worst that can be said of a server; one whose API is not watched cannot be down.
STATE = (
    f"max {BY_SERVER} ({of(metrics.UP)} == 0)"
    f" or 4 * max {BY_SERVER} ({of(metrics.STALL)} == 1)"
    f" or 4 * max {BY_SERVER} ({of(metrics.STALLED)} == 1)"
    f" or 3 * max {BY_SERVER} ({of(metrics.RUN_AT_RISK)} == 1)"
    f" or 1 + max {BY_SERVER} ({of(metrics.RUN_START)} > bool 0)"
)
# A prompt that waited for long may be past its deadline when it starts, so that the start is no measure.
_LIMIT_USED = f"1 - ({until(metrics.RUN_DEADLINE)}) / {of(metrics.TIMEOUT_IN_FORCE)}"
_VRAM_USED = f"{of(metrics.GPU_MEMORY_USED)} / {of(metrics.GPU_MEMORY_TOTAL)}"
# An alert about all servers has neither label.
_FIRING = 'count by (alertname, severity, instance) (ALERTS{alertstate="firing",alertname=~"Comfy.*",job=~"$job|",instance=~"$instance|"})'
_FAILED_SHARE = share(f"sum {BY_SERVER} ({increase(metrics.RUNS_FAILED)})", f"sum {BY_SERVER} ({increase(metrics.RUNS)})")


def _sections() -> list[Section]:
    return [
        Section(title="Now", panels=_now()),
        Section(title="Servers", panels=_servers()),
        Section(title="Runs against their limits", panels=_limits()),
        Section(title="Queue and outcomes", panels=_outcomes()),
        Section(title="VRAM", panels=_vram()),
    ]


def _now() -> list[Panel]:
    over_all = "sum({})".format
    return [
        number(
            "Servers that answer",
            "ComfyUI servers whose API answers. A server of which only a log is read is not among them.",
            Ask(expr=over_all(of(metrics.UP))),
            unit=looks.COUNT,
            steps=((None, looks.BAD), (1, looks.GOOD)),
            nothing="none watched",
        ),
        number(
            "Servers that do not",
            "ComfyUI servers that refuse connections, or take them and answer too late.",
            Ask(expr=f"sum({of(metrics.UP)} == bool 0)"),
            unit=looks.COUNT,
            steps=looks.NONE_IS_GOOD,
            nothing="none watched",
        ),
        number(
            "Runs in flight",
            "Prompts that are being worked on now.",
            Ask(expr=f"sum({of(metrics.RUN_START)} > bool 0)"),
            unit=looks.COUNT,
        ),
        number(
            "Runs at risk",
            "Runs in flight that will probably exceed the client's limit: the chance was high twice in a row.",
            Ask(expr=over_all(of(metrics.RUN_AT_RISK))),
            unit=looks.COUNT,
            steps=looks.NONE_IS_GOOD,
        ),
        number(
            "Prompts waiting",
            "Prompts that were sent and have not started, on all servers.",
            Ask(expr=over_all(of(metrics.QUEUE_PENDING))),
            unit=looks.COUNT,
            steps=((None, looks.GOOD), (5, looks.LOOK), (20, looks.BAD)),
            nothing="not known",
        ),
        number(
            "Failed, of all runs",
            "Runs that ended in an error, out of memory, interrupted or cut off, as a share of all that ended in the time range.",
            Ask(expr=share(f"sum({increase(metrics.RUNS_FAILED)})", f"sum({increase(metrics.RUNS)})")),
            unit=looks.SHARE,
            steps=looks.LOST,
            nothing="no run",
            decimals=1,
        ),
    ]


def _servers() -> list[Panel]:
    return [
        states(
            "What each server did",
            "The worst that can be said of a server at each moment: down; stalled (it takes connections but does not answer, or "
            "nothing moves); its run is at risk of exceeding the limit; it runs; it is idle.",
            Ask(expr=STATE, legend="{{instance}}"),
            meanings=looks.STATES,
            width=15,
            height=6,
        ),
        grid(
            "Alerts that fire",
            "By comfymeter's rules, where Prometheus has them. A name leads to its runbook, at the address that is above.",
            [
                Key(label="alertname", title="Alert", url="${runbooks}/${__value.raw}.md"),
                Key(label="severity", title="Severity"),
                Key(label="instance", title="Server"),
            ],
            [Column(title="Of them", expr=_FIRING, unit=looks.COUNT)],
            width=9,
            height=6,
            nothing="nothing fires",
        ),
        grid(
            "Servers",
            "One row for each server. A name leads to its run in flight. Times of the run are empty while none runs.",
            [_SERVER],
            [
                Column(title="State", expr=STATE, unit=looks.COUNT, meanings=looks.STATES),
                Column(title="Runs for", expr=_by_server(since(metrics.RUN_START)), unit=looks.SECONDS),
                Column(
                    title="Limit in",
                    expr=_by_server(until(metrics.RUN_DEADLINE)),
                    unit=looks.SECONDS,
                    steps=((None, looks.BAD), (0, looks.GOOD)),
                ),
                Column(
                    title="Chance to exceed it",
                    expr=_by_server(f"{of(metrics.RUN_EXCEED_PROBABILITY)} and {moment(metrics.RUN_DEADLINE)}"),
                    unit=looks.SHARE,
                    steps=looks.RISK,
                    decimals=0,
                ),
                Column(title="Waiting", expr=_by_server(of(metrics.QUEUE_PENDING)), unit=looks.COUNT),
                Column(title="Longest wait", expr=_by_server(since(metrics.QUEUE_OLDEST)), unit=looks.SECONDS),
                Column(title="Runs ended", expr=f"sum {BY_SERVER} ({increase(metrics.RUNS)})", unit=looks.COUNT, decimals=0),
                Column(title="Failed", expr=_FAILED_SHARE, unit=looks.SHARE, steps=looks.LOST, decimals=1),
                Column(
                    title="VRAM in use",
                    expr=f"max {BY_SERVER} ({_VRAM_USED})",
                    unit=looks.SHARE,
                    steps=looks.FILLING,
                    bar=True,
                    decimals=0,
                ),
            ],
            height=6,
            hidden=("job",),
        ),
    ]


def _by_server(expr: str) -> str:
    return f"max {BY_SERVER} ({expr})"


def _limits() -> list[Panel]:
    advised = f"max by (job, instance, workflow) ({of(metrics.TIMEOUT_RECOMMENDED)})"
    in_force = f"max {BY_SERVER} ({of(metrics.TIMEOUT_IN_FORCE)})"
    return [
        lines(
            "Limit used by the run in flight",
            "How much of the client's time is gone, waiting included; at 100 % the client gives up. Nothing while no run goes on, "
            "or where no limit is known.",
            Ask(expr=_LIMIT_USED, legend="{{instance}}"),
            unit=looks.SHARE,
            steps=((None, "transparent"), (0.8, looks.LOOK), (1, looks.BAD)),
            nothing="no run in flight",
        ),
        grid(
            "Timeouts: in force and recommended",
            "The limit that the client waits, and what it should be by all runs seen. A row is there once there is evidence; "
            "`of the limit` over 100 % means that the limit is too tight.",
            [Key(label="instance", title="Server", url=_TO_HISTORY), Key(label="workflow", title="Workflow")],
            [
                Column(
                    title="In force",
                    expr=f"{in_force} * on (job, instance) group_right () ({advised} > bool 0)",
                    unit=looks.SECONDS,
                ),
                Column(title="Recommended", expr=advised, unit=looks.SECONDS),
                Column(
                    title="Of the limit",
                    expr=f"{advised} / on (job, instance) group_left () {in_force}",
                    unit=looks.SHARE,
                    steps=((None, looks.GOOD), (1, looks.BAD)),
                    decimals=0,
                ),
                Column(
                    title="Runs",
                    expr=f"max by (job, instance, workflow) ({of(metrics.TIMEOUT_SAMPLES)})"
                    f" and on (job, instance, workflow) {advised}",
                    unit=looks.COUNT,
                    decimals=0,
                ),
            ],
            width=12,
            height=8,
            nothing="not enough runs yet",
            hidden=("job",),
        ),
    ]


def _outcomes() -> list[Panel]:
    return [
        lines(
            "Queues",
            "Prompts that wait at each server. A queue that only grows needs another one.",
            Ask(expr=of(metrics.QUEUE_PENDING), legend="{{instance}}"),
            unit=looks.COUNT,
            width=8,
        ),
        bars(
            "Runs ended, per hour",
            "How fast each server works prompts off, however they end.",
            Ask(expr=f"3600 * sum {BY_SERVER} ({rate(metrics.RUNS)})", legend="{{instance}}"),
            unit=looks.PER_HOUR,
            width=8,
        ),
        bars(
            "Failed runs, by reason",
            "Runs in each interval that raised an exception (error), ran out of memory (oom), were interrupted by somebody, or were "
            "cut off by the end of the server.",
            Ask(expr=f"sum by (reason) ({increase(metrics.RUNS_FAILED, over='$__rate_interval')}) > 0", legend="{{reason}}"),
            unit=looks.COUNT,
            width=8,
            colors=looks.FAILED,
            nothing="none failed",
        ),
    ]


def _vram() -> list[Panel]:
    return [
        gauges(
            "VRAM in use now",
            "Memory in use by all processes, as a share of what can be had. From 95 % on loads become partial or fail.",
            Ask(expr=_VRAM_USED, legend="{{instance}}, GPU {{gpu}}"),
            unit=looks.SHARE,
            steps=looks.FILLING,
            most=1,
        ),
        lines(
            "Peak VRAM between scrapes",
            "The most that was in use since the scrape before, as a share of what can be had: short peaks are seen, too.",
            Ask(
                expr=f"{of(metrics.GPU_MEMORY_WINDOW_PEAK)} / {of(metrics.GPU_MEMORY_TOTAL)}", legend="{{instance}}, GPU {{gpu}}"
            ),
            unit=looks.SHARE,
            steps=((None, "transparent"), (0.95, looks.BAD)),
            most=1,
            width=16,
        ),
    ]


OVERVIEW = Board(
    name="overview",
    title="comfymeter / Fleet",
    description="All ComfyUI servers: which of them work, what runs against which deadline, what failed, whose limit is too tight.",
    sections=_sections,
    links_runbooks=True,
    marks=(RESTARTS,),
)
