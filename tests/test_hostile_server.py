"""ComfyUI, or what stands in its place, behaves badly: real servers on loopback, watched by the real engine and commands."""

import asyncio
import gzip
import logging
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from exporters.comfyui import target_of
from exporters.engine import Engine, EngineSettings
from exporters.happenings import Happening, RunEnded, ServerChanged
from exporters.observations import State
from exporters.replay import ReplayServer, load_session
from exporters.replay.behaviour import AS_RECORDED, Behaviour
from tests.command import MAIN, command
from tests.hostile_server import Answers, hostile_server, plain, without_end
from tests.replayed import FAST, until
from tests.serving import Watch, ran, watching

_MIB = 1 << 20
# What is read of an answer at most, twice, and what a process holds anyway.
MOST_BYTES = 260 * _MIB
# What the process has held at its peak (its parent's peak would count for its own in getrusage).
MEASURED = f"import atexit; atexit.register(lambda: print(open('/proc/self/status').read()));{MAIN}"
WITHOUT_LOG = replace(AS_RECORDED, log_ring=False, log_stream=False)


def told_of(answer: Answers) -> ServerChanged:
    """What an engine says first of a server that answers like that; it ends in good order, with all its connections."""

    async def watched(url: str) -> ServerChanged:
        engine = Engine(EngineSettings(name="a", target=target_of(url), pace=replace(FAST, answer=0.3)))
        told: list[Happening] = []
        engine.subscribe(lambda _, happening: told.append(happening))
        await engine.start()
        try:
            await until(lambda: any(isinstance(one, ServerChanged) for one in told))
            await asyncio.sleep(0.2)
        finally:
            await engine.stop()
        return next(one for one in told if isinstance(one, ServerChanged))

    with hostile_server(answer) as url:
        return asyncio.run(watched(url))


def says(status: str, kind: str, body: bytes) -> Answers:
    return lambda connection, path: plain(connection, status, kind, body)


def hangs(words: bytes) -> Answers:
    """Says this much, and then nothing for as long as the connection lasts."""

    def answer(connection: socket.socket, path: str) -> None:
        connection.sendall(words)
        connection.recv(1)

    return answer


LOGIN = b"<!DOCTYPE html><html><form action='/login'>Password <input type='password'></form></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (says("200 OK", "text/html", LOGIN), State.DOWN, "not as ComfyUI does"),
        (says("200 OK", "application/json", b"\x00\xff\xfe garbage"), State.DOWN, "not as ComfyUI does"),
        (says("200 OK", "application/json", b"[" * 100_000), State.DOWN, "not as ComfyUI does"),
        (says("302 Found", "text/html", LOGIN), State.DOWN, "does it want a login?"),
        (says("503 Service Unavailable", "text/html", LOGIN), State.DOWN, "the proxy in front of it answers 503"),
        (says("500 Internal Server Error", "text/plain", b"Traceback"), State.UP, "it answers"),
        (says("200 OK", "application/json", b'"hello"'), State.UP, "it answers"),
        (says("200 OK", "application/json", b""), State.UP, "it answers"),
        (lambda connection, path: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), State.DOWN, "breaks off"),
        (lambda connection, path: None, State.DOWN, "breaks off"),
        (hangs(b""), State.STALLED, "does not answer in time"),
        (hangs(b"HTTP/1.1 200 OK\r\nContent-"), State.STALLED, "does not answer in time"),
        (hangs(HEAD + b"Content-Length: 100\r\n\r\n{"), State.STALLED, "does not answer in time"),
    ],
    ids=[
        "a login page",
        "garbage",
        "JSON that is too deep",
        "sent to a login",
        "a proxy alone",
        "errors",
        "other JSON",
        "nothing",
        "another protocol",
        "hangs up",
        "silent",
        "half a head",
        "half a body",
    ],
)
def test_what_is_no_comfyui_is_told_and_harms_nothing(
    answer: Answers, state: State, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "comfymeter"):
        change = told_of(answer)

    assert (change.state, words in change.reason) == (state, True), change.reason
    assert caplog.text == ""


def bomb() -> bytes:
    packed = gzip.compress(b" " * (512 * _MIB), 1)
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


@pytest.mark.parametrize("kind", ["without end", "ten gigabytes", "a bomb"])
def test_memory_is_bounded_whatever_comes(kind: str) -> None:
    """A child looks once; what it held at its peak is told by the system."""
    packed = bomb() if kind == "a bomb" else b""

    def answer(connection: socket.socket, path: str) -> None:
        if kind == "without end":
            without_end(connection, b'{"system": "', b"x" * _MIB)
        elif kind == "ten gigabytes":
            connection.sendall(HEAD + b"Content-Length: 10000000000\r\n\r\n")
            while True:
                connection.sendall(b" " * _MIB)
        else:
            connection.sendall(packed)

    with hostile_server(answer) as url:
        done = command("watch", "--once", "--no-gpu", "--url", url, code=MEASURED)
    told, _, peak = done.stdout.rpartition("VmHWM:")
    assert "more than ComfyUI would" in told + done.stderr
    assert int(peak.split()[0]) << 10 < MOST_BYTES


