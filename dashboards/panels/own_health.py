"""Whether what the dashboards show can be trusted: collectors, log lines, history and notifications of comfymeter itself."""

from dashboards.panels import looks
from dashboards.panels.board import Panel
from dashboards.panels.kinds import bars, lines, number, states
from dashboards.panels.queries import BY_SERVER, RATE, increase, of, rate, share, since
from dashboards.panels.tables import Column, Key, grid
from dashboards.panels.target import Ask
from exporters import metrics


def own_health() -> list[Panel]:
    """The panels of the section."""
    return [*_collecting(), *_log(), *_losses(), *_versions_and_notices()]


def _collecting() -> list[Panel]:
    return [
        states(
            "Collectors",
            "Whether each collector worked. One that fails costs its own series and no others.",
            Ask(expr=f"min by (collector) ({of(metrics.COLLECT_SUCCESS)})", legend="{{collector}}"),
            meanings=looks.YES_IS_GOOD,
            width=12,
            height=8,
        ),
        lines(
            "How long collecting takes",
            "Of each scrape. It should be far below the scrape interval.",
            Ask(expr=f"max by (collector) ({of(metrics.COLLECT_DURATION)})", legend="{{collector}}"),
            unit=looks.SECONDS,
            width=12,
        ),
    ]


def _log() -> list[Panel]:
    return [
        lines(
            "Log lines",
            "Read, and of those not recognised, per second.",
            Ask(expr=f"sum({rate(metrics.LOG_LINES)})", legend="read", color=looks.CALM),
            Ask(expr=f"sum({rate(metrics.LOG_UNPARSED)})", legend="not recognised", color=looks.OTHERS),
            unit="cps",
            width=12,
            height=7,
            every="1m",
        ),
        lines(
            "Lines that are not recognised",
            "Of all. A sudden rise usually means a new version of ComfyUI, or a custom node that prints much.",
            Ask(
                expr=share(f"sum by (instance) ({rate(metrics.LOG_UNPARSED)})", f"sum by (instance) ({rate(metrics.LOG_LINES)})"),
                legend="{{instance}}",
            ),
            unit=looks.SHARE,
            steps=((None, "transparent"), (0.2, looks.BAD)),
            width=8,
            height=7,
            every="1m",
            nothing="no line in the time range",
        ),
        number(
            "Last line read",
            "The server that has been silent longest. An idle server writes nothing.",
            Ask(expr=f"max({since(metrics.LOG_LAST_LINE)})"),
            unit=looks.SECONDS,
            nothing="none yet",
        ).height(7),
    ]


def _losses() -> list[Panel]:
    return [
        _count(
            "Gaps in logs", "Times that log text was lost: the server kept less than was written while away.", metrics.LOG_GAPS
        ),
        _count(
            "Labels that overflowed",
            "Values counted as `other`, since more workflows or model classes were seen than may have series of their own.",
            metrics.LABEL_OVERFLOW,
        ),
        _count("Runs not stored", "Runs that could not be written to the history at first; they wait.", metrics.STORE_FAILED),
        _count("Notifications that failed", "Notifications that could not be sent.", metrics.NOTIFICATIONS_FAILED),
    ]


def _count(title: str, description: str, metric: metrics.Metric) -> Panel:
    return number(
        title,
        f"{description} In the time range.",
        Ask(expr=f"sum({increase(metric)})"),
        unit=looks.COUNT,
        steps=looks.SOME_IS_NEWS,
        width=6,
        decimals=0,
    )


def _versions_and_notices() -> list[Panel]:
    ours = f"max by (job, instance, version) ({of(metrics.OWN_BUILD_INFO)})"
    return [
        grid(
            "Versions of the servers",
            "As their API or their log tells them.",
            [
                Key(label="instance", title="Server"),
                Key(label="version", title="ComfyUI"),
                Key(label="python", title="Python"),
                Key(label="pytorch", title="PyTorch"),
                Key(label="vram_state", title="VRAM mode"),
            ],
            [
                Column(
                    title="Seen",
                    expr=f"max by (instance, version, python, pytorch, vram_state) ({of(metrics.BUILD_INFO)})",
                    unit=looks.COUNT,
                )
            ],
            width=10,
            height=6,
            nothing="no server has told yet",
        ),
        grid(
            "Versions of comfymeter",
            "With the number of servers that the process watches.",
            [Key(label="instance", title="Server"), Key(label="version", title="comfymeter")],
            [
                Column(
                    title="Servers watched",
                    expr=f"{ours} * on (job, instance) group_left () max {BY_SERVER} ({of(metrics.TARGETS)})",
                    unit=looks.COUNT,
                )
            ],
            width=6,
            height=6,
            hidden=("job",),
        ),
        bars(
            "Notifications",
            "Sent in each interval, by what they told.",
            Ask(expr=f"sum by (event) ({increase(metrics.NOTIFICATIONS, over=RATE)}) > 0", legend="{{event}}"),
            unit=looks.COUNT,
            width=8,
            height=6,
            nothing="nobody was told",
        ),
    ]
