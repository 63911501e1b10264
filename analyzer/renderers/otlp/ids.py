"""Ids of traces and spans that are the same whenever the same log is read, so that sending twice does not double."""

from hashlib import sha256

from opentelemetry.trace import SpanContext, TraceFlags

from analyzer.runs.model import Run

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def trace_id(run: Run, log_began_at: float | None) -> int:
    """A run's id, from the first stamp of its log and from where and when the run begins in it.

    No names: a log that grew, was renamed, packed or moved has the same runs, and nothing private can be told from the id.
    """
    began = run.queued_at if run.queued_at is not None else run.started_at
    return _hash("run", _moment(log_began_at), _moment(began), run.queued_line, run.first_line, bits=128)


def context(trace: int, *what: object) -> SpanContext:
    """The ids of a span: of its trace, and by what it is in there."""
    return SpanContext(trace_id=trace, span_id=_hash(trace, *what, bits=64), is_remote=False, trace_flags=_SAMPLED)


def _hash(*parts: object, bits: int) -> int:
    # 0 is no id.
    return int.from_bytes(sha256(repr(parts).encode()).digest()[: bits // 8], "big") or 1


def _moment(at: float | None) -> int | None:
    return None if at is None else round(at * 1_000_000)
