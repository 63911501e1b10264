"""Text to seconds and bytes and back, and how counts are written: the only arithmetic on units."""

import math
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MIB = 1024**2
GIB = 1024**3

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")
_DURATION_UNITS = (86400.0, 3600.0, 60.0, 1.0)
_SI = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


def parse_duration(text: str) -> float:
    """Seconds of `90`, `90s`, `5m`, `1h30m`, `2d`. Raises ValueError on anything else, zero included."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = sum(float(part) * unit for part, unit in zip(match.groups(), _DURATION_UNITS, strict=True) if part) if match else 0
    if seconds <= 0:
        raise ValueError(f"{text!r} is not a duration: write it like 90s, 5m or 1h30m")
    return seconds


def parse_share(text: str) -> float:
    """The ratio of `5%` or `0.05`, from 0 to 1. Raises ValueError on anything else."""
    digits = text.strip().removesuffix("%").strip()
    try:
        share = float(digits) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError(f"{text!r} is not a share: write it like 5% or 0.05")
    return share


def parse_clock(text: str) -> float:
    """Seconds of a clock such as tqdm's `MM:SS` and `H:MM:SS` (hours unbounded); a leading `-` negates."""
    negative, digits = text.startswith("-"), text.lstrip("-")
    seconds = 0.0
    for part in digits.split(":"):
        seconds = seconds * 60 + float(part.lstrip("-"))
    return -seconds if negative else seconds


def parse_si(text: str) -> float:
    """The number in tqdm's `123M` or `2.35G` (powers of 1000) or in a plain `28`."""
    suffix = text[-1:] if text[-1:].isalpha() else ""
    if suffix not in _SI:
        raise ValueError(f"unknown size suffix in {text!r}")
    return float(text[: len(text) - len(suffix)]) * _SI[suffix]


def format_duration(seconds: float) -> str:
    """A duration as people write it: `10.8 ms`, `2.42 s`, `67 s`, `5m 04s`, `1h 02m`."""
    if seconds < 0:
        return f"-{format_duration(-seconds)}"
    if seconds == 0:
        return "0 s"
    if seconds < 0.1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.4g} s" if seconds >= 10 else f"{seconds:.2f} s"
    whole = math.floor(seconds + 0.5)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {whole % 60:02d}s"


def format_seconds(seconds: float) -> str:
    """Seconds to be found again in the log: `303.88 s`, `97 s`, `10.8 ms`."""
    if 0 < abs(seconds) < 0.1:
        return f"{seconds * 1000:.3g} ms"
    return f"{format_number(seconds)} s"


def format_number(value: float) -> str:
    """At most two decimals, and no zeros at their end: `303.88`, `1,300`, `13.5`."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def format_mib(size: int) -> str:
    """Bytes in ComfyUI's own unit and precision, to be found again in the log: `7040.08 MB` (MB is MiB there)."""
    return f"{size / MIB:.2f} MB"


def format_bytes(size: float) -> str:
    """Bytes for reading: `820 MiB`, `12.1 GiB`."""
    return f"{size / GIB:.1f} GiB" if abs(size) >= GIB else f"{size / MIB:.0f} MiB"


def format_share(share: float) -> str:
    """A ratio as a percentage, with one decimal where a whole number would hide the point: `101.3 %`, `0.4 %`, `47 %`."""
    percent = share * 100
    precise = f"{percent:.1f}"
    if 0 < percent < 0.05:
        return "<0.1 %"
    return f"{precise} %" if (0 < percent < 1 or 99 < percent < 102) and precise[-1] != "0" else f"{percent:.0f} %"


def plural(count: int, noun: str) -> str:
    """`1 run`, `1,250 runs`, `2 passes`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun}es" if noun.endswith(("s", "x", "ch")) else f"{count:,} {noun}s"


def format_instant(at: float, zone: str | None) -> str:
    """A stamp (Unix seconds) as ISO 8601 in `zone`; without one it is a wall clock and written as such, without offset."""
    if zone is None:
        return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return datetime.fromtimestamp(at, UTC if zone == "UTC" else ZoneInfo(zone)).isoformat(timespec="milliseconds")
