"""Runs to spans: the run, under it its phases, under them the loads that took time."""

from bisect import bisect_left

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from analyzer.analysis import SourceInfo
from analyzer.renderers.otlp.attributes import of_load, of_phase, of_resource, of_run
from analyzer.renderers.otlp.events import events_of, nanoseconds
from analyzer.renderers.otlp.ids import context, trace_id
from analyzer.renderers.placing import end_at, is_date, start_at
from analyzer.renderers.short_text import ShortText
from analyzer.report import Report
from analyzer.runs.model import Failure, Load, Outcome, PhaseSpan, Run

# A run has a dozen; back ends refuse traces of many thousand. The longest are kept.
_MOST_CHILDREN = 1000
_BROKEN = (Outcome.ERROR, Outcome.OOM, Outcome.CUT_OFF)


class SpanMaker:
    """Makes the spans of a report's runs. `resource`: attributes of the place that sends them, above the log's own."""

    def __init__(self, report: Report, text: ShortText, version: str, resource: Resource) -> None:
        self._text = text
        self._scope = InstrumentationScope("comfymeter", version)
        self._sources = {source.name: source for source in report.sources}
        self._starts = {start.number: start for start in report.server_starts}
        self._given = resource
        self._resources: dict[tuple[str, int], Resource] = {}

    def spans(self, run: Run) -> list[ReadableSpan]:
        """The spans of a placed run, parents first."""
        source = self._sources.get(run.source)
        trace = trace_id(run, source.first_at if source else None)
        resource = self._resource(source, run)
        root = context(trace, "run")
        phases, loads, left_out = _children(run)
        over = [context(trace, "phase", place, span.phase.value) for place, span in enumerate(phases)]
        made = [self._run(run, root, resource, left_out)]
        made += [self._phase(span, own, root, resource) for span, own in zip(phases, over, strict=True)]
        ends = [span.started_at + span.seconds for span in phases]
        for place, load in enumerate(loads):
            inside = bisect_left(ends, load.at or 0.0)
            parent = over[inside] if inside < len(phases) and phases[inside].started_at < (load.at or 0.0) else root
            made.append(self._load(load, context(trace, "load", place, load.line), parent, resource))
        return made

    def _run(self, run: Run, own: SpanContext, resource: Resource, left_out: int) -> ReadableSpan:
        return ReadableSpan(
            name="run",
            context=own,
            kind=SpanKind.SERVER,
            resource=resource,
            instrumentation_scope=self._scope,
            attributes=of_run(run, self._text, left_out),
            events=events_of(run, self._text),
            status=self._status(run),
            start_time=nanoseconds(start_at(run)),
            end_time=nanoseconds(end_at(run)),
        )

    def _phase(self, span: PhaseSpan, own: SpanContext, parent: SpanContext, resource: Resource) -> ReadableSpan:
        return ReadableSpan(
            name=span.phase.value,
            context=own,
            parent=parent,
            resource=resource,
            instrumentation_scope=self._scope,
            attributes=of_phase(span),
            start_time=nanoseconds(span.started_at),
            end_time=nanoseconds(span.started_at + span.seconds),
        )

    def _load(self, load: Load, own: SpanContext, parent: SpanContext, resource: Resource) -> ReadableSpan:
        end = load.at or 0.0
        return ReadableSpan(
            name="load",
            context=own,
            parent=parent,
            resource=resource,
            instrumentation_scope=self._scope,
            attributes=of_load(load, self._text),
            start_time=nanoseconds(end - (load.seconds or 0.0)),
            end_time=nanoseconds(end),
        )

    def _status(self, run: Run) -> Status:
        if run.outcome not in _BROKEN:
            return Status(StatusCode.UNSET)
        return Status(StatusCode.ERROR, _description(run.failure, self._text))

    def _resource(self, source: SourceInfo | None, run: Run) -> Resource:
        key = run.source, run.server_number
        if key not in self._resources:
            start = self._starts.get(run.server_number)
            self._resources[key] = Resource(of_resource(source, start, self._text)).merge(self._given)
        return self._resources[key]


def _children(run: Run) -> tuple[list[PhaseSpan], list[Load], int]:
    """The phases and loads that have times, and how many there are too many of; the longest stay."""
    phases = [span for span in run.spans if is_date(span.started_at) and is_date(span.started_at + span.seconds)]
    loads = [load for load in run.loads if load.at is not None and load.seconds is not None and is_date(load.at - load.seconds)]
    left_out = len(phases) + len(loads) - _MOST_CHILDREN
    if left_out <= 0:
        return phases, loads, 0
    shortest = sorted([span.seconds for span in phases] + [load.seconds or 0.0 for load in loads])[left_out]
    phases = [span for span in phases if span.seconds >= shortest][:_MOST_CHILDREN]
    loads = [load for load in loads if (load.seconds or 0.0) >= shortest][: _MOST_CHILDREN - len(phases)]
    return phases, loads, left_out


def _description(failure: Failure | None, text: ShortText) -> str:
    return ": ".join(text(part) for part in (failure.kind, failure.message) if part) if failure else ""
