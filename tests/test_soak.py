"""The soak's judgement on made-up samples, and a short soak."""

import asyncio
import random
from pathlib import Path

import pytest

from benchmarks.soak.__main__ import Plan, soak
from benchmarks.soak.verdict import Bounds, Sample, broken, growth

BOUNDS = Bounds(bytes_per_hour=4e6)


def samples(mb_per_hour: float = 0.0, files_per_hour: float = 0.0, threads_per_hour: float = 0.0) -> list[Sample]:
    """An hour that warms up for ten minutes; allocators jump, and now and then something large is held for a moment."""
    chance = random.Random(7)
    found = []
    for second in range(0, 3600, 5):
        hours = second / 3600
        warm = 80e6 + 12e6 * min(1.0, second / 600)
        odd = 20e6 if chance.random() < 0.02 else chance.choice([0.0, 1e5, 3e5])
        found.append(
            Sample(
                at=second,
                rss_bytes=int(warm + mb_per_hour * 1e6 * hours + odd),
                files=12 + int(files_per_hour * hours) + chance.choice([0, 0, 1, 2]),
                threads=5 + int(threads_per_hour * hours),
            )
        )
    return found


def test_what_stays_as_it_is_keeps_every_bound() -> None:
    found = growth(samples(), 900)
    assert abs(found.slope) < 0.3e6
    assert list(broken("serve", found, BOUNDS)) == []


@pytest.mark.parametrize("slope", [5.0, 20.0])
def test_a_leak_is_measured_through_noise(slope: float) -> None:
    found = growth(samples(mb_per_hour=slope), 900)
    assert found.slope == pytest.approx(slope * 1e6, rel=0.1)
    (line,) = broken("serve", found, BOUNDS)
    assert line.startswith("serve: memory grew by ")


def test_the_warm_up_is_not_looked_at() -> None:
    assert growth(samples(), 0).slope > growth(samples(), 900).slope + 1e5


@pytest.mark.parametrize(
    ("given", "words"),
    [({"files_per_hour": 20.0}, "more open files"), ({"threads_per_hour": 10.0}, "more threads")],
    ids=["files", "threads"],
)
def test_what_is_never_closed_is_told(given: dict[str, float], words: str) -> None:
    (line,) = broken("serve", growth(samples(**given), 900), BOUNDS)
    assert words in line


def test_too_few_samples_are_no_judgement() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        growth(samples()[:20], 90)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_minute_of_it_misses_no_run(tmp_path: Path) -> None:
    """Memory is not judged: a minute is all warm-up."""
    outcome = asyncio.run(soak(Plan(minutes=1.0, speed=10.0, warm_up_minutes=0.2, every_seconds=2.0, folder=tmp_path)))
    assert outcome.ended > 50
    assert outcome.runs == dict.fromkeys(["serve API", "serve log", "history", "recording"], outcome.ended)
    assert outcome.failures == []
