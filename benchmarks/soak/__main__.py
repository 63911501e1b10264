"""Whether `record` and `serve` stay as they were for hours of quick replay: `python -m benchmarks.soak --minutes 60`.

`record` records a played ComfyUI, one `serve` watches its API and keeps a history, another one follows the recording.
Connections break, answers stay away, the played server is killed and starts again, visitors come and go. Printed afterwards:
growth of memory after a warm-up (Theil-Sen slope), of open files and threads, what visitors met, and runs that were missed or
counted twice. Exits with 1 where a bound is broken. Needs /proc (Linux).
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_server

import aiohttp

from analyzer.history import open_store
from benchmarks.soak.played import PLAYED, session_seconds
from benchmarks.soak.sampling import Sampling
from benchmarks.soak.verdict import Bounds, Growth, broken, growth
from benchmarks.soak.visitors import Visitors

_COMFYMETER = (sys.executable, "-c", "from analyzer.cli import main; main()")
# What serve remembers (of 5,000 runs their times, of 12,000 their ids) is not full after an hour.
_RECORD_BOUNDS, _SERVE_BOUNDS = Bounds(bytes_per_hour=1e6), Bounds(bytes_per_hour=8e6)
# For what is asked about only now and then.
_SETTLE_SECONDS = 10.0
_TELL_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to soak. `folder`: where logs, history and samples are kept."""

    minutes: float
    speed: float
    warm_up_minutes: float
    every_seconds: float
    folder: Path
    serve_bounds: Bounds = _SERVE_BOUNDS

    @property
    def rounds(self) -> int:
        """Rounds of all sessions that take about as long as asked for."""
        return max(1, round(self.minutes * 60 * self.speed / session_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. `ended`: runs by the truth; `runs`: as each part has them; `failures`: what visitors met."""

    ended: int
    runs: Mapping[str, int]
    scrapes: int
    failures: Sequence[str]
    growths: Mapping[str, Growth]
    bounds: Mapping[str, Bounds]

    def wrong(self) -> list[str]:
        """Every bound that does not hold."""
        found = [f"{name}: {runs} runs instead of {self.ended}" for name, runs in self.runs.items() if runs != self.ended]
        bounds = [line for name, grown in self.growths.items() for line in broken(name, grown, self.bounds[name])]
        return [*found, *self.failures, *bounds]


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def _running(arguments: Sequence[str], errors: Path) -> Iterator[subprocess.Popen[bytes]]:
    with errors.open("wb") as file:
        child = subprocess.Popen([*_COMFYMETER, *arguments], stdout=subprocess.DEVNULL, stderr=file, stdin=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


async def _ready(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            with suppress(aiohttp.ClientError):
                async with session.get(url + path) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"{url}{path} is not there after a minute")


async def soak(plan: Plan) -> Outcome:
    """Starts all, lets it be played, and looks at what is there afterwards."""
    folder, port, api, by_log = plan.folder, _free_port(), _free_port(), _free_port()
    truth, log, history = folder / "truth", folder / "run.log", folder / "history.db"
    truth.touch()
    program = [sys.executable, "-m", "benchmarks.soak.played", str(port), str(plan.speed), str(plan.rounds), str(truth)]
    serve = ["serve", "--no-gpu", "--timeout", "2s", "--listen"]
    commands = {
        "record": ["record", "-o", str(log), "--rotate", "1M", "--keep", "999", "--vram-interval", "0", "--", *program],
        "serve API": [*serve, f"127.0.0.1:{api}", "--url", f"http://127.0.0.1:{port}", "--store", str(history)],
        "serve log": [*serve, f"127.0.0.1:{by_log}", "--log", str(log)],
    }
    visitors = {"serve API": Visitors(f"http://127.0.0.1:{api}"), "serve log": Visitors(f"http://127.0.0.1:{by_log}")}
    with ExitStack() as stack:
        children = {name: stack.enter_context(_running(command, folder / f"{name}.stderr")) for name, command in commands.items()}
        for url in (f"http://127.0.0.1:{port}/queue", *(f"{one.url}/-/ready" for one in visitors.values())):
            await _there(url)
        await asyncio.sleep(_SETTLE_SECONDS)
        children["record"].send_signal(signal.SIGUSR1)
        sampling = Sampling({name: child.pid for name, child in children.items()}, folder / "samples.csv", plan.every_seconds)
        await _played(sampling, visitors, truth)
    runs = {name: one.runs for name, one in visitors.items()}
    return Outcome(
        ended=len(_ends(truth)),
        runs=runs | {"history": _stored(history), "recording": _recorded(log)},
        scrapes=sum(one.scrapes for one in visitors.values()),
        failures=[f"{name}: {what}, {times} times" for name, one in visitors.items() for what, times in one.failures.items()],
        growths={name: growth(samples, plan.warm_up_minutes * 60) for name, samples in sampling.samples.items()},
        bounds={"record": _RECORD_BOUNDS, "serve API": plan.serve_bounds, "serve log": plan.serve_bounds},
    )


async def _there(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


async def _played(sampling: Sampling, visitors: Mapping[str, Visitors], truth: Path) -> None:
    """Returns when all has been played and the last runs can be known."""
    tasks = [asyncio.ensure_future(sampling.run()), *(asyncio.ensure_future(one.run()) for one in visitors.values())]
    told_at = 0.0
    try:
        while PLAYED not in truth.read_text().splitlines()[-1:]:
            await asyncio.wait(tasks, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            if sampling.seconds >= told_at:
                print(_progress(sampling, visitors, len(_ends(truth))), flush=True)
                told_at = sampling.seconds + _TELL_SECONDS
        await asyncio.sleep(_SETTLE_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _progress(sampling: Sampling, visitors: Mapping[str, Visitors], ended: int) -> str:
    last = {name: samples[-1] for name, samples in sampling.samples.items() if samples}
    parts = [f"{name} {one.rss_bytes / 1e6:.1f} MB {one.files} files {one.threads} threads" for name, one in last.items()]
    counted = [f"{name} {one.runs}" for name, one in visitors.items()]
    return f"{sampling.seconds / 60:5.1f} min, {ended} runs ({', '.join(counted)}); " + "; ".join(parts)


def _ends(truth: Path) -> list[str]:
    return [line for line in truth.read_text().splitlines() if line != PLAYED]


def _stored(history: Path) -> int:
    store = open_store(str(history), create=False)
    try:
        return store.count()
    finally:
        store.close()


def _recorded(log: Path) -> int:
    """Runs that a report finds in all parts of the recording."""
    parts = map(str, log.parent.glob(f"{log.name}*"))
    found = subprocess.run([*_COMFYMETER, "report", *parts, "--format", "json"], capture_output=True, check=True)
    return len(json.loads(found.stdout)["runs"])


def _table(outcome: Outcome) -> Iterator[str]:
    yield f"runs that ended: {outcome.ended}; as counted: " + ", ".join(f"{name} {runs}" for name, runs in outcome.runs.items())
    yield f"scrapes: {outcome.scrapes}, failures of visitors: {len(outcome.failures)}"
    yield "| | samples | MB first quarter | MB last quarter | MB most | MB per hour | 95 % | files | threads |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, one in outcome.growths.items():
        sizes = " | ".join(f"{size / 1e6:.1f}" for size in (one.first_bytes, one.last_bytes, one.most_bytes))
        slope = f"{one.slope / 1e6:+.2f} | {one.low / 1e6:+.2f} to {one.high / 1e6:+.2f}"
        files, threads = f"{one.files:+.0f} (most {one.most_files})", f"{one.threads:+.0f} (most {one.most_threads})"
        yield f"| {name} | {one.samples} | {sizes} | {slope} | {files} | {threads} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=10.0, help="how many times as fast as recorded (10)")
    parser.add_argument("--warm-up", type=float, help="minutes that growth is not looked at (half of all)")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between samples (3)")
    parser.add_argument("--bound", type=float, default=8.0, help="MB per hour that serve may grow by (8)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new directory for logs, history and samples")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comfymeter-soak-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=bool(given.keep is None))
        plan = Plan(
            minutes=given.minutes,
            speed=given.speed,
            warm_up_minutes=given.minutes / 2 if given.warm_up is None else given.warm_up,
            every_seconds=given.every,
            folder=folder,
            serve_bounds=Bounds(bytes_per_hour=given.bound * 1e6),
        )
        outcome = asyncio.run(soak(plan))
    print("\n".join(_table(outcome)))
    wrong = outcome.wrong()
    print("\n".join(wrong or ["every bound holds"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
