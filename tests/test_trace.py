"""The trace: valid by the rules of its format, phases that add up, times that are the log's, order where there are none."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.events import UnloadMode
from analyzer.redaction import Redactor
from analyzer.renderers import trace
from analyzer.renderers.base import Options
from analyzer.renderers.trace import readings
from analyzer.renderers.trace.lanes import Lanes, filled, nested
from analyzer.renderers.trace.readings import Reading
from analyzer.renderers.trace.shapes import Slice
from analyzer.report import Report
from analyzer.runs.model import Evidence, Outcome, Phase, PhaseSpan, Run, Workflow
from analyzer.runs.residency import device_bytes, residency
from tests import builders
from tests.builders import bar, gave_up, load, note, report, run, server_start, source, unload
from tests.logs import log, read
from tests.reports import EVERY, LIMIT_SECONDS, STAMPED, UNSTAMPED, report_on
from tests.trace_events import Event, checked

PLAIN = Options(version="1.2.3")
START = 1_779_048_645.25


def made(report: Report, options: Options = PLAIN) -> tuple[list[Event], dict[str, Any]]:
    value = json.loads(trace.render(report, options))
    return checked(value), value["otherData"]


def phases_by_run(events: list[Event]) -> dict[int, list[Event]]:
    """The phase slices behind each run's slice on its track."""
    found: dict[int, list[Event]] = {}
    current: dict[int, int] = {}
    for event in events:
        if event.get("cat") == "run":
            current[event["tid"]] = event["args"]["run"]
            found[event["args"]["run"]] = []
        elif event.get("cat") == "phase":
            found[current[event["tid"]]].append(event)
    return found


@pytest.mark.parametrize("name", EVERY)
def test_phases_add_up_to_their_runs(name: str) -> None:
    whole = report_on(name)
    events, _ = made(whole)
    runs = {event["args"]["run"]: event for event in events if event.get("cat") == "run"}

    assert sorted(runs) == [run.number for run in whole.runs]
    for given_run in whole.runs:
        event, phases = runs[given_run.number], phases_by_run(events)[given_run.number]
        assert event["dur"] == pytest.approx((given_run.total_seconds or 0) * 1e6, abs=1)
        assert sum(phase["dur"] for phase in phases) == event["dur"]
        seconds: dict[str, float] = defaultdict(float)
        for phase in phases:
            seconds[phase["name"]] += phase["dur"] / 1e6
        expected = {time.phase.value: time.seconds for time in given_run.phases if time.seconds > 5e-6}
        assert {name: value for name, value in seconds.items() if value > 5e-6} == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", STAMPED)
def test_stamped_runs_stand_where_their_stamps_say(name: str) -> None:
    whole = report_on(name)
    events, about = made(whole)
    runs = {run.number: run for run in whole.runs}

    assert about["time_unit"] == "microseconds since the epoch"
    assert "not time" not in str([event["args"] for event in events if event["name"] == "process_name"])
    for event in events:
        if event.get("cat") == "run":
            started = runs[event["args"]["run"]].started_at
            assert about["epoch_unix_seconds"] + event["ts"] / 1e6 == pytest.approx(started, abs=0.01)


@pytest.mark.parametrize("name", UNSTAMPED)
def test_runs_without_stamps_stand_in_order_and_say_so(name: str) -> None:
    whole = report_on(name)
    events, about = made(whole)

    assert about["epoch"] is None
    assert [event["args"]["name"] for event in events if event["name"] == "process_name"] == [
        f"{source.name} (order, not time)" for source in whole.sources if whole.runs
    ]
    reached = 0
    for event in events:
        if event.get("cat") == "run":
            assert event["ts"] == reached
            reached += event["dur"]


@pytest.mark.parametrize("name", EVERY)
def test_every_load_and_unload_is_a_mark_with_its_figures(name: str) -> None:
    events, _ = made(report_on(name))
    marks = [event for event in events if event["ph"] == "i" and event["cat"] == "loads"]
    runs = report_on(name).runs

    lines = sorted(
        line for run in runs for line in (*(load.line for load in run.loads), *(unload.line for unload in run.unloads))
    )
    assert sorted(event["args"]["line"] for event in marks) == lines
    sizes = sorted(load.loaded_bytes for run in runs for load in run.loads if load.loaded_bytes is not None)
    assert sorted(event["args"]["loaded_bytes"] for event in marks if "loaded_bytes" in event["args"]) == sizes


