"""`comfymeter timeout` for a terminal: the table, why, the named limits, the timers."""

from collections.abc import Iterator

from analyzer.advising import Answer, Assumed, Room
from analyzer.renderers.base import Options
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.advice_table import advice_table
from analyzer.renderers.terminal.page import Page, printed
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import seconds, sentence
from analyzer.timeouts.timers import Basis, Timer
from analyzer.units import format_share, plural

_ROOMS = (
    Column(title="limit", keep=100),
    Column(title="workflow", keep=95, least=12),
    Column(title="exceeded by", keep=98, right=True),
    Column(title="80 % between", keep=60),
    Column(title="room", keep=90, right=True),
    Column(title="of worst", keep=70, right=True),
)
_WHAT_IFS = (
    Column(title="workflow", keep=95, least=12),
    Column(title="what if", keep=100),
    Column(title="saves per run", keep=98, right=True),
    Column(title="80 % between", keep=80, right=True),
    Column(title="timeout", keep=90, right=True),
    Column(title="limit", keep=60, right=True),
    Column(title="exceeded by", keep=70, right=True),
)


def render(answer: Answer, options: Options) -> str:
    page = Page(options)
    page.paragraph((headline(answer), "bold"), indent=0)
    if answer.in_force_seconds is not None and answer.keep_seconds is not None:
        page.paragraph(_standing(answer.in_force_seconds, answer.keep_seconds), indent=0)
    page.heading("Timeouts", f"for a risk of {format_share(answer.advice.risk or 0.0)} per run")
    advice_table(page, answer.rows(), with_quantile=True)
    _reasons(page, answer)
    rooms = answer.rooms()
    if rooms:
        page.heading("Limits in use", "the chance that a run exceeds them")
        page.table(_ROOMS, [_room(room) for room in rooms])
    if answer.what_ifs:
        page.heading("What if", "each by itself; savings of overlapping changes do not add up")
        page.table(_WHAT_IFS, [_what_if(one) for one in answer.what_ifs])
        for text in dict.fromkeys(_inputs(one) for one in answer.what_ifs):
            page.paragraph((text, styles.QUIET))
    timers = list(_timers(answer))
    if timers:
        page.heading("Three timers", "instead of one")
        for text in timers:
            page.paragraph(text)
    return printed(page)


def headline(answer: Answer) -> str:
    """The recommendation in a sentence or two."""
    overall = answer.advice.overall
    if overall.recommended_seconds is None:
        return f"No recommendation: {overall.reason}."
    parts = [f"Recommended: {seconds(overall.recommended_seconds)}."]
    if overall.risk_at_recommended is not None:
        risk = format_share(overall.risk_at_recommended)
        parts.append(f"{'Less than ' + risk[1:] if risk.startswith('<') else 'About ' + risk} of runs will need longer.")
    if answer.advice.one_each:
        parts.append("The workflows differ so much that each should have its own.")
    parts.append(f"Evidence: {overall.grade.value}, {plural(overall.finished, 'finished run')}, {overall.censored} unfinished.")
    return " ".join(parts)


def _standing(now: float, keep: float) -> str:
    """What to do with the limit in force: it is not moved for every run that comes in."""
    if keep == now:
        return f"In force: {seconds(now)}. Keep it: the runs of late do not say otherwise."
    return f"In force: {seconds(now)}. {'Raise' if keep > now else 'Lower'} it to {seconds(keep)}."


def _reasons(page: Page, answer: Answer) -> None:
    page.blank()
    for row in answer.rows():
        page.paragraph(f"{row.workflow}: {sentence(row.reason)}", *((f" {sentence(note)}", styles.QUIET) for note in row.notes))
    dropped = ", ".join(f"{count} {reason}" for reason, count in answer.advice.dropped.items())
    if dropped:
        page.paragraph((f"Left out: {dropped}.", styles.QUIET))


def _room(room: Room) -> Row:
    style = styles.BAD if room.room_seconds is not None and room.room_seconds < 0 else ""
    ends = room.risk_interval
    return (
        room.limit if room.limit == f"{room.limit_seconds:g} s" else f"{room.limit} {seconds(room.limit_seconds)}",
        room.workflow,
        format_share(room.risk) if room.risk is not None else "",
        f"{format_share(ends[0])} to {format_share(ends[1])}" if ends else "",
        (seconds(room.room_seconds), style),
        (format_share(room.room_ratio), style) if room.room_ratio is not None else "",
    )


def _what_if(one: Assumed) -> Row:
    outcome = one.outcome
    ends = outcome.saving_interval_seconds
    most = "at most " if outcome.at_most else ""
    return (
        one.workflow,
        one.name,
        f"{most}{seconds(outcome.saving_seconds)}" if outcome.saving_seconds is not None else "not known",
        f"{seconds(ends[0])} to {seconds(ends[1])}" if ends else "",
        _change(outcome.recommended_now_seconds, outcome.recommended_then_seconds),
        seconds(outcome.limit_seconds),
        f"{format_share(outcome.risk_now)} to {format_share(outcome.risk_then)}",
    )


def _change(now: float | None, then: float | None) -> str:
    return f"{seconds(now)} to {seconds(then)}" if now != then else seconds(now)


def _inputs(one: Assumed) -> str:
    return (
        f"{one.workflow}, {one.name}: "
        + "; ".join(f"{given.name} {given.value} ({given.tag.value})" for given in one.outcome.inputs)
        + "."
    )


def _timers(answer: Answer) -> Iterator[str]:
    known = answer.timers
    if known is None:
        return
    if known.queue:
        yield f"Waiting in the queue: {seconds(known.queue.recommended_seconds)} ({plural(known.queue.n, 'run')})."
    if known.run:
        yield f"From the run's start to its end: {seconds(known.run.recommended_seconds)} ({plural(known.run.n, 'run')})."
    if known.silence:
        what = "While a bar runs, without a new frame" if known.silence.basis is Basis.STEPS else "Without a new line"
        yield f"{what}: {seconds(known.silence.recommended_seconds)} ({_silence(known.silence)})."


def _silence(timer: Timer) -> str:
    basis = "the pace of bars; no line is stamped" if timer.basis is Basis.STEPS else "the longest time between stamped lines"
    return f"{plural(timer.n, 'run')}, from {basis}"
