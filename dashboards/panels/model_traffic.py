"""Which models were brought to the device, which were put out, and what had to be brought again."""

from dashboards.panels import looks
from dashboards.panels.board import Panel
from dashboards.panels.kinds import bars, gauges, lines, number
from dashboards.panels.queries import RATE, increase, of, rate, share
from dashboards.panels.target import Ask
from exporters import metrics


def model_traffic() -> list[Panel]:
    """The panels of the section."""
    return [
        gauges(
            "Loads by class",
            "Models brought to the device in the time range, by their Python class.",
            Ask(expr=f"sum by (model_class) ({increase(metrics.MODEL_LOADS)}) > 0", legend="{{model_class}}"),
            unit=looks.COUNT,
            width=8,
            decimals=0,
            nothing="none was loaded",
        ),
        bars(
            "Loads by mode",
            "full: all weights fit. partial: some are kept off the device and streamed in for each step, which is slow. dynamic: "
            "ComfyUI decides as it goes.",
            Ask(expr=f"sum by (mode) ({increase(metrics.MODEL_LOADS, over=RATE)}) > 0", legend="{{mode}}"),
            unit=looks.COUNT,
            width=8,
            colors={"full": looks.CALM, "partial": looks.OTHERS, "dynamic": looks.LOGGED},
            nothing="none was loaded",
        ),
        bars(
            "Unloads",
            "Models put out, wholly or in part.",
            Ask(expr=f"sum by (mode) ({increase(metrics.MODEL_UNLOADS, over=RATE)})", legend="{{mode}}"),
            unit=looks.COUNT,
            width=8,
            colors={"full": looks.CALM, "partial": looks.OTHERS},
        ),
        lines(
            "Reloads per run",
            "Loads of a class that was on the device before, for each run. One and more in every run: models push each other out.",
            Ask(
                expr=share(f"sum by (instance) ({rate(metrics.MODEL_RELOADS)})", f"sum by (instance) ({rate(metrics.RUNS)})"),
                legend="{{instance}}",
            ),
            unit=looks.COUNT,
            width=10,
            rare=True,
            nothing="no run in the time range",
        ),
        lines(
            "Weights kept off the device",
            "After the last load line of each server. They are streamed in for each step, which is slow.",
            Ask(expr=of(metrics.MODEL_OFFLOADED), legend="{{instance}}"),
            unit=looks.BYTES,
            width=10,
            nothing="no load line yet",
        ),
        number(
            "Freed by partial unloads",
            "Bytes that had to make room in the time range, and were loaded again when they were needed.",
            Ask(expr=f"sum({increase(metrics.MODEL_FREED)})"),
            unit=looks.BYTES,
        ).height(8),
    ]
