"""Spans: decoded by OpenTelemetry's own definitions, from files and from a real receiver."""

import base64
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otlp is not installed")

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.resources import Resource

from analyzer.errors import ComfymeterError, NoTimesError, UsageError
from analyzer.events import UnloadMode
from analyzer.redaction import Redactor
from analyzer.renderers import otlp
from analyzer.renderers.base import Options
from analyzer.renderers.otlp.spans import SpanMaker
from analyzer.renderers.placing import place_notes
from analyzer.report import Report
from analyzer.runs.model import DetectionTime, Evidence, Outcome, Phase, PhaseSpan, Run, Workflow
from analyzer.sending import Sent, endpoint_of, send
from tests.builders import bar, failure, gave_up, load, note, report, run, server_start, source, unload
from tests.logs import log, read
from tests.otlp_receiver import receiving
from tests.reports import STAMPED, UNSTAMPED, report_on
from tests.samples import SAMPLES
from tests.test_bad_input import Ended, comfymeter

PLAIN = Options(version="1.2.3")
START = 1_779_048_645.25
THRASH = str(SAMPLES / "model-thrash.log")
SECRET = "/home/gertrude/x\x1b[31m\u202e"


def decoded(text: str) -> list[ExportTraceServiceRequest]:
    """OTLP JSON lines by the definitions; its ids are hexadecimal, protobuf's own JSON has them in base64."""
    requests = []
    for line in text.splitlines():
        value = json.loads(line)
        for span in (s for resource in value["resourceSpans"] for scope in resource["scopeSpans"] for s in scope["spans"]):
            for name, length in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
                if name in span:
                    assert re.fullmatch(f"[0-9a-f]{{{length}}}", span[name])
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
        requests.append(ParseDict(value, ExportTraceServiceRequest()))
    return requests


def spans_of(requests: list[ExportTraceServiceRequest]) -> list[Span]:
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def values(attributes: Any) -> dict[str, Any]:
    found = {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}
    assert len(found) == len(attributes)
    return found


def rendered(made: Report, options: Options = PLAIN) -> list[Span]:
    return spans_of(decoded(otlp.render(made, options)))


def by_parent(spans: list[Span]) -> dict[bytes, list[Span]]:
    found: dict[bytes, list[Span]] = {}
    for span in spans:
        found.setdefault(span.parent_span_id, []).append(span)
    return found


@pytest.mark.parametrize("name", STAMPED)
def test_every_stamped_log_becomes_spans(name: str) -> None:
    made = report_on(name)
    spans = rendered(made)
    children = by_parent(spans)
    roots = children[b""]

    assert [values(root.attributes)["comfyui.run.number"] for root in roots] == [run.number for run in made.runs]
    assert len({span.span_id for span in spans}) == len(spans)
    assert len({root.trace_id for root in roots}) == len(roots)
    for root, given in zip(roots, made.runs, strict=True):
        inside = children.get(root.span_id, [])
        phases = [span for span in inside if span.name != "load"]
        assert all(span.trace_id == root.trace_id for span in inside)
        assert root.start_time_unix_nano == pytest.approx((given.started_at or 0) * 1e9, abs=1000)
        assert root.end_time_unix_nano - root.start_time_unix_nano == pytest.approx((given.total_seconds or 0) * 1e9, abs=2000)
        length = sum(span.end_time_unix_nano - span.start_time_unix_nano for span in phases)
        assert not given.spans or length == pytest.approx((given.total_seconds or 0) * 1e9, abs=2000)
        assert Counter(span.name for span in phases) == Counter(span.phase.value for span in given.spans)
        below = [span for phase in phases for span in children.get(phase.span_id, [])]
        lines = sorted(values(span.attributes)["comfyui.log.line"] for span in inside + below if span.name == "load")
        assert lines == sorted(item.line for item in given.loads if item.seconds is not None)


