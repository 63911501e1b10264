"""Values as Grafana writes them, by its names of units, and their colours by thresholds and mappings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dashboards.reading import Json

TEXT = "#ccccdc"
_SECONDS = ((86400.0, " days"), (3600.0, " hours"), (60.0, " mins"), (1.0, " s"), (0.001, " ms"), (1e-6, " µs"))
_BYTES = ((2.0**40, " TiB"), (2.0**30, " GiB"), (2.0**20, " MiB"), (2.0**10, " KiB"), (1.0, " B"))
_THOUSANDS = ((1e6, "M"), (1e3, "k"), (1.0, ""))
_SUFFIX = {"celsius": " °C", "cpm": " c/m", "cps": " c/s"}


def said(value: float | None, unit: str, decimals: int | None = None) -> str:
    """A value with its unit."""
    if value is None:
        return ""
    if unit.startswith("dateTime"):
        return f"{datetime.fromtimestamp(value / 1000, UTC):%H:%M:%S}"
    match unit:
        case "percentunit":
            return f"{value * 100:.{1 if decimals is None else decimals}f}%"
        case "s":
            return _scaled(value, _SECONDS, decimals)
        case "bytes":
            return _scaled(value, _BYTES, decimals)
        case "watt" | "joule":
            letter = "W" if unit == "watt" else "J"
            return _scaled(value, [(size, f" {prefix}{letter}") for size, prefix in _THOUSANDS], decimals)
        case "short":
            return _scaled(value, ((1e6, " Mil"), (1e3, " K"), (1.0, "")), decimals)
        case _:
            return _plain(value, decimals) + _SUFFIX.get(unit, "")


def _scaled(value: float, scale: Sequence[tuple[float, str]], decimals: int | None) -> str:
    size, name = next(
        ((size, name) for size, name in scale if abs(value) >= size),
        next(one for one in scale if one[0] == 1.0) if not value else scale[-1],
    )
    return _plain(value / size, decimals) + name


def _plain(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.0f}" if abs(value - round(value)) < 0.005 else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def color_of(value: float | None, config: Json) -> str:
    """By the value mappings, or else by the thresholds."""
    mapped = mapping_of(value, config)
    if mapped:
        return str(mapped["color"])
    found = TEXT
    for step in config.get("thresholds", {}).get("steps", ()):
        if step["value"] is None or (value is not None and value >= step["value"]):
            found = step["color"]
    return found


def mapping_of(value: float | None, config: Json) -> dict[str, Any] | None:
    """The word and the colour that a value has."""
    for mapping in config.get("mappings") or ():
        found: dict[str, Any] | None = mapping["options"].get("" if value is None else f"{value:.0f}")
        if found:
            return found
    return None


def overridden(panel: Json, letter: str, name: str) -> dict[str, Any]:
    """What overrides say of a series or a column."""
    found: dict[str, Any] = {}
    for override in panel["fieldConfig"]["overrides"]:
        wanted = {"byFrameRefID": letter, "byName": name}.get(override["matcher"]["id"])
        if override["matcher"]["options"] == wanted:
            found |= {one["id"]: one["value"] for one in override["properties"]}
    return found
