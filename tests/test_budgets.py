"""Phases: they sum to the total, they know how they know, stamps give every gap an owner."""

import math
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.analysis import Budget
from analyzer.budgets.tally import Tally
from analyzer.runs.model import Evidence, Phase, Run
from tests.captures import SESSIONS, chunks
from tests.logs import frames, log, read, sampler

PIPELINE = frames("Loading pipeline components...: 100%|██████████| 7/7 [01:37<00:00, 13.97s/it]")


def only_run(data: bytes) -> Run:
    (run,) = read(data).runs
    return run


def seconds(run: Run) -> dict[Phase, float]:
    return {time.phase: round(time.seconds, 3) for time in run.phases}


def test_without_stamps_the_bars_speak_and_the_rest_is_a_remainder() -> None:
    run = only_run(log("got prompt", PIPELINE, "0: 640x640 2 faces, 10.8ms", sampler(), "Prompt executed in 200.00 seconds"))

    assert seconds(run) == {Phase.PIPELINE_LOAD: 97, Phase.DETECT: 0.011, Phase.SAMPLE: 67, Phase.OTHER: 35.989}
    assert {time.phase: time.evidence for time in run.phases}[Phase.OTHER] is Evidence.REMAINDER
    assert not run.phases_scaled


def test_bars_that_say_more_than_the_total_are_scaled_and_the_fact_is_kept() -> None:
    run = only_run(log("got prompt", sampler(), "Prompt executed in 50.00 seconds"))

    assert seconds(run) == {Phase.SAMPLE: 50}
    assert run.phases_scaled


def test_nested_bars_count_once() -> None:
    run = only_run(
        log(
            "got prompt",
            frames("USDU:   0%|          | 0/1 [00:00<?, ?tile/s]"),
            sampler(),
            frames("USDU: 100%|██████████| 1/1 [01:20<00:00, 80.00s/tile]"),
            "Prompt executed in 100.00 seconds",
        )
    )

    assert seconds(run) == {Phase.SAMPLE: 67, Phase.OTHER: 33}


def test_an_excerpt_is_budgeted_by_what_was_seen() -> None:
    run = only_run(log("Requested to load Flux", sampler(), sampler(clock="00:56", rate="2.02s/it")))

    assert run.duration_seconds is None
    assert seconds(run) == {Phase.SAMPLE: 123}


def stamped(*lines: tuple[float, str]) -> bytes:
    return "".join(f"2026-05-17T20:00:{second:09.6f} - {text}\n" for second, text in lines).encode()


def test_with_stamps_every_gap_has_an_owner() -> None:
    run = only_run(
        stamped(
            (0, "got prompt"),
            (3, "model weight dtype torch.bfloat16, manual cast: None"),
            (3.5, "model_type FLUX"),
            (6, "Requested to load FluxClipModel_"),
            (7, "loaded completely;  254.03 MB loaded, full load: True"),
            (9, "Requested to load Flux"),
            (14, "loaded completely;  2036.10 MB loaded, full load: True"),
            (15, "\r  0%|          | 0/8 [00:00<?, ?it/s]"),
            (31, "\r100%|██████████| 8/8 [00:16<00:00,  2.00s/it]"),
            (31.5, "Requested to load AutoencodingEngine"),
            (32, "loaded completely;  159.56 MB loaded, full load: True"),
            (35, "Prompt executed in 35.00 seconds"),
        )
    )

    # disk 6, encoder 1, diffusion model 5, VAE 0.5; the half second between the last step and the VAE has no line.
    assert seconds(run) == {
        Phase.MODEL_LOAD: 12.5,
        Phase.TEXT_ENCODE: 2,
        Phase.SAMPLE: 17,
        Phase.VAE: 3,
        Phase.OTHER: 0.5,
    }


def test_one_stamp_for_a_whole_bar_is_the_stamp_of_its_end() -> None:
    data = (
        "2026-05-17T20:00:00.000000000Z got prompt\n"
        "2026-05-17T20:01:10.000000000Z \r  0%|          | 0/28 [00:00<?, ?it/s]\r100%|██████████| 28/28 [01:07<00:00,  2.42s/it]\n"
        "2026-05-17T20:01:20.000000000Z Prompt executed in 80.00 seconds\n"
    )

    assert seconds(only_run(data.encode())) == {Phase.SAMPLE: 67, Phase.OTHER: 13}


def test_stamps_without_seconds_leave_it_to_the_bars() -> None:
    run = only_run(
        log(
            "[2024-02-21 07:32] got prompt",
            "[2024-02-21 07:32] Requested to load SD1ClipModel",
            "[2024-02-21 07:33] " + sampler(),
            "[2024-02-21 07:33] Prompt executed in 75.00 seconds",
        )
    )

    assert seconds(run) == {Phase.SAMPLE: 67, Phase.OTHER: 8}


