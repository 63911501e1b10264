"""Panels over time as Plotly's figures: lines, bars, states, heat."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

from benchmarks.contact_sheet.answers import Answer
from benchmarks.contact_sheet.words import TEXT, color_of, mapping_of, overridden, said
from dashboards.reading import Json

Figure = dict[str, Any]
_PALETTE = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0", "#96d98d", "#ca95e5")
_GRID = "rgba(204, 204, 220, 0.12)"
_HEAT = [[0, "#16335c"], [1, "#8ab8ff"]]
_TICKS = 5


def layout(begin: float, end: float) -> dict[str, Any]:
    """What all of them have in common; the axis is in milliseconds."""
    axis = {"gridcolor": _GRID, "zeroline": False, "tickfont": {"size": 10}, "automargin": True}
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": TEXT, "size": 11, "family": "sans-serif"},
        "margin": {"l": 10, "r": 8, "t": 6, "b": 46},
        "xaxis": axis | {"type": "date", "tickformat": "%H:%M", "nticks": 7, "range": [begin * 1000, end * 1000]},
        "yaxis": dict(axis),
        "legend": {"orientation": "h", "font": {"size": 10}, "yref": "container", "y": 0, "yanchor": "bottom"},
        "showlegend": True,
        "shapes": [],
    }


def over_time(panel: Json, answers: list[Answer], base: dict[str, Any]) -> Figure:
    """Lines or bars."""
    config = panel["fieldConfig"]["defaults"]
    custom, unit = config["custom"], config["unit"]
    stacking = custom.get("stacking", {}).get("mode", "none")
    traces = [*_bands(panel, answers), *(_trace(panel, answer, place) for place, answer in enumerate(answers))]
    values = [value for answer in answers for _, value in answer.values if value is not None]
    _scale(base, config, unit, values, stacking)
    if custom.get("thresholdsStyle", {}).get("mode", "off") != "off":
        base["shapes"] += [_line_at(step) for step in config["thresholds"]["steps"] if step["value"] is not None]
    if stacking == "percent":
        base |= {"barnorm": "fraction"}
    return {"data": traces, "layout": base | {"barmode": "stack" if stacking != "none" else "overlay", "bargap": 0.1}}


def _bands(panel: Json, answers: list[Answer]) -> Iterator[Figure]:
    """Areas between a series and the one down to which it is filled, a part for each stretch without a gap."""
    for answer in answers:
        look = overridden(panel, answer.letter, answer.name)
        lower = next((one for one in answers if one.name == look.get("custom.fillBelowTo")), None)
        if lower is None:
            continue
        low = dict(lower.values)
        points = [(at * 1000, high, low.get(at)) for at, high in answer.values]
        xs, ys = list[float | None](), list[float | None]()
        for whole, part in groupby(points, lambda point: None not in point):
            if whole:
                times, highs, lows = zip(*part, strict=True)
                xs += [*times, *reversed(times), None]
                ys += [*highs, *reversed(lows), None]
        fill = {"fill": "toself", "fillcolor": _faded(look["color"]["fixedColor"], look["custom.fillOpacity"] / 100)}
        yield {"type": "scatter", "mode": "none", "x": xs, "y": ys, "showlegend": False, **fill}


def _trace(panel: Json, answer: Answer, place: int) -> Figure:
    custom, look = panel["fieldConfig"]["defaults"]["custom"], overridden(panel, answer.letter, answer.name)
    color = look.get("color", {}).get("fixedColor", _PALETTE[place % len(_PALETTE)])
    xs, ys = [at * 1000 for at, _ in answer.values], [value for _, value in answer.values]
    if custom["drawStyle"] == "bars":
        return {"type": "bar", "x": xs, "y": ys, "name": answer.name, "marker": {"color": color}}
    width = look.get("custom.lineWidth", custom.get("lineWidth", 1))
    opacity = look.get("custom.fillOpacity", custom.get("fillOpacity", 0)) / 100
    return {
        "type": "scatter",
        "mode": "lines+markers" if custom.get("showPoints") == "always" or _lonely(ys) else "lines",
        "marker": {"size": 4},
        "x": xs,
        "y": ys,
        "name": answer.name,
        "connectgaps": bool(custom.get("spanNulls")),
        "line": {"color": color, "width": width, "dash": "dash" if "custom.lineStyle" in look else "solid"},
        "fill": "tozeroy" if opacity and None not in ys and "custom.fillBelowTo" not in look else "none",
        "fillcolor": _faded(color, opacity),
    }


def _lonely(values: list[float | None]) -> bool:
    """Whether no two neighbours make a line."""
    return not any(one is not None and other is not None for one, other in pairwise(values))


def _faded(color: str, opacity: float) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _line_at(step: Json) -> Figure:
    line = {"color": step["color"], "dash": "dash", "width": 1}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": step["value"], "y1": step["value"], "line": line}


def _scale(base: dict[str, Any], config: Json, unit: str, values: list[float], stacking: str) -> None:
    """Ticks in Grafana's words, where Plotly would count in powers of ten."""
    axis = base["yaxis"]
    least, most = config.get("min"), config.get("max")
    if least is not None or most is not None:
        axis["range"] = [least, most]
        axis["autorange"] = False if least is not None and most is not None else "max" if least is not None else "min"
    if stacking == "percent":
        axis |= {"tickformat": ".0%", "range": [0, 1], "autorange": False}
    elif unit == "percentunit":
        axis["tickformat"] = ".0%"
    elif values and stacking == "none":
        top, bottom = max(values) if most is None else most, min(values) if least is None else least
        ticks = [bottom + (top - bottom) * place / (_TICKS - 1) for place in range(_TICKS)]
        axis |= {"tickvals": ticks, "ticktext": [said(tick, unit) for tick in ticks]}


