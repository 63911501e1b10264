"""What Prometheus answers to the questions of a panel, with the variables put in as Grafana would put them in."""

import math
import re
from dataclasses import dataclass
from typing import Any

from benchmarks.demo_watched import Prometheus, Series
from dashboards.reading import Json, put_in

# One of the demo's servers, for the dashboard that shows one at a time.
ONE_SERVER = "gpu-2"
_MOST_POINTS = 300
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A series of a panel. `letter`: of its query; `name`: by the legend; `values`: by Unix seconds, None where there is none."""

    letter: str
    name: str
    labels: dict[str, str]
    values: list[tuple[float, float | None]]

    @property
    def last(self) -> float | None:
        """Its newest value."""
        return next((value for _, value in reversed(self.values) if value is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Asks for a time range."""

    prometheus: Prometheus
    begin: float
    end: float
    scrape_seconds: float

    def of(self, panel: Json, *, one_server: bool) -> list[Answer]:
        """All series of a panel."""
        step = self._step(panel)
        return [answer for target in panel["targets"] for answer in self._target(target, step, one_server)]

    def marks(self, dashboard: Json, *, one_server: bool) -> list[tuple[str, float, float]]:
        """Colour, begin and end of what each annotation that is shown marks."""
        step = max(self.scrape_seconds, (self.end - self.begin) / _MOST_POINTS)
        found = []
        for mark in dashboard["annotations"]["list"]:
            if mark["enable"]:
                expr = put_in(mark["expr"], self._values(max(60.0, 4 * step), one_server))
                series = self.prometheus.over_time(expr, start=self.begin, end=self.end, step=step)
                found += [(mark["iconColor"], *part) for one in series for part in _parts([at for at, _ in one.values], step)]
        return found

    def _step(self, panel: Json) -> float:
        points = min(int(panel.get("maxDataPoints", _MOST_POINTS)), _MOST_POINTS)
        least = re.fullmatch(r"(\d+)([smh])", panel.get("interval", ""))
        least_seconds = float(least[1]) * _UNITS[least[2]] if least else self.scrape_seconds
        return max(least_seconds, (self.end - self.begin) / points)

    def _values(self, rate_seconds: float, one_server: bool) -> dict[str, str]:
        return {
            "job": ".+",
            "instance": ONE_SERVER if one_server else ".+",
            "gpu": ".+",
            "workflow": ".+",
            "__rate_interval": f"{rate_seconds:.0f}s",
            "__range": f"{self.end - self.begin:.0f}s",
        }

    def _target(self, target: Json, step: float, one_server: bool) -> list[Answer]:
        expr = put_in(target["expr"], self._values(max(step + self.scrape_seconds, 4 * self.scrape_seconds), one_server))
        if target.get("instant"):
            found = self.prometheus.now(expr, self.end)
        else:
            found = self.prometheus.over_time(expr, start=self.begin, end=self.end, step=step)
        return [
            Answer(letter=target["refId"], name=_name(target, series), labels=dict(series.labels), values=_on_grid(series, step))
            for series in found
        ]


def _parts(times: list[float], step: float) -> list[tuple[float, float]]:
    """Moments that follow each other are one part."""
    found: list[tuple[float, float]] = []
    for at in times:
        if found and at - found[-1][1] < 1.5 * step:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _name(target: Json, series: Series) -> str:
    legend: str = target["legendFormat"]
    if legend == "__auto":
        return ""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: series.labels.get(found[1], ""), legend)


def _on_grid(series: Series, step: float) -> list[tuple[float, float | None]]:
    """With a gap where a step has no value."""
    found: list[tuple[float, Any]] = []
    for at, value in series.values:
        if found and at - found[-1][0] > 1.5 * step:
            found.append((found[-1][0] + step, None))
        found.append((at, value if math.isfinite(value) else None))
    return found
