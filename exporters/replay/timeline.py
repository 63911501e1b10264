"""Recorded times to the times of a replay: shifted to now, and stretched or shortened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Fields of the API that hold a moment as Unix milliseconds.
_MOMENTS = frozenset({"timestamp", "create_time"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`began_at`: Unix seconds at which `second` of the session is replayed. `speed`: 2 is twice as fast, 0.5 half.

    `epoch`: Unix seconds of the session's second 0, on the clock that its messages and histories were written with.
    """

    began_at: float
    second: float
    speed: float
    epoch: float

    def wall(self, second: float) -> float:
        """Unix seconds at which a second of the session is replayed."""
        return self.began_at + (second - self.second) / self.speed

    def moment(self, milliseconds: float) -> int:
        """A recorded moment (Unix milliseconds) as one of the replay."""
        return round(self.wall(milliseconds / 1000 - self.epoch) * 1000)

    def shifted(self, value: Any) -> Any:
        """An answer or message of the recorded server with all its moments shifted."""
        if isinstance(value, Mapping):
            return {key: self._shifted_field(key, field) for key, field in value.items()}
        if isinstance(value, list | tuple):
            return [self.shifted(item) for item in value]
        return value

    def _shifted_field(self, key: str, field: Any) -> Any:
        if key in _MOMENTS and isinstance(field, int | float):
            return self.moment(field)
        return self.shifted(field)