@pytest.mark.parametrize("name", EVERY)
def test_failures_clients_and_limits_are_marks(name: str) -> None:
    events, _ = made(report_on(name))
    marks = [event["name"] for event in events if event["ph"] == "i" and event["cat"] == "events"]
    runs = report_on(name).runs

    assert sum(mark == "out of memory" for mark in marks) == sum(run.outcome is Outcome.OOM for run in runs)
    assert sum(mark == "error" for mark in marks) == sum(run.outcome is Outcome.ERROR for run in runs)
    assert sum(mark == "out of memory, went on" for mark in marks) == sum(len(run.soft_ooms) for run in runs)
    assert sum(mark == "client gave up" for mark in marks) == sum(run.client_timeout is not None for run in runs)
    over = sum((run.limit_used_ratio or 0) > 1 for run in runs)
    limit = f"{LIMIT_SECONDS:g} s" if " " in name else "300 s"
    assert marks.count(f"limit of {limit} passed") == over


def test_the_incident_reads_as_it_was() -> None:
    events, _ = made(report_on("incident.log"))
    slices = [(event["cat"], event["name"], event["ts"] / 1e6, event["dur"] / 1e6) for event in events if event["ph"] == "X"]

    assert [(name, seconds) for category, name, _, seconds in slices if category == "phase"] == [
        ("pipeline_load", 97),
        ("detect", 0.0108),
        ("sample", 76),
        ("sample", 67),
        ("other", 63.8692),
    ]
    (limit,) = (event for event in events if event["name"] == "limit of 300 s passed")
    assert limit["ts"] == 300_000_000
    (client,) = (event for event in events if event["name"] == "client gave up")
    assert client["args"] == {"limit_seconds": 300, "line": 10}


def placed_run(number: int = 1, **given: Any) -> Run:
    """A run with stamps: 60 s of sampling, then 40 s of something else."""
    start = given.pop("started_at", START)
    spans = (
        PhaseSpan(phase=Phase.SAMPLE, started_at=start, seconds=60.0, evidence=Evidence.MEASURED, first_line=3, last_line=3),
        PhaseSpan(phase=Phase.OTHER, started_at=start + 60, seconds=40.0, evidence=Evidence.REMAINDER, first_line=3, last_line=9),
    )
    return run(number, **{"started_at": start, "ended_at": start + 100, "spans": spans} | given)


def stamped_report(*runs: Run, **given: Any) -> Report:
    return report(*runs, sources=(source(first_at=START, last_at=START + 1000),), **given)


def test_one_of_everything_in_time() -> None:
    made_run = placed_run(
        queued_at=START - 10,
        queue_seconds=10.0,
        limit_seconds=105.0,
        passes=(bar(first_at=START + 1, last_at=START + 60, seconds=59.0),),
        loads=(load(at=START + 70, seconds=5.0), load(at=START + 80, reload=True, line=6, added_bytes=1)),
        unloads=(unload(at=START + 75, mode=UnloadMode.FULL),),
        soft_ooms=(note("tiled decoding", at=START + 85),),
        client_timeout=gave_up(90.0, at=START + 90),
    )
    start = server_start(1, started_at=START - 60, ready_at=START - 40, comfyui_version="0.8.0")
    events, about = made(stamped_report(made_run, server_starts=(start,)))
    seen = {
        (event["ph"], event["name"]): (event["ts"] / 1e6, event.get("dur", 0) / 1e6) for event in events if event["ph"] != "M"
    }

    assert about["epoch"] == "2026-05-17T20:09:45.000+00:00"
    assert seen == {
        ("X", "start-up"): (0.25, 20),
        ("b", "queue"): (50.25, 0),
        ("e", "queue"): (60.25, 0),
        ("X", "run 1: Flux"): (60.25, 100),
        ("X", "sample"): (60.25, 60),
        ("X", "other"): (120.25, 40),
        ("X", "pass, 28 steps"): (61.25, 59),
        ("X", "load Flux (full)"): (125.25, 5),
        ("i", "load Flux (full)"): (130.25, 0),
        ("i", "unload (full)"): (135.25, 0),
        ("i", "reload Flux (full)"): (140.25, 0),
        ("i", "out of memory, went on"): (145.25, 0),
        ("i", "client gave up"): (150.25, 0),
        ("i", "limit of 105 s passed"): (155.25, 0),
        ("C", "models on the device, by the log"): (140.25, 0),
    }


@pytest.mark.parametrize("name", EVERY)
def test_the_counter_is_what_the_report_says_is_on_the_device(name: str) -> None:
    made_report = report_on(name)
    events, _ = made(made_report)
    values = [event["args"]["bytes"] for event in events if event["ph"] == "C" and "by the log" in event["name"]]
    changes = list(residency(made_report.runs, device_bytes(made_report.server_starts)))

    known = [change.loaded_bytes for change in changes if change.loaded_bytes is not None]
    assert [value for value in values if value] == [size for size in known if size]


