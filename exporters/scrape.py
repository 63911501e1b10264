"""A watched server as Prometheus reads it: each collector on its own, so that one that fails costs only its own series."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector as Registry

from analyzer.version import installed_version
from exporters import metrics
from exporters.collectors import COLLECTORS, Collector
from exporters.engine import Engine
from exporters.instruments import gauge, single

_LOG = logging.getLogger("comfymeter")


class Scrape(Registry):
    """All series of one server. `targets`: how many servers this process watches."""

    def __init__(
        self,
        engine: Engine,
        *,
        targets: int = 1,
        collectors: Sequence[Collector] = COLLECTORS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine, self._targets, self._collectors, self._clock = engine, targets, collectors, clock
        self._told: dict[str, str] = {}

    def collect(self) -> Iterator[Family]:
        now, seconds, success = self._clock(), dict[str, float](), dict[str, float]()
        for collector in self._collectors:
            began = time.perf_counter()
            families = self._families(collector, now)
            seconds[collector.name] = time.perf_counter() - began
            success[collector.name] = float(families is not None)
            yield from families or ()
        yield from about_us(self._targets)
        yield gauge(metrics.COLLECT_SUCCESS, [((name,), value) for name, value in success.items()])
        yield gauge(metrics.COLLECT_DURATION, [((name,), value) for name, value in seconds.items()])

    def _families(self, collector: Collector, now: float) -> list[Family] | None:
        """None: it failed, which is logged once for each reason."""
        try:
            families = list(collector.read(self._engine, now))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            if self._told.get(collector.name) != reason:
                self._told[collector.name] = reason
                _LOG.warning("%s: the collector %s failed: %s", self._engine.name, collector.name, reason)
            return None
        self._told.pop(collector.name, None)
        return families


class Ourselves(Registry):
    """What is there where each server is asked for by its name."""

    def __init__(self, targets: int) -> None:
        self._targets = targets

    def collect(self) -> Iterable[Family]:
        return about_us(self._targets)


def about_us(targets: int) -> list[Family]:
    """The series of this process."""
    return [
        gauge(metrics.OWN_BUILD_INFO, [((installed_version(),), 1.0)]),
        single(metrics.TARGETS, float(targets)),
    ]


def exposition(registry: Registry, accept: str) -> tuple[bytes, str]:
    """The text and its type: OpenMetrics, with exemplars, for those who ask for it, else the classic format."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