def states(panel: Json, answers: list[Answer], base: dict[str, Any]) -> Figure:
    """A row for each series, coloured by what it was in."""
    config = panel["fieldConfig"]["defaults"]
    rows = sorted(answers, key=lambda answer: answer.name, reverse=True)
    for row, answer in enumerate(rows):
        for begin, end, value in _stretches(answer):
            box = {"x0": begin * 1000, "x1": end * 1000, "y0": row - 0.4, "y1": row + 0.4, "line": {"width": 0}}
            base["shapes"].append(box | {"type": "rect", "fillcolor": color_of(value, config)})
    base["yaxis"] |= {
        "tickvals": list(range(len(rows))),
        "ticktext": [one.name for one in rows],
        "range": [-0.5, len(rows) - 0.5],
    }
    there = {value for answer in rows for _, value in answer.values}
    words = [mapping_of(value, config) for value in sorted(there - {None}, key=lambda value: value or 0.0)]
    legend = [_square(word["text"], word["color"]) for word in words if word]
    # Plotly draws shapes only where there is something on the axes.
    return {"data": [{"type": "scatter", "x": [], "y": [], "showlegend": False}, *legend], "layout": base}


def _square(name: str, color: str) -> Figure:
    marker = {"symbol": "square", "size": 10, "color": color}
    return {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": name, "marker": marker}


def _stretches(answer: Answer) -> list[tuple[float, float, float]]:
    found: list[tuple[float, float, float]] = []
    for (at, value), (to, _) in zip(answer.values, answer.values[1:], strict=False):
        if value is not None:
            if found and found[-1][2] == value and found[-1][1] == at:
                found[-1] = (found[-1][0], to, value)
            else:
                found.append((at, to, value))
    return found


def heat(panel: Json, answers: list[Answer], base: dict[str, Any]) -> Figure:
    """Buckets of a histogram, each without those below it."""
    unit = panel["options"]["yAxis"]["unit"]
    rows = sorted((float(answer.labels["le"]), answer) for answer in answers)
    times = sorted({at for _, answer in rows for at, _ in answer.values})
    counts, below = [], dict.fromkeys(times, 0.0)
    for _, answer in rows:
        upto = {at: value or 0.0 for at, value in answer.values}
        counts.append([max(0.0, upto.get(at, 0.0) - below[at]) or None for at in times])
        below = {at: upto.get(at, 0.0) for at in times}
    names = [said(bound, unit) if bound != float("inf") else "+Inf" for bound, _ in rows]
    base["yaxis"] |= {"type": "category"}
    trace = {"type": "heatmap", "x": [at * 1000 for at in times], "y": names, "z": counts, "colorscale": _HEAT, "xgap": 1}
    return {"data": [trace | {"ygap": 1, "colorbar": {"thickness": 8}}], "layout": base}
