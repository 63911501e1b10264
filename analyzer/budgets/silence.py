"""How long a run printed nothing: what a timer on silence has to bear."""

from analyzer.runs.model import ProgressBar, Run


def longest_silence(run: Run) -> float | None:
    """The longest time without a line, from a run's stamps; within a bar it is a step. None: nothing is stamped."""
    spoken = [(event.at, event.at) for event in run.events if event.at is not None]
    spoken += [(bar.first_at, bar.last_at) for bar in _bars(run) if bar.first_at is not None and bar.last_at is not None]
    if not spoken:
        return None
    longest = slowest_step(run) or 0.0
    spoken.sort()
    last = spoken[0][0]
    for begin, end in spoken:
        if begin - last > longest:
            longest = begin - last
        if end > last:
            last = end
    return longest


def slowest_step(run: Run) -> float | None:
    """Seconds per step of a run's slowest bar."""
    return max((bar.seconds_per_step for bar in _bars(run) if bar.seconds_per_step is not None), default=None)


def _bars(run: Run) -> tuple[ProgressBar, ...]:
    return (*run.passes, *run.bars)
