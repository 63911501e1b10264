"""Sample files to logs: opens them, reads each once, gives the runs their figures and says where that came from."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from analyzer.analysis import SourceInfo
from analyzer.containers.base import Zone, numbered_lines
from analyzer.errors import SourceError
from analyzer.reading import LogReading
from analyzer.runs.model import Run, Vram
from analyzer.runs.table import gathered
from analyzer.sources import LogGroup, resolve
from analyzer.sources.beside import samples_beside
from analyzer.sources.copies import without_copies
from analyzer.units import format_instant, plural
from analyzer.vram.choice import Choice
from analyzer.vram.join import Joined, Joiner, Life
from analyzer.vram.reader import FileNotes, SampleReader
from analyzer.vram.sample import GpuSample

OnProgress = Callable[[str, int], None]

# The curves begin and end a little outside of the log.
_MARGIN_SECONDS = 60.0
_PROGRESS_EVERY = 50_000
_MOST_LINES = 5
HOW = "write it with `comfymeter record`, or as docs/vram.md says with nvidia-smi"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSet:
    """Files that are one recording, for the logs at these places. `asked`: named by the user, so that trouble is an error."""

    group: LogGroup
    places: tuple[int, ...]
    asked: bool


def with_samples(
    readings: Sequence[LogReading],
    arguments: Sequence[str],
    zone: Zone,
    *,
    beside: bool = True,
    on_progress: OnProgress | None = None,
) -> list[LogReading]:
    """The readings with what `arguments` and, if wanted, the files beside the logs hold. Raises SourceError for an argument that
    stands for nothing usable."""
    joined = list(readings)
    for samples in _sets(readings, arguments, beside=beside):
        try:
            _join(joined, samples, zone, on_progress)
        except SourceError as error:
            if samples.asked:
                raise
            _note(joined, samples.places, str(error))
    return joined


def _sets(readings: Sequence[LogReading], arguments: Sequence[str], *, beside: bool) -> Iterator[SampleSet]:
    asked = resolve(arguments) if arguments else []
    known = _identities(asked)
    for group in asked:
        yield SampleSet(group=without_copies(group), places=tuple(range(len(readings))), asked=True)
    for place, reading in enumerate(readings if beside else ()):
        for group in samples_beside(source.name for source in reading.sources):
            if known.isdisjoint(_identities([group])):
                yield SampleSet(group=without_copies(group), places=(place,), asked=False)


def _identities(groups: Iterable[LogGroup]) -> set[str]:
    return {os.path.realpath(file.name) for group in groups for file in group.files}


def _join(readings: list[LogReading], samples: SampleSet, zone: Zone, on_progress: OnProgress | None) -> None:
    """Reads a recording and puts what it says into the readings."""
    reader, notes = SampleReader(zone), FileNotes()
    stream = _samples(samples.group, reader, notes, on_progress)
    first = next(stream, None)
    clock = _Clock(readings, samples.places, reader.timezone)
    joiner = Joiner(clock.runs, clock.life_of, clock.shown())
    earliest, latest = (first.at, first.at) if first else (0.0, 0.0)
    for sample in chain((first,) if first else (), stream):
        joiner.feed(sample)
        earliest, latest = min(earliest, sample.at), max(latest, sample.at)
    starts = {(place, start.number): start for place in samples.places for start in readings[place].server_starts}
    found = joiner.result(reader.source, starts, name=samples.group.name, timezone=reader.timezone)
    span = f"{format_instant(earliest, reader.timezone)} to {format_instant(latest, reader.timezone)}"
    _apply(readings, samples, clock, found)
    for place in samples.places:
        name = samples.group.name
        if trouble := _trouble(name, clock, place, found, span):
            _note(readings, (place,), trouble)
        if told := _told(name, place, found, notes):
            _say(readings, place, told)


def _samples(group: LogGroup, reader: SampleReader, notes: FileNotes, on_progress: OnProgress | None) -> Iterator[GpuSample]:
    """The samples of the files, one after the other. Raises SourceError where they have none."""
    for file in group.files:
        with file.open(live=False) as stream:
            for count, sample in enumerate(reader.samples(numbered_lines(stream.blocks()), notes)):
                if on_progress and not count % _PROGRESS_EVERY:
                    on_progress(file.name, stream.bytes)
                yield sample
        notes.damage = stream.damage or notes.damage
    if not notes.usable:
        line = notes.named[0] if notes.named else 1
        raise SourceError(f"{group.files[0].name}: line {line}: no line says how much GPU memory is in use; {HOW}")


class _Clock:
    """Which of the logs a recording can be laid beside: those whose times are of the same kind."""

    def __init__(self, readings: Sequence[LogReading], places: Sequence[int], timezone: str | None) -> None:
        self.runs: Sequence[Run] = _runs(readings, places)
        self.timezone = timezone
        self._sources = {
            source.name: (place, source) for place in places for source in readings[place].sources if not source.left_out
        }

    def life_of(self, run: Run) -> Life | None:
        place, source = self._sources[run.source]
        return (place, run.server_number) if self._fits(source) else None

    def fitting(self, place: int) -> list[SourceInfo]:
        return [source for own, source in self._sources.values() if own == place and self._fits(source)]

    def unstamped(self, place: int) -> bool:
        return all(source.stamps == "none" for own, source in self._sources.values() if own == place)

    def shown(self) -> tuple[float, float] | None:
        """From when to when curves are of interest: while the logs were written."""
        fitting = [source for _, source in self._sources.values() if self._fits(source)]
        firsts = [source.first_at for source in fitting if source.first_at is not None]
        lasts = [source.last_at for source in fitting if source.last_at is not None]
        return (min(firsts) - _MARGIN_SECONDS, max(lasts) + _MARGIN_SECONDS) if firsts and lasts else None

    def _fits(self, source: SourceInfo) -> bool:
        return source.stamps != "none" and (source.timezone is None) == (self.timezone is None)


def _runs(readings: Sequence[LogReading], places: Sequence[int]) -> Sequence[Run]:
    """The runs of one log as they are, of several in a list."""
    if len(places) == 1:
        return readings[places[0]].runs
    return [run for place in places for run in readings[place].runs]


def _apply(readings: list[LogReading], samples: SampleSet, clock: _Clock, found: Joined) -> None:
    """Gives the runs their figures, and the curves to the first log that they can be laid beside."""
    before = 0
    for place in samples.places:
        reading = readings[place]
        own = {number - before: vram for number, vram in found.found.items() if 0 <= number - before < len(reading.runs)}
        before += len(reading.runs)
        if own:
            readings[place] = replace(reading, runs=gathered(_with_figures(reading.runs, own)))
    home = next((place for place in samples.places if clock.fitting(place)), None)
    if home is None and all(clock.unstamped(place) for place in samples.places):
        home = samples.places[0]
    if home is not None:
        readings[home] = replace(readings[home], vram=(*readings[home].vram, *found.series))


def _with_figures(runs: Iterable[Run], found: Mapping[int, Vram]) -> Iterator[Run]:
    """Where two recordings know a run, the one with more samples of it counts."""
    for place, run in enumerate(runs):
        vram = found.get(place)
        known = run.vram.samples or 0 if run.vram else 0
        yield replace(run, vram=vram) if vram and (vram.samples or 0) > known else run


def _trouble(name: str, clock: _Clock, place: int, found: Joined, span: str) -> str | None:
    """Why a recording says nothing about a log, or about a part of it; None: it does."""
    if clock.unstamped(place):
        return f"the VRAM samples of {name} have no place in its runs: it has no time stamps"
    if not clock.fitting(place):
        which = "its stamps" if clock.timezone else f"the stamps of {name}"
        return f"the VRAM samples of {name} have no place in its runs: {which} name no zone; give --timezone"
    chosen = _choices(place, found)
    if not chosen:
        return f"no VRAM sample of {name} ({span}) lies within one of its runs"
    unclear = [choice.why for choice in chosen if choice.gpu is None]
    return f"VRAM samples of {name}: {unclear[0]}" if unclear else None


def _told(name: str, place: int, found: Joined, notes: FileNotes) -> str | None:
    """Which samples a log's figures rest on; None: it has none."""
    chosen = dict.fromkeys(f"GPU {one.gpu} ({one.why})" for one in _choices(place, found) if one.gpu is not None)
    if not chosen:
        return None
    return f"VRAM samples: {name}, {plural(notes.usable, 'sample')}, {', '.join(chosen)}{_passed_over(notes)}."


