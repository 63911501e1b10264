"""The past of all workflows, from which a run in flight is predicted."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from analyzer.predict.course import Course
from analyzer.predict.live_run import LiveRun
from analyzer.predict.matching import likely_workflows
from analyzer.predict.past import PastRow, course_of_row, course_of_run
from analyzer.predict.phase_history import MOST_RUNS, PhaseHistory
from analyzer.runs.model import Run
from analyzer.timeouts.curve import Curve
from analyzer.timeouts.estimate import estimate

# Of each workflow so many runs stand for a run that is like none of them.
_OF_EACH = 10


class History:
    """Past runs by workflow. It does not change: `plus` gives a new one that shares what is the same."""

    def __init__(self, workflows: Mapping[str, PhaseHistory] | None = None) -> None:
        self.workflows: Mapping[str, PhaseHistory] = dict(workflows or {})

    @classmethod
    def of_courses(cls, courses: Iterable[Course]) -> "History":
        """From courses in the order of time."""
        named: dict[str, list[Course]] = {}
        for course in courses:
            named.setdefault(course.workflow, []).append(course)
        return cls({name: PhaseHistory(name, group) for name, group in named.items()})

    @classmethod
    def of_runs(cls, runs: Iterable[Run]) -> "History":
        """From the runs of logs, oldest first."""
        return cls.of_courses(map(course_of_run, runs))

    @classmethod
    def of_rows(cls, rows: Iterable[PastRow]) -> "History":
        """From a history's rows, newest first as it hands them out; of each workflow only the newest are looked at."""
        named: dict[str, list[Course]] = {}
        for row in rows:
            group = named.setdefault(row.log_signature, [])
            if len(group) < MOST_RUNS:
                group.append(course_of_row(row))
        return cls({name: PhaseHistory(name, reversed(group)) for name, group in named.items()})

    def plus(self, course: Course) -> "History":
        """With one run more."""
        known = self.workflows.get(course.workflow)
        courses = (*(known.courses if known else ()), course)
        return History({**self.workflows, course.workflow: PhaseHistory(course.workflow, courses)})

    def likely(self, live: LiveRun) -> list[tuple[PhaseHistory, float]]:
        """The workflows that a run may be of, with their weights; the defaults where no past run is like it."""
        return likely_workflows(live, self.workflows) or [(self._anything, 1.0)]

    @cached_property
    def _anything(self) -> PhaseHistory:
        """A workflow without a name, made from all: this server's own defaults."""
        return PhaseHistory("", [course for history in self.workflows.values() for course in history.courses[-_OF_EACH:]])

    @cached_property
    def curves(self) -> Mapping[str, Curve]:
        """P(a run takes longer) per workflow, as the timeout's advice has it."""
        seen = {
            name: [course.observation for course in history.courses if course.observation is not None]
            for name, history in self.workflows.items()
        }
        return {name: found.curve for name, found in estimate({name: some for name, some in seen.items() if some}).items()}