@pytest.mark.parametrize("name", UNSTAMPED)
def test_without_stamps_nothing_can_be_placed(name: str) -> None:
    with pytest.raises(NoTimesError, match=r"no run has a date and time; `comfymeter doctor`"):
        otlp.render(report_on(name), PLAIN)


def placed_run(number: int = 1, **given: Any) -> Run:
    start = given.pop("started_at", START)
    spans = (
        PhaseSpan(phase=Phase.MODEL_LOAD, started_at=start, seconds=60.0, evidence=Evidence.MEASURED, first_line=3, last_line=4),
        PhaseSpan(phase=Phase.OTHER, started_at=start + 60, seconds=40.0, evidence=Evidence.REMAINDER, first_line=5, last_line=9),
    )
    return run(number, **{"started_at": start, "ended_at": start + 100, "spans": spans} | given)


def full_run() -> Run:
    """One of everything."""
    return placed_run(
        queued_at=START - 10,
        queue_seconds=10.0,
        limit_seconds=105.0,
        prompt_id="abc",
        outcome=Outcome.OOM,
        failure=failure("torch.OutOfMemoryError", "no room", line=9, at=START + 99),
        passes=(bar(line=6, last_line=7, last_at=START + 60, seconds=59.0),),
        bars=(bar(line=6, last_line=8, label="Tiles", last_at=START + 61),),
        loads=(load(line=4, at=START + 50, seconds=5.0), load(line=6, at=START + 80, reload=True)),
        unloads=(unload(line=5, at=START + 75, mode=UnloadMode.FULL),),
        detections=(DetectionTime(line=8, label="2 faces", seconds=0.01, at=START + 76),),
        soft_ooms=(note("tiled decoding", line=8, at=START + 85),),
        client_timeout=gave_up(90.0, at=START + 90),
    )


def stamped(*runs: Run, **given: Any) -> Report:
    return report(*runs, **{"sources": (source(first_at=START - 50),)} | given)


def test_one_of_everything() -> None:
    start = server_start(
        comfyui_version="0.8.0", python_version="3.12.3", pytorch_version="2.9.0", device="cuda:0", total_vram_bytes=8
    )
    (request,) = decoded(otlp.render(stamped(full_run(), server_starts=(start,)), PLAIN))
    (resource,) = request.resource_spans
    root, model_load, other, loading = resource.scope_spans[0].spans

    assert values(resource.resource.attributes) == {
        "service.name": "comfyui",
        "service.version": "0.8.0",
        "process.runtime.version": "3.12.3",
        "comfyui.pytorch.version": "2.9.0",
        "comfyui.device": "cuda:0",
        "comfyui.device.vram_bytes": 8,
        "log.file.name": "comfyui.log",
    }
    assert (resource.scope_spans[0].scope.name, resource.scope_spans[0].scope.version) == ("comfymeter", "1.2.3")
    assert [span.name for span in (root, model_load, other, loading)] == ["run", "model_load", "other", "load"]
    assert [span.parent_span_id for span in (model_load, other, loading)] == [root.span_id, root.span_id, model_load.span_id]
    assert (root.kind, loading.kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_INTERNAL)
    assert (root.status.code, root.status.message) == (Status.STATUS_CODE_ERROR, "torch.OutOfMemoryError: no room")
    assert values(root.attributes) == {
        "cicd.pipeline.name": "Flux",
        "cicd.pipeline.run.id": "abc",
        "cicd.pipeline.result": "failure",
        "error.type": "torch.OutOfMemoryError",
        "comfyui.workflow.name": "Flux",
        "comfyui.workflow.signature": "flux",
        "comfyui.prompt.id": "abc",
        "comfyui.run.number": 1,
        "comfyui.run.outcome": "oom",
        "comfyui.run.start": "warm",
        "comfyui.run.partial": False,
        "comfyui.run.duration_seconds": 100.0,
        "comfyui.run.queue_seconds": 10.0,
        "comfyui.run.limit_seconds": 105.0,
        "comfyui.run.verdict": "over",
        "comfyui.log.first_line": 2,
        "comfyui.log.last_line": 9,
    }
    assert values(model_load.attributes) == {
        "comfyui.phase": "model_load",
        "comfyui.phase.evidence": "measured",
        "comfyui.log.first_line": 3,
        "comfyui.log.last_line": 4,
    }
    assert values(loading.attributes)["comfyui.load.loaded_bytes"] == 6_923_233_526
    assert values(loading.attributes)["comfyui.model.class"] == "Flux"
    events = [
        (event.name, round(event.time_unix_nano / 1e9 - START, 3), values(event.attributes).get("comfyui.log.line"))
        for event in root.events
    ]
    assert events == [
        ("comfyui.queued", -10, 1),
        ("comfyui.pass", 60, 7),
        ("comfyui.bar", 61, 8),
        ("comfyui.unload", 75, 5),
        ("comfyui.detection", 76, 8),
        ("comfyui.load", 80, 6),
        ("comfyui.out_of_memory.survived", 85, 8),
        ("comfyui.client.gave_up", 90, 9),
        ("comfyui.limit.passed", 95, None),
        ("exception", 99, 9),
    ]


