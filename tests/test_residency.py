"""What is on the device after each load and unload line."""

from analyzer.events import UnloadMode
from analyzer.runs.residency import residency
from analyzer.units import GIB
from tests.builders import load, run, unload


def sizes(*runs: object, vram: dict[int, int] | None = None) -> list[float | None]:
    return [None if one.loaded_bytes is None else one.loaded_bytes / GIB for one in residency(runs, vram)]  # type: ignore[arg-type]


def test_models_add_up_and_a_reload_counts_once() -> None:
    flux, vae = load(line=2, model="Flux", loaded_bytes=8 * GIB), load(line=3, model="VAE", loaded_bytes=GIB)
    again = load(line=9, model="Flux", loaded_bytes=6 * GIB)

    assert sizes(run(1, loads=(flux, vae)), run(2, loads=(again,))) == [8, 9, 7]


def test_what_a_partial_unload_leaves_is_what_remains_of_the_model_whose_size_fits() -> None:
    loads = (load(line=2, model="A", loaded_bytes=3 * GIB), load(line=3, model="B", loaded_bytes=8 * GIB))
    freed = unload(line=4, freed_bytes=6 * GIB, remaining_bytes=2 * GIB)

    assert sizes(run(1, loads=loads, unloads=(freed,))) == [3, 11, 5]


def test_a_full_unload_takes_the_one_needed_longest_ago() -> None:
    loads = (load(line=2, model="A", loaded_bytes=3 * GIB), load(line=3, model="B", loaded_bytes=8 * GIB))
    gone = unload(line=4, mode=UnloadMode.FULL, freed_bytes=None, remaining_bytes=None, models=1)

    assert sizes(run(1, loads=loads, unloads=(gone,))) == [3, 11, 8]


def test_a_device_holds_no_more_than_it_has() -> None:
    loads = (load(line=2, model="A", loaded_bytes=9 * GIB), load(line=3, model="B", loaded_bytes=8 * GIB))

    assert sizes(run(1, loads=loads), vram={1: 16 * GIB}) == [9, 8]


def test_a_load_without_a_size_leaves_the_sum_unknown() -> None:
    assert sizes(run(1, loads=(load(line=2, model="A", loaded_bytes=None),))) == [None]


def test_another_server_starts_empty() -> None:
    one = load(line=2, model="A", loaded_bytes=GIB)

    assert sizes(
        run(1, loads=(one,), server_number=1), run(2, loads=(load(line=9, model="B", loaded_bytes=GIB),), server_number=2)
    ) == [1, 1]
