"""Prints what `comfymeter serve` costs: `python -m benchmarks.serving [--seconds N] [--targets N] [--played N]`.

The servers are recorded ones that are played in this process; `serve` is a process of its own, whose CPU time and memory are read
from /proc (Linux).
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import aiohttp

from exporters.replay import ReplayServer, load_session

_COMMAND = (sys.executable, "-c", "from analyzer.cli import main; main()", "serve", "--quiet")
_SCRAPES = 300
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_SCRAPER = """
import http.client, json, sys, time
from urllib.parse import urlsplit
url, count, *paths = sys.argv[1:]
connection, seconds = http.client.HTTPConnection(urlsplit(url).netloc), []
for number in range(int(count)):
    began = time.perf_counter()
    connection.request("GET", paths[number % len(paths)], headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": seconds, "bytes": len(body)}))
"""


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`serve` as a process, and where it is."""
    port = _free_port()
    child = subprocess.Popen([*_COMMAND, "--listen", f"127.0.0.1:{port}", *arguments], stderr=subprocess.DEVNULL)
    try:
        yield child, f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Its resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def ready(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/-/ready") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def scrape_seconds(url: str, paths: list[str], count: int = _SCRAPES) -> tuple[list[float], int]:
    """How long scrapes take, one after the other, and the bytes of the last one. By a process of its own."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _SCRAPER, url, str(count), *paths, stdout=subprocess.PIPE)
    out, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError("the scrapes failed")
    told = json.loads(out)
    return told["seconds"], told["bytes"]


def told(name: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p99 = ordered[int(len(ordered) * 0.99)]
    return f"{name}: median {statistics.median(ordered) * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, of {len(ordered)} scrapes"


async def costs(name: str, pid: int, seconds: float) -> str:
    """What a process costs for a while."""
    before = cpu_seconds(pid)
    await asyncio.sleep(seconds)
    share = (cpu_seconds(pid) - before) / seconds
    return f"{name}: {share * 100:.2f} % of a core, {resident_mb(pid):.0f} MB"


async def one_target(seconds: float) -> None:
    async with ReplayServer(load_session("S5-soak"), play=False) as replay:
        with serving("--url", replay.url, "--timeout", "300s") as (child, url):
            await ready(url)
            await asyncio.sleep(3)
            print(await costs("one server, idle", child.pid, seconds))
            print(told("one server, idle", (await scrape_seconds(url, ["/metrics"]))[0]))
            replay.play()
            print(await costs("one server, runs", child.pid, seconds))
            times, size = await scrape_seconds(url, ["/metrics"])
            print(told("one server, runs", times) + f", {size / 1e3:.0f} kB unpacked")


async def many_targets(seconds: float, count: int, played: int) -> None:
    """Some servers that run, and others that are away."""
    session = load_session("S5-soak")
    replays = [ReplayServer(session, loop=True) for _ in range(played)]
    for replay in replays:
        await replay.__aenter__()
    away = [f"http://127.0.0.1:{_free_port()}" for _ in range(count - played)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "targets.yaml"
        urls = [*(replay.url for replay in replays), *away]
        file.write_text("targets:\n" + "".join(f"  - {{name: gpu-{n}, url: '{url}'}}\n" for n, url in enumerate(urls)))
        with serving("--targets", str(file), "--no-gpu") as (child, url):
            await ready(url)
            await asyncio.sleep(10)
            print(await costs(f"{count} servers, {played} run, {count - played} are away", child.pid, seconds))
            paths = [f"/probe?target=gpu-{number}" for number in range(count)]
            print(told(f"{count} servers", (await scrape_seconds(url, paths, 2 * count))[0]))
    for replay in replays:
        await replay.__aexit__()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long CPU time is looked at")
    parser.add_argument("--targets", type=int, default=200)
    parser.add_argument("--played", type=int, default=4, help="how many of them run; the others are away")
    given = parser.parse_args()
    asyncio.run(one_target(given.seconds))
    asyncio.run(many_targets(given.seconds, given.targets, min(given.played, given.targets)))


if __name__ == "__main__":
    main()
