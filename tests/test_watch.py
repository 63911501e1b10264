"""`comfymeter watch` from end to end: recorded servers, growing logs, pipes and terminals; who is told, and how it ends."""

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from time import time
from typing import Any

import pytest

from analyzer.cli import main
from analyzer.redaction import Redactor
from exporters.comfyui import target_of
from exporters.engine import Engine, EngineSettings
from exporters.notifiers import Event, Notifier, ShellCommand, Webhook
from exporters.replay import ReplayServer, Restart, Stall, load_session
from exporters.replay.faults import Fault
from exporters.tasks import end_all
from exporters.watching.once import look_once
from exporters.watching.session import Session, Showing
from tests.captures import executed
from tests.command import MAIN
from tests.replayed import FAST, until
from tests.samples import SAMPLES
from tests.webhook_receiver import Receiver, receiving

EVERY = frozenset(Event)
LINES = Showing(live=False, color=False, unicode=True, zone=UTC)
GONE_PORT = 9  # nobody listens on it


@dataclass
class Clock:
    """Time as the test has it: it passes, and can be put forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time() + self.ahead


@dataclass
class Log:
    """A log that grows."""

    path: Path
    engine: Engine
    clock: Clock

    async def write(self, *lines: str, after: float = 0.0) -> None:
        """Appends lines, so many seconds later, and waits until they were read."""
        self.clock.ahead += after
        before = self.engine.last_line_at
        with self.path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
        await until(lambda: self.engine.last_line_at != before)


@asynccontextmanager
async def session(engine: Engine, *notifiers: Notifier) -> AsyncIterator[None]:
    """A watch while the block runs."""
    watching = asyncio.ensure_future(Session(engine, LINES, notifiers=notifiers, redactor=Redactor()).run())
    try:
        yield
    finally:
        await end_all([watching])


def subscribed(server: ReplayServer) -> bool:
    """Its log is read on from where its buffer ended, and what had ended before has been told."""
    paths = [path for _, path, _ in server.asked]
    place = next((place for place, path in enumerate(paths) if path.endswith("/subscribe")), len(paths))
    return any(path.endswith("/raw") for path in paths[place:]) and any("jobs" in path for path in paths)


def frame(step: int, seconds: int, total: int = 20) -> str:
    return f"{step * 100 // total:3d}%|#| {step}/{total} [00:{seconds:02d}<00:59,  8.00s/it]"


def popen(*arguments: str, **given: Any) -> "subprocess.Popen[str]":
    """The command as a child, its output piped."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **given}
    return subprocess.Popen([sys.executable, "-c", MAIN, "watch", *arguments], **given)


# --- a log that grows ---------------------------------------------------------------------------------------------------


def test_a_run_of_a_growing_log_stalls_is_at_risk_passes_its_limit_and_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, told = tmp_path / "comfyui.log", tmp_path / "told"
    path.write_text("To see the GUI go to: http://127.0.0.1:8188\n")
    line = f"echo $COMFYMETER_EVENT >> {shlex.quote(str(told))}"

    async def watch(receiver: Receiver) -> None:
        clock = Clock()
        engine = Engine(EngineSettings(name="comfyui.log", log=str(path), limit_seconds=300.0), clock=clock)
        log = Log(path, engine, clock)
        hook, command = Webhook(receiver.url, events=EVERY), ShellCommand("--on-risk", line, events=EVERY)
        async with session(engine, hook, command):
            await until(lambda: engine.last_line_at is not None)
            await asyncio.sleep(0.5)  # what comes now is no backlog
            await log.write("got prompt", "Requested to load Flux")
            await until(lambda: engine.watched.in_flight is not None)
            clock.ahead += 130.0
            await until(lambda: "stalled" in receiver.events)
            await log.write("loaded completely 20000.0 6603.02 True", frame(0, 0))
            await until(lambda: "stall_over" in receiver.events)
            for step in range(1, 5):
                await log.write(frame(step, 10 * step), after=10.0)
            await until(lambda: "risk_raised" in receiver.events)
            for step in range(5, 18, 4):
                await log.write(frame(step, 0), after=40.0)
            await until(lambda: "limit_passed" in receiver.events)
            await log.write(frame(20, 0), "Prompt executed in 340.00 seconds", after=10.0)
            await until(lambda: "run_finished" in receiver.events and "run_finished" in told.read_text())

    with receiving() as receiver:
        asyncio.run(watch(receiver))

    order = ["stalled", "stall_over", "risk_raised", "limit_passed", "run_finished"]
    assert receiver.events == order
    assert told.read_text().split() == order
    assert len({body["key"] for body in receiver.bodies}) == 1
    assert {body["server"] for body in receiver.bodies} == {"comfyui.log"}
    assert receiver.bodies[2]["risk_ratio"] > 0.8
    assert receiver.bodies[2]["text"].startswith("Likely to exceed the 300 s timeout")
    output = capsys.readouterr().out
    for word in ("run began", "stall begins: silent busy", "stall over", "risk raised", "limit passed", "run ended: success"):
        assert word in output


