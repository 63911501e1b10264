"""Who visits `serve` during a soak: a Prometheus, people with the page open, people who come and go."""

import asyncio
import re
from collections import Counter
from contextlib import suppress

import aiohttp

_SCRAPE_SECONDS, _VISIT_SECONDS, _STAY_SECONDS = 2.0, 10.0, 5.0
_PATIENCE = aiohttp.ClientTimeout(total=10.0)
_OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0"}
_RUNS = re.compile(r"^comfyui_runs_total\{[^}]*\} (\S+)", re.MULTILINE)
_FAILED_COLLECTOR = re.compile(r'^comfymeter_collect_success\{collector="([^"]*)"\} 0', re.MULTILINE)


class Visitors:
    """Of one server. `scrapes`: made; `failures`: what went wrong, by what it was; `runs`: counted, by the last scrape."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.scrapes = 0
        self.failures: Counter[str] = Counter()
        self.runs = 0

    async def run(self) -> None:
        """Visits until it is cancelled."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            await asyncio.gather(self._scrape_for_ever(session), self._come_and_go(session), self._stay(session))

    async def _scrape_for_ever(self, session: aiohttp.ClientSession) -> None:
        while True:
            await self.scrape(session)
            await asyncio.sleep(_SCRAPE_SECONDS)

    async def scrape(self, session: aiohttp.ClientSession) -> None:
        """One scrape; what is wrong with it is counted."""
        self.scrapes += 1
        text = await self._get(session, "/metrics", _OPENMETRICS)
        if text is None:
            return
        if not text.endswith("# EOF\n"):
            self.failures["a scrape without its end"] += 1
        for name in _FAILED_COLLECTOR.findall(text):
            self.failures[f"collector {name}"] += 1
        self.runs = int(sum(map(float, _RUNS.findall(text))))

    async def _come_and_go(self, session: aiohttp.ClientSession) -> None:
        while True:
            for path in ("/", "/api/v1/status"):
                await self._get(session, path)
            async with aiohttp.ClientSession() as other:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._listen(other), _STAY_SECONDS)
            await asyncio.sleep(_VISIT_SECONDS - _STAY_SECONDS)

    async def _stay(self, session: aiohttp.ClientSession) -> None:
        await self._listen(session)
        self.failures["the events ended"] += 1

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        async with session.get(f"{self.url}/events", timeout=aiohttp.ClientTimeout(sock_read=30.0)) as answer:
            async for _ in answer.content.iter_any():
                pass

    async def _get(self, session: aiohttp.ClientSession, path: str, headers: dict[str, str] | None = None) -> str | None:
        try:
            async with session.get(self.url + path, headers=headers) as answer:
                text = await answer.text()
                if answer.status == 200:
                    return text
                self.failures[f"{path}: status {answer.status}"] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures[f"{path}: {type(error).__name__}"] += 1
        return None
