"""Many who scrape at once, and those who are impatient, slow, or never say what they want; `serve` is a process of its own."""

import asyncio
import os
import random
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from exporters.replay import ReplayServer, load_session
from tests.command import MAIN
from tests.replayed import until
from tests.serving import ran
from tests.test_prometheus import PROMETHEUS, asked, instant, prometheus
from tests.test_serve import free_port

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted in /proc")

SESSION = "S2-two-pass"
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}
_AT_ONCE = struct.pack("ii", 1, 0)


class Serving:
    """`serve` that watches a played server."""

    def __init__(self, child: subprocess.Popen[str], url: str, replay: ReplayServer) -> None:
        self.child, self.url, self.replay = child, url, replay
        self.host, port = url.removeprefix("http://").split(":")
        self.port = int(port)

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    async def scrape(self, session: aiohttp.ClientSession) -> str:
        async with session.get(f"{self.url}/metrics", headers=OPENMETRICS) as answer:
            assert answer.status == 200
            return await answer.text()

    async def end(self) -> tuple[int, str]:
        """Told to end; its exit code and what it said."""
        self.child.terminate()
        _, said = await asyncio.to_thread(self.child.communicate, None, 30)
        return self.child.returncode, said


@asynccontextmanager
async def serving() -> AsyncIterator[Serving]:
    url = f"http://127.0.0.1:{free_port()}"
    async with ReplayServer(load_session(SESSION), speed=15.0, play=False) as replay:
        arguments = ["serve", "--url", replay.url, "--no-gpu", "--quiet", "--listen", url.removeprefix("http://")]
        child = subprocess.Popen([sys.executable, "-c", MAIN, *arguments], stderr=subprocess.PIPE, text=True)
        try:
            await until(lambda: _is_watched(replay), seconds=30.0)
            await asyncio.sleep(0.5)
            yield Serving(child, url, replay)
        finally:
            child.kill()
            child.communicate()


def _is_watched(replay: ReplayServer) -> bool:
    """The past has been asked for, and the log from where its stream begins."""
    paths = [path for _, path, _ in replay.asked]
    subscribed = next((place for place, path in enumerate(paths) if path.endswith("/subscribe")), len(paths))
    later = paths[subscribed:]
    return all(any(word in path for path in paths) for word in ("history", "jobs")) and any("/raw" in path for path in later)


def test_fifty_scrapers_at_once_while_runs_go_on() -> None:
    async def scraped() -> tuple[list[str], int, int, tuple[int, str]]:
        async with serving() as one, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            before = one.files
            one.replay.play()
            texts: list[str] = []

            async def scrape() -> None:
                texts.extend([await one.scrape(session) for _ in range(4)])

            await asyncio.gather(*(scrape() for _ in range(50)))
            await one.replay.played()
            await session.close()
            await _until_files(one, before + 3)
            async with aiohttp.ClientSession() as last:
                await _until_runs(one, last)
            return texts, before, one.files, await one.end()

    texts, before, after, ended = asyncio.run(scraped())
    assert len(texts) == 200
    assert all(text.endswith("# EOF\n") for text in texts)
    assert after <= before + 3
    assert ended == (0, "")


def test_those_who_hang_up_are_slow_or_say_half_a_word_harm_nobody() -> None:
    """They come while runs go on; meanwhile and afterwards scrapes are whole, and the end is not held up by who is still there."""

    async def visited(stack: ExitStack) -> tuple[int, str]:
        async with serving() as one, aiohttp.ClientSession() as session:
            await one.scrape(session)
            before = one.files
            one.replay.play()
            words = [b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n"] * 20 + [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50] * 10
            words += [b"GET /metrics HTTP/1.1\r\nHo"] * 10 + [b""] * 10
            stuck = [stack.enter_context(_connected(one, each)) for each in words]
            await _impatient(one, 150)
            assert (await one.scrape(session)).endswith("# EOF\n")
            await one.replay.played()
            await _until_runs(one, session)
            await _until_files(one, before + 50 + 3)
            for connection in stuck[::2]:
                connection.close()
            await _until_files(one, before + 25 + 3)
            return await one.end()

    with ExitStack() as stack:
        assert asyncio.run(visited(stack)) == (0, "")


def _connected(one: Serving, says: bytes) -> socket.socket:
    """One who never reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect((one.host, one.port))
    connection.sendall(says)
    return connection


async def _impatient(one: Serving, times: int) -> None:
    """They break off within a tenth of a second, as a Prometheus with such a timeout does, some before they have asked."""
    draw = random.Random(5)
    for _ in range(times):
        connection = _connected(one, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" if draw.random() < 0.9 else b"GET /me")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        await asyncio.sleep(draw.choice([0.0, 0.0, 0.002, 0.01, 0.1]))
        connection.close()


async def _until_files(one: Serving, most: int) -> None:
    await until(lambda: one.files <= most, seconds=20.0)


async def _until_runs(one: Serving, session: aiohttp.ClientSession) -> None:
    for _ in range(200):
        counted = sum(
            float(line.partition("} ")[2].split()[0]) for line in _lines(await one.scrape(session), "comfyui_runs_total{")
        )
        if counted == ran(SESSION):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{counted} runs were counted")


def _lines(text: str, begin: str) -> Sequence[str]:
    return [line for line in text.splitlines() if line.startswith(begin)]


@pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)")
def test_a_prometheus_that_waits_a_tenth_of_a_second(tmp_path: Path) -> None:
    """On a busy machine some of its scrapes come too late; the counters that it has are right all the same."""

    async def scraped() -> tuple[float, float, float, tuple[int, str]]:
        async with serving() as one, prometheus(tmp_path, one.url, "100ms") as url:
            with suppress(TimeoutError):
                async with asyncio.timeout(30):
                    while not asked(url, "targets").get("activeTargets"):
                        await asyncio.sleep(0.1)
            one.replay.play()
            await one.replay.played()
            found = 0.0
            for _ in range(200):
                if (found := await instant(url, "sum(last_over_time(comfyui_runs_total[1h]))")) == ran(SESSION):
                    break
                await asyncio.sleep(0.1)
            good = await instant(url, "sum(sum_over_time(up[1h]))")
            resets = await instant(url, "sum(resets(comfyui_runs_total[1h]))")
            return found, good, resets, await one.end()

    found, good, resets, ended = asyncio.run(scraped())
    assert (found, resets) == (ran(SESSION), 0)
    assert good > 5
    assert ended == (0, "")
