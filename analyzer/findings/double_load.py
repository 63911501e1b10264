"""double-load: a diffusion model that is loaded twice in one run. Is that normal?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analyzer.analysis import Analysis
from analyzer.events import LoadMode
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.load_pairs import ROUNDING_BYTES, SLOWER_PART, Cause, Pair, adds_up, pairs_of, reasons_of
from analyzer.findings.lookups import grouped
from analyzer.findings.phrases import (
    bare_mib,
    evidence_note,
    exact,
    joined,
    lines_of,
    model_name,
    numbers,
    per_step,
    percent,
    sentences,
)
from analyzer.findings.reloads import Place, thrashing
from analyzer.runs.model import Load, ProgressBar, Run, Unload
from analyzer.units import MIB, format_mib, format_number

# Runs that a finding cites; of more alike only their number matters.
SHOWN = 20
ADVICE = {
    Cause.OFFLOADED: "Use a smaller (quantised) model or free VRAM, so that all weights fit.",
    Cause.SLOWER: "Compare the image sizes of the two passes: a larger image explains a slower pass too.",
    Cause.AGAIN: "Keep the model loaded between runs.",
    Cause.SLOW_LOAD: "Put the model files on an SSD and check the cache folder.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A class loaded `count` times in a run: the pair of loads that tells most, and all that is not normal."""

    run: Run
    model: str
    count: int
    shown: Pair
    reasons: Mapping[Cause, str]
    lines: tuple[int, ...]


def find(analysis: Analysis) -> Iterator[Finding]:
    places = thrashing(analysis)
    groups: dict[tuple[str, tuple[Cause, ...]], list[Double]] = {}
    counts: Counter[tuple[str, tuple[Cause, ...]]] = Counter()
    for run in analysis.runs:
        for double in _doubles(run, places):
            key = (double.model, tuple(double.reasons))
            counts[key] += 1
            if counts[key] <= SHOWN:
                groups.setdefault(key, []).append(double)
    for key, group in groups.items():
        yield _finding(group, counts[key])


def _doubles(run: Run, places: Mapping[Place, object]) -> Iterator[Double]:
    for model, pairs in grouped(pairs_of(run), lambda pair: pair.first.model or "").items():
        ranked = sorted(pairs, key=lambda pair: (-len(reasons_of(pair, places)), pair.gain is None))
        reasons = {cause: reason for pair in ranked for cause, reason in reasons_of(pair, places).items()}
        lines = tuple(dict.fromkeys(line for pair in pairs for line in pair.lines))
        yield Double(run=run, model=model, count=len(pairs) + 1, shown=ranked[0], reasons=reasons, lines=lines)


def _finding(group: list[Double], count: int) -> Finding:
    """`group`: the first few of `count` runs alike."""
    shown, reasons = group[0].shown, group[0].reasons
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING if reasons else Severity.INFO,
        summary=f"{_what(group[0], count)}: {_verdict(shown, reasons)}.",
        detail=sentences(*_arithmetic(shown), _doubt(shown)),
        advice=sentences(*(ADVICE[cause] for cause in reasons)) or "Leave it as it is.",
        runs=numbers(double.run for double in group),
        lines=lines_of((double.run, double.lines) for double in group),
    )


def _what(first: Double, count: int) -> str:
    if count == 1:
        return f"{first.model} is loaded {first.count} times in run {first.run.number}"
    return f"{first.model} is loaded more than once within a run, in {count} runs (figures of run {first.run.number})"


def _verdict(pair: Pair, reasons: Mapping[Cause, str]) -> str:
    if reasons:
        return f"not normal, because {joined(reasons.values())}"
    good = ["nothing was offloaded" if pair.second.mode is LoadMode.FULL else None, _gain_text(pair)]
    return f"normal, {joined(part for part in good if part)}" if any(good) else "normal as far as the log tells"


