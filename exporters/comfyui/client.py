"""The thin part: HTTP requests and a WebSocket, whose results the core is handed."""

import asyncio
import random
import ssl
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress

import aiohttp
from aiohttp import ClientTimeout, WSMsgType, hdrs

from exporters.comfyui.backoff import backoff_seconds
from exporters.comfyui.core import Core
from exporters.comfyui.health import Failure
from exporters.comfyui.pace import Pace
from exporters.comfyui.questions import Answer, Question
from exporters.comfyui.target import Target
from exporters.comfyui.wire import loads
from exporters.observations import Observation
from exporters.tasks import end_all

# Histories hold whole graphs and tracebacks, and a queue holds those of all that wait; nothing longer is read.
_MOST_BYTES = 64 << 20
# A pong may come late while the server is stalled; a connection that is half dead must still be noticed.
_HEARTBEAT_SECONDS = 120.0
# An answer that trickles in may take this many times as long as its first byte.
_PATIENCE = 6
_LONGEST_SLEEP_SECONDS = 1.0


async def observe(
    target: Target,
    *,
    pace: Pace | None = None,
    log: bool = True,
    clock: Callable[[], float] = time.time,
    chance: Callable[[], float] = random.random,
) -> AsyncGenerator[Observation, None]:
    """What can be seen of a server, for ever: over stalls, broken connections and restarts. Close it with `aclose`.

    `log`: whether its log is wanted; not where a file or pipe gives it.

    Raises UsageError where the target's certificate file cannot be used.
    """
    pace = pace or Pace()
    zone = time.localtime().tm_gmtoff
    core = Core(pace, log=log, zone_guess_seconds=zone, chance=chance)
    watch = _Watch(target, core, pace, clock, chance)
    async with _session(target, pace) as session:
        tasks = [asyncio.ensure_future(watch.run(watch.ask(session))), asyncio.ensure_future(watch.run(watch.listen(session)))]
        try:
            while True:
                yield await watch.next()
        finally:
            await end_all(tasks)


def _session(target: Target, pace: Pace) -> aiohttp.ClientSession:
    authorization = target.authorization
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=target.tls(), limit=4),
        headers={hdrs.AUTHORIZATION: authorization} if authorization else None,
        timeout=ClientTimeout(total=None, sock_connect=pace.connect, sock_read=pace.answer),
    )


class _Watch:
    """Two loops around the core: one asks, one listens."""

    def __init__(self, target: Target, core: Core, pace: Pace, clock: Callable[[], float], chance: Callable[[], float]) -> None:
        self._target, self._core, self._pace, self._clock, self._chance = target, core, pace, clock, chance
        self._seen: asyncio.Queue[Observation | Exception] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def next(self) -> Observation:
        """The next observation; raises what ended one of the loops."""
        seen = await self._seen.get()
        if isinstance(seen, BaseException):
            raise seen
        return seen

    async def run(self, loop: Coroutine[None, None, None]) -> None:
        """One of the loops; should it fail, so does `next`."""
        try:
            await loop
        except Exception as error:
            self._seen.put_nowait(error)

    def _tell(self, observations: list[Observation]) -> None:
        for observation in observations:
            self._seen.put_nowait(observation)

    # --- asking --------------------------------------------------------------------------------------------------

    async def ask(self, session: aiohttp.ClientSession) -> None:
        while True:
            self._changed.clear()
            question = self._core.question(self._clock())
            if question is None:
                wait = min(_LONGEST_SLEEP_SECONDS, max(0.001, self._core.next_at() - self._clock()))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)
            else:
                self._tell(await self._answer(session, question))
            if self._socket is not None and self._core.is_deaf(self._clock()):
                await self._socket.close()

    async def _answer(self, session: aiohttp.ClientSession, question: Question) -> list[Observation]:
        asked_at = self._clock()
        answer = await _request(session, self._target, question, self._pace)
        if isinstance(answer, Failure):
            return self._core.failed(question, answer, self._clock())
        status, body = answer
        told = Answer(question=question, status=status, body=body, at=self._clock(), asked_at=asked_at)
        return self._core.answered(told)

    # --- listening -----------------------------------------------------------------------------------------------

    async def listen(self, session: aiohttp.ClientSession) -> None:
        attempt = 0
        while True:
            if not self._core.wants_socket(self._clock()):
                await asyncio.sleep(self._pace.first_retry / 10)
                continue
            opened = await self._listen_once(session)
            attempt = 1 if opened else attempt + 1
            pace = self._pace
            await asyncio.sleep(backoff_seconds(attempt, self._chance(), first=pace.first_retry, most=pace.most_retry))

    async def _listen_once(self, session: aiohttp.ClientSession) -> bool:
        """Connects under a fresh id and hears until it breaks off; whether it came to that."""
        client_id = uuid.uuid4().hex
        opened = False
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            connecting = session.ws_connect(
                self._target.socket(client_id), heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_MOST_BYTES, autoclose=True
            )
            async with asyncio.timeout(self._pace.connect + self._pace.answer):
                socket = await connecting
            async with socket:
                opened = True
                self._socket = socket
                self._core.socket_opened(client_id, self._clock())
                self._changed.set()
                await self._hear(socket)
        if opened:
            self._socket = None
            self._core.socket_closed()
            self._changed.set()
        return opened

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._tell(self._core.message(message.data, self._clock()))
                self._changed.set()


async def _request(
    session: aiohttp.ClientSession, target: Target, question: Question, pace: Pace
) -> tuple[int, object] | Failure:
    """Status and JSON of an answer, or how it failed."""
    try:
        async with (
            asyncio.timeout(pace.connect + pace.answer * _PATIENCE),
            session.request(
                question.method,
                target.http(question.path),
                params=question.query or None,
                json=question.body,
                allow_redirects=False,
            ) as response,
        ):
            if response.status != 200:
                return response.status, None
            body = await _body(response)
            return Failure.TOO_MUCH if body is None else (response.status, loads(body) if body else None)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return _failure(error)
    except (ValueError, RecursionError):
        return Failure.NO_SENSE


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """The answer, unpacked; None: it is longer than what is read."""
    body = bytearray()
    if (response.content_length or 0) <= _MOST_BYTES:
        async for part in response.content.iter_any():
            body += part
            if len(body) > _MOST_BYTES:
                return None
        return bytes(body)
    return None


def _failure(error: BaseException) -> Failure:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Failure.NO_CONNECTION
    if isinstance(error, TimeoutError):
        return Failure.NO_ANSWER
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError | ssl.SSLError):
        return Failure.UNTRUSTED
    if isinstance(error, aiohttp.ClientConnectorError):
        return Failure.REFUSED
    return Failure.BROKEN