def test_dynamic_loading_inside_the_first_step_is_loading() -> None:
    run = only_run(
        log(
            "got prompt",
            frames(
                "  0%|          | 0/20 [00:00<?, ?it/s,   Model Initializing ...  ]",
                "  5%|▌         | 1/20 [00:41<13:07, 41.50s/it,  Model Initialization complete!  ]",
                "100%|██████████| 20/20 [00:30<00:00,  1.50s/it]",
            ),
            "Prompt executed in 75.00 seconds",
        )
    )

    assert seconds(run) == {Phase.MODEL_LOAD: 40, Phase.SAMPLE: 30, Phase.OTHER: 5}


def test_a_clock_set_back_does_not_make_time_run_backwards() -> None:
    run = only_run(
        stamped(
            (30, "got prompt"),
            (31, "Requested to load Flux"),
            (2, "loaded completely;  2036.10 MB loaded, full load: True"),
            (40, "Prompt executed in 9.90 seconds"),
        )
    )

    assert all(time.seconds >= 0 for time in run.phases)
    assert math.fsum(time.seconds for time in run.phases) == pytest.approx(9.9)


PARTS = st.lists(st.tuples(st.sampled_from(Phase), st.floats(0, 1e6), st.sampled_from(Evidence)), max_size=12)


@given(PARTS, st.floats(1e-3, 1e6))
def test_phases_always_sum_to_the_total(parts: list[tuple[Phase, float, Evidence]], total: float) -> None:
    tally = Tally()
    for phase, amount, evidence in parts:
        tally.add(phase, amount, evidence, 1, 2)

    phases, _ = tally.close(total)

    assert sum(time.seconds for time in phases) == pytest.approx(total, rel=1e-12)
    assert all(time.seconds >= -1e-9 * total for time in phases)


def test_budgets_add() -> None:
    first = Budget(runs=1, seconds={Phase.SAMPLE: 60.0, Phase.OTHER: 40.0})
    second = Budget(runs=2, seconds={Phase.SAMPLE: 100.0})

    total = first + second

    assert (total.runs, total.total_seconds, total.share(Phase.SAMPLE)) == (3, 200, 0.8)
    assert Budget().share(Phase.VAE) == 0


def test_the_longest_silence_is_between_stamped_lines_and_within_a_bar_a_step() -> None:
    stamped = log(
        "2026-05-17T20:10:00 got prompt",
        "2026-05-17T20:10:40 Requested to load Flux",
        "2026-05-17T20:10:50 " + "100%|██████████| 4/4 [02:00<00:00, 30.00s/it]",
        "2026-05-17T20:12:55 Prompt executed in 175.00 seconds",
    )

    assert only_run(stamped).silence_seconds == pytest.approx(125)
    assert only_run(log("got prompt", sampler(), "Prompt executed in 200.00 seconds")).silence_seconds is None


def test_a_bar_that_moves_is_no_silence() -> None:
    bar = [f"2026-05-17T20:10:{10 * n:02} {25 * n:3}%|██▌       | {n}/4 [00:{10 * n:02}<00:30, 10.00s/it]" for n in range(5)]
    run = only_run(log("2026-05-17T20:10:00 got prompt", *bar, "2026-05-17T20:10:55 Prompt executed in 55.00 seconds"))

    assert run.silence_seconds == pytest.approx(15)


@pytest.mark.parametrize("session", SESSIONS)
def test_spans_follow_each_other_from_start_to_end_and_add_up_to_the_phases(session: str) -> None:
    stamped = b"".join(
        datetime.fromtimestamp(chunk.at, UTC).isoformat().encode() + b" " + line + b"\n"
        for chunk in chunks(session)
        for line in chunk.data.split(b"\n")
        if line.strip()
    )
    runs = [run for run in read(stamped).runs if run.phases and run.passes]

    assert runs
    for run in runs:
        spans = run.spans
        for before, after in pairwise(spans):
            assert before.started_at + before.seconds == pytest.approx(after.started_at, abs=1e-5)
            assert (before.phase, before.evidence) != (after.phase, after.evidence)
        assert spans[0].started_at == pytest.approx(run.started_at)
        for time in run.phases:
            known = math.fsum(span.seconds for span in spans if span.phase is time.phase)
            # What no line accounts for is in the budget's `other` and in no span.
            assert known == pytest.approx(time.seconds, abs=0.02)


def test_the_start_of_a_bar_that_brings_weights_in_is_a_span_of_loading() -> None:
    run = only_run(
        stamped(
            (0, "got prompt"),
            (1, "\r  0%|          | 0/20 [00:00<?, ?it/s,   Model Initializing ...  ]"),
            (42.5, "\r  5%|▌         | 1/20 [00:41<13:07, 41.50s/it,  Model Initialization complete!  ]"),
            (55, "\r100%|██████████| 20/20 [00:30<00:00,  1.50s/it]"),
            (58, "Prompt executed in 58.00 seconds"),
        )
    )

    assert [span.phase for span in run.spans] == [Phase.OTHER, Phase.MODEL_LOAD, Phase.SAMPLE, Phase.OTHER]
    assert math.fsum(span.seconds for span in run.spans) == pytest.approx(58)