@pytest.mark.parametrize(
    ("outcome", "result", "code"),
    [
        (Outcome.SUCCESS, "success", Status.STATUS_CODE_UNSET),
        (Outcome.CACHED, "success", Status.STATUS_CODE_UNSET),
        (Outcome.ERROR, "failure", Status.STATUS_CODE_ERROR),
        (Outcome.INTERRUPTED, "cancellation", Status.STATUS_CODE_UNSET),
        (Outcome.CUT_OFF, "error", Status.STATUS_CODE_ERROR),
        (Outcome.UNKNOWN, None, Status.STATUS_CODE_UNSET),
    ],
)
def test_outcomes_have_opentelemetrys_words(outcome: Outcome, result: str | None, code: int) -> None:
    root = rendered(stamped(placed_run(outcome=outcome)))[0]
    assert (values(root.attributes).get("cicd.pipeline.result"), root.status.code) == (result, code)


def ids(made: Report) -> list[tuple[bytes, bytes]]:
    return [(span.trace_id, span.span_id) for span in rendered(made)]


def stamped_log(*lines: str) -> bytes:
    return log(*(f"2026-05-17T20:{place // 60:02}:{place % 60:02}Z {line}" for place, line in enumerate(lines)))


ONE_RUN = (
    "got prompt",
    "Requested to load Flux",
    "loaded completely;  7040.08 MB loaded, full load: True",
    "Prompt executed in 2.50 seconds",
)


def test_the_same_run_has_the_same_ids_wherever_its_log_went() -> None:
    def made(*lines: str, name: str = "comfyui.log") -> Report:
        reading = read(stamped_log(*lines), name=name)
        return report(*reading.runs, sources=reading.sources)

    before = ids(made(*ONE_RUN))
    assert ids(made(*ONE_RUN)) == before
    assert ids(made(*ONE_RUN, name="logs/comfyui.prev.log")) == before
    assert ids(made(*ONE_RUN, *ONE_RUN))[: len(before)] == before
    assert len(set(ids(made(*ONE_RUN, *ONE_RUN)))) == 2 * len(before)
    assert set(ids(made(*ONE_RUN[:3]))) & set(before), "a run that had not ended yet"


def test_different_logs_have_different_ids() -> None:
    runs = rendered(
        report(placed_run(), placed_run(2, source="b.log"), sources=(source(first_at=START), source(name="b.log", first_at=1.0)))
    )
    assert len({span.trace_id for span in runs}) == 2


