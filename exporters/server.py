"""Our own HTTP server: metrics, probes, the status page and its events, health, and JSON for scripts. It only reads."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import hdrs, web

from analyzer.errors import ComfymeterError
from analyzer.renderers.json_timeout import timeout_object
from exporters.connections import Connections, Limits
from exporters.engine import Engine
from exporters.happenings import Happening
from exporters.hosts import is_loopback, is_own_name
from exporters.page import page, policy
from exporters.runbooks import runbook
from exporters.scrape import Ourselves, Scrape, exposition
from exporters.status import status_of
from exporters.web_config import Doorkeeper, WebConfig

_LOG = logging.getLogger("comfymeter")
_EVENT_SECONDS = 1.0
_MOST_LISTENERS = 100
_SHUTDOWN_SECONDS = 2.0
# A listener that takes nothing for so long has gone.
_STUCK_SECONDS = 30.0
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves engines that somebody else starts and stops. `host`, `port`: where; port 0: any. `url`: where it is
    once it has started; `ready`: set by whoever has started the engines."""

    def __init__(
        self,
        engines: Sequence[Engine],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        config: WebConfig | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._scrapes = {engine.name: Scrape(engine, targets=len(self._engines)) for engine in engines}
        self._host, self._port = host, port
        self._config = config or WebConfig()
        self._door = Doorkeeper(self._config.users)
        self._limits = limits or Limits()
        self._runner: web.AppRunner | None = None
        self._connections: Connections | None = None
        self._over = asyncio.Event()
        self._news: dict[str, asyncio.Event] = {name: asyncio.Event() for name in self._engines}
        self._listeners = 0
        self.ready = False
        self.url = ""
        for engine in engines:
            engine.subscribe(self._happened)

    async def start(self) -> None:
        """Takes connections. Raises ComfymeterError where the address cannot be had."""
        application = web.Application(middlewares=[self._guard], client_max_size=1 << 16)
        application.add_routes(
            [
                web.get("/", self._page),
                web.get("/metrics", self._metrics),
                web.get("/probe", self._probe),
                web.get("/events", self._events),
                web.get("/runbooks/{name}", self._runbook),
                web.get("/api/v1/status", self._status),
                web.get("/api/v1/timeout", self._timeout),
                web.get("/-/healthy", self._healthy),
                web.get("/-/ready", self._is_ready),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        assert self._runner.server
        self._connections = Connections(self._runner.server, self._limits)
        try:
            host, port = await self._connections.listen(self._host, self._port, self._config.tls)
        except OSError as error:
            await self.stop()
            raise ComfymeterError(
                f"{self._host}:{self._port}: cannot listen there: {error.strerror or error}; --listen names another place"
            ) from error
        self.url = f"http{'s' if self._config.tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        """Lets go of all who listen, and of the port."""
        self._over.set()
        for news in self._news.values():
            news.set()
        if self._connections:
            await self._connections.close()
        if self._runner:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        assert self._connections
        with self._connections.answering(request.protocol):
            return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not await self._door.admits(request.headers.get(hdrs.AUTHORIZATION)):
            return _refused()
        try:
            response = await handler(request) if self._is_meant(request) else _misnamed()
        except web.HTTPException as error:
            response = _as_response(error)
        except Exception:
            _LOG.exception("%s could not be answered", request.path)
            response = web.Response(status=500, text="something went wrong here; the log says more\n")
        if not response.prepared:
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    # --- Prometheus ----------------------------------------------------------------------------------------------

    async def _metrics(self, request: web.Request) -> web.Response:
        """Everything, of the only server; where there are several each is probed by its name."""
        if len(self._scrapes) == 1:
            return _exposed(next(iter(self._scrapes.values())), request)
        return _exposed(Ourselves(len(self._scrapes)), request)

    async def _probe(self, request: web.Request) -> web.Response:
        return _exposed(self._scrapes[self._wanted(request).name], request)

    # --- people and scripts --------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        text = page(list(self._engines), self._wanted(request).name)
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy()})

    async def _status(self, request: web.Request) -> web.Response:
        engine = self._wanted(request)
        return _json(status_of(engine, engine.clock()))

    async def _timeout(self, request: web.Request) -> web.Response:
        """The advice; of one workflow if one is asked for."""
        answer = self._wanted(request).advisor.answer
        told = timeout_object(answer.advice) if answer else None
        if told is None:
            return _json({"error": "no run that says anything about durations was seen yet"}, status=404)
        if (name := request.query.get("workflow")) is not None:
            told["workflows"] = [row for row in told["workflows"] if row["workflow"] == name]
            if not told["workflows"]:
                return _json({"error": "no run of this workflow was seen yet"}, status=404)
        return _json(told)

    async def _runbook(self, request: web.Request) -> web.Response:
        """What to do about an alert; its name is the page's."""
        text = runbook(request.match_info["name"])
        if text is None:
            return web.Response(status=404, text="no such runbook; they are named like the alerts, as ComfyUIServerDown.md\n")
        return web.Response(text=text, content_type="text/plain", charset="utf-8")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """The status, now and whenever something happens or a second has passed, until the listener goes or we do."""
        engine = self._wanted(request)
        if self._listeners >= _MOST_LISTENERS:
            return web.Response(status=503, text="too many listeners\n")
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        self._listeners += 1
        try:
            async for status in self._statuses(engine):
                async with asyncio.timeout(_STUCK_SECONDS):
                    await response.write(f"data: {_text(status)}\n\n".encode())
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self._listeners -= 1
        return response

    async def _statuses(self, engine: Engine) -> AsyncIterator[Mapping[str, Any]]:
        while not self._over.is_set():
            yield status_of(engine, engine.clock())
            news = self._news[engine.name]
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _EVENT_SECONDS)

    def _happened(self, engine: Engine, happening: Happening) -> None:
        """Wakes those who listen now; who comes later sees it anyway."""
        news, self._news[engine.name] = self._news[engine.name], asyncio.Event()
        news.set()

    # --- health --------------------------------------------------------------------------------------------------

    async def _healthy(self, request: web.Request) -> web.Response:
        return web.Response(text="comfymeter is healthy\n")

    async def _is_ready(self, request: web.Request) -> web.Response:
        """Ready once the past is known and the servers are watched."""
        if self.ready:
            return web.Response(text="comfymeter is ready\n")
        return web.Response(status=503, text="comfymeter is not ready yet\n")

    def _is_meant(self, request: web.Request) -> bool:
        """Whether it is asked for by a name that nobody else can make lead here. A page from anywhere, open in a browser on this
        machine, could have its own name lead to this machine, and read everything under it (DNS rebinding)."""
        guarded = self._config.tls is not None or bool(self._config.users)
        return guarded or not is_loopback(self._host) or is_own_name(request.headers.get(hdrs.HOST, ""))

    def _wanted(self, request: web.Request) -> Engine:
        """The server that is asked for: by a name that is known, never by a URL. Raises HTTPNotFound."""
        name = request.query.get("target")
        engine = next(iter(self._engines.values())) if name is None else self._engines.get(name)
        if engine is None:
            raise web.HTTPNotFound(text="no such target; the targets file names them\n")
        return engine


def _exposed(registry: Scrape | Ourselves, request: web.Request) -> web.Response:
    body, content_type = exposition(registry, request.headers.get(hdrs.ACCEPT, ""))
    response = web.Response(body=body, headers={"Content-Type": content_type})
    response.enable_compression()
    return response


def _json(value: Mapping[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(text=_text(value) + "\n", status=status, content_type="application/json")


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _as_response(error: web.HTTPException) -> web.Response:
    """What the router or a handler raised; a raised one would lack our headers."""
    allow = error.headers.get(hdrs.ALLOW)
    return web.Response(status=error.status, text=error.text, headers={hdrs.ALLOW: allow} if allow else None)


def _misnamed() -> web.Response:
    text = "this server does not answer to that name; use its address, or passwords or TLS (docs/serve.md)\n"
    return web.Response(status=403, text=text)


def _refused() -> web.Response:
    headers = {**_HEADERS, "WWW-Authenticate": 'Basic realm="comfymeter", charset="UTF-8"'}
    return web.Response(status=401, text="name and password, please\n", headers=headers)
