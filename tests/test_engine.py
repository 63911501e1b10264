"""One server watched from end to end: the replay server, the real client, a real history."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.errors import ComfymeterError
from analyzer.history import Store, open_store
from analyzer.runs.model import Outcome, Phase, VramSource
from analyzer.vram.sample import GpuSample
from exporters.comfyui import target_of
from exporters.engine import Engine, EngineSettings
from exporters.happenings import Happening, RunBegan, RunEnded, ServerChanged
from exporters.keeper import Keeper
from exporters.observations import State
from exporters.scrape import Scrape, exposition
from tests.builders import run
from tests.captures import executed
from tests.replayed import FAST, until
from tests.serving import FakeGpu, ran, watching

SESSION = "S2-two-pass"


def test_runs_are_told_with_their_vram_and_kept(tmp_path: Path) -> None:
    place = str(tmp_path / "history.db")

    async def watched() -> list[RunEnded]:
        keeper = Keeper(lambda: open_store(place))
        keeper.start()
        async with watching(SESSION, speed=20.0, keeper=keeper, limit_seconds=300.0) as watch:
            await watch.play(ran(SESSION))
            assert watch.engine.runs.lines[0] > 0
            assert watch.engine.last_line_at is not None
        assert await keeper.close() == 0
        return [one for one in watch.told if isinstance(one, RunEnded)]

    ended = asyncio.run(watched())
    assert [one.run.prompt_id for one in ended] == [prompt["prompt_id"] for prompt in executed(SESSION)]
    sampled = [one.run.vram for one in ended if one.run.vram is not None]
    assert sampled
    assert {vram.source for vram in sampled} == {VramSource.NVML}
    assert any(vram.phase_peak_bytes(Phase.SAMPLE) for vram in sampled)

    store = open_store(place, create=False)
    stored = {run.started_at: run for run in store.runs()}
    assert len(stored) == len(ended)
    assert {run.vram_peak_bytes for run in stored.values()} == {
        one.run.vram.peak_bytes if one.run.vram else None for one in ended
    }
    assert all(run.graph_signature and store.log_spelling(run.graph_signature) for run in stored.values() if run.passes)
    store.close()


def test_a_watch_that_starts_again_knows_its_past_and_stores_nothing_twice(tmp_path: Path) -> None:
    place = str(tmp_path / "history.db")

    async def twice() -> tuple[int, int, int]:
        keeper = Keeper(lambda: open_store(place))
        keeper.start()
        async with watching(SESSION, keeper=keeper, gpu=False) as watch:
            await watch.play(ran(SESSION))
            again = Engine(watch.engine.settings, keeper=keeper)
            await until(lambda: not keeper.waiting)
            await again.start()
            known = sum(len(one.courses) for one in again.watched.history.workflows.values())
            await until(lambda: again.watched.queue is not None)
            await asyncio.sleep(0.5)
            after = sum(len(one.courses) for one in again.watched.history.workflows.values())
            await again.stop()
        await keeper.close()
        store = open_store(place, create=False)
        rows = store.count()
        store.close()
        return known, after, rows

    assert asyncio.run(twice()) == (ran(SESSION), ran(SESSION), ran(SESSION))


def test_runs_wait_for_a_database_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place, away = str(tmp_path / "history.db"), [True]

    def opened() -> Store:
        if away[0]:
            raise ComfymeterError("history.db: the history cannot be opened: gone")
        return open_store(place)

    async def watched() -> None:
        keeper = Keeper(opened, retry_seconds=0.05)
        keeper.start()
        async with watching("S1-simple", keeper=keeper, gpu=False) as watch:
            await watch.play(ran("S1-simple"))
            await until(lambda: keeper.failures > 1)
            away[0] = False
            await until(lambda: keeper.waiting == 0)
        assert await keeper.close() == 0

    with caplog.at_level(logging.WARNING, "comfymeter"):
        asyncio.run(watched())
    store = open_store(place, create=False)
    assert store.count() == ran("S1-simple")
    store.close()
    assert "begins without a past" in caplog.text


def test_nothing_that_fails_ends_the_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A subscriber, a certificate file, a log that is not there yet."""
    log = tmp_path / "comfyui.log"

    async def watched() -> list[Happening]:
        target = replace(target_of("https://127.0.0.1:9"), ca_file=str(tmp_path / "missing.pem"))
        engine = Engine(EngineSettings(name="a", target=target, log=str(log)))
        told: list[Happening] = []
        engine.subscribe(lambda *_: 1 / 0)  # type: ignore[arg-type]
        engine.subscribe(lambda _, happening: told.append(happening))
        await engine.start()
        await until(lambda: any(isinstance(one, ServerChanged) for one in told))
        log.write_text("got prompt\n")
        await until(lambda: engine.runs.lines[0] > 0)
        with log.open("a") as file:
            file.write("Requested to load Flux\nloaded completely 1000.0 500.0 True\nPrompt executed in 3.00 seconds\n")
        await until(lambda: any(isinstance(one, RunEnded) for one in told))
        await engine.stop()
        return told

    told = asyncio.run(watched())
    changed = next(one for one in told if isinstance(one, ServerChanged))
    assert changed.state is State.DOWN
    assert "missing.pem" in changed.reason
    (began,), (ended,) = ([one for one in told if isinstance(one, kind)] for kind in (RunBegan, RunEnded))
    assert isinstance(ended, RunEnded)
    assert began is not None
    assert ended.run.outcome is Outcome.SUCCESS
    assert ended.run.duration_seconds == 3.0
    assert "a subscriber failed" in caplog.text


