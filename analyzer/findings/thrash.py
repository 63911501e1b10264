"""model-thrash and slow-second-load: models that leave the device and have to come back."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import Life, classic_loads, life
from analyzer.findings.phrases import exact, lines_of, numbers, sentences
from analyzer.findings.reloads import THRASH_RUNS, Reloaded, much_slower, thrashing
from analyzer.runs.model import Load, Run
from analyzer.units import GIB, format_bytes, format_mib, plural

LARGE_BYTES = GIB
SMALL_TIME = 0.05

SlowPair = tuple[Run, Load, Load]


def find_thrash(analysis: Analysis) -> Iterator[Finding]:
    by_model: dict[str, Reloaded] = {}
    for (_, model), seen in thrashing(analysis).items():
        by_model[model] = by_model[model].plus(seen) if model in by_model else seen
    for model, seen in by_model.items():
        # A diffusion model always; others (a small VAE) only when they are large.
        if seen.diffusion or seen.largest_bytes >= LARGE_BYTES:
            yield _thrash(model, seen)


def _thrash(model: str, seen: Reloaded) -> Finding:
    return Finding(
        rule=THRASH.id,
        severity=_severity(seen),
        summary=f"{model} is brought in again in {plural(seen.runs, 'run')}, {plural(seen.loads, 'time')} in all.",
        detail=sentences(
            _moved(seen),
            _lost(seen),
            "The log names the class, not the file: two models of one class that take turns look the same.",
        ),
        advice="Keep the model loaded: give it the VRAM that other models hold, use a smaller (quantised) one, "
        "or run jobs of one model after each other. Check for --disable-smart-memory and for nodes that unload models.",
        runs=numbers(run for run, _ in seen.shown),
        lines=lines_of((run, [load.line for load in own]) for run, own in seen.shown),
    )


def _severity(seen: Reloaded) -> Severity:
    """Not worth a warning for what is not a diffusion model, or where all of it is known and small."""
    small = seen.timed == seen.loads and seen.seconds < SMALL_TIME * seen.run_seconds
    return Severity.WARNING if seen.diffusion and not small else Severity.INFO


def _moved(seen: Reloaded) -> str | None:
    if not seen.sized:
        return None
    of_all = "" if seen.sized == seen.loads else f" by the {seen.sized} loads whose size is known"
    return f"{format_bytes(seen.moved_bytes)} were moved to the device again{of_all}."


def _lost(seen: Reloaded) -> str | None:
    if not seen.timed:
        return "No stamps tell how long that took."
    return f"{exact(seen.seconds)} went into it ({seen.timed} of {plural(seen.loads, 'load')} timed)."


def find_slow(analysis: Analysis) -> Iterator[Finding]:
    slow = list(_slow_pairs(analysis))
    if slow:
        yield _slow_finding(slow)


def _slow_pairs(analysis: Analysis) -> Iterator[SlowPair]:
    """Reloads against the first timed load of their class in the same server life."""
    firsts: dict[tuple[Life, str], Load] = {}
    for run in analysis.runs:
        for load in classic_loads(run):
            if load.model is None or load.seconds is None:
                continue
            first = firsts.setdefault((life(run), load.model), load)
            if load.reload and load is not first and much_slower(first, load):
                yield run, first, load


def _slow_finding(slow: list[SlowPair]) -> Finding:
    run, first, load = max(slow, key=lambda pair: pair[2].seconds or 0.0)
    times = (load.seconds or 0.0) / (first.seconds or 1.0)
    size = f" ({format_mib(load.loaded_bytes)})" if load.loaded_bytes is not None else ""
    return Finding(
        rule=SLOW.id,
        severity=Severity.WARNING,
        summary=f"Loading {load.model} again took {exact(load.seconds or 0.0)} in run {run.number}, {times:.1f} times as long as "
        f"the first time ({exact(first.seconds or 0.0)}).",
        detail=sentences(
            f"{plural(len(slow), 'reload')} of this kind; the slowest one is shown{size}, line {load.line}.",
            "Its file was probably no longer in the system's cache (inferred), or the disk was slow or busy.",
        ),
        advice="Put the model files on an SSD, check the cache folder and free RAM, keep the model loaded.",
        runs=numbers(run for run, _, _ in slow),
        lines=lines_of((run, [load.line]) for run, _, load in slow),
    )


THRASH = Rule(
    id="model-thrash",
    about=f"A model class is loaded again in {THRASH_RUNS} consecutive runs, or in most runs, of one server life.",
    find=find_thrash,
)
SLOW = Rule(
    id="slow-second-load",
    about="A reload took at least twice as long per byte as the first load of its class, and at least 5 s.",
    find=find_slow,
)
