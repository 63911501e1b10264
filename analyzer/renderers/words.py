"""The words for what a report holds, the same in every format for people."""

from collections.abc import Iterable, Sequence

from analyzer.runs.model import Failure, Outcome, Phase, ProgressBar, Run, Start, Verdict
from analyzer.units import format_duration, format_mib

PHASES = {
    Phase.PIPELINE_LOAD: "pipeline load",
    Phase.MODEL_LOAD: "model load",
    Phase.TEXT_ENCODE: "text encode",
    Phase.DETECT: "detect",
    Phase.SAMPLE: "sample",
    Phase.VAE: "VAE",
    Phase.OTHER: "other",
}
OUTCOMES = {
    Outcome.SUCCESS: "success",
    Outcome.CACHED: "cached",
    Outcome.ERROR: "error",
    Outcome.OOM: "out of memory",
    Outcome.INTERRUPTED: "interrupted",
    Outcome.CUT_OFF: "cut off",
    Outcome.UNKNOWN: "unknown",
}
STARTS = {Start.COLD: "cold", Start.WARM: "warm", Start.UNKNOWN: ""}
VERDICTS = {Verdict.OK: "ok", Verdict.NEAR: "near", Verdict.OVER: "over", Verdict.UNKNOWN: ""}


def plural(count: int, noun: str) -> str:
    """`1 run`, `1,250 runs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def seconds(value: float | None) -> str:
    """Seconds to be found again in the log: `303.88 s`, `97 s`, `10.8 ms`."""
    if value is None:
        return ""
    if 0 < abs(value) < 0.1:
        return f"{value * 1000:.3g} ms"
    return f"{value:,.2f}".rstrip("0").rstrip(".") + " s"


def duration(value: float | None) -> str:
    """For reading at a glance: `5m 04s`."""
    return "" if value is None else format_duration(value)


def percent(share: float) -> str:
    """One decimal where a whole number would hide the point: `101.3 %`, `0.4 %`, `47 %`."""
    value = share * 100
    precise = f"{value:.1f}"
    if 0 < value < 0.05:
        return "<0.1 %"
    return f"{precise} %" if (0 < value < 1 or 99 < value < 102) and precise[-1] != "0" else f"{value:.0f} %"


def lines(numbers: Sequence[int], most: int = 4) -> str:
    """Cited lines: `L12, L34 +3`."""
    shown = ", ".join(f"L{number}" for number in numbers[:most])
    return shown if len(numbers) <= most else f"{shown} +{len(numbers) - most}"


def span(first: int | None, last: int | None) -> str:
    """A range of lines: `L2-9`; one line: `L2`."""
    if first is None:
        return "" if last is None else f"L{last}"
    return f"L{first}" if last is None or last == first else f"L{first}-{last}"


def count(value: float | None) -> str:
    """A bar's count: whole where it is whole, grouped by thousands."""
    return "?" if value is None else f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def steps(bar: ProgressBar) -> str:
    """`28 steps`, or `12 of 28 steps` for a bar that did not end."""
    noun = {"it": "step", "B": "byte"}.get(bar.unit, bar.unit or "step")
    done = f"{count(bar.steps)} {noun}" + ("" if bar.steps == 1 else "s")
    return done if bar.complete or bar.total_steps is None else f"{count(bar.steps)} of {count(bar.total_steps)} {noun}s"


def pass_line(bar: ProgressBar, times: str = "×") -> str:
    """One pass as a sum: `28 steps × 2.42 s = 67 s`."""
    text = steps(bar)
    if bar.seconds_per_step is not None:
        text += f" {times} {seconds(bar.seconds_per_step)}"
    return text if bar.seconds is None else f"{text} = {seconds(bar.seconds)}"


def pass_short(bar: ProgressBar, times: str = "×") -> str:
    """One pass in a table cell: `28×2.42 s`."""
    rate = "" if bar.seconds_per_step is None else f"{times}{seconds(bar.seconds_per_step)}"
    return f"{count(bar.steps)}{rate}" if bar.complete else f"{count(bar.steps)}/{count(bar.total_steps)}{rate}"


def size(value: int | None) -> str:
    """Bytes as the log writes them; empty where it does not say."""
    return "" if value is None else format_mib(value)


def joined(parts: Iterable[str]) -> str:
    """The parts that say something, separated by commas."""
    return ", ".join(part for part in parts if part)


def sentence(text: str) -> str:
    """`text` with a capital and a full stop; nothing for nothing."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


_OWN_KINDS = frozenset({"interrupted", "log_ended", "server_restarted", "server_stopped"})


def failure_text(failure: Failure) -> str:
    """`RuntimeError: …`; our own kinds (`log_ended`) are no exception classes and their message says it all."""
    own = failure.kind in _OWN_KINDS
    if failure.kind == "killed":
        return f"The process died: {failure.message}" if failure.message else "The process died."
    return sentence(failure.message) if own else ": ".join(part for part in (failure.kind, failure.message) if part)


def biggest_phases(run: Run, most: int) -> str:
    """`sample 47 %, pipeline load 32 %`."""
    ordered = sorted(run.phases, key=lambda time: -time.seconds)[:most]
    return ", ".join(f"{PHASES[time.phase]} {percent(time.share)}" for time in ordered if time.seconds > 0)
