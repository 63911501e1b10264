"""The server's naive log stamps to Unix seconds: which zone it is in shows when a write arrives as it is made."""

from collections.abc import Iterable
from datetime import UTC, datetime

# All zones are a multiple of this from UTC.
_STEP_SECONDS = 900.0
# A difference this close to a zone's is one; a write that comes late (the server was stalled) is not.
_NEAR_SECONDS = 120.0
_HALF_DAY = 14 * 3600.0


class ServerClock:
    """`offset_seconds` is what to take from a stamp read as UTC. Until a fresh write tells, our own zone is the best guess."""

    def __init__(self, guess_seconds: float = 0.0) -> None:
        self.offset_seconds = guess_seconds
        self._certain = False

    def at(self, stamp: str) -> float | None:
        """Unix seconds; None where the stamp is none."""
        read = _read(stamp)
        return None if read is None else read - self.offset_seconds

    def fresh(self, stamps: Iterable[str], arrived_at: float) -> None:
        """Writes arrived just now; the newest says the most."""
        known = [read for read in map(_read, stamps) if read is not None]
        if not known:
            return
        ahead = max(known) - arrived_at
        offset = round(ahead / _STEP_SECONDS) * _STEP_SECONDS
        if abs(offset) <= _HALF_DAY and (not self._certain or abs(ahead - offset) <= _NEAR_SECONDS):
            self.offset_seconds, self._certain = offset, True

    def old(self, stamps: Iterable[str], arrived_at: float) -> None:
        """Writes of any age: none can lie in the future."""
        known = [read for read in map(_read, stamps) if read is not None]
        if known and not self._certain and max(known) - self.offset_seconds > arrived_at + _NEAR_SECONDS:
            late = max(known) - arrived_at
            self.offset_seconds = -(-late // _STEP_SECONDS) * _STEP_SECONDS


def _read(stamp: str) -> float | None:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
