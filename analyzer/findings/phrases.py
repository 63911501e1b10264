"""Words that all findings share: counts, lists with a cap, figures as the log writes them, and what a finding rests on."""

from collections.abc import Iterable, Sequence
from itertools import islice

from analyzer.cuts import beginning
from analyzer.runs.model import Evidence, Load, Run
from analyzer.units import MIB, format_duration, format_seconds, plural

RUNS_SHOWN = 10
LINES_SHOWN = 20
GROUPS_SHOWN = 5
MESSAGE_SHOWN = 80
LONG_SECONDS = 600.0


def some_runs(runs: Sequence[object]) -> str:
    """`1 run` or `3 runs`, of anything there is one of per run."""
    return plural(len(runs), "run")


def was(count: int) -> str:
    return "was" if count == 1 else "were"


def joined(words: Iterable[str], *, cap: int = GROUPS_SHOWN) -> str:
    """`a`, `a and b`, `a, b and c`; beyond the cap `a, b and 7 more`."""
    every = list(words)
    shown = every if len(every) <= cap else [*every[:cap], f"{len(every) - cap} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def runs_text(runs: Sequence[Run]) -> str:
    """`run 4`, `runs 1, 2 and 3`, `12 runs`."""
    if len(runs) == 1:
        return f"run {runs[0].number}"
    return f"runs {joined(str(run.number) for run in runs)}" if len(runs) <= GROUPS_SHOWN else some_runs(runs)


def sentences(*parts: str | None) -> str:
    """The sentences that have something to say, one after the other."""
    return " ".join(part for part in parts if part)


def exact(seconds: float) -> str:
    """Seconds to the hundredth as in `Prompt executed in 303.88 seconds`; long ones in hours and minutes as well."""
    text = format_seconds(seconds)
    return f"{text} ({format_duration(seconds)})" if seconds > LONG_SECONDS else text


def percent(ratio: float) -> str:
    """`16.5 %`: what changed, or what is held against a bound, to a tenth. `units.format_share` is for reading at a glance."""
    return f"{ratio * 100:.1f} %"


def per_step(seconds: float) -> str:
    """`2.42 s/step`; fast steps keep three digits."""
    return f"{seconds:.2f} s/step" if seconds >= 0.1 else f"{seconds:.3g} s/step"


def bare_mib(size: int) -> str:
    """A size in ComfyUI's MB without its unit, for sums: `6602.51`."""
    return f"{size / MIB:.2f}"


def model_name(load: Load) -> str:
    return load.model if load.model is not None else f"a model ({load.role.value})"


def evidence_note(evidence: Evidence | None) -> str:
    """` (inferred)` behind a figure that was deduced."""
    return "" if evidence in (None, Evidence.MEASURED) else f" ({evidence.value})"


def message_start(message: str) -> str:
    """The first line of a message, cut to what fits a row."""
    lines = message.strip().splitlines()
    first = " ".join(lines[0].split()) if lines else ""
    return first if len(first) <= MESSAGE_SHOWN else beginning(first, MESSAGE_SHOWN - 1, mark="…")


def closed(text: str) -> str:
    """A text that somebody else wrote as the end of a sentence."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def numbers(runs: Iterable[Run]) -> tuple[int, ...]:
    """The first different run numbers, for a finding."""
    found: dict[int, None] = {}
    for run in runs:
        found[run.number] = None
        if len(found) == RUNS_SHOWN:
            break
    return tuple(found)


def lines_of(seen: Iterable[tuple[Run, Iterable[int]]]) -> tuple[int, ...]:
    """The first different lines, for a finding: those of the source of its first run, as findings have it."""
    lines: dict[int, None] = {}
    source: str | None = None
    for run, own in seen:
        source = run.source if source is None else source
        if run.source == source:
            lines.update(dict.fromkeys(own))
        if len(lines) >= LINES_SHOWN:
            break
    return tuple(islice(lines, LINES_SHOWN))
