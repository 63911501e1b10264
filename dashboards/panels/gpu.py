"""The GPUs of the servers: memory and who holds it, work, heat, power, energy, lowered clocks."""

from dashboards.panels import looks, variables
from dashboards.panels.board import Board, Panel, Section
from dashboards.panels.kinds import gauges, lines, number, states
from dashboards.panels.marks import RESTARTS
from dashboards.panels.queries import GPU as CHOSEN
from dashboards.panels.queries import increase, of, rate
from dashboards.panels.tables import Column, Key, grid
from dashboards.panels.target import Ask
from exporters import metrics
from exporters.metrics import Metric

_NAMES = "{{instance}}, GPU {{gpu}}"


def _of(metric: Metric, *more: str) -> str:
    return of(metric, CHOSEN, *more)


# Reasons that were met, lest every card has a row for each that there could be.
_LOWERED = f"{_of(metrics.GPU_THROTTLED)} and (max_over_time({_of(metrics.GPU_THROTTLED)}[$__range] @ end()) == 1)"
_USED_SHARE = f"{_of(metrics.GPU_MEMORY_USED)} / {_of(metrics.GPU_MEMORY_TOTAL)}"


def _sections() -> list[Section]:
    return [
        Section(title="Now", panels=_now()),
        Section(title="Memory", panels=_memory()),
        Section(title="Work and heat", panels=_work()),
        Section(title="Energy", panels=_energy()),
    ]


def _now() -> list[Panel]:
    return [
        grid(
            "GPUs",
            "One row for each GPU of each server. Where the driver cannot be asked only the memory that the server itself tells of "
            "is known.",
            [Key(label="instance", title="Server"), Key(label="gpu", title="GPU"), Key(label="name", title="Name")],
            [
                Column(
                    title="Memory in use",
                    expr=f"{_USED_SHARE} * on (job, instance, gpu) group_left (name) {_of(metrics.GPU_INFO)}",
                    unit=looks.SHARE,
                    steps=looks.FILLING,
                    bar=True,
                    decimals=0,
                ),
                Column(title="Memory", expr=_named(metrics.GPU_MEMORY_TOTAL), unit=looks.BYTES),
                Column(title="Work", expr=_named(metrics.GPU_UTILIZATION), unit=looks.SHARE, decimals=0),
                Column(
                    title="Temperature",
                    expr=_named(metrics.GPU_TEMPERATURE),
                    unit=looks.CELSIUS,
                    steps=((None, looks.GOOD), (80, looks.LOOK), (90, looks.BAD)),
                    decimals=0,
                ),
                Column(title="Power", expr=_named(metrics.GPU_POWER), unit=looks.WATTS, decimals=0),
                Column(
                    title="Energy in the time range",
                    expr=f"{increase(metrics.GPU_ENERGY, CHOSEN)} * on (job, instance, gpu) group_left (name) {_of(metrics.GPU_INFO)}",
                    unit=looks.JOULES,
                    decimals=1,
                ),
            ],
            height=6,
            nothing="no GPU is known",
            hidden=("job", "uuid"),
        ),
    ]


def _named(metric: Metric) -> str:
    return f"{_of(metric)} * on (job, instance, gpu) group_left (name) {_of(metrics.GPU_INFO)}"


