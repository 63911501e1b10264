"""savings: what-ifs with their assumptions, for what the log gives evidence of; estimates, not promises."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from analyzer.analysis import Analysis
from analyzer.events import Role
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.load_pairs import Cause, Pair, pairs_of, reasons_of
from analyzer.findings.lookups import some_of, starts_by_number
from analyzer.findings.phrases import exact, lines_of, numbers, runs_text, sentences, some_runs
from analyzer.findings.reloads import reloads
from analyzer.runs.model import Evidence, Load, Outcome, Phase, Run, ServerStart
from analyzer.timeouts.changes import LIGHTER_IF_STREAMED, LIGHTER_QUANTISATION
from analyzer.units import format_bytes, plural

WORTH_SECONDS = 1.0
HEAVY_QUANT = "Q8_0"
LIGHT_QUANT = "Q4_0"
CLAIM = f"{LIGHT_QUANT} needs about half the VRAM, at some loss of quality; it is often said to sample 30 % to 40 % faster."
FITS = "Where the weights fit it has been seen to be a little faster or even slower, so this assumes {factor} times the sampling."
STREAMED = "Here weights are streamed because they do not fit, so this assumes {factor} times the sampling."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """A model that was brought in again, and the runs that did it."""

    model: str
    runs: Sequence[Run]

    def loads(self) -> Iterator[tuple[Run, Load]]:
        """Each such load, with its run."""
        return ((run, load) for run in self.runs for load in _loads_again(self.model, run))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Seconds that keeping a model loaded would save, and the sentence that says what they rest on."""

    seconds: float
    basis: str
    at_most: bool = False


def find_keep_loaded(analysis: Analysis) -> Iterator[Finding]:
    starts = starts_by_number(analysis)
    models = dict.fromkeys(load.model or "" for run in analysis.runs for load in reloads(run) if load.role is Role.DIFFUSION)
    for model in models:
        group = Reloaded(model=model, runs=some_of(analysis.runs, partial(_brings_again, model)))
        estimate = _measured(group) or _penalty(model, group.runs) or _untimed(group.runs)
        sized = any(load.loaded_bytes for _, load in group.loads())
        if sized and estimate is not None and estimate.seconds >= WORTH_SECONDS:
            yield _keep_loaded(group, estimate, starts.get(group.runs[0].server_number))


def _brings_again(model: str, run: Run) -> bool:
    return any(True for _ in _loads_again(model, run))


def _loads_again(model: str, run: Run) -> Iterator[Load]:
    return (load for load in reloads(run) if load.role is Role.DIFFUSION and (load.model or "") == model)


def _measured(group: Reloaded) -> Estimate | None:
    known = array("d", (load.seconds for _, load in group.loads() if load.seconds is not None))
    if not known:
        return None
    count = sum(1 for _ in group.loads())
    return Estimate(seconds=sum(known), basis=f"It is the time of {len(known)} of {plural(count, 'reload')} that stamps measure.")


def _penalty(model: str, runs: Sequence[Run]) -> Estimate | None:
    """Slower steps after the reload, where the log times no load."""
    pairs = [pair for run in runs for pair in pairs_of(run) if pair.first.model == model]
    seconds = sum(_lost(pair) for pair in pairs if Cause.SLOWER in reasons_of(pair, {}))
    if seconds <= 0:
        return None
    basis = "No line times the reloads; it is what slower steps after them cost, if the reload is the cause."
    return Estimate(seconds=seconds, basis=basis, at_most=True)


def _lost(pair: Pair) -> float:
    if pair.before is None or pair.after is None:
        return 0.0
    return max(0.0, (pair.after.seconds_per_step or 0.0) - (pair.before.seconds_per_step or 0.0)) * pair.after.steps


def _untimed(runs: Sequence[Run]) -> Estimate | None:
    """An upper bound: the reloads lie within the time of finished runs that no line times."""
    done = (run for run in runs if run.outcome is Outcome.SUCCESS and run.duration_seconds is not None)
    rest = sum(time.seconds for run in done for time in run.phases if time.evidence is Evidence.REMAINDER)
    basis = "No line times the reloads; they lie within this remainder, with decoding and everything else that prints nothing."
    return Estimate(seconds=rest, basis=basis, at_most=True) if rest > 0 else None


def _keep_loaded(group: Reloaded, estimate: Estimate, start: ServerStart | None) -> Finding:
    how = "at most" if estimate.at_most else "about"
    return Finding(
        rule=RULE.id,
        severity=Severity.INFO,
        summary=f"What if {group.model} stayed loaded: {how} {exact(estimate.seconds)} less over {some_runs(group.runs)} "
        "(an estimate).",
        detail=sentences(estimate.basis, _held((load for _, load in group.loads()), start)),
        advice="Try it if the VRAM is there: keep the model loaded and compare a few runs before and after.",
        runs=numbers(group.runs),
        lines=lines_of((run, [load.line]) for run, load in group.loads()),
    )


def _held(loads: Iterable[Load], start: ServerStart | None) -> str | None:
    size = max((load.loaded_bytes or 0 for load in loads), default=0)
    if not size:
        return None
    has = f" of the device's {format_bytes(start.total_vram_bytes)}" if start and start.total_vram_bytes else ""
    return f"It needs {format_bytes(size)} of VRAM held all the time{has}."


def find_lighter(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if _heavy(run)]
    seconds = sum(run.phase_seconds(Phase.SAMPLE) for run in runs)
    if seconds >= WORTH_SECONDS:
        streamed = any(load.streamed for run in runs for load in run.loads)
        factor = LIGHTER_IF_STREAMED if streamed else LIGHTER_QUANTISATION
        less = exact((1 - factor.median) * seconds)
        assumed = (STREAMED if streamed else FITS).format(factor=factor.text)
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"What if {LIGHT_QUANT} took the place of {HEAVY_QUANT}: about {less} less of "
            f"{exact(seconds)} of sampling (an estimate).",
            detail=f"{CLAIM} {assumed} Nothing of this is measured here. Concerned: {runs_text(runs)}.",
            advice="Try it on one workflow and compare the pictures and the seconds per step.",
            runs=numbers(runs),
            lines=lines_of((run, [note.line for note in run.quantizations if _is_heavy(note.text)]) for run in runs),
        )


def _heavy(run: Run) -> bool:
    return any(_is_heavy(note.text) for note in run.quantizations)


def _is_heavy(text: str) -> bool:
    return HEAVY_QUANT.lower() in text.lower()


def find(analysis: Analysis) -> Iterator[Finding]:
    yield from find_keep_loaded(analysis)
    yield from find_lighter(analysis)


RULE = Rule(
    id="savings",
    about="What-ifs with evidence: a model that is loaded again could stay loaded; Q8_0 weights could be Q4_0.",
    find=find,
)
