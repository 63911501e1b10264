"""Seconds per phase while they are being collected, with how they are known and the lines they rest on."""

from dataclasses import dataclass, field

from analyzer.runs.model import Evidence, Phase, PhaseTime

# Sums of stamps differ from a printed duration in the last digits of a float.
_ROUNDING = 1e-6


@dataclass(slots=True)
class _Entry:
    seconds: dict[Evidence, float] = field(default_factory=dict)
    first_line: int | None = None
    last_line: int | None = None


class Tally:
    """Collects seconds; `close` makes them sum to the total."""

    def __init__(self) -> None:
        self._entries: dict[Phase, _Entry] = {}

    def add(self, phase: Phase, seconds: float, evidence: Evidence, first_line: int | None, last_line: int | None) -> None:
        """Adds seconds to a phase and widens its lines."""
        if seconds <= 0:
            return
        entry = self._entries.setdefault(phase, _Entry())
        entry.seconds[evidence] = entry.seconds.get(evidence, 0.0) + seconds
        if first_line is not None:
            entry.first_line = first_line if entry.first_line is None else min(entry.first_line, first_line)
        if last_line is not None:
            entry.last_line = last_line if entry.last_line is None else max(entry.last_line, last_line)

    def close(self, total: float) -> tuple[tuple[PhaseTime, ...], bool]:
        """The phases, adding up to `total` exactly, and whether they had to be scaled down to it.

        What is missing to the total is time that no line accounts for; it goes to `other`.
        """
        known = sum(sum(entry.seconds.values()) for entry in self._entries.values())
        factor = total / known if known > total else 1.0
        self.add(Phase.OTHER, total - known, Evidence.REMAINDER, None, None)
        if not self._entries or total <= 0:
            return (), factor < 1 - _ROUNDING
        entries = [(phase, self._entries[phase]) for phase in _IN_ORDER if phase in self._entries]
        seconds = _exact([sum(entry.seconds.values()) * factor for _, entry in entries], total)
        times = [_time(phase, entry, own, total) for (phase, entry), own in zip(entries, seconds, strict=True)]
        return tuple(times), factor < 1 - _ROUNDING


_IN_ORDER = tuple(Phase)


def _exact(seconds: list[float], total: float) -> list[float]:
    """Floating point leaves a last digit: the largest part takes it, so that a plain sum gives the total."""
    largest = seconds.index(max(seconds))
    seconds[largest] = total - sum(seconds[:largest] + seconds[largest + 1 :])
    return seconds


def _time(phase: Phase, entry: _Entry, seconds: float, total: float) -> PhaseTime:
    return PhaseTime(
        phase=phase,
        seconds=seconds,
        share=seconds / total,
        evidence=max(entry.seconds, key=entry.seconds.__getitem__),
        first_line=entry.first_line,
        last_line=entry.last_line,
    )