def test_the_sampler_is_closed_with_the_engine() -> None:
    async def watched() -> FakeGpu:
        gpu = FakeGpu()
        engine = Engine(EngineSettings(name="a", log="/nowhere/at/all.log", gpu_every_seconds=0.01), sampler=gpu)
        await engine.start()
        await until(lambda: engine.gpu.busy_ratio(0.0) is not None)
        await engine.stop()
        return gpu

    assert asyncio.run(watched()).closed


def test_energy_is_known_when_a_run_ends_though_the_sampler_looks_later() -> None:
    async def watched() -> list[float | None]:
        async with watching("S1-simple", speed=20.0, gpu_every_seconds=0.1) as watch:
            await watch.play(ran("S1-simple"))
            return [run.vram.energy_joules for run in watch.runs if run.vram]

    found = asyncio.run(watched())
    assert found
    assert all(found)


class HangingGpu(FakeGpu):
    """Its driver answers twice; then a call does not return until somebody lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs, self.released = threading.Event(), threading.Event()

    def sample(self) -> Sequence[GpuSample]:
        if self.looks == 2:
            self.hangs.set()
            self.released.wait()
        return super().sample()


@pytest.mark.parametrize("every_seconds", [0.01, 1e9], ids=["at a usual look", "at the look at a run's end"])
def test_a_driver_that_hangs_costs_its_own_series_only(every_seconds: float) -> None:
    """Runs are told, scrapes are answered, and all comes to its end while the driver still hangs."""
    gpu = HangingGpu()

    async def watched() -> tuple[int, str]:
        async with watching("S1-simple", speed=20.0, gpu=False) as other:
            settings = EngineSettings(name="b", target=other.engine.settings.target, pace=FAST, gpu_every_seconds=every_seconds)
            engine, told = Engine(settings, sampler=gpu), list[RunEnded]()
            engine.subscribe(lambda _, happening: told.append(happening) if isinstance(happening, RunEnded) else None)
            await engine.start()
            await until(lambda: engine.watched.queue is not None and (every_seconds > 1 or gpu.hangs.is_set()))
            await asyncio.sleep(0.3)
            await other.play(ran("S1-simple"))
            await until(lambda: len(told) == ran("S1-simple"), seconds=30.0)
            text = exposition(Scrape(engine), "")[0].decode()
            await engine.stop()
        return len(told), text

    runs, text = asyncio.run(watched())
    hangs = gpu.hangs.is_set() and not gpu.released.is_set()
    gpu.released.set()
    assert (runs, hangs) == (ran("S1-simple"), True)
    assert "comfymeter_collect_success" in text
    assert 'comfymeter_collect_success{collector="gpu"} 0' not in text


def test_a_history_that_hangs_holds_up_neither_the_watch_nor_its_end(caplog: pytest.LogCaptureFixture) -> None:
    """As a database behind a network that is away: opening it does not return."""
    opened = threading.Event()

    def hang() -> Store:
        opened.wait()
        raise ComfymeterError("too late")

    async def watched() -> tuple[int, int]:
        keeper = Keeper(hang, patience_seconds=0.3)
        keeper.start()
        async with watching("S1-simple", speed=20.0, gpu=False, keeper=keeper) as watch:
            await watch.play(ran("S1-simple"))
            told = len(watch.runs)
        return told, await keeper.close()

    with caplog.at_level(logging.WARNING, "comfymeter"):
        told = asyncio.run(watched())
    hangs = not opened.is_set()
    opened.set()
    assert (told, hangs) == ((ran("S1-simple"), ran("S1-simple")), True)
    assert "begins without a past: --store: the history does not answer" in caplog.text


def test_a_run_of_which_nobody_tells_an_id_or_an_end_is_kept_once(tmp_path: Path) -> None:
    """A dying server took it along: it is kept when we have seen it, and not when a log tells of it at every start."""
    place = str(tmp_path / "history.db")

    async def kept() -> None:
        keeper = Keeper(lambda: open_store(place))
        keeper.start()
        nameless = run(outcome=Outcome.CUT_OFF, prompt_id=None, started_at=None, ended_at=None)
        for past in (True, False, True):
            keeper.keep("gpu-1", nameless, epoch=None, limit_seconds=None, past=past)
        assert await keeper.close() == 0

    asyncio.run(kept())
    store = open_store(place, create=False)
    assert [stored.outcome for stored in store.runs()] == ["cut_off"]
    store.close()
