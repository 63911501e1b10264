"""tqdm's frames: every form that its formatter prints, frames glued to text, bars folded from frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.events import Bar, PromptReceived, Unrecognised
from analyzer.families.bars import collapse_frames
from analyzer.runs.model import ProgressBar
from tests.logs import events, frames, log, read, sampler

FRAMES = [
    ("start", "  0%|          | 0/20 [00:00<?, ?it/s]", ("", 0, 20, 0, None, "it")),
    ("normal", "  5%|▌         | 1/20 [00:01<00:24,  1.31s/it]", ("", 1, 20, 1, 1.31, "it")),
    ("fast", "100%|██████████| 20/20 [00:10<00:00,  2.00it/s]", ("", 20, 20, 10, 0.5, "it")),
    ("hours", " 38%|███▊      | 3/8 [1:06:40<1:51:07, 1333.50s/it]", ("", 3, 8, 4000, 1333.5, "it")),
    ("hundred hours", " 43%|████▎     | 3/7 [100:00:00<133:20:00, 120000.00s/it]", ("", 3, 7, 360000, 120000, "it")),
    ("rounded to 100 %", "100%|█████████▉| 996/1000 [00:10<00:00, 99.60it/s]", ("", 996, 1000, 10, 1 / 99.6, "it")),
    ("no total", "12it [00:03,  3.75it/s]", ("", 12, None, 3, 1 / 3.75, "it")),
    ("no total, start", "0it [00:00, ?it/s]", ("", 0, None, 0, None, "it")),
    ("more than the total", "21it [00:05,  4.20it/s]", ("", 21, None, 5, 1 / 4.2, "it")),
    ("slightly above", "102%|██████████| 20.4/20 [00:05<00:00,  4.20it/s]", ("", 20.4, 20, 5, 1 / 4.2, "it")),
    (
        "description",
        "Loading pipeline components...:  43%|████▎     | 3/7 [00:02<00:02,  1.36it/s]",
        ("Loading pipeline components...", 3, 7, 2, 1 / 1.36, "it"),
    ),
    (
        "doubled colon",
        "Diffusion Sampling::  10%|█         | 3/30 [00:02<00:20,  1.5it/s]",
        ("Diffusion Sampling", 3, 30, 2, 1 / 1.5, "it"),
    ),
    ("ascii", " 43%|####2     | 3/7 [00:02<00:02,  1.36it/s]", ("", 3, 7, 2, 1 / 1.36, "it")),
    ("mojibake", " 43%|â–ˆâ–ˆ     | 3/7 [00:02<00:02,  1.36it/s]", ("", 3, 7, 2, 1 / 1.36, "it")),
    ("bytes", "  5%|▌         | 123M/2.35G [00:12<03:41, 10.0MB/s]", ("", 123e6, 2.35e9, 12, None, "B")),
    ("no room", " 43% 3/7 [00:02<00:02,  1.36it/s]", ("", 3, 7, 2, 1 / 1.36, "it")),
    ("coloured", " 43%|\x1b[32m████▎     \x1b[0m| 3/7 [00:02<00:02,  1.36it/s]", ("", 3, 7, 2, 1 / 1.36, "it")),
    ("floats", " 15%|█▌        | 1.5/10 [00:05<00:28,  3.37s/it]", ("", 1.5, 10, 5, 3.37, "it")),
    ("own unit", "Node 3:  15%|█▌        | 3/20 [00:04<00:23,  1.37s/steps]", ("Node 3", 3, 20, 4, 1.37, "steps")),
    ("tiles", "USDU:  25%|██▌       | 4/16 [00:20<01:01,  5.1s/tile]", ("USDU", 4, 16, 20, 5.1, "tile")),
    ("clock set back", " 43%|████▎     | 3/7 [-1:59:55<?, ?it/s]", ("", 3, 7, 0, None, "it")),
    ("old negative clock", " 43%|████▎     | 3/7 [-00:05<?, ?it/s]", ("", 3, 7, 0, None, "it")),
]


@pytest.mark.parametrize(("frame", "expected"), [row[1:] for row in FRAMES], ids=[row[0] for row in FRAMES])
@pytest.mark.parametrize("behind_return", [True, False], ids=["frame", "pasted line"])
def test_every_form_of_a_frame(frame: str, expected: tuple[object, ...], behind_return: bool) -> None:
    (bar,) = events(log(frames(frame) if behind_return else frame))

    assert isinstance(bar, Bar)
    assert (bar.label, bar.steps, bar.total, bar.seconds, bar.unit) == (*expected[:4], expected[5])
    assert bar.rate_seconds == pytest.approx(expected[4])


def test_the_dynamic_vram_postfix_is_seen() -> None:
    first, second, last = events(
        log(
            frames(
                "  0%|          | 0/20 [00:00<?, ?it/s,   Model Initializing ...  ]",
                "  5%|▌         | 1/20 [00:41<13:07, 41.42s/it,  Model Initialization complete!  ]",
                "100%|██████████| 20/20 [00:13<00:00,  1.50it/s]",
            )
        )
    )

    assert [bar.initialising for bar in (first, second, last) if isinstance(bar, Bar)] == [True, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "Loaded 100% of the weights",
        "100.0%",
        "1.2.3/4 parts",
        "  triton_mm_12 0.0512 ms 100.0%",
        "Receiving objects:  43% (120/278)",
        "100%|##########| 4/4 [00:02<00:00,  2.00.1it/s]",
        "100%|##########| 4/4 [00:02<00:00,  2.0.0s/it]",
        "4it [00:02,  ...it/s]",
    ],
)
def test_percentages_in_text_are_not_bars(text: str) -> None:
    assert not any(isinstance(event, Bar) for event in events(log(text)))


@pytest.mark.parametrize("glued", ["got prompt", "[INFO] got prompt", "\x1b[32m[INFO]\x1b[0m got prompt"])
def test_text_glued_to_a_frame_is_a_line_of_its_own(glued: str) -> None:
    found = events(
        log(frames("  0%|          | 0/30 [00:00<?, ?it/s]", " 10%|█         | 3/30 [00:02<00:20,  1.5it/s]", tail=glued))
    )

    assert [type(event) for event in found] == [Bar, Bar, PromptReceived]


def passes(data: bytes) -> tuple[ProgressBar, ...]:
    return read(data).runs[0].passes


def test_the_repeated_last_frame_counts_once() -> None:
    (only,) = passes(log("got prompt", sampler(), "Prompt executed in 70.00 seconds"))

    assert (only.steps, only.seconds, only.seconds_per_step, only.complete) == (28, 67, 2.42, True)


def test_the_repeated_frame_on_the_next_pasted_line_counts_once() -> None:
    frame = "100%|██████████| 28/28 [01:07<00:00,  2.4{}s/it]"

    assert len(passes(log("got prompt", frame.format(0), frame.format(2), "Prompt executed in 70.00 seconds"))) == 1


def test_two_passes_of_the_same_length_are_two() -> None:
    found = passes(log("got prompt", sampler(), sampler(clock="00:56", rate="2.02s/it"), "Prompt executed in 130.00 seconds"))

    assert [bar.seconds for bar in found] == [67, 56]


def test_a_bar_goes_on_behind_the_line_that_was_glued_into_it() -> None:
    (only,) = passes(
        log(
            "got prompt",
            frames("  0%|          | 0/8 [00:00<?, ?it/s]", tail="got prompt"),
            frames(" 12%|█▎        | 1/8 [00:00<00:06,  1.06it/s]", "100%|██████████| 8/8 [00:07<00:00,  1.05it/s]"),
            "Prompt executed in 9.00 seconds",
        )
    )

    assert (only.line, only.last_line, only.steps) == (2, 3, 8)


def test_an_aborted_bar_keeps_its_steps() -> None:
    (only,) = passes(
        log(
            "got prompt",
            frames("  0%|          | 0/25 [00:00<?, ?it/s]", " 24%|██▍       | 6/25 [00:12<00:08,  2.14s/it]"),
            frames(" 24%|██▍       | 6/25 [00:12<00:08,  2.14s/it]"),
            "Processing interrupted",
            "Prompt executed in 12.81 seconds",
        )
    )

    assert (only.steps, only.total_steps, only.seconds, only.complete) == (6, 25, 12, False)


def test_bars_inside_a_bar_are_its_nested_time() -> None:
    run = read(
        log(
            "got prompt",
            frames("Tiles:   0%|          | 0/2 [00:00<?, ?it/s]"),
            frames("tile 1:   0%|          | 0/6 [00:00<?, ?it/s]", "tile 1: 100%|██████████| 6/6 [00:20<00:00,  3.33s/it]"),
            frames("Tiles:  50%|█████     | 1/2 [00:21<00:21, 21.00s/it]"),
            frames("tile 2:   0%|          | 0/6 [00:00<?, ?it/s]", "tile 2: 100%|██████████| 6/6 [00:20<00:00,  3.33s/it]"),
            frames("Tiles: 100%|██████████| 2/2 [00:42<00:00, 21.00s/it]"),
            "Prompt executed in 50.00 seconds",
        )
    ).runs[0]

    assert [(bar.label, bar.seconds, bar.nested_seconds) for bar in run.bars] == [
        ("Tiles", 42, 40),
        ("tile 1", 20, 0),
        ("tile 2", 20, 0),
    ]


def test_short_clocks_are_read_more_finely_than_whole_seconds() -> None:
    (only,) = passes(log("got prompt", sampler(6, "00:02", "2.03it/s"), "Prompt executed in 7.00 seconds"))

    assert only.seconds == pytest.approx(6 / 2.03)


def test_initialisation_is_told_apart_from_the_steps() -> None:
    (only,) = passes(
        log(
            "got prompt",
            frames(
                "  0%|          | 0/20 [00:00<?, ?it/s,   Model Initializing ...  ]",
                "  5%|▌         | 1/20 [00:41<13:07, 41.42s/it,  Model Initialization complete!  ]",
                " 10%|█         | 2/20 [00:02<00:12,  1.50s/it]",
                "100%|██████████| 20/20 [00:30<00:00,  1.50s/it]",
            ),
            "Prompt executed in 75.00 seconds",
        )
    )

    assert only.initialise_seconds == pytest.approx(41.42 - 1.5)
    assert only.seconds == 30


@given(st.integers(2, 60), st.integers(1, 400), st.sampled_from(["", "Sampling: ", "USDU: "]))
def test_skipping_frames_changes_no_event(frame_count: int, total: int, label: str) -> None:
    steps = [round(index * total / (frame_count - 1)) for index in range(frame_count)]
    text = "".join(f"\r{label}{100 * n // total:3d}%|██▌       | {n}/{total} [00:{n % 60:02d}<00:09,  1.50s/it]" for n in steps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analyzer.parse._FRAMES_WORTH_COLLAPSING", 10**9)
        every_frame = events(f"{text}\n".encode())

    assert events(f"{text}\n".encode()) == every_frame
    assert events(collapse_frames(text.encode()) + b"\n") == every_frame
    assert len(every_frame) <= 2


def test_thousands_of_frames_glued_on_one_line_without_carriage_returns() -> None:
    frame = "  5%|▌         | 1/20 [00:01<00:24,  1.31s/it]"

    assert len(events(log(frame * 5_000))) == 5_000


def test_what_is_glued_without_end_is_read_up_to_a_bound() -> None:
    found = events(log("got prompt" * 5_000))

    assert 1_000 <= len(found) < 1_010
    assert isinstance(found[0], PromptReceived)
    assert isinstance(found[-1], Unrecognised)
