"""What strangers may do to `serve`, over real sockets: hold it up, fill it, fool it, have it fetch or read something for them."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from exporters.connections import Limits
from exporters.engine import Engine, EngineSettings
from exporters.hosts import is_own_name
from exporters.server import Server
from exporters.web_config import WebConfig, load_web_config

TLS = Path(__file__).parent / "tls"
TIGHT = Limits(connections=4, first_seconds=1.0, idle_seconds=1.0)
PATHS = ("/", "/metrics", "/probe", "/events", "/api/v1/status", "/api/v1/timeout", "/-/healthy", "/-/ready")


@asynccontextmanager
async def served(*names: str, config: WebConfig | None = None, limits: Limits | None = None) -> AsyncIterator[Server]:
    engines = [Engine(EngineSettings(name=name, log="/nowhere.log")) for name in names or ("gpu-1",)]
    server = Server(engines, config=config, limits=limits)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Stranger:
    """A connection that says what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def at(cls, server: Server) -> "Stranger":
        host, _, port = server.url.partition("://")[2].rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def say(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def rest(self) -> bytes:
        """All that comes until it is broken off; fails where it never is."""
        parts = []
        async with asyncio.timeout(20):
            with suppress(ConnectionError):
                while data := await self.reader.read(1 << 16):
                    parts.append(data)
        self.writer.close()
        return b"".join(parts)


async def asked(server: Server, request: bytes) -> bytes:
    """The whole answer to bytes as they are, whatever a client library would make of them."""
    one = await Stranger.at(server)
    await one.say(request)
    return await one.rest()


async def status_of(server: Server, path: str = "/-/healthy") -> int:
    async with aiohttp.ClientSession() as session, session.get(server.url + path) as response:
        return response.status


# --- time and room --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "begins", [b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-A: "], ids=["nothing", "line", "head"]
)
def test_a_request_that_trickles_in_is_broken_off(begins: bytes) -> None:
    async def trickle() -> bytes:
        async with served(limits=TIGHT) as server:
            one = await Stranger.at(server)
            await one.say(begins)

            async def drip() -> None:
                while begins:
                    await one.say(b"x")
                    await asyncio.sleep(0.05)

            dripping = asyncio.ensure_future(drip())
            told = await one.rest()
            dripping.cancel()
            return told

    assert asyncio.run(trickle()) == b""