def _memory() -> list[Panel]:
    return [
        lines(
            "Memory in use",
            "By all processes, of all that can be had. Between two scrapes more may have been in use: see the peaks.",
            Ask(expr=_of(metrics.GPU_MEMORY_TOTAL), legend=f"{_NAMES}: all", dashed=True),
            Ask(expr=_of(metrics.GPU_MEMORY_USED), legend=f"{_NAMES}: in use"),
            unit=looks.BYTES,
            figures=("max", "lastNotNull"),
        ),
        lines(
            "Who holds it",
            "The server's own processes and all others. Missing where the driver does not tell processes apart: on Windows, and in "
            "containers with process numbers of their own.",
            Ask(expr=_of(metrics.GPU_PROCESS_MEMORY), legend=f"{_NAMES}: the server"),
            Ask(expr=_of(metrics.GPU_OTHER_MEMORY), legend=f"{_NAMES}: others"),
            unit=looks.BYTES,
            figures=("max", "lastNotNull"),
            nothing="the driver does not tell",
        ),
        lines(
            "Peaks",
            "The most in use since the scrape before, and since the run in flight, or the last one, began. Sampled once a second.",
            Ask(expr=_of(metrics.GPU_MEMORY_WINDOW_PEAK), legend=f"{_NAMES}: since the scrape before"),
            Ask(expr=_of(metrics.GPU_MEMORY_PEAK), legend=f"{_NAMES}: of the run", dashed=True),
            unit=looks.BYTES,
            width=16,
            figures=("max", "lastNotNull"),
        ),
        gauges(
            "Never used in the time range",
            "What was free even at the highest peak: room for a larger batch or another model.",
            Ask(
                expr=f"min_over_time({_of(metrics.GPU_MEMORY_TOTAL)}[$__range])"
                f" - max_over_time({_of(metrics.GPU_MEMORY_WINDOW_PEAK)}[$__range])",
                legend=_NAMES,
            ),
            unit=looks.BYTES,
            steps=((None, looks.BAD), (512 * 2**20, looks.LOOK), (2 * 2**30, looks.GOOD)),
        ),
    ]


def _work() -> list[Panel]:
    return [
        lines(
            "Work",
            "Share of time in which the GPU worked. Low while a run samples: it waits for the processor or for weights.",
            Ask(expr=_of(metrics.GPU_UTILIZATION), legend=_NAMES),
            unit=looks.SHARE,
            most=1,
            width=8,
        ),
        lines(
            "Temperature",
            "Of the chip. Most cards lower their clocks between 83 and 90 degrees.",
            Ask(expr=_of(metrics.GPU_TEMPERATURE), legend=_NAMES),
            unit=looks.CELSIUS,
            steps=((None, "transparent"), (83, looks.LOOK), (90, looks.BAD)),
            least=None,
            width=8,
        ),
        lines(
            "Power",
            "Drawn by the whole card. At its limit clocks are lowered: see sw_power_cap below.",
            Ask(expr=_of(metrics.GPU_POWER), legend=_NAMES),
            unit=looks.WATTS,
            width=8,
        ),
        states(
            "Lowered clocks",
            "Why the clocks were lower than they could be. sw_power_cap is usual at full load; heat (hw_thermal, sw_thermal) and the "
            "power brake cost speed against what the card can do. Only reasons that were met in the time range.",
            Ask(expr=_LOWERED, legend=f"{_NAMES}: {{{{reason}}}}"),
            meanings=looks.YES_IS_NEWS,
            height=7,
            nothing="never in the time range, or the driver does not tell",
        ),
    ]


def _energy() -> list[Panel]:
    return [
        lines(
            "Power, by the energy counter",
            "Mean over each interval: what the samples of the power miss is in here.",
            Ask(expr=rate(metrics.GPU_ENERGY, CHOSEN), legend=_NAMES),
            unit=looks.WATTS,
            every="1m",
            nothing="not counted",
            width=16,
        ),
        number(
            "Energy in the time range",
            "Of all chosen GPUs.",
            Ask(expr=f"sum({increase(metrics.GPU_ENERGY, CHOSEN)})"),
            unit=looks.JOULES,
            nothing="not counted",
            decimals=1,
        ).height(8),
        number(
            "Energy of a run",
            "In the time range, of all chosen GPUs, idle time included, for each run that ended.",
            Ask(expr=f"sum({increase(metrics.GPU_ENERGY, CHOSEN)}) / (sum({increase(metrics.RUNS)}) > 0)"),
            unit=looks.JOULES,
            nothing="no run",
            decimals=1,
        ).height(8),
    ]


GPU = Board(
    name="gpu",
    title="comfymeter / GPU",
    description="The GPUs of ComfyUI servers: memory and who holds it, work, heat, power, energy, lowered clocks.",
    sections=_sections,
    selects=(variables.GPUS,),
    marks=(RESTARTS,),
    since="now-1h",
)
