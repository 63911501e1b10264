"""`serve` as others meet it: over HTTP, with passwords and certificates, by Prometheus, by programs that ask for a timeout."""

import asyncio
import base64
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from analyzer.errors import ComfymeterError, SettingsError, UsageError
from analyzer.history import open_store
from analyzer.settings import Settings
from exporters.client import timeout_for
from exporters.comfyui import target_of
from exporters.commands import serve as serve_command
from exporters.commands.serve import Options, listen_address
from exporters.commands.server_options import port_here
from exporters.engine import Engine, EngineSettings
from exporters.replay import ReplayServer, load_session
from exporters.server import Server
from exporters.targets import load_targets
from exporters.web_config import WebConfig, load_web_config
from tests.captures import executed
from tests.command import MAIN, command
from tests.replayed import until
from tests.serving import ran, watching
from tests.webhook_receiver import Receiver, receiving

TLS = Path(__file__).parent / "tls"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")


@asynccontextmanager
async def served(*engines: Engine, config: WebConfig | None = None) -> AsyncIterator[Server]:
    server = Server(engines, config=config)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def engine(name: str = "gpu-1", **given: Any) -> Engine:
    return Engine(EngineSettings(name=name, log="/nowhere.log", **given))


async def get(session: aiohttp.ClientSession, url: str, **given: Any) -> tuple[int, str, Any]:
    async with session.get(url, **given) as response:
        return response.status, await response.text(), response.headers


# --- what is served -------------------------------------------------------------------------------------------------


def test_every_page_says_what_it_is() -> None:
    async def look() -> None:
        async with served(engine()) as server, aiohttp.ClientSession(server.url) as session:
            assert (await get(session, "/-/ready"))[0] == 503
            server.ready = True
            for path in ("/-/ready", "/-/healthy", "/metrics", "/probe?target=gpu-1", "/", "/api/v1/status"):
                status, text, headers = await get(session, path)
                assert status == 200, path
                assert text
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert "default-src 'none'" in headers["Content-Security-Policy"]
                assert "Access-Control-Allow-Origin" not in headers
            assert (await get(session, "/metrics"))[2]["Content-Type"].startswith("text/plain")
            accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
            _, text, headers = await get(session, "/metrics", headers=accept)
            assert headers["Content-Type"].startswith("application/openmetrics-text")
            assert text.endswith("# EOF\n")
            assert json.loads((await get(session, "/api/v1/status"))[1])["name"] == "gpu-1"
            assert (await get(session, "/api/v1/timeout"))[0] == 404
            assert (await get(session, "/nothing"))[0] == 404
            async with session.post("/metrics") as response:
                assert response.status == 405

    asyncio.run(look())


def test_only_known_targets_are_probed() -> None:
    async def look() -> None:
        async with served(engine("a"), engine("b <i>")) as server, aiohttp.ClientSession(server.url) as session:
            assert (await get(session, "/probe", params={"target": "http://127.0.0.1:1"}))[0] == 404
            assert "comfyui_runs_failed_total{" in (await get(session, "/probe", params={"target": "b <i>"}))[1]
            text = (await get(session, "/metrics"))[1]
            assert "comfymeter_targets 2.0" in text
            assert "comfyui_" not in text
            page = (await get(session, "/", params={"target": "b <i>"}))[1]
            assert "b &lt;i&gt;" in page
            assert "<i>" not in page.replace("<i class=", "")

    asyncio.run(look())


def test_a_happening_is_an_event_at_once() -> None:
    async def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with watching("S1-simple", speed=40.0) as watch, served(watch.engine) as server:  # noqa: SIM117
            async with aiohttp.ClientSession(server.url) as session, session.get("/events") as response:
                assert response.content_type == "text/event-stream"
                playing = asyncio.ensure_future(watch.play(ran("S1-simple")))
                async for line in response.content:
                    if line.startswith(b"data: "):
                        found.append(json.loads(line[6:]))
                        if len(found[-1]["runs"]) == ran("S1-simple"):
                            break
                await playing
                stopping = asyncio.ensure_future(server.stop())
                async for _ in response.content:  # the end of the stream: it does not keep the server up
                    pass
                await stopping
        return found

    found = asyncio.run(look())
    assert any(one["run"] and one["run"]["prediction"] for one in found)
    assert any(one["gpus"] for one in found)
    assert {run["prompt_id"] for run in found[-1]["runs"]} == {prompt["prompt_id"] for prompt in executed("S1-simple")}


def test_an_address_that_is_taken_is_one_line() -> None:
    async def take() -> None:
        async with served(engine()) as server:
            port = int(server.url.rpartition(":")[2])
            with pytest.raises(ComfymeterError, match=f"127.0.0.1:{port}: cannot listen there"):
                await Server([engine()], port=port).start()

    asyncio.run(take())


# --- passwords and certificates -------------------------------------------------------------------------------------


