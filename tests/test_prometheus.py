"""A real Prometheus scrapes `serve` while recorded sessions are played."""

import asyncio
import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from exporters.metrics import METRICS, Kind
from exporters.scrape import Scrape, exposition
from exporters.server import Server
from exporters.totals import Counting
from tests.serving import ran, watching
from tests.test_serve import free_port

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMETHEUS is None or PROMTOOL is None, reason="Prometheus is not installed (Debian: prometheus)")

MOST_SERIES = 280
CONFIG = """
global: {{scrape_interval: {every}, scrape_timeout: {every}}}
scrape_configs:
  - job_name: comfymeter
    static_configs: [{{targets: ["{target}"]}}]
"""


@asynccontextmanager
async def prometheus(folder: Path, url: str, every: str) -> AsyncIterator[str]:
    """One that scrapes that URL; where it answers."""
    (folder / "prometheus.yml").write_text(CONFIG.format(every=every, target=url.removeprefix("http://")))
    here = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log:
        child = subprocess.Popen(
            [
                str(PROMETHEUS),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={here}",
                "--enable-feature=exemplar-storage",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://{here}"
    finally:
        child.terminate()
        await asyncio.to_thread(child.wait)


def asked(url: str, path: str, **query: str) -> Any:
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as response:
            return json.loads(response.read())["data"]
    except OSError:
        return {}


async def ask(url: str, path: str, **query: str) -> Any:
    return await asyncio.to_thread(lambda: asked(url, path, **query))


async def health(url: str) -> list[str]:
    return [f"{one['health']} {one['lastError']}".strip() for one in (await ask(url, "targets")).get("activeTargets", [])]


async def scraped(folder: Path, *, speed: float, every: str, sessions: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    counting = Counting(limits={"client": 1.0, "queue": 60.0})
    async with watching(*sessions, speed=speed, limit_seconds=1.0, counting=counting) as watch:
        server = Server([watch.engine])
        await server.start()
        async with prometheus(folder, server.url, every) as url:
            while await health(url) != ["up"]:
                await asyncio.sleep(0.2)
            await watch.play(sum(map(ran, sessions)))
            await asyncio.sleep(3.0)
            found["health"] = await health(url)
            found["failed"] = await instant(url, "sum(count_over_time(up[1h])) - sum(sum_over_time(up[1h]))")
            found["scrapes"] = await instant(url, "sum(count_over_time(up[1h]))")
            found["resets"] = [
                (metric.name, value)
                for metric in METRICS
                if metric.kind is Kind.COUNTER and (value := await instant(url, f"sum(resets({metric.name}[1h]))"))
            ]
            found["runs"] = await instant(url, "sum(comfyui_runs_total)")
            found["series"] = await instant(url, "scrape_samples_post_metric_relabeling")
            found["collectors"] = await instant(url, "min(min_over_time(comfymeter_collect_success[1h]))")
            found["added"] = await instant(url, "sum(sum_over_time(scrape_series_added[1h]))")
            found["exemplars"] = await ask(
                url, "query_exemplars", query="comfyui_run_duration_seconds_bucket", start="0", end="4e9"
            )
        found["text"] = exposition(Scrape(watch.engine), "text/plain")[0]
        await server.stop()
    return found


async def instant(url: str, query: str) -> float:
    result = (await ask(url, "query", query=query))["result"]
    return float(result[0]["value"][1]) if result else 0.0


def check(found: dict[str, Any], runs: int, most_series: int = MOST_SERIES) -> None:
    assert found["health"] == ["up"]
    assert found["failed"] == 0
    assert found["scrapes"] >= 5
    assert found["resets"] == []
    assert found["runs"] == runs
    assert found["collectors"] == 1
    assert 100 < found["series"] < most_series
    # Each series was added once: what came, stayed.
    assert found["added"] < most_series + 10
    ended = subprocess.run([str(PROMTOOL), "check", "metrics"], input=found["text"], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr.decode()) == (0, "")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def test_prometheus_scrapes_without_a_fault(folder: Path) -> None:
    sessions = ("S2-two-pass", "S3-queue")
    found = asyncio.run(scraped(folder, speed=18.0, every="500ms", sessions=sessions))
    check(found, sum(map(ran, sessions)))
    assert found["exemplars"]


@pytest.mark.long
def test_minutes_of_it(folder: Path) -> None:
    sessions = ("S5-soak", "S4-failures", "S3-queue")
    found = asyncio.run(scraped(folder, speed=2.0, every="2s", sessions=sessions))
    # Two workflows more, cold and warm: a histogram each.
    check(found, sum(map(ran, sessions)), most_series=350)