def test_the_counter_changes_where_the_lines_stand() -> None:
    loads = (
        load(line=2, at=START + 10, seconds=5.0, loaded_bytes=1000),
        load(line=4, at=START + 30, model="VAE", loaded_bytes=50),
        load(line=5, at=START + 40, model="T5", loaded_bytes=None),
    )
    first = placed_run(1, loads=loads, unloads=(unload(line=3, at=START + 20, freed_bytes=700, remaining_bytes=300),))
    second = placed_run(2, started_at=START + 200, server_number=2)
    events, about = made(stamped_report(first, second, server_starts=(server_start(1), server_start(2, started_at=START + 150))))
    zero = about["epoch_unix_seconds"] - START

    assert [(event["ts"] / 1e6 + zero, event["args"]) for event in events if event["ph"] == "C"] == [
        (10, {"bytes": 1000}),
        (20, {"bytes": 300}),
        (30, {"bytes": 350}),
        (150, {"bytes": 0}),
    ]
    assert [event["name"] for event in events if event.get("cat") == "server"] == ["start", "start"]


def test_readings_beside_the_log_are_counters_on_the_same_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    def sampled(_: Report) -> Iterator[Reading]:
        for seconds in (-1000, 5, 6):
            yield Reading(name="GPU 0", at=START + seconds, size_bytes=seconds)

    monkeypatch.setattr(readings, "READINGS", (sampled,))
    events, about = made(stamped_report(placed_run()))
    assert [(event["pid"], event["ts"] / 1e6, event["args"]["bytes"]) for event in events if event["name"] == "GPU 0"] == [
        (2, 5.25, 5),
        (2, 6.25, 6),
    ]
    assert about["epoch_unix_seconds"] == int(START)


def test_a_clock_that_was_set_back_gets_tracks_of_its_own() -> None:
    runs = [placed_run(1), placed_run(2, started_at=START + 50), placed_run(3, started_at=START + 99)]
    events, about = made(stamped_report(*runs))
    begins = [(event["tid"], event["ts"] / 1e6) for event in events if event.get("cat") == "run"]

    assert about["epoch_unix_seconds"] == int(START)
    assert begins == [(1002, 0.25), (1007, 50.25), (1002, 100.25)]
    assert "runs and their phases (overlapping, 2)" in [event["args"].get("name") for event in events]


def test_stamps_without_a_year_are_order_between_runs_and_time_within() -> None:
    runs = [placed_run(number, started_at=63_072_000.0 + number * 1000) for number in (1, 2)]
    events, about = made(report(*runs, sources=(source(stamps="naive"),)))

    assert about["epoch"] is None
    assert [event["ts"] for event in events if event.get("cat") == "run"] == [0, 100_000_000]
    assert [event["dur"] for event in events if event["name"] == "sample"] == [60_000_000] * 2


def test_a_wall_clock_says_that_it_has_no_zone() -> None:
    events, _ = made(report(placed_run(), sources=(source(stamps="naive"),)))
    (label,) = (event["args"]["labels"] for event in events if event["name"] == "process_labels")

    assert label == "0 is 2026-05-17T20:10:45.000; stamps have no zone and are taken as UTC"


def test_two_logs_are_two_processes_on_one_time_axis() -> None:
    runs = [placed_run(1), placed_run(2, source="b.log", started_at=START + 10), run(3, source="c.log")]
    events, _ = made(report(*runs, sources=(source(), source(name="b.log"), source(name="c.log", stamps="none"))))

    assert [(event["pid"], event["args"]["name"]) for event in events if event["name"] == "process_name"] == [
        (1, "comfyui.log"),
        (2, "b.log"),
        (3, "c.log (order, not time)"),
    ]
    assert [event["ts"] / 1e6 for event in events if event.get("cat") == "run"] == [0.25, 10.25, 0]


def test_a_run_that_tells_no_time_has_no_length() -> None:
    events, _ = made(report(run(duration_seconds=None, duration_source=None, outcome=Outcome.CUT_OFF)))
    assert [(event["name"], event["dur"]) for event in events if event["ph"] == "X"] == [("run 1: Flux (cut off)", 0)]


def test_impossible_lengths_stay_within_what_viewers_count() -> None:
    events, _ = made(report(*(run(number, duration_seconds=1e15) for number in (1, 2, 3))))
    assert [event["dur"] for event in events if event.get("cat") == "run"][1:] == [0, 0]


def test_lines_of_a_hostile_log_make_a_valid_trace() -> None:
    stamps = [
        "2026-05-17T20:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-05-17T19:00:00Z",
        "2199-01-01T00:00:00Z",
    ]
    lines = ["got prompt", "Requested to load Flux", "loaded completely;  7040.08 MB loaded, full load: True"]
    lines += [
        "Prompt executed in 12.34 seconds",
        "Prompt executed in 99999999999999.00 seconds",
        "!!! Exception during processing !!! \ud800",
    ]
    lines += ["  4%|▍         | 1/28 [00:02<01:05,  2.42s/it]", "100%|██████████| 28/28 [99:99:99<00:00,  2.42s/it]"]
    chance = random.Random(1)
    for _ in range(30):
        text = "".join(f"{chance.choice(stamps)} {chance.choice(lines)}\n" for _ in range(80))
        reading = read(text.encode("utf-8", "surrogatepass"))
        made(report(*reading.runs, sources=reading.sources, server_starts=reading.server_starts))