def test_lines_stay_below_what_a_collector_reads() -> None:
    text = "\U0001f600" * 200
    hostile = [
        placed_run(
            number,
            started_at=START + number * 200,
            first_line=number,
            workflow=Workflow(name=text, signature=text),
            failure=failure(text, text, at=START),
            bars=tuple(bar(line=line, label=text, last_at=START + line) for line in range(200)),
            loads=tuple(load(line=line, model=text, at=START + number * 200 + 1, seconds=0.5) for line in range(100)),
        )
        for number in range(1, 6)
    ]
    document = otlp.render(stamped(*hostile), PLAIN)
    assert max(len(line.encode()) for line in document.splitlines()) < 2**20
    spans = spans_of(decoded(document))
    assert len(spans) == 5 * 103
    assert {span.dropped_events_count for span in spans if span.name == "run"} == {200 + 1 - 128}


def test_a_run_of_thousands_of_phases_keeps_the_longest() -> None:
    many = tuple(
        PhaseSpan(
            phase=(Phase.SAMPLE, Phase.VAE)[place % 2],
            started_at=START + place,
            seconds=1.0 + place % 7,
            evidence=Evidence.MEASURED,
            first_line=place,
            last_line=place,
        )
        for place in range(5000)
    )
    root, *children = rendered(stamped(placed_run(spans=many)))
    assert len(children) == 1000
    assert values(root.attributes)["comfyui.run.spans_left_out"] == 4000
    assert min(span.end_time_unix_nano - span.start_time_unix_nano for span in children) == 6_000_000_000


def test_figures_keep_one_type() -> None:
    attributes = values(rendered(stamped(placed_run(duration_seconds=97.0)))[0].attributes)
    assert type(attributes["comfyui.run.duration_seconds"]) is float


def test_runs_without_a_date_are_left_out_and_counted() -> None:
    made = report(
        placed_run(1),
        run(2),
        placed_run(3, started_at=63_072_000.0),
        placed_run(4, source="wall.log"),
        sources=(source(), source(name="wall.log", stamps="naive")),
    )
    assert {values(span.attributes).get("comfyui.run.number") for span in rendered(made)} == {1, 4, None}
    assert list(place_notes(made)) == [
        "2 of 4 runs left out: without time stamps they have no date",
        "stamps of 1 run have no zone and are taken as UTC; --timezone says where they come from",
    ]
    assert list(place_notes(stamped(placed_run()))) == []


def test_hostile_stamps_make_valid_spans() -> None:
    stamps = ("2026-05-17T20:00:00Z", "9999-12-31T23:59:59Z", "1969-01-01T00:00:00Z", "2026-05-17T19:00:00Z")
    text = "".join(f"{stamps[place * 7 % 4]} {ONE_RUN[place % 4]}\n" for place in range(200))
    reading = read(text.encode())
    made = report(placed_run(99), *reading.runs, sources=reading.sources)
    for span in rendered(made):
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
        assert all(event.time_unix_nano > 0 for event in span.events)


def hostile_report() -> Report:
    made = replace(
        full_run(),
        source=SECRET,
        workflow=Workflow(name=SECRET, signature=SECRET),
        failure=failure(SECRET, SECRET, at=START + 1),
        prompt_id=SECRET,
        bars=(bar(label=SECRET, last_at=START + 1),),
        detections=(DetectionTime(line=8, label=SECRET, seconds=0.01, at=START + 76),),
        loads=(load(model=SECRET, at=START + 3, seconds=1.0), load(model="Flux", at=START + 5)),
        soft_ooms=(note(SECRET, at=START + 7),),
    )
    names = ("comfyui_version", "python_version", "pytorch_version", "device", "vram_state")
    texts: dict[str, Any] = dict.fromkeys(names, SECRET)
    return report(made, sources=(source(name=SECRET, first_at=START),), server_starts=(server_start(**texts),))


