"""Heavy work in turns: one after the other, in order, with pauses that keep its share small."""

import asyncio
from collections.abc import Callable

import pytest

from exporters.turns import Turns


class Clock:
    """A clock that only work and sleep move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.slept = 0.0, list[float]()
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    def __call__(self) -> float:
        return self.now

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def working(clock: Clock, seconds: float, done: list[str], name: str) -> Callable[[], Callable[[], str]]:
    def work() -> str:
        clock.now += seconds
        done.append(name)
        return name

    return lambda: work


def test_work_is_a_small_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, done = Clock(monkeypatch), list[str]()
    turns = Turns(0.1, clock)

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(turns.take(working(clock, 1.0, done, name)) for name in "abc"))

    assert asyncio.run(all_of_them()) == done == ["a", "b", "c"]
    assert clock.slept == [0.0, pytest.approx(9.0), pytest.approx(9.0)]


def test_work_that_fails_is_told_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, done = Clock(monkeypatch), list[str]()
    turns = Turns(0.5, clock)

    def fails() -> str:
        clock.now += 4.0
        raise ValueError("no")

    async def both() -> None:
        with pytest.raises(ValueError, match="no"):
            await turns.take(lambda: fails)
        await turns.take(working(clock, 1.0, done, "a"))

    asyncio.run(both())
    assert clock.slept == [0.0, pytest.approx(4.0)]
