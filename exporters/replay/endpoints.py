"""The HTTP and WebSocket endpoints of a replayed server, in the forms of `server.py` and its jobs and internal routes."""

import asyncio
import base64
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from exporters.replay.behaviour import Behaviour, Front
from exporters.replay.clients import Clients
from exporters.replay.process import Process, job_detail, jobs_of

# Says whether an answer was recorded or made from what was.
ORIGIN_HEADER = "X-Comfymeter-Replay"
_RECONSTRUCTED = {ORIGIN_HEADER: "reconstructed"}
_RECORDED = {ORIGIN_HEADER: "recorded"}
_STATUSES = {"pending", "in_progress", "completed", "failed"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Stage(Protocol):
    """What the endpoints need to know."""

    behaviour: Behaviour
    front: Front
    process: Process
    clients: Clients
    terminal: Mapping[str, int]
    awake: asyncio.Event
    asked: deque[tuple[str, str, Mapping[str, str]]]

    def stats(self) -> Mapping[str, Any]: ...


class Endpoints:
    """All routes of one server."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def application(self) -> web.Application:
        """The routes, with what stands in front of them."""
        app = web.Application(middlewares=[self._in_front])
        prefix, behaviour = self._stage.front.prefix.rstrip("/"), self._stage.behaviour
        both: list[tuple[str, str, Handler]] = [("GET", "/prompt", self._prompt), ("GET", "/queue", self._queue)]
        if self._stage.front.passes_sockets:
            both += [("GET", "/ws", self._socket)]
        both += [("GET", "/history", self._history), ("GET", "/history/{id}", self._one_history)]
        both += [("GET", "/system_stats", self._stats)]
        if behaviour.jobs:
            both += [("GET", "/api/jobs", self._jobs), ("GET", "/api/jobs/{id}", self._job)]
        routes = [(method, start + path, handler) for start in ("", "/api") for method, path, handler in both]
        routes += [("GET", "/internal/logs", self._log_text)]
        if behaviour.log_ring:
            routes += [("GET", "/internal/logs/raw", self._log_ring)]
        if behaviour.log_stream:
            routes += [("PATCH", "/internal/logs/subscribe", self._subscribe)]
        app.add_routes([web.route(method, prefix + path, handler) for method, path, handler in routes])
        return app

    # --- in front ------------------------------------------------------------------------------------------------

    @web.middleware
    async def _in_front(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._stage.asked.append((request.method, request.path, dict(request.headers)))
        await self._stage.awake.wait()
        if not self._may(request):
            challenge = "Bearer" if self._stage.front.token else "Basic"
            return web.Response(status=401, headers={hdrs.WWW_AUTHENTICATE: challenge})
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and urlsplit(origin).netloc != request.host:
            return web.Response(status=403)
        return await handler(request)

    def _may(self, request: web.Request) -> bool:
        front, given = self._stage.front, request.headers.get(hdrs.AUTHORIZATION)
        if front.token is not None:
            return given == f"Bearer {front.token}"
        basic = base64.b64encode(f"{front.user}:{front.password}".encode()).decode()
        return front.user is None or given == f"Basic {basic}"

    # --- the queue and the history -------------------------------------------------------------------------------

    async def _prompt(self, request: web.Request) -> web.Response:
        return web.json_response(_exec_info(self._stage.process), headers=_RECORDED)

    async def _queue(self, request: web.Request) -> web.Response:
        process = self._stage.process
        queue = {"queue_running": list(process.running.values()), "queue_pending": list(process.pending.values())}
        return web.json_response(queue, headers=_RECONSTRUCTED)

    async def _history(self, request: web.Request) -> web.Response:
        history = self._stage.process.history
        most = int(request.query.get("max_items", len(history)))
        start = int(request.query.get("offset", max(0, len(history) - most)))
        return web.json_response(dict(islice(history.items(), start, start + most)), headers=_RECORDED)

    async def _one_history(self, request: web.Request) -> web.Response:
        prompt_id = request.match_info["id"]
        entry = self._stage.process.history.get(prompt_id)
        return web.json_response({prompt_id: entry} if entry else {}, headers=_RECORDED)

    async def _stats(self, request: web.Request) -> web.Response:
        return web.json_response(self._stage.stats(), headers=_RECORDED)

    # --- jobs ----------------------------------------------------------------------------------------------------

    async def _jobs(self, request: web.Request) -> web.Response:
        behaviour, asked = self._stage.behaviour, set(filter(None, request.query.get("status", "").split(",")))
        unknown = asked - _STATUSES - ({"cancelled"} if behaviour.job_cancelled else set())
        if unknown:
            return web.json_response({"error": f"invalid status: {', '.join(sorted(unknown))}"}, status=400)
        jobs = [job for job in jobs_of(self._stage.process, behaviour) if not asked or job["status"] in asked]
        descending = request.query.get("sort_order", "desc") == "desc"
        jobs.sort(key=lambda job: job.get("create_time", 0), reverse=descending)
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", len(jobs) or 1))
        page = {"offset": offset, "limit": limit, "total": len(jobs), "has_more": offset + limit < len(jobs)}
        return web.json_response({"jobs": jobs[offset : offset + limit], "pagination": page}, headers=_RECONSTRUCTED)

    async def _job(self, request: web.Request) -> web.Response:
        job = job_detail(self._stage.process, self._stage.behaviour, request.match_info["id"])
        if job is None:
            return web.json_response({"error": "Job not found"}, status=404)
        return web.json_response(job, headers=_RECONSTRUCTED)

    # --- the log -------------------------------------------------------------------------------------------------

    async def _log_text(self, request: web.Request) -> web.Response:
        text = "".join(f"{entry['t']} - {entry['m']}" for entry in self._stage.process.ring)
        return web.json_response(text, headers=_RECORDED)

    async def _log_ring(self, request: web.Request) -> web.Response:
        entries = list(self._stage.process.ring)
        return web.json_response({"entries": entries, "size": self._stage.terminal}, headers=_RECORDED)

    async def _subscribe(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        self._stage.clients.subscribe(wanted["clientId"], enabled=wanted["enabled"])
        return web.Response()

    # --- the socket ----------------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        client_id = request.query.get("clientId") or uuid.uuid4().hex
        first = {"type": "status", "data": {"status": _exec_info(self._stage.process), "sid": client_id}}
        await self._stage.clients.serve(socket, client_id, first)
        return socket


def _exec_info(process: Process) -> dict[str, Any]:
    return {"exec_info": {"queue_remaining": process.queue_remaining}}


def status_message(process: Process) -> dict[str, Any]:
    """What everybody is told when the queue changes."""
    return {"type": "status", "data": {"status": _exec_info(process)}}