def test_private_text_and_control_codes_stay_out() -> None:
    for redactor, seen in ((PLAIN.redactor, True), (Redactor(), False)):
        text = otlp.render(hostile_report(), replace(PLAIN, redactor=redactor))
        assert ("gertrude" in text) is seen
        assert not re.search("\\\\u001b|\x1b|\u202e", text)
        assert "6923233526" in text
        assert '"Flux"' in text


# --- sending ----------------------------------------------------------------------------------------------------


def report_command(*arguments: str, **env: str) -> Ended:
    return comfymeter("report", *arguments, env={**os.environ, **env})


def test_what_is_sent_is_what_the_file_says() -> None:
    with receiving() as receiver:
        done = report_command(THRASH, "--otlp", receiver.url)

    assert (done.code, done.out) == (0, b"")
    expected = rendered(report_on("model-thrash.log"), replace(PLAIN, redactor=Redactor()))
    assert [span.SerializeToString() for span in receiver.spans] != []
    assert [(span.trace_id, span.span_id, span.start_time_unix_nano) for span in receiver.spans] == [
        (span.trace_id, span.span_id, span.start_time_unix_nano) for span in expected
    ]
    assert receiver.paths == ["/v1/traces"]
    assert receiver.headers[0]["content-type"] == "application/x-protobuf"
    lines = done.err.splitlines()
    assert lines[0] == f"sent 6 runs as {len(expected)} spans to {receiver.url}/v1/traces"
    assert lines[1].startswith("--otlp: stamps of 6 runs have no zone")


def test_the_environment_is_honoured() -> None:
    with receiving() as receiver:
        done = report_command(
            THRASH,
            *("--otlp", "env"),
            OTEL_EXPORTER_OTLP_ENDPOINT=f"{receiver.url}/base",
            OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20abc,x-tenant=7",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
            OTEL_SERVICE_NAME="studio",
            OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
        )

    assert done.code == 0, done.err
    assert receiver.paths == ["/base/v1/traces"]
    headers = receiver.headers[0]
    assert (headers["authorization"], headers["x-tenant"], headers["content-encoding"]) == ("Bearer abc", "7", "gzip")
    resource = values(receiver.requests[0].resource_spans[0].resource.attributes)
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("studio", "test")


def sent_to(url: str) -> Sent:
    return send(otlp.span_batches(report_on("model-thrash.log"), PLAIN), endpoint_of(url))