def test_the_request_after_the_first_must_come_in_time_too() -> None:
    async def keep() -> bytes:
        async with served(limits=TIGHT) as server:
            one = await Stranger.at(server)
            await one.say(b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\nGET /-/hea")
            return await one.rest()

    assert asyncio.run(keep()).count(b"HTTP/1.1 200") == 1


def test_tls_that_nobody_speaks_is_broken_off(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(
        f"tls_server_config:\n  cert_file: {TLS / 'certificate.pem'}\n  key_file: {TLS / 'key.pem'}\n"
    )

    async def wait() -> bool:
        config = load_web_config(str(tmp_path / "web.yaml"))
        async with served(config=config, limits=TIGHT) as server:
            silent = [await Stranger.at(server) for _ in range(TIGHT.connections + 2)]
            assert [await one.rest() for one in silent] == [b""] * len(silent)
            assert b"HTTP/1.1 200" not in await asked(server, b"GET / HTTP/1.1\r\n\r\n")
            await asyncio.sleep(0.1)
            trusted = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
            trusted.check_hostname = False
            async with aiohttp.ClientSession() as session, session.get(server.url + "/-/healthy", ssl=trusted) as response:
                return response.status == 200

    assert asyncio.run(wait())


def test_who_comes_while_all_places_are_taken_is_turned_away_and_later_let_in() -> None:
    async def crowd() -> tuple[list[bytes], int]:
        async with served(limits=Limits(connections=4)) as server:
            taken = server._connections._open  # type: ignore[union-attr]
            holding = [await Stranger.at(server) for _ in range(4)]
            while len(taken) < 4:
                await asyncio.sleep(0.01)
            late = [await asked(server, b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(20)]
            for one in holding:
                one.writer.transport.abort()
            while taken:
                await asyncio.sleep(0.01)
            return late, await status_of(server)

    assert asyncio.run(crowd()) == ([b""] * 20, 200)


def test_listeners_do_not_take_all_places() -> None:
    async def listen() -> list[int]:
        async with served() as server:
            listening = [await Stranger.at(server) for _ in range(101)]
            for one in listening:
                await one.say(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            firsts = [await one.reader.readuntil(b"\r\n") for one in listening]
            assert await status_of(server) == 200
            for one in listening:
                one.writer.transport.abort()
            await asyncio.sleep(0)
            return sorted(int(first.split()[1]) for first in firsts)

    assert asyncio.run(listen()) == [200] * 100 + [503]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n" + b"a" * 4_000_000,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"a" * 65536 + b"\r\n10000\r\n",
        b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n" * 50_000,
        b"\x16\x03\x01" * 50_000,
    ],
    ids=["line", "header", "headers", "body", "chunks", "sent ahead", "no HTTP"],
)
def test_what_is_too_much_is_not_taken(request_: bytes) -> None:
    async def send() -> int:
        async with served(limits=TIGHT) as server:
            one = await Stranger.at(server)
            sending = asyncio.ensure_future(one.say(request_))
            await one.rest()
            sending.cancel()
            return await status_of(server)

    assert asyncio.run(send()) == 200


# --- what it can be made to do --------------------------------------------------------------------------------------


def test_nothing_in_a_request_makes_it_connect_anywhere() -> None:
    """A port of ours stands for what somebody would like to reach; every path and name is tried with its address."""

    async def ask() -> None:
        with socket.create_server(("127.0.0.1", 0)) as coveted:
            coveted.setblocking(False)
            place = f"127.0.0.1:{coveted.getsockname()[1]}"
            wanted = (f"http://{place}/", place, f"//{place}", f"file://{place}", f"gpu-1@{place}")
            async with served("gpu-1", "gpu-2") as server, aiohttp.ClientSession() as session:
                for path in PATHS:
                    for url in wanted:
                        query = dict.fromkeys(("target", "url", "module", "workflow", "address"), url)
                        headers = {"Host": place, "X-Forwarded-Host": place, "Forwarded": f"host={place}", "Referer": url}
                        async with session.get(server.url + path, params=query, headers=headers) as response:
                            assert response.status in (200, 404, 503), path
                            if path in ("/probe", "/api/v1/status", "/events", "/"):
                                assert response.status == 404
                told = await asked(server, f"GET http://{place}/ HTTP/1.0\r\n\r\n".encode())
                assert told.startswith(b"HTTP/1.0 200")
                assert b"comfymeter" in told
                assert b" 200 " not in (await asked(server, f"CONNECT {place} HTTP/1.0\r\n\r\n".encode())).split(b"\r\n")[0]
            await asyncio.sleep(0.05)
            with pytest.raises(BlockingIOError):
                coveted.accept()

    asyncio.run(ask())


@pytest.mark.parametrize(
    "path",
    [
        "/runbooks/../server.py",
        "/runbooks/..%2fserver.py",
        "/runbooks/%2e%2e/%2e%2e/etc/passwd",
        "/runbooks//etc/passwd",
        "/runbooks/%2fetc%2fpasswd",
        "/runbooks/..\\server.py",
        "/runbooks/ComfyUIServerDown.md%00.png",
        "/runbooks/C:%5cWindows%5cwin.ini",
        "/../../etc/passwd",
        "/status.js",
        "/etc/passwd",
    ],
)
def test_no_path_leads_to_a_file(path: str) -> None:
    async def read() -> bytes:
        async with served() as server:
            return await asked(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())

    told = asyncio.run(read())
    assert told.split()[1] in (b"404", b"400")
    assert b"root:" not in told
    assert b"nosniff" in told or told.split()[1] == b"400"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"])
def test_it_only_reads(method: str) -> None:
    async def send() -> set[int]:
        async with served() as server, aiohttp.ClientSession() as session:
            return {(await session.request(method, server.url + path, data=b"{}")).status for path in PATHS}

    assert asyncio.run(send()) == {405}


# --- who reads it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "own"),
    [
        ("127.0.0.1:9189", True),
        ("[::1]:9189", True),
        ("localhost", True),
        ("10.0.0.4", True),
        ("gpu-box:9189", True),
        ("comfy.localhost", True),
        ("host.docker.internal:9189", True),
        ("GPU.LOCAL", True),
        ("", True),
        ("rebind.example.org:9189", False),
        ("localhost.example.org", False),
        ("127.0.0.1.nip.io", False),
        ("evil.example.", False),
        ("[::1", False),
    ],
)
def test_names_that_only_we_can_have(header: str, own: bool) -> None:
    assert is_own_name(header) is own


def test_a_page_that_leads_its_own_name_here_reads_nothing(tmp_path: Path) -> None:
    foreign = b"GET /api/v1/status HTTP/1.1\r\nHost: rebind.example.org:9189\r\nConnection: close\r\n\r\n"
    users = WebConfig(users={"reader": "$2b$04$abcdefghijklmnopqrstuuA9vF1tMmbTTQwSPqJpP8UZ9P8Jc1D4S"})

    async def read() -> tuple[bytes, bytes, bytes]:
        async with served() as server:
            refused, ours = (
                await asked(server, foreign),
                await asked(server, foreign.replace(b"rebind.example.org", b"localhost")),
            )
        async with served(config=users) as server:
            return refused, ours, await asked(server, foreign)

    refused, ours, guarded = asyncio.run(read())
    assert refused.split()[1] == b"403"
    assert b"use its address" in refused
    assert json.loads(ours.partition(b"\r\n\r\n")[2])["name"] == "gpu-1"
    assert guarded.split()[1] == b"401"