def _choices(place: int, found: Joined) -> list[Choice]:
    return [choice for life, choice in found.choices.items() if life[0] == place]


def _passed_over(notes: FileNotes) -> str:
    damage = f", not read to its end: {notes.damage}" if notes.damage else ""
    if not notes.skipped:
        return damage
    shown = ", ".join(f"L{line}" for line in notes.named[:_MOST_LINES])
    more = f" +{notes.skipped - _MOST_LINES:,}" if notes.skipped > _MOST_LINES else ""
    return f", {plural(notes.skipped, 'line')} passed over ({shown}{more}){damage}"


def _say(readings: list[LogReading], place: int, text: str) -> None:
    _on_first_source(readings, place, lambda source: replace(source, vram=(*source.vram, text)))


def _note(readings: list[LogReading], places: Iterable[int], text: str) -> None:
    for place in places:
        _on_first_source(readings, place, lambda source: replace(source, notes=(*source.notes, text), vram_trouble=text))


def _on_first_source(readings: list[LogReading], place: int, change: Callable[[SourceInfo], SourceInfo]) -> None:
    """What is said of a log stands with its first file; no lines at all have none."""
    sources = readings[place].sources
    readings[place] = replace(readings[place], sources=(*map(change, sources[:1]), *sources[1:]))
