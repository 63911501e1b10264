"""The CSV of `nvidia-smi --query-gpu=… --format=csv`, with or without header and units.

Without a header the columns are taken for the first of those in docs/vram.md: timestamp, index, memory.used, memory.total,
utilization.gpu, temperature.gpu, power.draw.
"""

import re
from collections.abc import Callable

from analyzer.containers.base import Zone
from analyzer.containers.clocks import Clock
from analyzer.units import MIB
from analyzer.vram.fields import Columns, Field, Form, Values

DOCUMENTED = ("timestamp", "index", "memory.used", "memory.total", "utilization.gpu", "temperature.gpu", "power.draw")
_NEEDED = {"timestamp", "memory.used"}
_FEWEST = 3
_MOST_GPUS = 64
_SEPARATOR = rb", ?+"
# `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`, `N/A`.
_UNKNOWN = rb"\[[^\],]{1,40}\]|N/A"
_STAMP = rb"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)"
_STARTS = re.compile(_STAMP + rb"(?:,|\s*$)")
_UNIT = re.compile(r" \[[^\[\]]*\]$")

# The driver's bits; their names are those of `nvmlClocksEventReason…`.
THROTTLE_BITS = (
    (0x001, "gpu_idle"),
    (0x002, "applications_clocks"),
    (0x004, "sw_power_cap"),
    (0x008, "hw_slowdown"),
    (0x010, "sync_boost"),
    (0x020, "sw_thermal"),
    (0x040, "hw_thermal"),
    (0x080, "hw_power_brake"),
    (0x100, "display_clocks"),
    (0x200, "board_limit"),
    (0x400, "reliability"),
)


def throttle_words(bits: int) -> tuple[str, ...]:
    """The reasons that a bit mask names."""
    return tuple(word for bit, word in THROTTLE_BITS if bits & bit)


def _value(pattern: bytes, unit: bytes = b"") -> bytes:
    return rb"(?:(" + pattern + rb")" + (rb"(?: " + unit + rb")?" if unit else b"") + rb"|" + _UNKNOWN + rb")"


def _mib(text: bytes) -> int:
    return int(text) * MIB


def _clock(zone: Zone) -> Callable[[bytes], float | None]:
    at = Clock(zone).at
    return lambda text: at(text[:16].replace(b"/", b"-"), text[17:])


def _fields(zone: Zone) -> tuple[Field, ...]:
    memory, number = _value(rb"\d{1,9}", b"MiB"), rb"\d{1,5}(?:\.\d{1,6})?"
    reasons = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")
    return (
        Field(names=("timestamp",), sets="at", pattern=_STAMP, read=_clock(zone)),
        Field(names=("index",), sets="gpu", pattern=rb"(\d{1,4})", read=bytes.decode),
        Field(names=("uuid", "gpu_uuid"), sets="uuid", pattern=_value(rb"[A-Za-z0-9-]{1,80}"), read=bytes.decode),
        Field(names=("memory.used",), sets="used_bytes", pattern=memory, read=_mib),
        Field(names=("memory.total",), sets="total_bytes", pattern=memory, read=_mib),
        Field(names=("memory.free",), sets="free_bytes", pattern=memory, read=_mib),
        Field(names=("memory.reserved",), sets="reserved_bytes", pattern=memory, read=_mib),
        Field(
            names=("utilization.gpu",),
            sets="utilisation_ratio",
            pattern=_value(rb"\d{1,2}|100", b"%"),
            read=lambda text: int(text) / 100,
        ),
        Field(names=("temperature.gpu",), sets="temperature_celsius", pattern=_value(rb"\d{1,3}"), read=float),
        Field(names=("power.draw", "power.draw.instant"), sets="power_watts", pattern=_value(number, b"W"), read=float),
        Field(
            names=reasons,
            sets="throttle",
            pattern=_value(rb"0x[0-9a-fA-F]{1,16}"),
            read=lambda text: throttle_words(int(text, 16)),
        ),
    )


class SmiColumns:
    """Finds the columns of a file. `zone`: where its stamps come from; they are local and name none."""

    def __init__(self, zone: Zone) -> None:
        self._form = Form(fields=_fields(zone), separator=_SEPARATOR, finish=self._finish)
        self._uuids: dict[str, int] = {}

    def of_header(self, line: bytes) -> Columns | None:
        """The columns that a line names; None for a line that is no header."""
        names = [_UNIT.sub("", name.strip()) for name in line.decode("utf-8", "replace").split(",")]
        return self._form.columns(names) if set(names) >= _NEEDED else None

    def of_values(self, line: bytes) -> Columns | None:
        """The documented columns, as many as a line without a header has; None for a line that is none of nvidia-smi's."""
        count = line.count(b",") + 1
        fits = _STARTS.match(line) and _FEWEST <= count <= len(DOCUMENTED)
        return self._form.columns(DOCUMENTED[:count]) if fits else None

    def _finish(self, values: Values) -> Values:
        """What can be had is used and free memory together; without an index, GPUs are counted as they appear."""
        used, free, reserved = values.get("used_bytes"), values.pop("free_bytes", None), values.pop("reserved_bytes", None)
        if used is not None and free is not None:
            values["total_bytes"] = used + free
        elif reserved is not None and "total_bytes" in values:
            values["total_bytes"] -= reserved
        gpu = values.get("gpu")
        values["gpu"] = int(gpu) if gpu is not None else self._counted(values.get("uuid"))
        return values

    def _counted(self, uuid: str | None) -> int:
        if uuid is None or len(self._uuids) >= _MOST_GPUS:
            return self._uuids.get(uuid or "", 0)
        return self._uuids.setdefault(uuid, len(self._uuids))
