"""A prediction in one sentence."""

from analyzer.predict.alerts import alert_chance
from analyzer.predict.prediction import Basis, Prediction
from analyzer.runs.model import Phase

_DOING = {
    Phase.PIPELINE_LOAD: "loading a pipeline",
    Phase.MODEL_LOAD: "loading a model",
    Phase.TEXT_ENCODE: "encoding the text",
    Phase.DETECT: "detecting",
    Phase.SAMPLE: "sampling",
    Phase.VAE: "in the VAE",
}
_NOTES = {Basis.PHASES: "", Basis.HISTORY: "; no live progress", Basis.DEFAULTS: "; a guess, no run like it is known"}
# (up to, step): what is left is no more exact than this.
_ROUNDING = ((10.0, 0.1), (100.0, 1.0), (1000.0, 5.0), (float("inf"), 10.0))
_QUEUE_WORTH_NAMING = 1.0


def sentence(prediction: Prediction) -> str:
    """`Likely to exceed the 300 s timeout (82 %): 14 of 30 steps after 190 s at 8.1 s/it; about 205 s left (170-260).`"""
    limit, p_exceed = prediction.limit_seconds, prediction.p_exceed
    state, left, note = _state(prediction), _left(prediction), _NOTES[prediction.basis]
    if limit is None or p_exceed is None:
        return f"{left[0].upper()}{left[1:]}: {state}{note}."
    if prediction.used_seconds >= limit:
        return f"Over the {_seconds(limit)} timeout: {state}; {left}{note}."
    if p_exceed >= alert_chance(prediction.past_runs):
        return f"Likely to exceed the {_seconds(limit)} timeout ({_chance(p_exceed)}): {state}; {left}{note}."
    return f"{left[0].upper()}{left[1:]}, {_chance(p_exceed)} risk to exceed the {_seconds(limit)} timeout: {state}{note}."


def _state(prediction: Prediction) -> str:
    """`14 of 30 steps after 190 s at 8.1 s/it`."""
    doing = _DOING.get(prediction.phase, "")
    if prediction.total_steps is not None and prediction.steps is not None:
        number = f"pass {prediction.pass_number}, " if (prediction.pass_number or 1) > 1 else ""
        doing = f"{number}{prediction.steps:g} of {prediction.total_steps:g} steps"
    after = f"{doing} after {_seconds(prediction.used_seconds)}".strip()
    queued = prediction.used_seconds - prediction.elapsed_seconds
    if queued >= _QUEUE_WORTH_NAMING:
        after += f", {_seconds(queued)} of it in the queue,"
    rate = prediction.seconds_per_step
    return f"{after} at {rate:.{1 if rate >= 1 else 2}f} s/it" if rate is not None else after.rstrip(",")


def _left(prediction: Prediction) -> str:
    """`about 205 s left (170-260)`."""
    low, high = _rough(prediction.low_seconds), _rough(prediction.high_seconds)
    return f"about {_rough(prediction.remaining_seconds)} s left ({low}-{high})"


def _chance(p_exceed: float) -> str:
    """Nothing is certain while the run is within its limit."""
    return "<1 %" if p_exceed < 0.01 else ">99 %" if p_exceed > 0.99 else f"{100 * p_exceed:.0f} %"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s"


def _rough(seconds: float) -> str:
    step = next(step for limit, step in _ROUNDING if seconds < limit)
    rounded = round(seconds / step) * step
    return f"{rounded:.1f}" if step < 1 and rounded % 1 else f"{rounded:,.0f}"