def test_a_server_that_was_replaced_by_something_else_and_comes_back_is_watched_on() -> None:
    """First a login page on its port, then the real one: every run is told."""

    async def watched() -> list[Happening]:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        engine = Engine(EngineSettings(name="a", target=target_of(f"http://127.0.0.1:{port}"), pace=replace(FAST, answer=0.3)))
        told: list[Happening] = []
        engine.subscribe(lambda _, happening: told.append(happening))
        login = await asyncio.start_server(_login, "127.0.0.1", port)
        await engine.start()
        await until(lambda: _state(engine) is State.DOWN)
        login.close()
        await login.wait_closed()
        async with ReplayServer(load_session("S1-simple"), speed=20.0, port=port, play=False) as server:
            await until(lambda: any(path.endswith("/subscribe") for _, path, _ in server.asked))
            await asyncio.sleep(0.3)
            server.play()
            await server.played()
            await until(lambda: sum(isinstance(one, RunEnded) for one in told) == ran("S1-simple"), seconds=20.0)
            await engine.stop()
        return told

    ids = [one.run.prompt_id for one in asyncio.run(watched()) if isinstance(one, RunEnded)]
    assert len(set(ids)) == ran("S1-simple")
    assert None not in ids


async def _login(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(LOGIN) + LOGIN)
    await writer.drain()
    writer.close()


def _state(engine: Engine) -> State | None:
    return engine.watched.state.state if engine.watched.state else None


# --- long queues and large graphs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", [WITHOUT_LOG, replace(WITHOUT_LOG, jobs=False)], ids=["jobs", "before jobs"])
def test_ten_thousand_prompts_wait(behaviour: Behaviour) -> None:
    """All of them are counted, the one that runs is known, and ends are told."""
    graph = load_session("S1-simple").prompts[0].graph

    async def watched() -> tuple[Any, ...]:
        async with watching("S1-simple", gpu=False, server={"behaviour": behaviour}) as watch:
            process = watch.server.process
            for number in range(10_000):
                process.put([float(number), f"prompt-{number}", graph, {"create_time": 1_700_000_000_000 + number}, []])
            process.get("prompt-0")
            watch.server.tell_status()
            await until(lambda: _waiting(watch.engine) == (1, 9_999), seconds=20.0)
            running = watch.engine.watched.queue.running[0].prompt_id  # type: ignore[union-attr]
            _end(watch, "prompt-0", 1_700_000_000_000)
            process.get("prompt-1")
            await until(lambda: len(watch.runs) == 1, seconds=20.0)
            return running, [run.prompt_id for run in watch.runs], _state(watch.engine)

    assert asyncio.run(watched()) == ("prompt-0", ["prompt-0"], State.UP)


def _waiting(engine: Engine) -> tuple[int, int] | None:
    queue = engine.watched.queue
    return (len(queue.running), len(queue.pending)) if queue else None


@pytest.mark.parametrize(
    "text_bytes", [5 * _MIB, pytest.param(70 * _MIB, marks=pytest.mark.long)], ids=["5 MiB", "longer than what is read"]
)
def test_a_huge_graph(text_bytes: int) -> None:
    """Ten thousand nodes and a long text. Its run is told all the same, and the one after it."""
    small = load_session("S1-simple").prompts[0].graph
    huge: dict[str, Any] = {str(n): {"class_type": "Note", "inputs": {"after": [str(n - 1), 0]}} for n in range(1, 10_000)}
    huge["text"] = {"class_type": "Note", "inputs": {"text": "x" * text_bytes}}

    async def watched() -> tuple[list[str | None], State | None]:
        async with watching("S1-simple", gpu=False, server={"behaviour": WITHOUT_LOG}) as watch:
            for number, graph in enumerate([huge, small]):
                await _run(watch, f"prompt-{number}", float(number), graph)
                await until(lambda: len(watch.runs) > number, seconds=60.0)  # noqa: B023
            return [run.prompt_id for run in watch.runs], _state(watch.engine)

    assert asyncio.run(watched()) == (["prompt-0", "prompt-1"], State.UP)


async def _run(watch: Watch, name: str, number: float, graph: Mapping[str, Any]) -> None:
    """A prompt comes, runs, and ends."""
    process, moment = watch.server.process, 1_700_000_000_000 + int(number) * 20_000
    process.put([number, name, graph, {}, []])
    process.get(name)
    watch.server.tell_status()
    await asyncio.sleep(0.3)
    _end(watch, name, moment)


def _end(watch: Watch, name: str, moment: int) -> None:
    messages = [["execution_start", {"timestamp": moment}], ["execution_success", {"timestamp": moment + 5_000}]]
    watch.server.process.done(name, {"status": {"status_str": "success", "messages": messages}, "outputs": {}})
    watch.server.tell_status()
