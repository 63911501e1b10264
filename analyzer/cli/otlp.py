"""`--otlp URL`: a report's runs to an OpenTelemetry collector."""

from typing import TYPE_CHECKING

from analyzer.cli.output import note

if TYPE_CHECKING:
    from analyzer.renderers.base import Options
    from analyzer.report import Report


def check_address(target: str) -> None:
    """Raises UsageError for an address that cannot be one, or where the packages are not installed."""
    from analyzer.renderers import OTLP_NEEDS, need

    need("otlp", OTLP_NEEDS)
    from analyzer.sending import endpoint_of

    endpoint_of(target)


def send_spans(target: str, report: "Report", options: "Options", *, quiet: bool) -> None:
    """Sends the spans and says what was taken. Raises ComfymeterError."""
    from analyzer.renderers.otlp import span_batches
    from analyzer.renderers.placing import place_notes
    from analyzer.renderers.private import learn
    from analyzer.sending import endpoint_of, own_resource, send
    from analyzer.units import plural

    learn(report, options.redactor)
    sent = send(span_batches(report, options, own_resource()), endpoint_of(target))
    note(f"sent {plural(sent.runs, 'run')} as {plural(sent.spans, 'span')} to {sent.place}", quiet=quiet)
    for text in place_notes(report):
        note(f"--otlp: {text}", quiet=quiet)
