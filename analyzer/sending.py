"""Spans over the network, to an OpenTelemetry collector or back end: OTLP over HTTP, in protobuf."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from analyzer.errors import ComfymeterError, UsageError

# For `--otlp env`: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT says where.
FROM_ENVIRONMENT = "env"
_TRACES_PATH = "/v1/traces"
_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was taken, and by whom, without what the address may say of a login."""

    runs: int
    spans: int
    place: str


def endpoint_of(target: str) -> str | None:
    """The address for `--otlp`: that of a server gets the standard path. None: the environment says. Raises UsageError."""
    if target == FROM_ENVIRONMENT:
        for name in (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT):
            if os.environ.get(name):
                _check(name, os.environ[name])
        return None
    _check("--otlp", target)
    parts = urlsplit(target)
    return urlunsplit(parts._replace(path=_TRACES_PATH)) if parts.path in ("", "/") else target


def _check(name: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"{name}: not an http or https address; write it like http://localhost:4318")


def own_resource() -> Resource:
    """What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say."""
    return OTELResourceDetector().detect()


def send(batches: Iterable[list[ReadableSpan]], endpoint: str | None) -> Sent:
    """Sends batch by batch; headers, certificates and the time for each come from the environment (OTEL_EXPORTER_OTLP_*).

    Raises ComfymeterError at the first batch that is not taken.
    """
    traces: set[int] = set()
    spans = 0
    with _quiet_logs(), _Session() as session:
        exporter = _exporter(endpoint, session)
        for batch in batches:
            taken = exporter.export(batch) is SpanExportResult.SUCCESS
            if trouble := session.trouble(taken):
                before = f"; {spans:,} were taken before" if spans else ""
                raise ComfymeterError(f"{session.place}: spans were not taken: {trouble}{before}")
            spans += len(batch)
            traces.update(span.context.trace_id for span in batch if span.context)
    return Sent(runs=len(traces), spans=spans, place=session.place)


def _exporter(endpoint: str | None, session: "_Session") -> OTLPSpanExporter:
    try:
        return OTLPSpanExporter(endpoint=endpoint, session=session)
    except Exception as error:  # whatever the environment holds
        raise ComfymeterError(f"OTEL_EXPORTER_OTLP_*: {error}") from error


class _Session(requests.Session):
    """A session that remembers how the last request went: the exporter tells that to its log only."""

    place = ""
    _error: Exception | None = None
    _response: requests.Response | None = None

    def request(self, method: str, url: str, *given: Any, **named: Any) -> requests.Response:  # type: ignore[override]
        self.place, self._error, self._response = _shown(url), None, None
        # A redirect would be followed by a GET, to a log-in page more often than not.
        named["allow_redirects"] = False
        try:
            self._response = super().request(method, url, *given, **named)
        except Exception as error:
            self._error = error
            raise
        return self._response

    def trouble(self, taken: bool) -> str | None:
        """Why the last request was no success; None if it was."""
        response = self._response
        if response is None:
            return _reason(self._error)
        if not taken or not 200 <= response.status_code < 300:
            return f"HTTP {response.status_code} {response.reason}".strip()
        return _rejected(response.headers, response.content)


def _rejected(headers: Mapping[str, str], content: bytes) -> str | None:
    """A collector may take some spans only."""
    if not headers.get("Content-Type", "").startswith(_PROTOBUF):
        return None
    try:
        partial = ExportTraceServiceResponse.FromString(content).partial_success
    except DecodeError:
        return "the answer is no OTLP"
    if not partial.rejected_spans:
        return None
    return f"{partial.rejected_spans} rejected: {partial.error_message or 'no reason given'}"


def _reason(error: Exception | None) -> str:
    """The innermost reason: `Connection refused` instead of the whole chain."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return str(error) if error else "no answer in time"


def _shown(url: str) -> str:
    """An address without log-in and query."""
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    return urlunsplit((parts.scheme, f"{parts.hostname or ''}{port}", parts.path, "", ""))


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """The exporter logs its troubles, with tracebacks, to stderr; ours is one line."""
    logger = logging.getLogger("opentelemetry")
    before, silent = logger.propagate, logging.NullHandler()
    logger.propagate = False
    logger.addHandler(silent)
    try:
        yield
    finally:
        logger.removeHandler(silent)
        logger.propagate = before