def test_a_busy_collector_is_asked_again() -> None:
    with receiving(statuses=[503], answer_headers={"Retry-After": "0"}) as receiver:
        sent = sent_to(f"{receiver.url}/my/path?key=1")

    assert receiver.paths == ["/my/path?key=1"] * 2
    assert sent == Sent(runs=6, spans=len(receiver.spans), place=f"{receiver.url}/my/path")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"statuses": [401]}, "HTTP 401 Unauthorized"),
        ({"statuses": [302], "answer_headers": {"Location": "/login"}}, "HTTP 302 Found"),
        ({"statuses": [503] * 9}, "HTTP 503 Service Unavailable"),
        ({"rejected": 3}, "3 rejected: too old"),
        ({"delay_seconds": 0.6}, "timed out"),
    ],
    ids=["refused", "redirected", "busy", "rejected", "late"],
)
def test_what_is_not_taken_is_an_error(
    given: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.3")
    with receiving(**given) as receiver, pytest.raises(ComfymeterError) as raised:
        sent_to(receiver.url)

    assert str(raised.value).startswith(f"{receiver.url}/v1/traces: spans were not taken: ")
    assert words in str(raised.value)
    assert capfd.readouterr() == ("", "")


def test_what_was_taken_before_is_said() -> None:
    runs = (placed_run(number, started_at=START + 200 * number, first_line=number) for number in range(1, 301))
    with receiving(statuses=[200, 400]) as receiver, pytest.raises(ComfymeterError, match="HTTP 400 Bad Request; 501 were taken"):
        send(otlp.span_batches(stamped(*runs), PLAIN), endpoint_of(receiver.url))


def test_nobody_there_is_one_line_and_exit_code_1() -> None:
    with receiving() as receiver:
        gone = receiver.port
    done = report_command(THRASH, "--otlp", f"http://user:pass@127.0.0.1:{gone}", OTEL_EXPORTER_OTLP_TIMEOUT="1")

    assert done.code == 1
    assert done.err == f"comfymeter: http://127.0.0.1:{gone}/v1/traces: spans were not taken: Connection refused\n"


def test_nothing_is_sent_where_no_run_has_a_date() -> None:
    with receiving() as receiver:
        done = report_command(str(SAMPLES / "incident.log"), "--otlp", receiver.url)

    assert (done.code, receiver.paths) == (1, [])
    assert "no run has a date and time" in done.err


def test_private_text_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "comfyui.log"
    path.write_bytes(stamped_log(*ONE_RUN[:3], "!!! Exception during processing !!! [Errno 2] /home/gertrude/x.png", ONE_RUN[3]))
    for flags, seen in ((("--no-redact",), True), ((), False)):
        with receiving() as receiver:
            assert report_command(str(path), "--otlp", receiver.url, *flags).code == 0
        (root, *_) = receiver.spans
        assert ("gertrude" in root.status.message) is seen


def test_reports_beside_the_sending() -> None:
    with receiving() as receiver:
        done = report_command(THRASH, "--otlp", receiver.url, "--format", "json", "-q")
    assert (done.code, done.err) == (0, "")
    assert len(json.loads(done.out)["runs"]) == 6


@pytest.mark.parametrize("target", ["localhost:4318", "ftp://x", "http://", "http://x:0", "http://x:99999", "", "http://[::1"])
def test_an_address_that_is_none_is_a_usage_error(target: str) -> None:
    with pytest.raises(UsageError, match="--otlp"):
        endpoint_of(target)


@pytest.mark.parametrize(
    ("target", "endpoint"),
    [
        ("http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("https://x.example/", "https://x.example/v1/traces"),
        ("https://x.example/otlp/v1/traces?a=1", "https://x.example/otlp/v1/traces?a=1"),
        ("env", None),
    ],
)
def test_addresses(target: str, endpoint: str | None) -> None:
    assert endpoint_of(target) == endpoint


def test_an_address_of_the_environment_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")
    with pytest.raises(UsageError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        endpoint_of("env")


WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "opentelemetry" or name.startswith("opentelemetry."):
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Missing())
from analyzer.cli import main
main()
"""


@pytest.mark.parametrize("arguments", [("--otlp", "http://127.0.0.1:4318"), ("-o", "x.otlp.json")])
def test_without_the_packages_it_says_what_to_install(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = comfymeter("report", THRASH, *arguments, code=WITHOUT, cwd=tmp_path)
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert done.err.endswith("pip install 'comfymeter[otlp]'\n")


def test_runs_of_a_table_are_runs_too() -> None:
    from analyzer.runs.table import table_of

    plain, table = (stamped(full_run()), stamped(full_run()))
    object.__setattr__(table, "runs", table_of([full_run()]))
    assert rendered(table) == rendered(plain)


def batches(count: int) -> Iterator[int]:
    runs = (placed_run(number, started_at=START + 200 * number, first_line=number) for number in range(1, count + 1))
    for batch in otlp.span_batches(stamped(*runs), PLAIN):
        yield len(batch)


def test_spans_come_in_batches_of_whole_runs() -> None:
    assert list(batches(400)) == [501, 501, 198]


def test_the_senders_attributes_stand_above_the_logs() -> None:
    maker = SpanMaker(stamped(placed_run()), str, "1", Resource({"service.name": "mine", "x": "y"}))
    (root, *_) = maker.spans(placed_run())
    assert dict(root.resource.attributes) == {"service.name": "mine", "x": "y", "log.file.name": "comfyui.log"}
