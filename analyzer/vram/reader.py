"""Lines of sample files to samples: the form is recognised, torn and foreign lines are passed over and counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from analyzer.containers.base import Zone
from analyzer.runs.model import VramSource
from analyzer.vram import recorded
from analyzer.vram.fields import Columns
from analyzer.vram.nvidia_smi import SmiColumns
from analyzer.vram.sample import GpuSample

# So many of the lines that were passed over are named.
MOST_NAMED = 20
# More GPUs than a machine has: what is beyond is not kept apart.
MOST_GPUS = 64
# A file that begins with so many lines of another kind is another kind of file.
_HOPELESS = 1000
_UTC = "UTC"


@dataclass(slots=True, kw_only=True)
class FileNotes:
    """What reading brought. `usable`: samples that tell the memory; `skipped`: lines that were passed over, the numbers of the
    first of them in `named`; `last`: the number of the last one; `damage`: why a file ends before its end."""

    usable: int = 0
    skipped: int = 0
    named: list[int] = field(default_factory=list)
    last: int = 0
    damage: str | None = None

    def skip(self, line: int) -> None:
        """Counts a line that was passed over; the parts of an over-long one share its number."""
        if line == self.last:
            return
        self.last = line
        self.skipped += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(line)


class SampleReader:
    """Reads files that follow each other as one. `zone`: where stamps without a zone come from.

    `timezone`: the zone of the samples' instants; None: they are wall clocks. `source`: who measured. Both are right once a
    sample has been read.
    """

    def __init__(self, zone: Zone = None) -> None:
        self.timezone: str | None = None
        self.source = VramSource.NVML
        self._zone = zone
        self._smi = SmiColumns(zone)
        self._columns: Columns | None = None
        self._labels: set[tuple[int, int | None]] = set()

    def samples(self, lines: Iterable[tuple[int, bytes]], notes: FileNotes) -> Iterator[GpuSample]:
        """The samples of one file's numbered lines."""
        self._columns, notes.last = None, 0
        for number, line in lines:
            sample = self._columns.sample(line) if self._columns else None
            if sample is None:
                sample = self._other(number, line, notes)
            if sample is None:
                if self._columns is None and notes.skipped >= _HOPELESS:
                    return
            elif self._known(sample):
                notes.usable += sample.used_bytes is not None
                yield sample
            else:
                notes.skip(number)

    def _other(self, number: int, line: bytes, notes: FileNotes) -> GpuSample | None:
        """A line that is no sample of the columns so far: a header, a comment, nothing, or damage."""
        if not line.strip():
            return None
        if line.startswith(b"#"):
            self.source = recorded.source_of(line) or self.source
            return None
        if self._begins(line):
            return None
        if self._columns is None and (sample := self._without_header(line)):
            return sample
        notes.skip(number)
        return None

    def _begins(self, line: bytes) -> bool:
        """Whether the line is a header; files that were appended to have several."""
        own, smi = recorded.columns_of(line), self._smi.of_header(line)
        if own or smi:
            self._use(own or smi, own=own is not None)
        return bool(own or smi)

    def _without_header(self, line: bytes) -> GpuSample | None:
        own, smi = recorded.columns_of_values(line), self._smi.of_values(line)
        columns = own or smi
        sample = columns.sample(line) if columns else None
        if sample is not None:
            self._use(columns, own=own is not None)
        return sample

    def _use(self, columns: Columns | None, *, own: bool) -> None:
        self._columns = columns
        self.timezone = _UTC if own else str(self._zone) if self._zone else None

    def _known(self, sample: GpuSample) -> bool:
        """Whether the GPU is one of the first `MOST_GPUS`: damaged digits must not fill the memory."""
        label = sample.gpu, sample.instance
        if label in self._labels:
            return True
        if len(self._labels) >= MOST_GPUS:
            return False
        self._labels.add(label)
        return True
