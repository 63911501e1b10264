"""What `comfymeter timeout` prints and writes: terminal, text, Markdown, JSON, YAML."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

from analyzer.advising import Answer, Assumed, Room
from analyzer.renderers.base import Options
from analyzer.renderers.formats import check_format, json_document, uncoloured, unknown_suffix
from analyzer.renderers.json_timeout import timeout_object
from analyzer.renderers.markdown_text import plain, table
from analyzer.renderers.rounding import number
from analyzer.renderers.words import seconds
from analyzer.timeouts.timers import Timer
from analyzer.units import format_share

FORMATS = ("terminal", "text", "markdown", "json", "yaml")
SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".md": "markdown", ".txt": "text"}


def format_for(target: str) -> str:
    """The format of a file's suffix. Raises UsageError."""
    for suffix, name in SUFFIXES.items():
        if target.lower().endswith(suffix):
            return name
    raise unknown_suffix(target, SUFFIXES)


def render_answer(name: str, answer: Answer, options: Options) -> str:
    """The answer in one of `FORMATS`."""
    check_format(name, FORMATS)
    if name == "json":
        return json_document(answer_object(answer), options)
    if name == "yaml":
        return _yaml(options.redactor.report_value(answer_object(answer)))
    if name == "markdown":
        return "\n".join(_markdown(answer, options)) + "\n"
    from analyzer.renderers.terminal.answer import render

    return render(answer, uncoloured(name, options))


def answer_object(answer: Answer) -> dict[str, Any]:
    """`comfymeter.timeout/1` with what belongs to this command alone."""
    known = timeout_object(answer.advice) or {}
    return {
        **known,
        "in_force_seconds": number(answer.in_force_seconds),
        "keep_seconds": number(answer.keep_seconds),
        "what_ifs": [_assumed(one) for one in answer.what_ifs],
        "limits": [_room(room) for room in answer.rooms()],
        "timers": None
        if answer.timers is None
        else {name: _timer(getattr(answer.timers, name)) for name in ("queue", "run", "silence")},
    }


def _room(room: Room) -> dict[str, Any]:
    return {
        "limit": room.limit,
        "limit_seconds": number(room.limit_seconds),
        "workflow": room.workflow,
        "risk": number(room.risk),
        "risk_interval": _ends(room.risk_interval),
        "room_seconds": number(room.room_seconds),
        "room_ratio": number(room.room_ratio),
    }


def _assumed(one: Assumed) -> dict[str, Any]:
    outcome = one.outcome
    return {
        "workflow": one.workflow,
        "what_if": one.name,
        "saving_seconds": number(outcome.saving_seconds),
        "saving_interval_seconds": _ends(outcome.saving_interval_seconds),
        "saving_when_cold_seconds": number(outcome.saving_when_cold_seconds),
        "at_most": outcome.at_most,
        "limit_seconds": number(outcome.limit_seconds),
        "risk_now": number(outcome.risk_now),
        "risk_interval_now": _ends(outcome.risk_interval_now),
        "risk_then": number(outcome.risk_then),
        "risk_interval_then": _ends(outcome.risk_interval_then),
        "recommended_now_seconds": number(outcome.recommended_now_seconds),
        "recommended_then_seconds": number(outcome.recommended_then_seconds),
        "inputs": [{"name": given.name, "value": given.value, "tag": given.tag.value} for given in outcome.inputs],
    }


def _ends(interval: tuple[float, float] | None) -> list[Any] | None:
    return [number(end) for end in interval] if interval else None


def _timer(timer: Timer | None) -> dict[str, Any] | None:
    if timer is None:
        return None
    return {
        "n": timer.n,
        "quantile_seconds": number(timer.quantile_seconds),
        "recommended_seconds": number(timer.recommended_seconds),
        "basis": timer.basis.value,
    }


def _yaml(value: Any) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    out = StringIO()
    yaml.dump(value, out)
    return out.getvalue()


def _markdown(answer: Answer, options: Options) -> Iterator[str]:
    """The table that people build by hand: mode, mean, max; then what is recommended and what each limit risks."""
    yield f"### Timeouts for a risk of {format_share(answer.advice.risk or 0.0)} per run\n"
    limits = list(dict.fromkeys(answer.limits.items()))
    titles = ["workflow", "runs", "unfinished", "mean", "max", "timeout", "evidence"]
    titles += [f"P(> {seconds(value)})" if name == f"{value:g} s" else f"P(> {name} {seconds(value)})" for name, value in limits]
    rows = [
        [
            plain(row.workflow, options),
            str(row.n),
            str(row.censored),
            seconds(answer.mean_seconds.get(row.workflow)),
            seconds(row.worst_seconds),
            seconds(row.recommended_seconds),
            row.grade.value,
            *(format_share(row.risk_at[value]) if value in row.risk_at else "" for _, value in limits),
        ]
        for row in answer.rows()
    ]
    yield table(titles, rows)
    yield ""
    for row in answer.rows():
        yield f"- {plain(row.workflow, options)}: {plain(row.reason, options)}"
