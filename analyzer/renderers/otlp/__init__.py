"""The report as OpenTelemetry spans: batches to send, and OTLP JSON lines as the collector's file receiver reads them.

Only runs with date and time can be spans.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from analyzer.renderers.base import Options
from analyzer.renderers.otlp.spans import SpanMaker
from analyzer.renderers.placing import placed
from analyzer.renderers.short_text import short_text
from analyzer.report import Report

_BATCH_SPANS = 500
# The collector reads lines of up to 1 MiB unless it is told otherwise (`max_log_size`).
_LONGEST_LINE = 1_000_000
_NOTHING: Resource = Resource({})
# Base64 in protobuf's JSON, hexadecimal in OTLP's.
_IDS = ("traceId", "spanId", "parentSpanId")


def render(report: Report, options: Options) -> str:
    return "".join(parts(report, options))


def parts(report: Report, options: Options) -> Iterator[str]:
    """The document line by line, each an `ExportTraceServiceRequest`. Raises NoTimesError."""
    for batch in span_batches(report, options):
        yield from _lines(batch)


def span_batches(report: Report, options: Options, resource: Resource = _NOTHING) -> Iterator[list[ReadableSpan]]:
    """Spans in batches of a few hundred, runs whole. `resource`: attributes above the log's own. Raises NoTimesError."""
    maker = SpanMaker(report, short_text(options), options.version, resource)
    batch: list[ReadableSpan] = []
    for run in placed(report):
        batch += maker.spans(run)
        if len(batch) >= _BATCH_SPANS:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(batch: list[ReadableSpan]) -> Iterator[str]:
    line = json.dumps(_request(batch), ensure_ascii=False, separators=(",", ":")) + "\n"
    if len(line.encode()) <= _LONGEST_LINE or len(batch) == 1:
        yield line
    else:
        middle = len(batch) // 2
        yield from _lines(batch[:middle])
        yield from _lines(batch[middle:])


def _request(batch: list[ReadableSpan]) -> Any:
    request = MessageToDict(encode_spans(batch), use_integers_for_enums=True)
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                span.update({name: b64decode(span[name]).hex() for name in _IDS if name in span})
    return request
