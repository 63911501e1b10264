"""Clocks that are set while a server is watched, hours that come twice or never, stamps with and without a zone."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analyzer import analyze
from analyzer.runs.model import Outcome
from exporters.comfyui import target_of
from exporters.engine import Engine, EngineSettings
from exporters.happenings import Happening, RunEnded, ServerChanged
from exporters.observations import State
from exporters.replay import ReplayServer, load_session
from tests.replayed import FAST, until
from tests.serving import ran

HOUR = 3600.0
BERLIN = ZoneInfo("Europe/Berlin")
SESSION = "S1-simple"


# --- our own clock, while we watch ----------------------------------------------------------------------------------


class Clock:
    """The system's clock, which somebody sets."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.mark.parametrize("steps", [(-HOUR,), (HOUR,), (-HOUR, 2 * HOUR, -5 * HOUR)], ids=["back", "forward", "both"])
def test_a_clock_that_is_set_while_runs_go_on_costs_no_run(steps: tuple[float, ...]) -> None:
    """Each run is told once and under its own id; the pace of looks stays as it was."""
    clock, told = Clock(), list[Happening]()

    async def watched() -> None:
        async with ReplayServer(load_session(SESSION), speed=16.0, play=False) as server:
            engine = Engine(EngineSettings(name="a", target=target_of(server.url), pace=FAST), clock=clock)
            engine.subscribe(lambda _, happening: told.append(happening))
            await engine.start()
            await until(lambda: any(path.endswith("/subscribe") for _, path, _ in server.asked))
            await asyncio.sleep(0.3)
            server.play()
            for place, step in enumerate(steps):
                await until(lambda: engine.watched.in_flight is not None and len(_ids(told)) >= place)  # noqa: B023
                clock.ahead += step
            await server.played()
            await until(lambda: len(_ids(told)) >= ran(SESSION), seconds=20.0)
            asked = len(server.asked)
            await until(lambda: len(server.asked) > asked + 3)
            await asyncio.sleep(0.5)
            await engine.stop()

    asyncio.run(watched())
    assert sorted(filter(None, _ids(told))) == sorted(prompt.id for prompt in load_session(SESSION).prompts)
    assert len(_ids(told)) == ran(SESSION)


def _ids(told: list[Happening]) -> list[str | None]:
    return [one.run.prompt_id for one in told if isinstance(one, RunEnded)]


def test_a_server_that_is_down_is_found_again_though_the_clock_went_back() -> None:
    clock, told = Clock(), list[Happening]()

    async def watched() -> None:
        async with ReplayServer(load_session(SESSION), play=False) as server:
            engine = Engine(EngineSettings(name="a", target=target_of(server.url), pace=FAST), clock=clock)
            engine.subscribe(lambda _, happening: told.append(happening))
            await engine.start()
            await until(lambda: _states(told) == [State.UP])
            await server.close_port()
            await until(lambda: _states(told)[-1] is State.DOWN)
            clock.ahead -= HOUR
            await server.open_port()
            await until(lambda: _states(told)[-1] is State.UP)
            await engine.stop()

    asyncio.run(watched())


def _states(told: list[Happening]) -> list[State]:
    return [one.state for one in told if isinstance(one, ServerChanged)]


# --- the stamps of a log --------------------------------------------------------------------------------------------


def stamped(begin: datetime, *, naive: bool) -> list[str]:
    """Three runs of 20 minutes, one after the other, stamped with Berlin's clocks, with their offset or without."""

    def line(second: float, text: str) -> str:
        moment = (begin + timedelta(seconds=second)).astimezone(BERLIN)
        if naive:
            return f"[{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}] {text}"
        return f"{moment.isoformat(timespec='microseconds')} err   {text}"

    lines = [] if naive else [line(0, "comfymeter.record/1").replace(" err ", " rec ")]
    for number in range(3):
        start = number * 1200.0
        lines += [
            line(start, "got prompt"),
            line(start + 5, "Requested to load Flux"),
            line(start + 65, "loaded completely 20034.67 11350.07 True"),
            line(start + 1205 - 10, "Prompt executed in 00:19:55"),
        ]
    return lines


# In 2026 Berlin's clocks go from 2:00 to 3:00 on 29 March and from 3:00 to 2:00 on 25 October, both at 1:00 UTC.
CHANGES = {"spring": datetime(2026, 3, 29, 0, 35, tzinfo=UTC), "autumn": datetime(2026, 10, 25, 0, 35, tzinfo=UTC)}


@pytest.mark.parametrize("naive", [True, False], ids=["naive", "with offsets"])
@pytest.mark.parametrize("change", CHANGES)
def test_runs_over_a_change_of_the_clocks_are_as_long_as_they_were(change: str, naive: bool) -> None:
    begin = CHANGES[change]
    report = analyze(stamped(begin, naive=naive), timezone="Europe/Berlin")

    ended = [begin.timestamp() + 1195 + number * 1200 for number in range(3)]
    assert [run.ended_at for run in report.runs] == pytest.approx(ended)
    assert [run.duration_seconds for run in report.runs] == [1195.0] * 3
    for run in report.runs:
        loading = {time.phase.value: time.seconds for time in run.phases}["model_load"]
        assert loading == pytest.approx(60.0, abs=1.0)


@pytest.mark.parametrize("change", CHANGES)
def test_without_a_zone_the_runs_and_their_lengths_still_hold(change: str) -> None:
    """Nobody says where the stamps are from: an hour is missing or comes twice, and no time is below nothing."""
    report = analyze(stamped(CHANGES[change], naive=True))

    assert [(run.outcome, run.duration_seconds) for run in report.runs] == [(Outcome.SUCCESS, 1195.0)] * 3
    for run in report.runs:
        assert all(time.seconds >= 0 for time in run.phases)
        assert sum(time.seconds for time in run.phases) == pytest.approx(1195.0)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_was_set_inside_a_log_costs_no_run(hours: int) -> None:
    """As NTP does after a start: stamps jump in the middle of a run."""
    before = stamped(datetime(2026, 7, 1, 10, tzinfo=UTC), naive=True)
    after = stamped(datetime(2026, 7, 1, 10 + hours, tzinfo=UTC), naive=True)
    for place in (2, 5, 8):
        report = analyze([*before[:place], *after[place:]])
        assert [(run.outcome, run.duration_seconds) for run in report.runs] == [(Outcome.SUCCESS, 1195.0)] * 3
        for run in report.runs:
            assert all(time.seconds >= 0 for time in run.phases)


def test_logs_with_and_without_a_zone_are_one_report(tmp_path: Path) -> None:
    begin = datetime(2026, 7, 1, 10, tzinfo=UTC)
    (tmp_path / "a.log").write_text("\n".join(stamped(begin, naive=True)) + "\n")
    (tmp_path / "b.log").write_text("\n".join(stamped(begin + timedelta(hours=2), naive=False)) + "\n")
    apart = analyze(tmp_path)
    together = analyze(tmp_path, timezone="Europe/Berlin")

    assert [run.duration_seconds for run in apart.runs] == [1195.0] * 6
    ended = [begin.timestamp() + hours * HOUR + 1195 + number * 1200 for hours in (0, 2) for number in range(3)]
    assert [run.ended_at for run in together.runs] == pytest.approx(ended)
