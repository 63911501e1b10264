"""The words for what a report holds, the same in every format for people."""

from collections.abc import Iterable, Sequence

from analyzer.runs.model import Failure, Outcome, Phase, ProgressBar, Run, Start, Verdict, Vram
from analyzer.units import format_bytes, format_duration, format_mib, format_seconds, format_share

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


def seconds(value: float | None) -> str:
    """To be found again in the log: `303.88 s`."""
    return "" if value is None else format_seconds(value)


def duration(value: float | None) -> str:
    """For reading at a glance: `5m 04s`."""
    return "" if value is None else format_duration(value)


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


def vram_cell(vram: Vram | None) -> str:
    """The peak in a table cell, with its share of what there is where it is sampled: `21.3 GiB 90 %`."""
    if vram is None:
        return ""
    share = vram.used_ratio
    return format_bytes(vram.peak_bytes) + ("" if share is None else f" {format_share(share)}")


def vram_facts(vram: Vram) -> str:
    """What is known of a run's VRAM: `VRAM peak 21.3 GiB of 23.6 GiB (90 %), 6.1 GiB of it held by other processes`."""
    of = (
        ""
        if vram.total_bytes is None or vram.used_ratio is None
        else (f" of {format_bytes(vram.total_bytes)} ({format_share(vram.used_ratio)})")
    )
    return joined(
        (
            f"VRAM peak {format_bytes(vram.peak_bytes)}{of}",
            "" if vram.mean_bytes is None else f"mean {format_bytes(vram.mean_bytes)}",
            "" if vram.other_peak_bytes is None else f"other processes up to {format_bytes(vram.other_peak_bytes)}",
            "" if vram.utilisation_ratio is None else f"GPU busy {format_share(vram.utilisation_ratio)} of the time",
            "" if vram.energy_joules is None else energy(vram.energy_joules),
        )
    )


def energy(joules: float) -> str:
    """`850 J`, `12.3 kJ`, `1.2 MJ`."""
    for size, unit in ((1e6, "MJ"), (1e3, "kJ")):
        if joules >= size:
            return f"{joules / size:.1f} {unit}"
    return f"{joules:.0f} J"


def joined(parts: Iterable[str]) -> str:
    """The parts that say something, separated by commas."""
    return ", ".join(part for part in parts if part)


def sentence(text: str) -> str:
    """`text` with a capital and a full stop; nothing for nothing."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


_OWN_KINDS = frozenset({"interrupted", "killed", "log_ended", "server_restarted", "server_stopped"})


def failure_text(failure: Failure) -> str:
    """`RuntimeError: …`; our own kinds (`log_ended`) are no exception classes and their message says it all."""
    own = failure.kind in _OWN_KINDS
    return sentence(failure.message) if own else ": ".join(part for part in (failure.kind, failure.message) if part)


def biggest_phases(run: Run, most: int) -> str:
    """`sample 47 %, pipeline load 32 %`."""
    ordered = sorted(run.phases, key=lambda time: -time.seconds)[:most]
    return ", ".join(f"{PHASES[time.phase]} {format_share(time.share)}" for time in ordered if time.seconds > 0)
