"""When nothing moves: which kind of stall it is, told once, and once when it is over."""

from collections.abc import Iterator

from exporters.happenings import Stalled, StallKind

NOT_STARTED_SECONDS = 120.0
SILENT_SECONDS = 120.0
# A run is silent if nothing came for so many times the usual step.
SILENT_STEPS = 10.0
_IDLE_RATIO = 0.05


class StallWatch:
    """Ask it from time to time."""

    def __init__(self) -> None:
        self._told: Stalled | None = None

    @property
    def kind(self) -> StallKind | None:
        """The stall there is now."""
        return self._told.kind if self._told else None

    def look(
        self,
        now: float,
        *,
        waiting_since: float | None,
        active_at: float | None,
        seconds_per_step: float | None,
        gpu_busy_ratio: float | None,
    ) -> Iterator[Stalled]:
        """`waiting_since`: since when prompts wait while none runs; `active_at`: when the run in flight last showed anything.
        Both None: the server has nothing to do. `gpu_busy_ratio`: since then; None: not known."""
        found = self._find(now, waiting_since, active_at, seconds_per_step, gpu_busy_ratio)
        told = self._told
        if told and (found is None or found.kind is not told.kind):
            self._told = None
            yield Stalled(at=now, kind=told.kind, since=told.since, evidence="it moves again" if found is None else "", over=True)
        if found and self._told is None:
            self._told = found
            yield found

    def _find(
        self, now: float, waiting_since: float | None, active_at: float | None, step: float | None, busy: float | None
    ) -> Stalled | None:
        if active_at is None:
            if waiting_since is None or now - waiting_since < NOT_STARTED_SECONDS:
                return None
            evidence = f"prompts have waited for {now - waiting_since:.0f} s and none runs"
            return Stalled(at=now, kind=StallKind.NOT_STARTED, since=waiting_since, evidence=evidence)
        silent = now - active_at
        if silent < max(SILENT_SECONDS, SILENT_STEPS * (step or 0.0)):
            return None
        return _silent(now, active_at, silent, busy)


def _silent(now: float, active_at: float, silent: float, busy: float | None) -> Stalled:
    idle = busy is not None and busy < _IDLE_RATIO
    gpu = "how busy the GPU is, is not known" if busy is None else f"its GPU is {'idle' if idle else 'busy'} ({busy * 100:.0f} %)"
    kind = StallKind.SILENT_IDLE if idle else StallKind.SILENT_BUSY
    return Stalled(at=now, kind=kind, since=active_at, evidence=f"no line and no step for {silent:.0f} s; {gpu}")