def _gain_text(pair: Pair) -> str | None:
    if pair.gain is None or not pair.second.reload:
        return None
    if pair.gain >= 0:
        return f"the second pass is {percent(pair.gain)} faster per step, so the reload did not hurt"
    if pair.gain >= -SLOWER_PART:
        return f"the second pass is only {percent(-pair.gain)} slower per step"
    return "the passes are too short to compare"


def _arithmetic(pair: Pair) -> Iterator[str | None]:
    if pair.first.loaded_bytes is not None:
        yield f"Before the second load {format_mib(pair.first.loaded_bytes)} were loaded (line {pair.first.line})."
    if pair.unload is not None:
        yield _freed(pair.first, pair.unload)
    yield _brought_in(pair)
    yield _offload_state(pair)
    yield _passes(pair)


def _freed(first: Load, unload: Unload) -> str | None:
    if unload.freed_bytes is None or unload.remaining_bytes is None:
        return None
    fact = f"{format_mib(unload.freed_bytes)} were freed and {format_mib(unload.remaining_bytes)} remained (line {unload.line})"
    if first.loaded_bytes is None:
        return f"{fact}."
    rest = first.loaded_bytes - unload.freed_bytes
    total = f"{bare_mib(first.loaded_bytes)} - {bare_mib(unload.freed_bytes)} = {bare_mib(rest)} MB"
    apart = f"{abs(rest - unload.remaining_bytes) / MIB:.2f} MB apart"
    if adds_up(first, unload):
        return f"{fact}: {total}, which adds up within rounding ({apart})."
    return f"{fact}: {total}, which does not add up ({apart}); that line does not name its model, it may be another one."


def _brought_in(pair: Pair) -> str | None:
    load, unload = pair.second, pair.unload
    if load.loaded_bytes is None:
        return None
    fact = f"The second load ends with {format_mib(load.loaded_bytes)} (line {load.line})"
    if load.added_bytes is None:
        return f"{fact}."
    kept = unload.remaining_bytes if unload else None
    matches = kept is not None and abs(load.loaded_bytes - kept - load.added_bytes) <= ROUNDING_BYTES
    how = f"{bare_mib(load.loaded_bytes)} - {bare_mib(kept)} = " if matches and kept is not None else ""
    return f"{fact}, of which {how}{format_mib(load.added_bytes)} were newly brought in{evidence_note(load.added_evidence)}."


def _offload_state(pair: Pair) -> str | None:
    patches = pair.second.patches if pair.second.patches is not None else pair.unload.patches if pair.unload else None
    patched = "" if patches is None else f", lowvram patches: {patches}"
    if pair.second.mode is LoadMode.FULL:
        return f"It is a full load{patched}: nothing was offloaded." if not patches else f"It is a full load{patched}."
    return f"It is a partial load{patched}."


def _passes(pair: Pair) -> str | None:
    if pair.before is None or pair.after is None or pair.gain is None:
        return "The log shows no pass on both sides of the second load, so their speed cannot be compared."
    change = f"{percent(abs(pair.gain))} {'faster' if pair.gain >= 0 else 'slower'} per step"
    return f"Pass before: {_pass_text(pair.before)}. Pass after: {_pass_text(pair.after)}: {change}."


def _pass_text(bar: ProgressBar) -> str:
    clock = f" in {exact(bar.seconds)}" if bar.seconds is not None else ""
    return f"{format_number(bar.steps)} steps{clock}, {per_step(bar.seconds_per_step or 0)} (line {bar.line})"


def _doubt(pair: Pair) -> str | None:
    name = model_name(pair.second)
    if not pair.second.reload:
        return f"A model file was read in between, so these are probably two models of class {name}."
    if pair.unload is None:
        return f"No line between the loads tells what was freed: these may be two models of class {name}, the log names no files."
    return None


RULE = Rule(
    id="double-load",
    about="A diffusion model class is loaded more than once within one run; says whether that is normal.",
    find=find,
)
