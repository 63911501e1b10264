"""The run in flight in the live view: what it does, how far it is, what is left, and the risk."""

from collections.abc import Iterator

from rich.text import Text

from analyzer.palette import BAD, GOOD, LOOK, PHASE_COLORS, QUEUE
from analyzer.predict import Basis, Level, Prediction, alert_chance, live_phases
from analyzer.renderers.words import PHASES, STARTS
from analyzer.runs.model import Phase
from exporters.happenings import StallKind
from exporters.watched import InFlight, Watched
from exporters.watching.rows import Look, bar, row, whole

_HINT_CHANCE = 0.5
_LEAST_SHOWN_SECONDS = 0.5
_STALLS = {
    StallKind.NOT_STARTED: "prompts wait and none runs",
    StallKind.SILENT_BUSY: "nothing is heard of the run",
    StallKind.SILENT_IDLE: "nothing is heard of the run and the GPU is idle",
}
_NOTES = {
    Basis.PHASES: "",
    Basis.HISTORY: "by past runs alone: no log, no steps",
    Basis.DEFAULTS: "a guess: no run like it is known",
}


def run_rows(watched: Watched, now: float, look: Look) -> Iterator[Text]:
    """The run in flight, or that there is none; and a stall."""
    if watched.in_flight is None:
        since = "" if watched.last_activity_at is None else f" since {look.clock(watched.last_activity_at)}"
        yield row(look, "run", (f"none{since}", "not bold dim"))
    else:
        yield from _run(watched.in_flight, now, look)
    if watched.stalls.kind is not None:
        yield row(look, "stalled", (_STALLS[watched.stalls.kind], f"bold {BAD}"))


def _run(current: InFlight, now: float, look: Look) -> Iterator[Text]:
    live, prediction = current.live, current.prediction
    name = look.short(current.run.workflow.name, 40) if current.run.workflow else ""
    words = [name, STARTS[live.start], f"since {look.clock(live.started_at)}" if live.started_at is not None else ""]
    limit = prediction.limit_seconds if prediction else None
    used = whole(live.used_seconds(now))
    taken = (used if limit is None else f"{used} of {whole(limit)}", "bold")
    yield row(look, "run", ", ".join([*filter(None, words), ""]), taken)
    phases = live_phases(live, now)
    parts = [(live.queue_seconds or 0.0, QUEUE), *((phases.get(phase, 0.0), PHASE_COLORS[phase]) for phase in Phase)]
    rest = max(0.0, prediction.ends_at - now) if prediction else 0.0
    yield row(look, "").append_text(bar(look, parts, rest=rest, mark=limit))
    yield row(look, "", *_legend(live.queue_seconds, phases))
    yield row(look, "doing", *_doing(live.phase, prediction))
    if prediction:
        yield row(look, "left", *_left(prediction, now, look))
        if prediction.p_exceed is not None:
            yield row(look, "risk", *_risk(current, prediction))


def _legend(queue_seconds: float | None, phases: dict[Phase, float]) -> Iterator[tuple[str, str]]:
    named = [("queue", queue_seconds or 0.0, QUEUE), *((PHASES[one], phases.get(one, 0.0), PHASE_COLORS[one]) for one in Phase)]
    shown = [one for one in named if one[1] >= _LEAST_SHOWN_SECONDS]
    for number, (name, seconds, color) in enumerate(shown):
        yield ", " if number else "", "not bold"
        yield f"{name} {whole(seconds)}", f"not bold {color}"


def _doing(phase: Phase, prediction: Prediction | None) -> Iterator[str | tuple[str, str]]:
    yield PHASES[phase], f"bold {PHASE_COLORS[phase]}"
    if prediction is None or prediction.steps is None or prediction.total_steps is None:
        return
    number = f", pass {prediction.pass_number}" if prediction.pass_number else ""
    yield f"{number}, {prediction.steps:g} of {prediction.total_steps:g} steps"
    rate = prediction.seconds_per_step
    if rate is not None:
        yield f", {rate:.{1 if rate >= 10 else 2}f} s/it"


def _left(prediction: Prediction, now: float, look: Look) -> Iterator[str | tuple[str, str]]:
    gone = max(0.0, now - prediction.at)
    low, middle, high = (
        whole(max(0.0, seconds - gone))
        for seconds in (prediction.low_seconds, prediction.remaining_seconds, prediction.high_seconds)
    )
    yield f"about {middle} ({low} to {high}), until {look.clock(max(now, prediction.ends_at))}"
    if note := _NOTES[prediction.basis]:
        yield f"; {note}", "not bold dim"


def _risk(current: InFlight, prediction: Prediction) -> Iterator[str | tuple[str, str]]:
    chance = prediction.p_exceed or 0.0
    if current.passed:
        yield "over its limit", f"bold {BAD}"
        return
    certain = alert_chance(prediction.past_runs)
    style = BAD if chance >= certain else LOOK if chance >= _HINT_CHANCE else GOOD
    shown = "<1 %" if chance < 0.01 else ">99 %" if chance > 0.99 else f"{100 * chance:.0f} %"
    yield f"{shown} to exceed its limit", f"not bold {style}"
    if current.alert.active(Level.RISK):
        yield "  raised", f"bold {BAD}"