def web_config(folder: Path, *, tls: bool = True, password: str = "sesame") -> str:
    bcrypt = pytest.importorskip("bcrypt", reason="bcrypt is not installed")
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    path = folder / "web.yaml"
    files = f"tls_server_config:\n  cert_file: {TLS / 'certificate.pem'}\n  key_file: {TLS / 'key.pem'}\n" if tls else ""
    path.write_text(f"{files}basic_auth_users:\n  reader: {hashed}\n")
    return str(path)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_who_has_no_password_sees_nothing(tmp_path: Path) -> None:
    config = load_web_config(web_config(tmp_path))

    async def look() -> None:
        trusted = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
        trusted.check_hostname = False
        async with served(engine(), config=config) as server:
            assert server.url.startswith("https://")
            async with aiohttp.ClientSession(server.url, connector=aiohttp.TCPConnector(ssl=trusted)) as session:
                for path in ("/metrics", "/", "/events", "/api/v1/status", "/-/healthy", "/nothing"):
                    status, _, headers = await get(session, path)
                    assert status == 401
                    assert headers["WWW-Authenticate"].startswith("Basic")
                for user, password in (("reader", "wrong"), ("writer", "sesame"), ("reader", "x" * 100), ("", "")):
                    wrong = basic(user, password)
                    assert (await get(session, "/metrics", headers={"Authorization": wrong}))[0] == 401
                for header in ("Basic ????", "Basic", "Bearer sesame", "Basic " + base64.b64encode(b"reader").decode()):
                    assert (await get(session, "/metrics", headers={"Authorization": header}))[0] == 401
                right = {"Authorization": basic("reader", "sesame")}
                for _ in range(2):
                    assert (await get(session, "/metrics", headers=right))[0] == 200
            async with aiohttp.ClientSession(server.url) as session:
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await get(session, "/metrics")

    asyncio.run(look())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("basic_auth_users:\n  a: plain\n", "a: no bcrypt hash"),
        ("basic_auth: {}\n", "unknown key 'basic_auth'"),
        ("tls_server_config:\n  cert_file: a.pem\n", "needs cert_file and key_file"),
        ("tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n", "cannot be used"),
        ("tls_server_config:\n  cipher_suites: []\n", "unknown key 'cipher_suites'"),
        ("- a\n", "must be a table"),
        ("a: [\n", "cannot read the web configuration"),
    ],
)
def test_a_web_configuration_that_protects_nothing_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "web.yaml").write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_web_config(str(tmp_path / "web.yaml"))


# --- targets and options --------------------------------------------------------------------------------------------


def test_targets_are_read_with_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    path = tmp_path / "targets.yaml"
    path.write_text(
        f"targets:\n  - name: a\n    url: gpu-a:8188\n    timeout: 5m\n    token_file: {tmp_path / 'token'}\n"
        "  - name: b\n    url: https://gpu-b/comfy/\n    user: me\n    password_env: PASS\n  - name: c\n    log: /var/log/c.log\n"
    )
    a, b, c = load_targets(str(path), {"PASS": "secret"})
    assert a.target
    assert a.target.authorization == "Bearer abc"
    assert a.limit_seconds == 300.0
    assert b.target
    assert (b.target.user, b.target.password) == ("me", "secret")
    assert (c.target, c.log) == (None, "/var/log/c.log")
    with pytest.raises(SettingsError, match="target 2: the environment has no PASS"):
        load_targets(str(path), {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("targets: []", "1 to 1000"),
        ("targets:\n  - url: a", "target 1: needs a name"),
        ("targets:\n  - name: a", "needs url or log"),
        ("targets:\n  - {name: a, url: b, password: c}", "unknown key 'password'"),
        ("targets:\n  - {name: a, url: b}\n  - {name: a, url: c}", "two targets have the name 'a'"),
        ("targets:\n  - {name: a, url: 'ftp://b'}", "is no address of a server"),
        ("targets:\n  - {name: a, log: '-'}", "standard input is for one server"),
        ("targets:\n  - {name: a, url: b, timeout: soon}", "timeout:"),
    ],
)
def test_targets_that_make_no_sense_are_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_targets(str(tmp_path / "t.yaml"), {})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "what is to be watched"),
        ({"url": "ftp://a"}, "is no address"),
        ({"log": "a", "listen": "nowhere"}, "must be HOST:PORT"),
        ({"log": "a", "timeouts": ["x=soon"]}, "--timeout"),
        ({"log": "a", "targets": "t.yaml"}, "leave --url and --log out"),
        ({"url": "https://a", "ca_file": "missing.pem"}, "missing.pem"),
    ],
)
def test_what_to_watch_must_be_said(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        serve_command.run(Options(**given), {})


def test_wrong_options_are_one_line() -> None:
    ended = command("serve")
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1


def test_small_parts_of_the_options() -> None:
    assert listen_address("[::1]:9189") == ("::1", 9189)
    assert listen_address(":80") == ("0.0.0.0", 80)
    with pytest.raises(UsageError):
        listen_address("127.0.0.1:99999")
    assert port_here(target_of("http://127.0.0.1:8188")) == 8188
    assert port_here(target_of("https://localhost")) == 443
    assert port_here(target_of("http://10.0.0.1")) is None
    limits = serve_command._limits(["300s", "queue=60s"], Settings())
    assert limits == {"client": 300.0, "queue": 60.0}
    assert Options().listen.startswith("127.0.0.1:")


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True), ("::", True), ("gpu-1", True)])
def test_an_address_that_others_reach_is_warned_of(host: str, warned: bool, capsys: pytest.CaptureFixture[str]) -> None:
    serve_command._warn_of_strangers(host, WebConfig())
    serve_command._warn_of_strangers(host, WebConfig(users={"reader": "$2y$10$x"}))
    assert capsys.readouterr().err.count("can read it") == warned


