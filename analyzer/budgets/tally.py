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

    @property
    def seconds(self) -> float:
        return sum(sum(entry.seconds.values()) for entry in self._entries.values())

    def close(self, total: float) -> tuple[tuple[PhaseTime, ...], bool]:
        """The phases, adding up to `total` exactly, and whether they had to be scaled down to it.

        What is missing to the total is time that no line accounts for; it goes to `other`.
        """
        known = self.seconds
        factor = total / known if known > total else 1.0
        self.add(Phase.OTHER, total - known, Evidence.REMAINDER, None, None)
        times = [
            self._time(phase, self._entries[phase], factor, total) for phase in Phase if phase in self._entries and total > 0
        ]
        return _exact(times, total), factor < 1 - _ROUNDING

    @staticmethod
    def _time(phase: Phase, entry: _Entry, factor: float, total: float) -> PhaseTime:
        seconds = sum(entry.seconds.values()) * factor
        return PhaseTime(
            phase=phase,
            seconds=seconds,
            share=seconds / total,
            evidence=max(entry.seconds, key=lambda evidence: entry.seconds[evidence]),
            first_line=entry.first_line,
            last_line=entry.last_line,
        )


def _exact(times: list[PhaseTime], total: float) -> tuple[PhaseTime, ...]:
    """Floating point leaves a last digit: the largest phase takes it, so that a plain sum gives the total."""
    if not times:
        return ()
    largest = max(range(len(times)), key=lambda index: times[index].seconds)
    rest = sum(time.seconds for index, time in enumerate(times) if index != largest)
    first = times[largest]
    times[largest] = PhaseTime(
        phase=first.phase,
        seconds=total - rest,
        share=(total - rest) / total,
        evidence=first.evidence,
        first_line=first.first_line,
        last_line=first.last_line,
    )
    return tuple(times)
