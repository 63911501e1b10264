"""From a run that is too slow to the person who is told: recorded runs, `serve`, Prometheus, Alertmanager, a webhook.

Two servers play the same recorded run with the same past. One is as quick as ever, the other takes two and a half times as long, which is more
than its client's limit. One is scraped at /metrics, the other probed by its name.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exporters.replay import ReplayServer
from tests.alerting import ALERTMANAGER, PROMETHEUS, Job, Message, alerting, first_run, messages, past, serving
from tests.test_prometheus import ask
from tests.webhook_receiver import Receiver, receiving

pytestmark = pytest.mark.skipif(
    PROMETHEUS is None or ALERTMANAGER is None,
    reason="Prometheus or Alertmanager is not installed (Debian: prometheus-alertmanager)",
)

SESSION = "S2-two-pass"
SLOWER = 2.5
PREDICTED, NEAR, TIMED_OUT = "ComfyUIRunPredictedToTimeOut", "ComfyUIRunNearTimeout", "ComfyUIRunTimedOut"
DOWN = "ComfyUIServerDown"
FIRING = 'sum by (alertname, job) (max_over_time(ALERTS{alertstate="firing"}[1h]))'


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`stretch`: how many times as long as recorded a good run takes. `factor`: by which the rules are quicker."""

    stretch: float
    limit_seconds: float
    factor: float

    def wall(self, seconds: float) -> float:
        """What a duration of the rules lasts here, and some patience."""
        return seconds / self.factor + 20.0


@dataclass(slots=True)
class Scene:
    """Everything that runs."""

    slow: ReplayServer
    good: ReplayServer
    prometheus: str
    receiver: Receiver
    pace: Pace

    @property
    def told(self) -> list[Message]:
        return messages(self.receiver.bodies)

    async def until(self, met: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < end, f"did not happen; told so far: {self.told}"
            await asyncio.sleep(0.2)

    async def fired(self) -> set[tuple[str, str]]:
        """Alerts that have fired, by name and job, whether somebody was told or not."""
        found = (await ask(self.prometheus, "query", query=FIRING))["result"]
        return {(one["metric"]["alertname"], one["metric"]["job"]) for one in found}

    async def fires(self) -> list[Any]:
        return list((await ask(self.prometheus, "query", query='ALERTS{alertstate="firing"}'))["result"])

    async def health(self) -> list[str]:
        """What went wrong in evaluating rules."""
        groups = (await ask(self.prometheus, "rules"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return [f"{rule['name']}: {rule['health']} {rule.get('lastError', '')}" for rule in rules if rule["health"] != "ok"]


async def played(folder: Path, pace: Pace) -> dict[str, Any]:
    """Plays both; what was told meanwhile."""
    session, store = first_run(SESSION), past(folder, (SESSION, "S1-simple"), pace.stretch)
    slow, good = (ReplayServer(session, speed=1 / (times * pace.stretch), play=False) for times in (SLOWER, 1.0))
    found: dict[str, Any] = {}
    async with slow, good:
        with ExitStack() as stack:
            scene = await asyncio.to_thread(_set_up, stack, folder, pace, slow, good, store)
            await scene.until(lambda: all(map(_subscribed, (slow, good))), 30.0)
            await asyncio.sleep(3.0)
            found["before"] = await scene.fires()
            slow.play()
            good.play()
            await slow.played()
            await scene.until(lambda: bool(scene.told) and not scene.told[-1].firing, pace.wall(900.0))
            found["told"], found["fired"], found["after"] = scene.told, await scene.fired(), await scene.fires()
            found["health"] = await scene.health()
            await slow.close_port()
            await scene.until(lambda: len(scene.told) > len(found["told"]), pace.wall(300.0))
            await slow.open_port()
            await scene.until(lambda: not scene.told[-1].firing, pace.wall(900.0))
            found["away"] = scene.told[len(found["told"]) :]
    return found


def _set_up(stack: ExitStack, folder: Path, pace: Pace, slow: ReplayServer, good: ReplayServer, store: str) -> Scene:
    limit = ("--timeout", f"{pace.limit_seconds:g}s", "--store", store)
    receiver = stack.enter_context(receiving())
    alone = stack.enter_context(serving(folder, "alone", "--url", slow.url, *limit))
    targets = folder / "targets.yaml"
    targets.write_text(f"targets:\n  - {{name: good, url: '{good.url}'}}\n")
    many = stack.enter_context(serving(folder, "many", "--targets", targets, *limit))
    jobs = [Job(name="comfymeter", address=alone), Job(name="comfyui", address=many, probed="good")]
    prometheus = stack.enter_context(alerting(folder, jobs, receiver.url, pace.factor))
    return Scene(slow=slow, good=good, prometheus=prometheus, receiver=receiver, pace=pace)


def _subscribed(server: ReplayServer) -> bool:
    return any(path.endswith("/subscribe") for _, path, _ in server.asked)


def check(found: dict[str, Any], pace: Pace) -> None:
    assert found["before"] == []
    assert found["health"] == []
    told: list[Message] = found["told"]
    # Each once, in this order, and in the end the all-clear; the better-informed alert has silenced the one before it.
    assert [message.firing for message in told if message.firing] == [(PREDICTED,), (NEAR,), (TIMED_OUT,)]
    assert not told[-1].firing
    assert TIMED_OUT in told[-1].resolved
    assert {message.receiver for message in told} == {"team"}
    assert f"exceeds its limit of {_human(pace.limit_seconds)}" in told[0].texts[PREDICTED]
    assert "are used" in told[1].texts[NEAR]
    # Nothing else fired for the slow server, and nothing at all for the good one, whoever would have been told.
    assert found["fired"] == {(name, "comfymeter") for name in (PREDICTED, NEAR, TIMED_OUT)}
    assert found["after"] == []
    # Away: one message, to who is on call, and one when it is back. A restart may stand in the list.
    assert [(message.receiver, message.firing, message.resolved) for message in found["away"]] == [
        ("on-call", (DOWN,), ()),
        ("on-call", (), (DOWN,)),
    ]


def _human(seconds: float) -> str:
    """As Prometheus's humanizeDuration has it."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_who_is_on_call_hears_of_a_slow_run_before_during_and_after_it(folder: Path) -> None:
    pace = Pace(stretch=4.0, limit_seconds=52.0, factor=30.0)
    check(asyncio.run(played(folder, pace)), pace)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_same_with_the_rules_as_they_are_shipped(folder: Path) -> None:
    pace = Pace(stretch=32.0, limit_seconds=416.0, factor=1.0)
    check(asyncio.run(played(folder, pace)), pace)
