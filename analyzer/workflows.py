"""What users call their workflows: rules that name runs, set a limit for them, and leave runs out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from analyzer.runs.model import Outcome, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRule:
    """A named workflow and how its runs are told from others; what is not given is not asked.

    `models`: all of these diffusion model classes are in use. `passes`: fewest and most sampler passes. `detects`: whether a
    detector ran. `bars`: each of these texts is in the description of some progress bar. `signatures`: one of these exactly.
    """

    name: str
    limit_seconds: float | None = None
    models: tuple[str, ...] = ()
    passes: tuple[int, int] | None = None
    detects: bool | None = None
    bars: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()

    def takes(self, run: Run) -> bool:
        """Whether a run is of this workflow."""
        if self.signatures and run.workflow.signature not in self.signatures:
            return False
        if self.passes and not self.passes[0] <= len(run.passes) <= self.passes[1]:
            return False
        if self.detects is not None and self.detects != bool(run.detections):
            return False
        in_use = _models(run)
        return all(model in in_use for model in self.models) and all(_has_bar(run, text) for text in self.bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Runs that are not to be looked at: by workflow, by outcome, or because they are shorter than any real run."""

    workflows: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    shorter_than_seconds: float | None = None

    def takes(self, run: Run) -> bool:
        """Whether a (named) run is left out."""
        if run.workflow.name in self.workflows or run.outcome in self.outcomes:
            return True
        least, total = self.shorter_than_seconds, run.total_seconds
        return least is not None and total is not None and total < least


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """All that `comfymeter.toml` says about workflows. Rules are asked in order, the first that takes a run names it."""

    rules: tuple[WorkflowRule, ...] = ()
    exclusion: Exclusion = field(default_factory=Exclusion)

    def apply(self, runs: Iterable[Run], limit_seconds: float | None) -> Iterator[Run]:
        """The runs with the users' names and limits, without those left out. `limit_seconds`: where a rule sets none."""
        for run in runs:
            named = self._named(run, limit_seconds)
            if not self.exclusion.takes(named):
                yield named

    def __bool__(self) -> bool:
        """Whether it says anything at all."""
        return bool(self.rules) or self.exclusion != Exclusion()

    def limits(self) -> dict[str, float]:
        """The limit of each workflow that has one of its own."""
        return {rule.name: rule.limit_seconds for rule in self.rules if rule.limit_seconds is not None}

    def without_limits(self) -> "Naming":
        """The same names, with no limit of their own."""
        return replace(self, rules=tuple(replace(rule, limit_seconds=None) for rule in self.rules))

    def _named(self, run: Run, limit_seconds: float | None) -> Run:
        rule = first_that_takes(self.rules, run)
        if rule is None:
            return run if run.limit_seconds == limit_seconds else replace(run, limit_seconds=limit_seconds)
        limit = rule.limit_seconds if rule.limit_seconds is not None else limit_seconds
        return replace(run, workflow=replace(run.workflow, name=rule.name), limit_seconds=limit)


def first_that_takes(rules: Sequence[WorkflowRule], run: Run) -> WorkflowRule | None:
    return next((rule for rule in rules if rule.takes(run)), None)


def _models(run: Run) -> list[str]:
    """The diffusion models in use, from the signature: a resident model prints nothing in the run itself."""
    part = run.workflow.signature.partition("|")[0]
    return part.removeprefix("model:").split("+") if part.startswith("model:") else []


def _has_bar(run: Run, text: str) -> bool:
    return any(text in bar.label for bar in run.bars)
