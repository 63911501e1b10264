"""log-unusable: what this log cannot tell, why, and how to take a better one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from analyzer.analysis import Analysis, SourceInfo
from analyzer.cuts import beginning
from analyzer.events import Role
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import grouped, grouped_runs
from analyzer.findings.phrases import GROUPS_SHOWN, exact, joined, numbers, runs_text, sentences
from analyzer.runs.model import Evidence, Outcome, Run
from analyzer.units import format_share, plural

UNPARSED_SHARE = 0.05
UNPARSED_LINES = 20
SAMPLES_SHOWN = 3
SAMPLE_CHARACTERS = 60
BARS_EXPECTED_SECONDS = 10.0

RECORD_BARS = "Start the server with comfymeter record -- python main.py: it stamps every line and every progress frame."
RECORD = sentences(
    RECORD_BARS,
    "Or stamp each line: python main.py 2>&1 | ts '%Y-%m-%dT%H:%M:%.S' > log (Debian: moreutils), or docker logs -t.",
)
REDIRECT = "Redirect both streams, in this order: python main.py > log 2>&1 (PowerShell 7: python main.py *> log)."

RunsBySource = Mapping[str, Sequence[Run]]


def find(analysis: Analysis) -> Iterator[Finding]:
    runs = grouped_runs(analysis.runs, lambda run: run.source)
    for check in SOURCE_CHECKS:
        yield from check(analysis.sources, runs)
    yield from _excerpts(analysis)
    yield from _unparsed(analysis)


def _names(sources: list[SourceInfo]) -> str:
    return joined(source.name for source in sources)


def _stampless(sources: tuple[SourceInfo, ...], runs: RunsBySource) -> Iterator[Finding]:
    found = [source for source in sources if source.stamps == "none" and runs.get(source.name)]
    if found:
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"No time stamps in {_names(found)}: only bars, printed times and closing lines tell how long things take.",
            detail=sentences(
                "Phases without a bar (model load, text encoding, VAE) cannot be timed apart, nor can the queue wait.",
                _untimed([runs[source.name] for source in found]),
            ),
            advice=RECORD,
        )


def _untimed(groups: Sequence[Sequence[Run]]) -> str | None:
    rest = sum(time.seconds for run in chain(*groups) for time in run.phases if time.evidence is Evidence.REMAINDER)
    total = sum(time.seconds for run in chain(*groups) for time in run.phases)
    return f"No line times {exact(rest)} of {exact(total)} ({format_share(rest / total)})." if rest > 0 and total > 0 else None


def _barless(sources: tuple[SourceInfo, ...], runs: RunsBySource) -> Iterator[Finding]:
    found = [s for s in sources if not s.bars and not s.error_stream_missing and any(map(_expects_bars, runs.get(s.name, ())))]
    if found:
        yield Finding(
            rule=RULE.id,
            severity=Severity.WARNING,
            summary=f"No progress bars in {_names(found)}, although runs load a diffusion model and take their time.",
            detail="Without bars sampling cannot be told from the rest of a run. "
            "They go to the error stream; some collectors drop or hide lines with carriage returns.",
            advice=sentences(REDIRECT, "With journald use journalctl -a or -o json."),
        )


def _expects_bars(run: Run) -> bool:
    long = (run.duration_seconds or 0.0) >= BARS_EXPECTED_SECONDS
    return run.outcome is Outcome.SUCCESS and long and not run.passes and any(load.role is Role.DIFFUSION for load in run.loads)


def _half(sources: tuple[SourceInfo, ...], runs: RunsBySource) -> Iterator[Finding]:
    found = [source for source in sources if source.error_stream_missing]
    if found:
        yield Finding(
            rule=RULE.id,
            severity=Severity.WARNING,
            summary=f"The error stream is missing from {_names(found)}: bars, warnings and exceptions are not there.",
            detail="Failed runs look like finished ones then, so outcomes and sampling times cannot be trusted.",
            advice=sentences(REDIRECT, RECORD),
        )


def _late(sources: tuple[SourceInfo, ...], runs: RunsBySource) -> Iterator[Finding]:
    found = [source for source in sources if source.stamps_are_late]
    if found:
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"In {_names(found)} a progress bar carries only the stamp of its end.",
            detail="When a pass began is deduced from the bar's own clock (inferred), which may leave out initialisation.",
            advice=RECORD_BARS,
        )


def _repaired(sources: tuple[SourceInfo, ...], runs: RunsBySource) -> Iterator[Finding]:
    found = [source for source in sources if source.repaired_lines > 0]
    if found:
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"{plural(sum(s.repaired_lines for s in found), 'line')} of {_names(found)} had damaged characters, "
            "repaired for reading.",
            detail="The text was decoded with a wrong encoding; figures are not affected, some characters may be lost.",
            advice="Copy the log as a file, or save it as UTF-8.",
        )


def _noted(sources: tuple[SourceInfo, ...], runs: RunsBySource) -> Iterator[Finding]:
    notes = grouped(((source, note) for source in sources for note in source.notes), lambda one: one[1])
    if notes:
        texts = [f"{note} ({_names([source for source, _ in group])})" for note, group in list(notes.items())[:GROUPS_SHOWN]]
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"{plural(len(notes), 'note')} on how the log was read.",
            detail="; ".join(texts) + ".",
            advice="Check that the log is whole and comes from one server.",
        )


def _excerpts(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if run.partial]
    if runs:
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"Known from an excerpt only, without request or closing line: {runs_text(runs)}.",
            detail="The run's duration is not known; what is shown covers the lines that are there.",
            advice="Give the log from 'got prompt' to 'Prompt executed'.",
            runs=numbers(runs),
        )


def _unparsed(analysis: Analysis) -> Iterator[Finding]:
    unparsed = analysis.unparsed
    if unparsed.share > UNPARSED_SHARE and unparsed.lines >= UNPARSED_LINES:
        samples = "; ".join(f"{s.source}:{s.line} {_cut(s.text)}" for s in unparsed.samples[:SAMPLES_SHOWN])
        yield Finding(
            rule=RULE.id,
            severity=Severity.INFO,
            summary=f"{unparsed.lines} of {unparsed.of_lines} lines ({format_share(unparsed.share)}) are of no known kind.",
            detail=sentences(
                "Probably a newer ComfyUI or unknown custom nodes (inferred).", f"For example: {samples}." if samples else None
            ),
            advice="Write them to a file with --unparsed FILE, look through it and report lines that matter.",
        )


def _cut(text: str) -> str:
    return text if len(text) <= SAMPLE_CHARACTERS else beginning(text, SAMPLE_CHARACTERS - 1, mark="…")


SOURCE_CHECKS: tuple[Callable[[tuple[SourceInfo, ...], RunsBySource], Iterator[Finding]], ...] = (
    _half,
    _barless,
    _stampless,
    _late,
    _repaired,
    _noted,
)
RULE = Rule(
    id="log-unusable",
    about="Something is missing from the log: stamps, bars, the error stream, whole runs; or over 5 % of its lines are unknown.",
    find=find,
)
