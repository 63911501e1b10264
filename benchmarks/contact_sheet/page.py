"""A dashboard as one page of HTML: its grid, and each panel as text, bars, a table or a plot."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from plotly.offline import get_plotlyjs

from benchmarks.contact_sheet import plots
from benchmarks.contact_sheet.answers import Answer, Answers
from benchmarks.contact_sheet.words import TEXT, color_of, mapping_of, overridden, said
from dashboards.reading import Json

_COLUMN, _ROW, _GAP = 1500 / 24, 34, 8
_STYLE = """
body { margin: 0; background: #111217; font-family: sans-serif; color: #ccccdc; width: 1500px; position: relative; }
section { position: absolute; background: #181b1f; border: 1px solid #25272e; border-radius: 3px; overflow: hidden; }
h1 { font-size: 20px; font-weight: 500; margin: 0; padding: 12px; } h2 { font-size: 15px; font-weight: 500; position: absolute; margin: 0; }
h3 { font-size: 12.5px; font-weight: 500; margin: 0; padding: 6px 9px 2px; height: 17px; white-space: nowrap; overflow: hidden; }
.body { position: absolute; top: 26px; left: 4px; right: 4px; bottom: 2px; }
.numbers { display: flex; height: 100%; align-items: center; justify-content: center; gap: 16px; font-size: 30px; font-weight: 500; }
.numbers small { display: block; font-size: 12px; color: #ccccdc; } .none { font-size: 15px; color: #8e8e99; }
table { width: 100%; border-collapse: collapse; font-size: 12px; } td, th { text-align: left; padding: 4px 8px; border-bottom: 1px solid #25272e; }
th { color: #6e9fff; font-weight: 500; } .bar { display: inline-block; height: 12px; border-radius: 2px; vertical-align: middle; }
.gauge { display: flex; align-items: center; gap: 8px; font-size: 12px; padding: 2px 8px; }
.gauge span { width: 38%; overflow: hidden; white-space: nowrap; } .gauge div { flex: 1; background: #22252b; border-radius: 2px; }
"""


def page(dashboard: Json, answers: Answers) -> str:
    """The HTML, with what it needs in it; `window.drawn` says when all is there."""
    one_server = not next(one for one in dashboard["templating"]["list"] if one["name"] == "instance")["multi"]
    marks = answers.marks(dashboard, one_server=one_server)
    figures: dict[str, plots.Figure] = {}
    boxes = [_box(panel, answers, marks, one_server, figures) for panel in dashboard["panels"]]
    height = 60 + max(_ROW * (panel["gridPos"]["y"] + panel["gridPos"]["h"]) for panel in dashboard["panels"])
    draw = f"const figures = {json.dumps(figures)}; Promise.all(Object.entries(figures).map(([id, one]) => Plotly.newPlot(id, one.data, one.layout, {{staticPlot: true}}))).then(() => {{ window.drawn = true; }});"
    return (
        f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><script>{get_plotlyjs()}</script>"
        f"<body style='height:{height}px'><h1>{escape(dashboard['title'])}</h1>{''.join(boxes)}<script>{draw}</script>"
    )


def _box(
    panel: Json, answers: Answers, marks: Sequence[tuple[str, float, float]], one_server: bool, figures: dict[str, plots.Figure]
) -> str:
    at = panel["gridPos"]
    place = f"left:{at['x'] * _COLUMN:.0f}px;top:{50 + at['y'] * _ROW}px;"
    if panel["type"] == "row":
        return f"<h2 style='{place}padding:8px'>{escape(panel['title'])}</h2>"
    size = f"width:{at['w'] * _COLUMN - _GAP:.0f}px;height:{at['h'] * _ROW - _GAP}px"
    found = answers.of(panel, one_server=one_server)
    return f"<section style='{place}{size}'><h3>{escape(panel['title'])}</h3>{_body(panel, found, answers, marks, figures)}</section>"


def _body(
    panel: Json,
    found: list[Answer],
    answers: Answers,
    marks: Sequence[tuple[str, float, float]],
    figures: dict[str, plots.Figure],
) -> str:
    if not any(value is not None for answer in found for _, value in answer.values):
        nothing = panel["fieldConfig"]["defaults"].get("noValue", "No data")
        return f"<div class='body numbers'><div class=none>{escape(nothing)}</div></div>"
    if panel["type"] in _TEXTS:
        return f"<div class=body>{_TEXTS[panel['type']](panel, found)}</div>"
    base = plots.layout(answers.begin, answers.end)
    if panel["type"] != "heatmap":
        base["shapes"] += [_mark(*mark) for mark in marks]
    figures[f"panel-{panel['id']}"] = _PLOTS[panel["type"]](panel, found, base)
    return f"<div class=body id='panel-{panel['id']}'></div>"


def _mark(color: str, begin: float, end: float) -> plots.Figure:
    look = {"fillcolor": color, "line": {"color": color, "width": 0.5}, "opacity": 0.16, "layer": "below"}
    return {"type": "rect", "yref": "paper", "x0": begin * 1000, "x1": end * 1000, "y0": 0, "y1": 1, **look}


def _numbers(panel: Json, found: list[Answer]) -> str:
    config = panel["fieldConfig"]["defaults"]
    cells = []
    for answer in found:
        look = overridden(panel, answer.letter, answer.name)
        color = look.get("color", {}).get("fixedColor", color_of(answer.last, config))
        color = TEXT if color.startswith("rgba") else color
        text = _word(answer.last, config)
        name = f"<small>{escape(answer.name)}</small>" if len(found) > 1 else ""
        cells.append(f"<div style='color:{color};font-size:{30 if len(found) < 3 else 20}px'>{name}{escape(text)}</div>")
    return f"<div class=numbers>{''.join(cells)}</div>"


def _word(value: float | None, config: Json) -> str:
    mapped = mapping_of(value, config)
    return str(mapped["text"]) if mapped else said(value, config["unit"], config.get("decimals"))


def _gauges(panel: Json, found: list[Answer]) -> str:
    config = panel["fieldConfig"]["defaults"]
    most = config.get("max") or max(answer.last or 0.0 for answer in found) or 1.0
    rows = []
    for answer in found:
        look = overridden(panel, answer.letter, answer.name)
        color = look.get("color", {}).get("fixedColor", color_of(answer.last, config))
        width = min(100.0, 100 * max(0.0, answer.last or 0.0) / most)
        bar = f"<div><i class=bar style='width:{width:.1f}%;background:{color}'></i></div>"
        rows.append(
            f"<div class=gauge><span>{escape(answer.name)}</span>{bar}<b style='color:{color}'>{_word(answer.last, config)}</b></div>"
        )
    return "".join(rows)


def _table(panel: Json, found: list[Answer]) -> str:
    """As the transformations say: merged by labels, columns renamed and in order."""
    organize = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
    names, order = organize["renameByName"], organize["indexByName"]
    rows: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    single = len(panel["targets"]) == 1
    for answer in found:
        key = tuple(sorted(answer.labels.items()))
        rows.setdefault(key, dict(answer.labels))["Value" if single else f"Value #{answer.letter}"] = answer.last
    columns = sorted(names, key=lambda name: order[name])
    head = "".join(f"<th>{escape(names[name])}</th>" for name in columns)
    lines = ["".join(_cell(panel, names[name], row.get(name)) for name in columns) for row in rows.values()]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _cell(panel: Json, column: str, value: float | str | None) -> str:
    look = overridden(panel, "", column)
    if isinstance(value, str):
        return f"<td style='color:{'#6e9fff' if 'links' in look else TEXT}'>{escape(value)}</td>"
    if value is None:
        return "<td></td>"
    config = {"unit": look.get("unit", "short"), "decimals": look.get("decimals"), "mappings": look.get("mappings")}
    config |= {"thresholds": look["thresholds"]} if "thresholds" in look else {}
    color, text = color_of(value, config), escape(_word(value, config))
    kind = look.get("custom.cellOptions", {}).get("type")
    if kind == "gauge":
        bar = f"<i class=bar style='width:{70 * value:.0f}px;background:{color}'></i>"
        return f"<td>{bar} {text}</td>"
    if kind == "color-background":
        return f"<td style='background:{color}'>{text}</td>"
    return f"<td style='color:{color}'>{text}</td>"


_TEXTS = {"stat": _numbers, "bargauge": _gauges, "table": _table}
_PLOTS = {"timeseries": plots.over_time, "state-timeline": plots.states, "heatmap": plots.heat}
