"""The ledger of loads: which line belongs to which model, what was new, what is a reload."""

import pytest

from analyzer.events import LoadMode, Role, UnloadMode
from analyzer.runs.model import Evidence, Load
from analyzer.units import MIB
from tests.logs import log, read, sampler

END = "Prompt executed in 70.00 seconds"


def loads(*lines: str) -> tuple[Load, ...]:
    return tuple(load for run in read(log("got prompt", *lines, END)).runs for load in run.loads)


def loaded(mib: float) -> str:
    return f"loaded completely; 14670.80 MB usable, {mib:.2f} MB loaded, full load: True"


def test_a_call_with_two_models_prints_their_lines_in_the_order_of_the_requests() -> None:
    found = loads("Requested to load ControlNet", "Requested to load BaseModel", loaded(1378.17), loaded(3278.81), sampler())

    assert [(load.model, load.role, load.loaded_bytes) for load in found] == [
        ("ControlNet", Role.CONTROL, round(1378.17 * MIB)),
        ("BaseModel", Role.DIFFUSION, round(3278.81 * MIB)),
    ]


def test_a_request_without_a_line_was_there_already() -> None:
    found = loads(
        "Requested to load FluxClipModel_",
        loaded(254.03),
        "CLIP/text encoder model load device: cpu, offload device: cpu, current: cpu, dtype: torch.float16",
        "Requested to load FluxClipModel_",
        "model weight dtype torch.float32, manual cast: None",
        "model_type FLUX",
        "Requested to load Flux",
        loaded(2036.10),
        sampler(),
    )

    assert [load.model for load in found] == ["FluxClipModel_", "Flux"]


def test_of_two_requests_in_a_row_the_last_is_the_loaded_one() -> None:
    (found,) = loads("Requested to load SDXLClipModel", "Requested to load SDXL", loaded(4897.05), sampler())

    assert found.model == "SDXL"


def test_a_line_without_any_request_has_no_model() -> None:
    (found,) = loads("0 models unloaded.", "loaded completely;  1639.41 MB loaded, full load: True", sampler())

    assert (found.model, found.usable_bytes) == (None, None)


def test_a_line_without_request_is_known_by_its_size() -> None:
    partial = "loaded partially; 5641.67 MB usable, {}.00 MB loaded, {}.00 MB offloaded, lowvram patches: 0"
    first, second = loads("Requested to load Flux", partial.format(5600, 5750), sampler(), partial.format(5614, 5736), sampler())

    assert (first.model, second.model) == ("Flux", "Flux")


def test_the_rest_of_a_partial_unload_is_not_copied_again() -> None:
    first, second = loads(
        "Requested to load Flux",
        loaded(6602.51),
        sampler(),
        "Requested to load Flux",
        "Unloaded partially: 1265.26 MB freed, 5337.28 MB remains loaded, 45.62 MB buffer reserved, lowvram patches: 0",
        loaded(12377.36),
        sampler(),
    )

    assert (first.added_bytes, first.added_evidence) == (first.loaded_bytes, Evidence.MEASURED)
    assert second.added_bytes == pytest.approx((12377.36 - 5337.28) * MIB, abs=2)
    assert second.added_evidence is Evidence.INFERRED
    assert second.reload


def test_a_partial_unload_of_something_else_saves_nothing() -> None:
    *_, second = loads(
        "Requested to load Flux",
        loaded(6602.51),
        sampler(),
        "Requested to load Flux",
        "Unloaded partially: 100.00 MB freed, 200.00 MB remains loaded, 45.62 MB buffer reserved, lowvram patches: 0",
        loaded(6602.51),
        sampler(),
    )

    assert second.added_bytes == second.loaded_bytes


def test_another_file_of_the_same_class_is_no_reload() -> None:
    read_file = (
        "model weight dtype torch.float32, manual cast: None",
        "model_type FLUX",
        "Requested to load Flux",
        loaded(2036.10),
    )

    assert [load.reload for load in loads(*read_file, sampler(), *read_file, sampler())] == [False, False]


def test_a_model_that_comes_back_in_the_next_run_is_a_reload() -> None:
    lines = ("got prompt", "Requested to load Flux", loaded(2036.10), sampler(), END)
    first, second = read(log(*lines, *lines)).runs

    assert [load.reload for load in (*first.loads, *second.loads)] == [False, True]


def test_dynamic_loads_name_their_model() -> None:
    found = loads(
        "Requested to load LTXAV",
        "Requested to load AudioVAE",
        "Model LTXAV prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached.",
        "loaded completely; 484.30 MB usable, 415.20 MB loaded, full load: True",
        sampler(),
    )

    assert [(load.model, load.mode, load.loaded_bytes is None) for load in found] == [
        ("LTXAV", LoadMode.DYNAMIC, True),
        ("AudioVAE", LoadMode.FULL, False),
    ]


def test_before_august_2024_a_full_load_had_no_line_of_its_own() -> None:
    (found,) = loads("Requested to load SDXL", "Loading 1 new model", sampler())

    assert (found.model, found.mode, found.loaded_bytes, found.added_bytes) == ("SDXL", LoadMode.FULL, None, None)


def test_unloads() -> None:
    (run,) = read(
        log(
            "got prompt",
            "Requested to load Flux",
            "0 models unloaded.",
            "2 models unloaded.",
            "loaded partially: 500.00 MB loaded, lowvram patches: 12",
            loaded(100),
            END,
        )
    ).runs

    assert [(unload.mode, unload.freed_bytes, unload.remaining_bytes) for unload in run.unloads] == [
        (UnloadMode.FULL, None, None),
        (UnloadMode.PARTIAL, None, 500 * MIB),
    ]


def test_seconds_come_from_stamps() -> None:
    data = (
        "2026-05-17T20:00:00.000000 - got prompt\n"
        "2026-05-17T20:00:01.000000 - Requested to load ControlNet\n"
        "2026-05-17T20:00:01.100000 - Requested to load Flux\n"
        f"2026-05-17T20:00:03.000000 - {loaded(10)}\n"
        f"2026-05-17T20:00:07.500000 - {loaded(20)}\n"
        "2026-05-17T20:00:30.000000 - Prompt executed in 29.90 seconds\n"
    )

    (run,) = read(data.encode()).runs

    assert [load.seconds for load in run.loads] == pytest.approx([2.0, 4.5])


def test_what_happens_in_a_run_knows_when() -> None:
    lines = [
        "got prompt",
        "Requested to load Flux",
        "Unloaded partially: 100.00 MB freed, 50.00 MB remains loaded, 0.00 MB buffer reserved, lowvram patches: 0",
        "loaded completely;  7040.08 MB loaded, full load: True",
        "0: 640x448 1 face, 10.8ms",
        "timeout of 300000ms exceeded",
        "!!! Exception during processing !!! no room",
    ]
    stamped = log(*(f"2026-05-17T20:00:0{second}Z {line}" for second, line in enumerate(lines)))

    (run,) = read(stamped).runs

    found = (run.unloads[0], run.loads[0], run.detections[0], run.client_timeout, run.failure)
    start = run.queued_at or 0.0
    assert [item and item.at for item in found] == [start + seconds for seconds in (2, 3, 4, 5, 6)]
