"""What is a run, how it ended, which request it answers, when it began."""

import pytest

from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Outcome, Requests, Start
from tests.logs import events, log, read, sampler

STARTUP = (
    "Total VRAM 24106 MB, total RAM 24106 MB",
    "pytorch version: 2.7.0+cu128",
    "Starting server",
    "",
    "To see the GUI go to: http://127.0.0.1:8188",
)
LOAD = ("Requested to load Flux", "loaded completely; 14670.80 MB usable, 6602.51 MB loaded, full load: True")
OOM = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.12 GiB is free."


def failure(message: str, kind: str) -> tuple[str, ...]:
    return (
        f"!!! Exception during processing !!! {message}",
        "Traceback (most recent call last):",
        '  File "/app/comfyui/execution.py", line 518, in execute',
        "    output_data = await get_output_data()",
        "                  ^^^^^^^^^^^^^^^^^^^^^^^",
        f"{kind}: {message}",
        "",
    )


OUTCOMES = [
    ("success", (*LOAD, sampler()), 70.0, Outcome.SUCCESS, None),
    ("cached", (), 0.01, Outcome.CACHED, None),
    ("nothing printed but slow", (), 3.2, Outcome.SUCCESS, None),
    ("error", (sampler(), *failure("batch too small", "AssertionError")), 70.0, Outcome.ERROR, "AssertionError"),
    ("out of memory by class", failure(OOM, "torch.OutOfMemoryError"), 1.0, Outcome.OOM, "torch.OutOfMemoryError"),
    ("out of memory by text", failure(OOM, "RuntimeError"), 1.0, Outcome.OOM, "RuntimeError"),
    (
        "out of memory by ComfyUI",
        (*failure("weird", "RuntimeError"), "Got an OOM, unloading all loaded models."),
        1.0,
        Outcome.OOM,
        "RuntimeError",
    ),
    ("interrupted", (sampler(), "Processing interrupted"), 70.0, Outcome.INTERRUPTED, "interrupted"),
    (
        "soft out of memory",
        (sampler(), "Warning: Ran out of memory when regular VAE decoding, retrying with tiled VAE decoding."),
        70.0,
        Outcome.SUCCESS,
        None,
    ),
    ("interrupt asked for, too late", (sampler(), "Global interrupt (no prompt_id specified)"), 70.0, Outcome.SUCCESS, None),
]


@pytest.mark.parametrize(("lines", "seconds", "outcome", "kind"), [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES])
def test_outcomes(lines: tuple[str, ...], seconds: float, outcome: Outcome, kind: str | None) -> None:
    (run,) = read(log("got prompt", *lines, f"Prompt executed in {seconds:.2f} seconds")).runs

    assert run.outcome is outcome
    assert run.duration_seconds == seconds
    assert (run.failure.kind if run.failure else None) == kind


def test_a_message_of_several_lines_belongs_to_its_exception() -> None:
    reading = read(
        log(
            "got prompt",
            "!!! Exception during processing !!! could not broadcast",
            "hint: resize the mask first",
            "Traceback (most recent call last):",
            '  File "x.py", line 1, in f',
            "ValueError: could not broadcast",
            "hint: resize the mask first",
            "",
            "Prompt executed in 2.31 seconds",
        )
    )

    assert reading.unparsed.lines == 0
    assert reading.runs[0].failure is not None
    assert reading.runs[0].failure.message == "could not broadcast"


def test_an_excerpt_without_prompt_lines_is_one_partial_run() -> None:
    reading = read(log(*LOAD, sampler(), *LOAD, sampler()))

    (run,) = reading.runs
    assert run.partial
    assert run.outcome is Outcome.CUT_OFF
    assert run.duration_seconds is None
    assert run.observed_seconds == 134
    assert reading.requests == Requests()


def test_an_excerpt_may_begin_with_a_detection_which_alone_is_no_run() -> None:
    found = "0: 640x640 2 faces, 10.8ms"

    assert read(log(found)).runs == ()
    assert [len(run.detections) for run in read(log(found, *LOAD, sampler())).runs] == [1]


def test_a_request_without_work_is_no_run() -> None:
    reading = read(log(*STARTUP, "got prompt", "got prompt"))

    assert reading.runs == ()
    assert reading.requests == Requests(received=2, unresolved=2)


def test_unknown_chatter_behind_a_request_does_not_make_it_a_run() -> None:
    reading = read(log(*STARTUP, "got prompt", "Some node pack: checking for updates"))

    assert reading.runs == ()
    assert reading.requests.unresolved == 1


