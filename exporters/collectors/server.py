"""The server itself and its queue. Of its API there are only series where one is watched."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from exporters import metrics
from exporters.collectors.base import Collector
from exporters.engine import Engine
from exporters.instruments import gauge, kept, single
from exporters.observations import QueuedPrompt, State

_KEPT = (metrics.RESTARTS, metrics.QUEUE_WAIT, metrics.REQUESTS, metrics.REQUESTS_REJECTED)
_METRICS = (
    metrics.UP,
    metrics.STALLED,
    metrics.BUILD_INFO,
    metrics.QUEUE_PENDING,
    metrics.QUEUE_RUNNING,
    metrics.QUEUE_OLDEST,
)


def _read(engine: Engine, now: float) -> Iterator[Family]:
    watched = engine.watched
    asked = engine.settings.target is not None
    state = watched.state.state if watched.state else None
    yield single(metrics.UP, float(state is State.UP) if asked else None)
    yield single(metrics.STALLED, float(state is State.STALLED) if asked else None)
    yield gauge(metrics.BUILD_INFO, [(build, 1.0) for build in _builds(engine)])
    queue = watched.queue if state is not State.DOWN else None
    yield single(metrics.QUEUE_PENDING, float(len(queue.pending)) if queue else None)
    yield single(metrics.QUEUE_RUNNING, float(len(queue.running)) if queue else None)
    yield single(metrics.QUEUE_OLDEST, _oldest(engine, queue.pending) if queue else None)
    yield from kept(watched.totals.registry, _KEPT)


def _oldest(engine: Engine, pending: tuple[QueuedPrompt, ...]) -> float:
    times = [prompt.create_time or engine.first_seen(prompt.prompt_id) for prompt in pending]
    return min((time for time in times if time is not None), default=0.0)


def _builds(engine: Engine) -> Iterator[tuple[str, str, str, str]]:
    """The versions as the API or else the log has them; a version is a word, Python's own text says more."""
    stats, start = engine.watched.stats, engine.runs.server
    found = stats or start
    if found is None:
        return
    versions = (found.comfyui_version, found.python_version, found.pytorch_version)
    version, python, pytorch = ((text or "").partition(" ")[0] for text in versions)
    yield version, python, pytorch, (start.vram_state if start else None) or ""


SERVER = Collector(name="server", metrics=(*_KEPT, *_METRICS), read=_read)