SLICES = st.lists(st.tuples(st.floats(-5, 50), st.floats(-5, 50)), max_size=30)


@given(SLICES, st.integers(0, 40_000_000))
def test_any_slices_nest(pairs: list[tuple[float, float]], length: int) -> None:
    slices = [Slice(name=str(n), begin=begin, end=end, facts={}) for n, (begin, end) in enumerate(pairs)]
    found = list(nested(slices, length))
    assert sorted(part.name for _, _, part in found) == sorted(part.name for part in slices)
    for place, (begin, end, _) in enumerate(found):
        assert 0 <= begin <= end <= length
        for later_begin, later_end, _ in found[place + 1 :]:
            assert begin <= later_begin
            assert later_begin >= end or later_end <= end


@given(SLICES, st.integers(0, 40_000_000))
def test_any_phases_fill_their_run(pairs: list[tuple[float, float]], length: int) -> None:
    slices = [Slice(name=str(n), begin=begin, end=end, facts={}) for n, (begin, end) in enumerate(pairs)]
    found = list(filled(slices, length))
    assert sum(end - begin for begin, end, _ in found) == length
    assert all(before[1] == after[0] for before, after in pairwise(found))


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), max_size=60))
def test_any_runs_of_a_lane_follow_one_another(wanted: list[tuple[int, int]]) -> None:
    lanes, ends = Lanes(), dict[int, int]()
    for begin, length in wanted:
        lane, placed = lanes.place(begin, length)
        assert placed >= max(begin, ends.get(lane, 0))
        ends[lane] = placed + length
    assert len(ends) <= 4


def test_private_text_and_control_codes_stay_out() -> None:
    secret = "/home/gertrude/x\x1b[31m\u202e"
    hostile = placed_run(
        source=secret,
        workflow=Workflow(name=secret, signature=secret),
        failure=builders.failure(secret, secret),
        outcome=Outcome.ERROR,
        bars=(bar(label=secret, first_at=START, last_at=START + 5),),
        loads=(load(model=secret, at=START + 3), load(model="Flux", line=9, at=START + 4)),
        soft_ooms=(note(secret),),
        prompt_id=secret,
    )
    start = server_start(comfyui_version=secret, device=secret, python_version=secret, pytorch_version=secret, vram_state=secret)
    whole = report(hostile, sources=(source(name=secret),), server_starts=(start,))
    for redactor, seen in ((PLAIN.redactor, True), (Redactor(), False)):
        text = trace.render(whole, replace(PLAIN, redactor=redactor))
        assert ("gertrude" in text) is seen
        assert "\\u001b" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "load Flux (full)" in text
        assert "6923233526" in text


def test_a_large_report_is_written_run_by_run() -> None:
    pieces = list(trace.parts(report(*(run(number) for number in range(1, 51))), PLAIN))
    assert len(pieces) == 50 + 3
    assert max(map(len, pieces)) < 2000
    assert "".join(pieces) == trace.render(report(*(run(number) for number in range(1, 51))), PLAIN)


def test_nothing_is_a_valid_trace_too() -> None:
    assert made(Report())[0] == []


def test_a_log_read_from_text_to_trace() -> None:
    lines = ["got prompt", "Requested to load Flux", "loaded completely;  7040.08 MB loaded, full load: True"]
    lines += ["Prompt executed in 3.00 seconds"]
    stamped = log(*(f"2026-05-17T20:00:0{second}Z {line}" for second, line in enumerate(lines)))
    reading = read(stamped)
    events, about = made(report(*reading.runs, sources=reading.sources))

    assert about["epoch"] == "2026-05-17T20:00:00.000+00:00"
    assert [
        (event["name"], event["ts"], event["dur"]) for event in events if event.get("cat") == "load" and event["ph"] == "X"
    ] == [("load Flux (full)", 1_000_000, 1_000_000)]


def test_sampled_vram_is_a_counter_per_gpu() -> None:
    report = report_on("stamped-with-vram.log")

    counters = [event for event in json.loads(trace.render(report, PLAIN))["traceEvents"] if event["ph"] == "C"]

    sampled = [event for event in counters if event["name"] == "GPU 0 in use"]
    assert len(sampled) > 50
    assert max(next(iter(event["args"].values())) for event in sampled) == max(p.used_max_bytes for p in report.vram[0].points)