REJECTED = (
    "got prompt",
    "Failed to validate prompt for output 12:",
    "* KSampler 8:",
    "  - Required input is missing: scheduler",
    "Output will be ignored",
    "invalid prompt: {'type': 'prompt_outputs_failed_validation', 'message': 'Prompt outputs failed validation', 'details': '', 'extra_info': {}}",
)


def test_a_rejected_request_is_never_a_run() -> None:
    reading = read(log(*REJECTED, *REJECTED, "got prompt", sampler(), "Prompt executed in 70.00 seconds"))

    assert len(reading.runs) == 1
    assert reading.runs[0].queued_line == 13
    assert (reading.requests.received, reading.requests.rejected, reading.requests.unresolved) == (3, 2, 0)
    assert [(reason.line, reason.text) for reason in reading.requests.reasons] == [
        (6, "Prompt outputs failed validation"),
        (12, "Prompt outputs failed validation"),
    ]


def test_a_request_with_one_bad_output_runs() -> None:
    reading = read(log(*REJECTED[:-1], sampler(), "Prompt executed in 70.00 seconds"))

    assert len(reading.runs) == 1
    assert reading.requests == Requests(received=1)


def test_a_rejection_while_another_prompt_runs_hits_the_newest_request() -> None:
    reading = read(log("got prompt", *LOAD, *REJECTED, sampler(), "Prompt executed in 70.00 seconds"))

    (run,) = reading.runs
    assert run.queued_line == 1
    assert (reading.requests.received, reading.requests.rejected) == (2, 1)


def test_queued_prompts_are_answered_in_order() -> None:
    reading = read(
        log("got prompt", "got prompt", *LOAD, "got prompt", sampler(), "Prompt executed in 70.00 seconds")
        + log(sampler(), "Prompt executed in 68.00 seconds", sampler(), "Prompt executed in 67.50 seconds")
    )

    assert [run.queued_line for run in reading.runs] == [1, 2, 5]
    assert [len(run.passes) for run in reading.runs] == [1, 1, 1]


def test_a_restart_cuts_the_run_off_and_forgets_the_queue() -> None:
    reading = read(
        log(*STARTUP, "got prompt", "got prompt", *LOAD, *STARTUP, "got prompt", sampler(), "Prompt executed in 70.00 seconds")
    )

    first, second = reading.runs
    assert (first.outcome, first.failure and first.failure.kind) == (Outcome.CUT_OFF, "server_restarted")
    assert second.outcome is Outcome.SUCCESS
    assert [first.server_number, second.server_number] == [1, 2]
    assert len(reading.server_starts) == 2
    assert reading.requests == Requests(received=3, unresolved=1)


def test_a_start_that_prints_its_memory_twice_is_one_start() -> None:
    assert (
        len(
            read(
                log(STARTUP[0], STARTUP[1], STARTUP[0], *STARTUP[2:], "got prompt", sampler(), "Prompt executed in 70.00 seconds")
            ).server_starts
        )
        == 1
    )


def test_start_up_prints_that_a_pipe_held_back_are_no_restart() -> None:
    reading = read(
        log(
            *STARTUP,
            "got prompt",
            *LOAD,
            "[START] Security scan",
            "** Platform: Linux",
            sampler(),
            "Prompt executed in 70.00 seconds",
        )
    )

    assert len(reading.server_starts) == 1
    assert [run.outcome for run in reading.runs] == [Outcome.SUCCESS]


def test_managers_clock_before_the_memory_line_belongs_to_the_new_start() -> None:
    clock = "** ComfyUI startup time: 2026-08-01 10:00:0{}.000"
    reading = read(log(clock.format(1), *STARTUP, "got prompt", *LOAD, clock.format(9), *STARTUP))

    first, second = (start.started_at for start in reading.server_starts)
    assert first is not None
    assert second is not None
    assert second - first == 8


def test_a_killed_process_is_told_from_a_log_that_ends() -> None:
    killed = read(log("got prompt", *LOAD, "Killed")).runs[0]
    ended = read(log("got prompt", *LOAD)).runs[0]

    assert [run.failure and run.failure.kind for run in (killed, ended)] == ["killed", "log_ended"]


def test_the_client_that_gave_up_is_a_fact_beside_the_outcome() -> None:
    (run,) = read(
        log(
            "got prompt",
            *LOAD,
            sampler(),
            "❌ ComfyUI 편집 실패: 작업 타임아웃 (300초 초과)",
            "Prompt executed in 303.88 seconds",
        )
    ).runs

    assert run.outcome is Outcome.SUCCESS
    assert run.client_timeout is not None
    assert (run.client_timeout.limit_seconds, run.client_timeout.line) == (300, 5)


