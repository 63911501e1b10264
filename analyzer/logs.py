"""Arguments to readings: opens the logs, reads each once, brings the two halves of one process together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from analyzer.analysis import SourceInfo
from analyzer.containers import Zone
from analyzer.engines import Engine, Whole
from analyzer.errors import SourceError
from analyzer.events import Event
from analyzer.lines import Piece
from analyzer.parse import OnUnrecognised, Parser
from analyzer.reading import LogReader, LogReading
from analyzer.sampled import with_samples
from analyzer.sources import LogFile, LogGroup, LogStream, resolve
from analyzer.sources.copies import without_copies
from analyzer.sources.files import STDIN
from analyzer.twins import StampTransfer, find_twins

OnProgress = Callable[[str, int], None]

# Every so many pieces the caller hears how far a log has been read.
_PROGRESS_EVERY = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read. `zone`: where stamps without one come from; `keep_events_of`: a run's number; `on_progress`: name, bytes.

    `samples`: VRAM sample files beside those that lie beside the logs; None: none at all are wanted. `engine`:
    who reads several logs, unless somebody wants the lines in their order; None: this process.
    """

    zone: Zone = None
    keep_events_of: int | None = None
    on_unrecognised: OnUnrecognised | None = None
    on_progress: OnProgress | None = None
    samples: tuple[str, ...] | None = None
    engine: Engine | None = None


def read_logs(arguments: Sequence[str], options: ReadOptions) -> list[LogReading]:
    """The readings of all logs that the arguments stand for. Raises SourceError."""
    return read_groups(resolve(arguments), options)


def read_groups(found: Sequence[LogGroup], options: ReadOptions) -> list[LogReading]:
    """The readings of logs that have been found. Raises SourceError."""
    groups = list(map(without_copies, found))
    readings = _read_all(groups, options)
    sources = [source for reading in readings for source in reading.sources]
    if sources and all(source.left_out for source in sources):
        others = f"; none of {len(sources)} logs can be read" if len(sources) > 1 else ""
        raise SourceError(f"{sources[0].name}: {sources[0].left_out}{others}")
    readings = _with_twins(groups, readings, options)
    if options.samples is None:
        return readings
    return with_samples(readings, options.samples, options.zone, on_progress=options.on_progress)


def _read_all(groups: Sequence[LogGroup], options: ReadOptions) -> list[LogReading]:
    engine = options.engine
    if engine is None or options.on_unrecognised is not None or not engine.sends(groups):
        return [_read_group(group, options) for group in groups]
    read = partial(_read_group, options=replace(options, on_progress=None, engine=None))
    return engine.each(groups, read, options.on_progress)


def _read_group(group: LogGroup, options: ReadOptions) -> LogReading:
    return read_files(group.files, options)


def read_files(files: Iterable[LogFile], options: ReadOptions, stamps_from: LogGroup | None = None) -> LogReading:
    """What files that are one log say, read one after the other. An optional one that cannot be read is the last source, with
    the reason. Raises SourceError."""
    reader: LogReader | None = None
    left_out: list[SourceInfo] = []
    for stream in _opened(files, left_out):
        if reader is None:
            reader = LogReader(
                expects_bars=stream.container.expects_bars,
                keep_events_of=options.keep_events_of,
                on_unrecognised=options.on_unrecognised,
                through=partial(StampTransfer, _events(stamps_from, options)) if stamps_from else None,
            )
        reader.begin(stream.name)
        whole = None if stamps_from else _in_parts(reader, stream, options)
        if whole is None:
            reader.go_through(_reported(stream, options))
        reader.end(_describe(stream, options, whole))
    reading = (reader or LogReader()).result()
    return replace(reading, sources=(*reading.sources, *left_out)) if left_out else reading


def _opened(files: Iterable[LogFile], left_out: list[SourceInfo]) -> Iterator[LogStream]:
    """The files, each open while it is looked at; those that are left out go into the list."""
    for file in files:
        stream = file.open_or_why()
        if isinstance(stream, str):
            left_out.append(SourceInfo(name=file.name, left_out=stream, notes=(f"left out: {stream}",)))
            continue
        with stream:
            yield stream


def _in_parts(reader: LogReader, stream: LogStream, options: ReadOptions) -> Whole | None:
    """Has a big log read by several processes, where nobody wants its lines in their order."""
    if options.engine is None or options.on_unrecognised is not None or options.keep_events_of is not None:
        return None
    return options.engine.go_through(reader, stream, options.zone, options.on_progress)


def _describe(stream: LogStream, options: ReadOptions, whole: Whole | None) -> SourceInfo:
    """What a stream, or who read it elsewhere, knows of it once it has been read."""
    return SourceInfo(
        name=stream.name,
        bytes=whole.bytes if whole else stream.bytes,
        encoding=whole.encoding if whole else stream.encoding,
        container=stream.container.name,
        stamps=stream.container.stamps,
        timezone=stream.container.timezone(options.zone),
        stamps_are_late=stream.container.late_bars,
        notes=(stream.damage,) if stream.damage else (),
    )


def _reported(stream: LogStream, options: ReadOptions) -> Iterator[Piece]:
    pieces = stream.pieces(options.zone)
    if options.on_progress is None:
        return pieces
    return _counted(stream, pieces, options.on_progress)


def _counted(stream: LogStream, pieces: Iterator[Piece], on_progress: OnProgress) -> Iterator[Piece]:
    for count, piece in enumerate(pieces):
        if not count % _PROGRESS_EVERY:
            on_progress(stream.name, stream.bytes)
        yield piece


def _with_twins(groups: Sequence[LogGroup], readings: list[LogReading], options: ReadOptions) -> list[LogReading]:
    merged: dict[int, LogReading] = {}
    lenders: set[int] = set()
    for console, stamped in find_twins(readings):
        if any(file.name == STDIN for place in (console, stamped) for file in groups[place].files):
            continue  # a stream cannot be read twice
        reading = read_files(groups[console].files, replace(options, on_unrecognised=None), stamps_from=groups[stamped])
        lender = readings[stamped]
        merged[console] = replace(
            reading,
            sources=(
                *(_stamped_by(source, lender.sources) for source in reading.sources),
                *(_lent_to(source, reading.sources[0]) for source in lender.sources),
            ),
        )
        lenders.add(stamped)
    return [merged.get(place, reading) for place, reading in enumerate(readings) if place not in lenders]


def _stamped_by(source: SourceInfo, lenders: Sequence[SourceInfo]) -> SourceInfo:
    if source.left_out:
        return source
    note = f"the same process as {lenders[0].name}, whose time stamps its lines have been given"
    return replace(
        source,
        stamps=lenders[0].stamps,
        timezone=lenders[0].timezone,
        first_at=min((one.first_at for one in lenders if one.first_at is not None), default=None),
        last_at=max((one.last_at for one in lenders if one.last_at is not None), default=None),
        notes=(*source.notes, note),
    )


def _lent_to(source: SourceInfo, console: SourceInfo) -> SourceInfo:
    if source.left_out:
        return source
    return replace(source, notes=(*source.notes, f"the same process as {console.name}: its runs are counted there"))


def _events(group: LogGroup, options: ReadOptions) -> Iterator[Event]:
    """The events of a log, one by one."""
    found: list[Event] = []
    parser = Parser(found.append)
    for stream in _opened(group.files, left_out=[]):
        for piece in stream.pieces(options.zone):
            parser.feed(piece)
            parser.flush()
            yield from found
            found.clear()
