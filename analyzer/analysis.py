"""The analysed log as values: what the rules look at and the report adds findings and advice to. All of it adds up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.runs.model import Phase, Requests, Run, ServerStart
from analyzer.vram.series import GpuSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """One log as read. `stamps`: `none`, `naive` or `aware`. `bars`: progress frames seen.

    `timezone`: the zone of its instants, None where they are wall clocks. `stamps_are_late`: bars carry only the stamp of their
    end (Docker, Manager's file). `error_stream_missing`: stdout only. `left_out`: why it could not be read although the others
    were; nothing else is known of it then. `notes`: what was odd about reading it. `vram`: which VRAM samples were laid beside
    it, and why they are of its GPU; `vram_trouble`: why some say nothing about it (a note, too).
    """

    name: str
    bytes: int = 0
    lines: int = 0
    encoding: str = "utf-8"
    container: str = "raw"
    stamps: str = "none"
    timezone: str | None = None
    first_at: float | None = None
    last_at: float | None = None
    bars: int = 0
    stamps_are_late: bool = False
    error_stream_missing: bool = False
    repaired_lines: int = 0
    notes: tuple[str, ...] = ()
    left_out: str | None = None
    vram: tuple[str, ...] = ()
    vram_trouble: str | None = None


# How many different unrecognised lines a report shows.
MOST_SAMPLES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UnparsedLine:
    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparsed:
    """Lines that no wording takes: how many, their share of all non-empty lines, the first few different ones."""

    lines: int = 0
    of_lines: int = 0
    samples: tuple[UnparsedLine, ...] = ()

    def __add__(self, other: "Unparsed") -> "Unparsed":
        return Unparsed(
            lines=self.lines + other.lines,
            of_lines=self.of_lines + other.of_lines,
            samples=(self.samples + other.samples)[:MOST_SAMPLES],
        )

    @property
    def share(self) -> float:
        return self.lines / self.of_lines if self.of_lines else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Seconds per phase over any number of runs; budgets add."""

    runs: int = 0
    seconds: Mapping[Phase, float] = field(default_factory=dict)

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    def share(self, phase: Phase) -> float:
        """The phase's part of the total; 0 for an empty budget."""
        total = self.total_seconds
        return self.seconds.get(phase, 0.0) / total if total else 0.0

    def __add__(self, other: "Budget") -> "Budget":
        phases = {phase: self.seconds.get(phase, 0.0) + other.seconds.get(phase, 0.0) for phase in Phase}
        return Budget(runs=self.runs + other.runs, seconds={phase: s for phase, s in phases.items() if s})

    @classmethod
    def of(cls, runs: Iterable[Run]) -> "Budget":
        """The budget of runs whose phases have been worked out; cached runs have none to give."""
        seconds: dict[Phase, float] = {}
        count = 0
        for run in runs:
            if run.phases:
                count += 1
            for time in run.phases:
                seconds[time.phase] = seconds.get(time.phase, 0.0) + time.seconds
        return cls(runs=count, seconds={phase: seconds[phase] for phase in Phase if phase in seconds})


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """All that the logs say. `runs` in log order, numbered from 1; `limit_seconds`: the timeout asked about; `vram`: what was
    sampled beside them, a curve per GPU."""

    sources: tuple[SourceInfo, ...] = ()
    server_starts: tuple[ServerStart, ...] = ()
    requests: Requests = field(default_factory=Requests)
    runs: Sequence[Run] = ()
    budget: Budget = field(default_factory=Budget)
    unparsed: Unparsed = field(default_factory=Unparsed)
    limit_seconds: float | None = None
    vram: tuple[GpuSeries, ...] = ()