def test_a_node_that_timed_out_is_no_client() -> None:
    timed_out = "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=60)"
    lines = failure("the request failed", "AssertionError")
    (run,) = read(log("got prompt", *lines[:-2], timed_out, "", "Prompt executed in 61.00 seconds")).runs

    assert run.outcome is Outcome.ERROR
    assert run.client_timeout is None


def test_two_clients_that_give_up_are_two_runs_given_up() -> None:
    gave_up = "Job timed out after 300 seconds"
    reading = read(
        log("got prompt", *LOAD, "got prompt", gave_up, gave_up, sampler(), "Prompt executed in 303.88 seconds")
        + log(sampler(), "Prompt executed in 70.00 seconds")
    )

    assert [run.client_timeout and run.client_timeout.line for run in reading.runs] == [5, 6]


def test_with_stamps_the_request_that_waited_for_the_limit_is_the_one_given_up() -> None:
    reading = read(
        stamped(
            ("20:00:00.000000", "got prompt"),
            ("20:00:01.000000", "Requested to load Flux"),
            ("20:04:00.000000", "got prompt"),
            ("20:09:00.000000", "Job timed out after 300 seconds"),
            ("20:10:00.000000", "Prompt executed in 600.00 seconds"),
            ("20:11:00.000000", "Prompt executed in 60.00 seconds"),
        )
    )

    assert [run.client_timeout is not None for run in reading.runs] == [False, True]


def test_cold_and_warm() -> None:
    reading = read(
        log(*STARTUP, "got prompt", *LOAD, sampler(), "Prompt executed in 70.00 seconds")
        + log("got prompt", sampler(), "Prompt executed in 60.00 seconds")
    )

    assert [run.start for run in reading.runs] == [Start.COLD, Start.WARM]
    assert read(log("got prompt", sampler(), "Prompt executed in 60.00 seconds")).runs[0].start is Start.UNKNOWN


def test_without_the_error_stream_the_outcome_is_unknown() -> None:
    reading = read(log("got prompt", *LOAD, "Prompt executed in 70.00 seconds"))

    assert reading.sources[0].error_stream_missing
    assert reading.runs[0].outcome is Outcome.UNKNOWN


def stamped(*lines: tuple[str, str]) -> bytes:
    return "".join(f"2026-05-17T{time} - {text}\n" for time, text in lines).encode()


def test_a_stamped_run_begins_at_its_end_less_its_duration() -> None:
    reading = read(
        stamped(
            ("20:00:00.000000", "got prompt"),
            ("20:00:30.000000", "got prompt"),
            ("20:00:01.000000", "Requested to load Flux"),
            ("20:01:00.000000", "Prompt executed in 59.80 seconds"),
            ("20:01:01.000000", "Requested to load Flux"),
            ("20:01:40.000000", "Prompt executed in 40.00 seconds"),
        )
    )

    first, second = reading.runs
    assert first.queue_seconds == pytest.approx(0.2)
    assert second.queue_seconds == pytest.approx(30)
    assert second.started_at is not None
    assert second.ended_at is not None
    assert second.ended_at - second.started_at == pytest.approx(40)


@pytest.mark.parametrize(("printed", "hours"), [("01:00:05", 25), ("00:20:00", 0)], ids=["over a day", "under a day"])
def test_the_clock_form_wraps_at_a_day_and_stamps_tell(printed: str, hours: int) -> None:
    end = "2026-05-18T21:00:05.000000" if hours else "2026-05-17T20:20:00.000000"
    data = f"2026-05-17T20:00:00.000000 - got prompt\n2026-05-17T20:00:01.000000 - Requested to load Flux\n{end} - Prompt executed in {printed}\n"

    (run,) = read(data.encode()).runs

    assert run.duration_seconds == (25 * 3600 + 5 if hours else 1200)


def test_a_glued_prompt_and_loading_line_are_two() -> None:
    reading = read(log("got promptLoading 1 new model", sampler(), "Prompt executed in 70.00 seconds"))

    assert reading.requests.received == 1
    assert reading.unparsed.lines == 0


def test_runs_that_are_taken_are_forgotten_and_the_next_ones_numbered_on() -> None:
    assembler = RunAssembler()
    for event in events(log("got prompt", *LOAD, sampler(), "Prompt executed in 70.00 seconds", "got prompt", "got prompt")):
        assembler.feed(event)

    assert [run.number for run in assembler.take()] == [1]
    assert (list(assembler.runs), assembler.in_flight, len(assembler.waiting), assembler.resident_model) == ([], None, 2, "Flux")
    for event in events(log(sampler())):
        assembler.feed(event)
    assert assembler.in_flight is not None
    assert len(assembler.waiting) == 1
    assembler.finish()
    assert [run.number for run in assembler.take()] == [2]
    assert list(assembler.take()) == []