# --- programs that ask ----------------------------------------------------------------------------------------------


def test_a_program_gets_a_timeout_or_its_own_default(tmp_path: Path) -> None:
    log = tmp_path / "comfyui.log"
    lines = "got prompt\nRequested to load Flux\nloaded completely 1000.0 500.0 True\nPrompt executed in {:.2f} seconds\n"

    async def ask() -> list[float]:
        log.write_text("")
        watched = Engine(EngineSettings(name="a", log=str(log)))
        async with served(watched) as server:
            before = await asyncio.to_thread(timeout_for, None, url=server.url, default=99.0)
            await watched.start()
            with log.open("a") as file:
                file.writelines(lines.format(20.0 + number) for number in range(6))
            await until(lambda: watched.advisor.runs == 6)
            (name,) = watched.names.values()
            asked = [("one", name), ("all", None), ("other", "nobody's <workflow>")]
            told = [await asyncio.to_thread(timeout_for, one, url=server.url, default=99.0) for _, one in asked]
            await watched.stop()
        gone = await asyncio.to_thread(timeout_for, None, url=server.url, default=99.0)
        return [before, *told, gone]

    before, one, all_of_them, other, gone = asyncio.run(ask())
    assert before == other == gone == 99.0
    assert 25.0 < one < 300.0
    assert one == all_of_them


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"no", b'{"overall": {"recommended_seconds": -1}}', b'{"overall": {"recommended_seconds": NaN}}']
)
def test_an_answer_without_sense_is_no_timeout(body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"from exporters.client import timeout_for; print(timeout_for(None, url='http://127.0.0.1:{port}', default=7.0))",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert child.communicate()[0] == "7.0\n"


# --- the command as a process ---------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, "-c", MAIN, *map(str, arguments)], stderr=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def fetched(url: str, seconds: float = 15.0) -> str:
    """What is there, once something is."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return str(response.read().decode())
        except (OSError, urllib.error.URLError):
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.1)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_signal_ends_it_and_nothing_is_lost(tmp_path: Path) -> None:
    log, place, port = tmp_path / "comfyui.log", tmp_path / "history.db", free_port()
    log.write_text("")
    with process("serve", "--log", log, "--store", place, "--listen", f"127.0.0.1:{port}", "--no-gpu") as child:
        fetched(f"http://127.0.0.1:{port}/-/ready")
        with log.open("a") as file:
            file.write("got prompt\nRequested to load Flux\nPrompt executed in 30.00 seconds\n")
        while "comfyui_runs_total{" not in fetched(f"http://127.0.0.1:{port}/metrics"):
            time.sleep(0.05)
        child.send_signal(signal.SIGTERM)
        _, told = child.communicate(timeout=20)
    assert child.returncode == 0
    assert told.splitlines() == [f"status page http://127.0.0.1:{port}/, metrics http://127.0.0.1:{port}/metrics"]
    store = open_store(str(place), create=False)
    assert [run.seconds for run in store.runs()] == [30.0]
    store.close()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_it_tells_of_a_run_over_its_limit_and_counts_what_it_told() -> None:
    port = free_port()

    async def serve(receiver: Receiver) -> str:
        async with ReplayServer(load_session("S2-two-pass"), speed=3.0, play=False) as server:
            arguments = ("--url", server.url, "--timeout", "1s", "--webhook", receiver.url, "--on-finish", "exit 3", "--no-gpu")
            with process("serve", *arguments, "--listen", f"127.0.0.1:{port}", "--quiet") as child:
                await until(lambda: any(path.endswith("/subscribe") for _, path, _ in server.asked), seconds=30.0)
                await asyncio.sleep(0.5)
                server.play()
                await until(lambda: "limit_passed" in receiver.events, seconds=30.0)
                await server.played()
                text = ""
                while "comfymeter_notifications_failed_total 0.0" in (text or "comfymeter_notifications_failed_total 0.0"):
                    text = await asyncio.to_thread(fetched, f"http://127.0.0.1:{port}/metrics")
                child.terminate()
                assert await asyncio.to_thread(child.wait) == 0
        return text

    with receiving() as receiver:
        text = asyncio.run(serve(receiver))
    passed = [body for body in receiver.bodies if body["event"] == "limit_passed"]
    assert passed[0]["limit_seconds"] == 1.0
    assert len({body["key"] for body in passed}) == len(passed)
    assert f'comfymeter_notifications_total{{event="limit_passed"}} {len(passed)}.0' in text
    assert 'comfymeter_notifications_total{event="server_down"} 0.0' in text
