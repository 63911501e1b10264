"""The log that is being written: records from all streams, one lock, and what happens when the disk is full."""

import threading
from collections.abc import Callable, Iterable

from analyzer.recording.format import Stamp, Stream, note
from analyzer.recording.rolling import RollingFile
from analyzer.recording.scribe import Scribe

Clock = Callable[[], float]
Say = Callable[[str], None]

# While nothing can be written it is tried again no more often than this.
_RETRY_SECONDS = 1.0
# A line that never ends does not keep a part from ending.
_PATIENCE = 2


class RecordLog:
    """Takes what streams write, from any thread. A log that cannot be written is said once and marked as a gap later."""

    def __init__(self, file: RollingFile, streams: Iterable[Stream], *, stamp: Stamp, clock: Clock, say: Say, thin: bool) -> None:
        self._file = file
        self._scribes = {stream: Scribe(stream, stamp, thin=thin) for stream in streams}
        self._stamp = stamp
        self._clock = clock
        self._say = say
        self._lock = threading.RLock()  # a signal's handler may have something to say while the main thread writes
        self._gap = _Gap()
        self._warned = False

    def begin(self, text: str) -> None:
        """Writes the file's head, and what the recorder has to say first."""
        with self._lock:
            self._append(self._clock(), b"")
        self.note(text)

    def take(self, stream: Stream, at: float, data: bytes) -> None:
        """Records what `stream` wrote at `at`."""
        with self._lock:
            may_roll = not any(scribe.mid_line for scribe in self._scribes.values()) or self._is_overdue()
            self._write(at, self._scribes[stream].feed(at, data), may_roll=may_roll)

    def note(self, text: str) -> None:
        """Records something that the recorder itself has to say."""
        with self._lock:
            at = self._clock()
            self._write(at, note(self._stamp(at), text))

    def close(self, last_words: str) -> None:
        """Records what was held back, and how it ended."""
        with self._lock:
            at = self._clock()
            rest = b"".join(scribe.close(at) for scribe in self._scribes.values())
            self._gap.retry_at = at
            self._write(at, rest + note(self._stamp(at), last_words))
            self._file.close()

    def _is_overdue(self) -> bool:
        return self._file.limit_bytes is not None and self._file.size > _PATIENCE * self._file.limit_bytes

    def _write(self, at: float, records: bytes, *, may_roll: bool = False) -> None:
        if self._gap.waits(at):
            self._gap.add(records)
        elif records:
            self._append(at, records, may_roll=may_roll)

    def _append(self, at: float, records: bytes, *, may_roll: bool = False) -> None:
        gap = self._gap
        mark = note(self._stamp(at), gap.words(self._stamp)) if gap.reason else b""
        try:
            self._file.append(mark + records, may_roll=may_roll)
        except OSError as error:
            gap.begin(at, error.strerror or str(error))
            gap.add(records)
            self._warn(gap.reason)
        else:
            self._gap = _Gap() if mark else gap

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            self._say(f"{self._file.path}: {reason}; the program goes on, recording too as soon as it can")


class _Gap:
    """What could not be written."""

    def __init__(self) -> None:
        self.reason = ""
        self.since = 0.0
        self.retry_at = 0.0
        self._records = self._bytes = 0

    def begin(self, at: float, reason: str) -> None:
        self.since = self.since if self.reason else at
        self.reason, self.retry_at = reason, at + _RETRY_SECONDS

    def waits(self, at: float) -> bool:
        """Whether it is too early to try again; a clock that was set back does not make it wait for longer."""
        return bool(self.reason) and 0 < self.retry_at - at <= _RETRY_SECONDS

    def add(self, records: bytes) -> None:
        self._records += records.count(b"\n")
        self._bytes += len(records)

    def words(self, stamp: Stamp) -> str:
        since = stamp(self.since).decode()
        return f"gap records={self._records} bytes={self._bytes} since={since} reason={self.reason}"