# --- servers ------------------------------------------------------------------------------------------------------------


def test_a_server_that_is_restarted_is_down_and_back_and_one_that_is_late_is_neither(capsys: pytest.CaptureFixture[str]) -> None:
    faults: list[Fault] = [Stall(at=22.5, seconds=10.0), Restart(at=40.0, down_seconds=5.0)]

    async def watch(receiver: Receiver) -> None:
        async with ReplayServer(load_session("S1-simple"), speed=10.0, play=False, faults=faults) as server:
            settings = EngineSettings(name="gpu", target=target_of(server.url), pace=replace(FAST, answer=0.4))
            engine = Engine(settings)
            async with session(engine, Webhook(receiver.url)):
                await until(lambda: engine.watched.queue is not None)
                server.play()
                await until(lambda: "server_back" in receiver.events, seconds=20.0)

    with receiving() as receiver:
        asyncio.run(watch(receiver))

    assert receiver.events == ["server_down", "server_back"]
    states = [line.split()[2].rstrip(":") for line in capsys.readouterr().out.splitlines() if " server " in line]
    assert states == ["up", "stalled", "up", "down", "up"]


def test_the_command_watches_a_server_and_tells_of_each_run_once(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    place = tmp_path / "history.db"
    on_finish = f"cat >> {shlex.quote(str(told))}"

    async def watch(receiver: Receiver) -> tuple[int, str, str]:
        async with ReplayServer(load_session("S2-two-pass"), speed=10.0, play=False) as server:
            arguments = ["--url", server.url.replace("://", "://me:s3cret@"), "--webhook", receiver.url + "/s3cret"]
            arguments += ["--notify-on", "finish", "--on-finish", on_finish, "--store", str(place), "--no-gpu"]
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", MAIN, "watch", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            await until(lambda: subscribed(server), seconds=30.0)
            await asyncio.sleep(0.5)
            server.play()
            await until(lambda: len(receiver.bodies) >= len(executed("S2-two-pass")), seconds=60.0)
            await until(lambda: len(told.read_text().splitlines()) >= len(receiver.bodies))
            child.terminate()
            out, err = await child.communicate()
            assert child.returncode is not None
            return child.returncode, out.decode(), err.decode()

    with receiving() as receiver:
        code, out, err = asyncio.run(watch(receiver))

    assert code == 128 + signal.SIGTERM
    assert err == ""
    assert "s3cret" not in out
    ids = [prompt["prompt_id"] for prompt in executed("S2-two-pass")]
    assert Counter(body["prompt_id"] for body in receiver.bodies) == Counter(ids)
    assert set(receiver.events) == {"run_finished"}
    assert len({body["key"] for body in receiver.bodies}) == len(ids)
    assert {json.loads(line)["key"] for line in told.read_text().splitlines()} == {body["key"] for body in receiver.bodies}
    assert sum(" run ended: " in line for line in out.splitlines()) == len(ids)
    assert place.exists()


def test_one_look_at_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    async def look() -> int:
        async with ReplayServer(load_session("S1-simple"), play=False) as server:
            return await looked(EngineSettings(name="gpu", target=target_of(server.url), pace=FAST))

    assert asyncio.run(look()) == 0
    out = capsys.readouterr().out
    assert "gpu  up, 0 waiting, ComfyUI 0.8.0" in out
    assert "run        none" in out


def test_one_look_at_a_server_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(looked(EngineSettings(name="gpu", target=target_of(f"127.0.0.1:{GONE_PORT}"), pace=FAST))) == 1
    out = capsys.readouterr().out
    assert "gpu  down\n" in out
    assert "nothing listens there" in out


def test_one_look_at_a_log_shows_its_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(looked(EngineSettings(name="log", log=str(SAMPLES / "capture-soak.log"), limit_seconds=30.0))) == 0
    out = capsys.readouterr().out
    assert out.count("success") == 5
    assert "run        none" in out


async def looked(settings: EngineSettings) -> int:
    engine = Engine(settings)
    return await look_once(engine, Session(engine, LINES, redactor=Redactor()).picture, color=False, width=100)


# --- pipes and ends -----------------------------------------------------------------------------------------------------


def test_what_comes_through_a_pipe_is_watched_to_its_end_and_everybody_is_told(tmp_path: Path) -> None:
    told = tmp_path / "told"
    slow = f"sleep 0.5; echo $COMFYMETER_OUTCOME >> {shlex.quote(str(told))}"
    child = popen("-", "--on-finish", slow, "--no-gpu", stdin=subprocess.PIPE)
    out, err = child.communicate((SAMPLES / "incident.log").read_text(), timeout=60)

    assert (child.returncode, err) == (0, "")
    assert "run ended: success after 5m 04s" in out
    assert told.read_text().split() == ["success"]


def test_who_ends_it_does_not_wait_for_those_who_are_told(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    child = popen("-", "--on-finish", f"echo $$ > {shlex.quote(str(pid))}; sleep 600; true", "--no-gpu", stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write((SAMPLES / "incident.log").read_text())
    child.stdin.close()
    child.stdin = None
    asyncio.run(until(lambda: pid.exists() and bool(pid.read_text().strip()), seconds=30.0))
    child.terminate()
    _, err = child.communicate(timeout=30)

    assert (child.returncode, err) == (128 + signal.SIGTERM, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_notifier_that_fails_is_told_once_and_its_address_never(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "comfyui.log"
    path.write_text("")

    async def watch() -> None:
        engine = Engine(EngineSettings(name="log", log=str(path)))
        log = Log(path, engine, Clock())
        hook = Webhook(f"http://me:s3cret@127.0.0.1:{GONE_PORT}/s3cret", events=EVERY, pauses_seconds=(0.0, 0.0))
        async with session(engine, hook, ShellCommand("--on-finish", "exit 7", events=EVERY)):
            await asyncio.sleep(0.5)
            for _ in range(3):
                await log.write("got prompt", frame(20, 20), "Prompt executed in 20.00 seconds")
            await asyncio.sleep(1.0)

    asyncio.run(watch())
    assert sorted(capsys.readouterr().err.splitlines()) == [
        "comfymeter: --on-finish: a notice was not sent: exit code 7; further failures are only counted",
        f"comfymeter: webhook 127.0.0.1:{GONE_PORT}: a notice was not sent: the connection fails (ClientConnectorError);"
        " further failures are only counted",
    ]


def test_a_reader_that_has_seen_enough_ends_it(tmp_path: Path) -> None:
    log = tmp_path / "comfyui.log"
    log.write_text("")
    child = popen(str(log), "--no-gpu")
    assert child.stdout is not None
    child.stdout.close()
    deadline = time() + 30.0
    while child.poll() is None and time() < deadline:
        with log.open("a") as file:
            file.write("got prompt\n100%|#| 4/4 [00:01<00:00,  4.00it/s]\nPrompt executed in 1.00 seconds\n")
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.5)
    assert child.stderr is not None
    assert (child.returncode, child.stderr.read()) == (0, "")
    child.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--once", "--on-risk", "true"), "comfymeter: --once: prints the state and ends"),
        (("--notify-on", "everything"), "comfymeter: --notify-on: 'everything' must be made of risk, stall"),
        (("--webhook", "s3cret"), "comfymeter: --webhook: this is no address"),
        (("no/such/place.log",), "comfymeter: no/such/place.log: the directory for it is not there; is the path right?"),
        (("tests",), "comfymeter: tests: is a directory"),
        (("--url", "ftp://x"), "comfymeter: ftp://x: is no address"),
        (("--timeout", "soon"), "comfymeter: --timeout: 'soon' is not a duration"),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_arguments_that_make_no_sense(
    arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["comfymeter", "watch", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code in (1, 2)
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(message)
    assert "s3cret" not in err
