"""The replay server: that it answers as the recorded one did, at any speed, and what it makes up is marked."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from analyzer.containers import detect
from analyzer.errors import SourceError
from analyzer.families.bars import build_bar, find_frame
from analyzer.lines import line_blocks
from exporters.replay import AS_RECORDED, BEFORE_LOGS, NEWER, Behaviour, Front, ReplayServer, load_session, session_names
from exporters.replay.process import Process
from exporters.replay.recording import known_graphs, session_of
from exporters.replay.scaling import TextScaler
from exporters.replay.scene import Scene
from exporters.replay.session import Kind, Session, pack
from exporters.replay.timeline import Timeline
from tests.captures import ROOT, SESSIONS, executed, truth
from tests.logs import read
from tests.replayed import until


class Stage:
    """A server without a network."""

    def __init__(self, behaviour: Behaviour = AS_RECORDED) -> None:
        self.behaviour = behaviour
        self.process = Process()
        self.clients: Any = self
        self.terminal: Mapping[str, int] = {"cols": 80, "rows": 24}
        self.free_bytes = (0, 0)
        self.counts: list[int] = []
        self.streamed: list[str] = []
        self.messages: list[Any] = []

    def send_log(self, entries: list[dict[str, str]], size: object) -> None:
        self.streamed += [entry["m"] for entry in entries]

    def send_all(self, message: object) -> None:
        self.messages.append(message)

    def tell_status(self) -> None:
        self.counts.append(self.process.queue_remaining)

    def drop(self) -> None: ...
    def stall(self, *, stalled: bool) -> None: ...
    async def open_port(self) -> None: ...
    async def close_port(self) -> None: ...


def played_through(session: Session, *, speed: float = 1.0, place: int = 0, stage: Stage | None = None) -> Stage:
    """Everything that happens in a session, at once."""
    stage = stage or Stage()
    timeline = Timeline(
        began_at=session.epoch + session.lives[0].ready, second=session.lives[0].ready, speed=speed, epoch=session.epoch
    )
    scene = Scene(stage, session, timeline, place=place, utc_offset_seconds=0.0)
    if not place:
        scene.start_up(session.lives[0].ready)

    async def play() -> None:
        for _, act in sorted(scene.steps(()), key=lambda step: step[0]):
            await act()

    asyncio.run(play())
    return stage


def test_every_capture_is_a_session() -> None:
    assert session_names() == SESSIONS


def test_an_unknown_session_is_named_with_those_that_there_are() -> None:
    with pytest.raises(SourceError, match="S1-simple"):
        load_session("S0")


def test_a_file_that_is_no_session(tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(b"no")
    with pytest.raises(SourceError, match="not a recorded session"):
        load_session(tmp_path / "x.json.gz")


@pytest.mark.parametrize("name", session_names())
def test_a_session_survives_packing(name: str, tmp_path: Path) -> None:
    session = load_session(name)
    (tmp_path / "x.json.gz").write_bytes(pack(session))

    assert load_session(tmp_path / "x.json.gz") == session


@pytest.mark.parametrize("name", ["S1-simple"])
def test_at_its_own_speed_the_log_buffer_ends_as_the_recorded_one(name: str) -> None:
    recorded = json.loads((ROOT / name / "internal_logs_raw.json").read_text())["entries"]
    ring = list(played_through(load_session(name)).process.ring)

    assert [entry["m"] for entry in ring] == [entry["m"] for entry in recorded]
    assert [entry["t"][:23] for entry in ring] == [entry["t"][:23] for entry in recorded]


@pytest.mark.parametrize("name", session_names())
def test_queue_and_history_end_as_the_truth_says(name: str) -> None:
    stage = played_through(load_session(name))
    prompts = [prompt["prompt_id"] for prompt in executed(name) if prompt.get("history_duration_s") is not None]

    assert list(stage.process.history) == prompts[-len(stage.process.history) :]
    assert stage.process.queue_remaining == 0
    assert min(stage.counts) >= 0


@pytest.mark.parametrize("name", [name for name in session_names() if name != "S4-failures"])
def test_what_is_streamed_holds_the_runs_of_the_capture(name: str) -> None:
    session = load_session(name)
    streamed = "".join(played_through(session).streamed).encode()

    # Subscribers get a print when it is flushed, so lines may stand elsewhere; closing lines do not move.
    expected = [prompt["history_duration_s"] for prompt in executed(name)]
    assert [run.duration_seconds for run in read(streamed).runs] == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("speed", [50.0, 0.02])
def test_at_another_speed_everything_says_the_same(speed: float) -> None:
    session = load_session("S1-simple")
    stage = played_through(session, speed=speed)
    text = "".join(stage.streamed).encode()
    runs = read(text).runs

    for run, prompt in zip(runs, executed("S1-simple"), strict=True):
        history = dict(stage.process.history[prompt["prompt_id"]]["status"]["messages"])
        by_history = (history["execution_success"]["timestamp"] - history["execution_start"]["timestamp"]) / 1000
        assert by_history * speed == pytest.approx(prompt["history_duration_s"], abs=0.1)
        assert run.duration_seconds == pytest.approx(by_history, abs=0.6 if speed < 1 else 0.02)
        for bar in run.passes:
            # The bar's own clock, not the one of the recording.
            assert bar.seconds is not None
            assert bar.seconds <= by_history * 1.02 + 1


# --- the text -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speed", "text", "expected"),
    [
        (1.0, "Prompt executed in 5.78 seconds\n", "Prompt executed in 5.78 seconds\n"),
        (0.02, "Prompt executed in 5.78 seconds\n", "Prompt executed in 289.00 seconds\n"),
        (0.02, "Prompt executed in 15.00 seconds\n", "Prompt executed in 00:12:30\n"),
        (10.0, "Prompt executed in 5.78 seconds\n", "Prompt executed in 0.58 seconds\n"),
        (0.1, "0: 64x64 1 face, 812.3ms\n", "0: 64x64 1 face, 8123.0ms\n"),
        (0.1, "\r  0%|          | 0/8 [00:00<?, ?it/s]", "\r  0%|          | 0/8 [00:00<?, ?it/s]"),
        (0.1, "\r 38%|###7      | 3/8 [00:01<00:01,  2.90it/s]", "\r 38%|###7      | 3/8 [00:10<00:17,  3.45s/it]"),
        (10.0, "\r 50%|#####     | 4/8 [00:08<00:08,  2.00s/it]", "\r 50%|#####     | 4/8 [00:00<00:00,  5.00it/s]"),
        (0.1, "got prompt\n", "got prompt\n"),
    ],
)
def test_text_at_another_speed(speed: float, text: str, expected: str) -> None:
    assert TextScaler(speed).scale(5.0, text) == expected


def test_a_stretched_bar_runs_on_its_own_clock() -> None:
    scaler = TextScaler(0.02)
    scaler.scale(10.0, "\r  0%|          | 0/4 [00:00<?, ?it/s]")
    frame = scaler.scale(10.5, "\r 25%|##5       | 1/4 [00:00<00:01,  2.00it/s]").encode()
    match = find_frame(frame)
    assert match is not None
    bar = build_bar(frame, match, line=1, at=None)

    assert bar is not None
    assert (bar.seconds, bar.rate_seconds) == (25.0, 25.0)


# --- loops ----------------------------------------------------------------------------------------------------------


def test_each_time_round_the_prompts_are_new_ones() -> None:
    session, stage = load_session("S1-simple"), Stage()
    for place in range(3):
        played_through(session, place=place, stage=stage)

    assert len(stage.process.history) == 3 * len(session.prompts)
    assert [entry["prompt"][0] for entry in stage.process.history.values()] == list(range(15))
    for prompt_id, entry in stage.process.history.items():
        assert entry["prompt"][1] == prompt_id
        assert {data["prompt_id"] for _, data in entry["status"]["messages"]} == {prompt_id}


def test_messages_speak_of_the_new_ids() -> None:
    stage = played_through(load_session("S3-queue"), place=1)

    spoken = {message["data"]["prompt_id"] for message in stage.messages}
    assert spoken <= set(stage.process.history)


# --- over HTTP ------------------------------------------------------------------------------------------------------


def over_http(ask: Callable[[aiohttp.ClientSession, str, ReplayServer], Awaitable[Any]], **given: Any) -> Any:
    """What a client finds out about a server that has played a session through."""

    async def run() -> Any:
        async with ReplayServer(load_session("S1-simple"), speed=400.0, **given) as server, aiohttp.ClientSession() as client:
            await server.played()
            return await ask(client, server.url, server)

    return asyncio.run(run())


def get(path: str, **given: Any) -> tuple[int, Any, str | None]:
    async def ask(client: aiohttp.ClientSession, url: str, server: ReplayServer) -> tuple[int, Any, str | None]:
        async with client.get(url + path) as response:
            body = await response.json() if response.content_type == "application/json" else None
            return response.status, body, response.headers.get("X-Comfymeter-Replay")

    found: tuple[int, Any, str | None] = over_http(ask, **given)
    return found


IDS = [prompt["prompt_id"] for prompt in executed("S1-simple")]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_history_forms(prefix: str) -> None:
    status, body, origin = get(f"{prefix}/history")
    assert (status, list(body), origin) == (200, IDS, "recorded")
    assert list(get(f"{prefix}/history?max_items=2")[1]) == IDS[-2:]
    assert list(get(f"{prefix}/history?max_items=2&offset=1")[1]) == IDS[1:3]
    assert list(get(f"{prefix}/history/{IDS[3]}")[1]) == [IDS[3]]
    assert get(f"{prefix}/history/unknown")[:2] == (200, {})


def test_jobs_are_marked_as_made_up() -> None:
    status, body, origin = get("/api/jobs?status=completed&sort_order=asc&limit=2")

    assert (status, origin) == (200, "reconstructed")
    assert [job["id"] for job in body["jobs"]] == IDS[:2]
    assert body["pagination"] == {"offset": 0, "limit": 2, "total": 5, "has_more": True}
    job = body["jobs"][0]
    assert job["execution_end_time"] > job["execution_start_time"] >= job["create_time"]
    assert get(f"/api/jobs/{IDS[0]}")[1]["workflow"]["prompt"]["8"]["class_type"] == "KSampler"
    assert get("/api/jobs/unknown")[0] == 404


@pytest.mark.parametrize(
    ("path", "behaviour", "status"),
    [
        ("/jobs", AS_RECORDED, 404),
        ("/api/internal/logs", AS_RECORDED, 404),
        ("/api/api/jobs", AS_RECORDED, 200),
        ("/api/jobs?status=cancelled", AS_RECORDED, 400),
        ("/api/jobs?status=cancelled", NEWER, 200),
        ("/api/jobs", BEFORE_LOGS, 404),
        ("/internal/logs/raw", BEFORE_LOGS, 404),
    ],
)
def test_what_there_is_and_is_not(path: str, behaviour: Behaviour, status: int) -> None:
    assert get(path, behaviour=behaviour)[0] == status


def test_the_queue_while_something_runs() -> None:
    async def run() -> Any:
        async with ReplayServer(load_session("S3-queue"), speed=40.0) as server, aiohttp.ClientSession() as client:
            await until(lambda: len(server.process.pending) >= 3)
            async with client.get(server.url + "/queue") as response:
                return await response.json(), response.headers["X-Comfymeter-Replay"]

    body, origin = asyncio.run(run())
    assert origin == "reconstructed"
    (number, prompt_id, graph, extra, outputs) = body["queue_running"][0]
    assert (prompt_id, graph["1"]["class_type"], outputs) == (
        truth("S3-queue")["prompts"][int(number)]["prompt_id"],
        "UNETLoader",
        ["12"],
    )
    assert extra["create_time"] / 1000 == pytest.approx(time.time(), abs=30)


@pytest.mark.parametrize("path", ["/internal/logs", "/internal/logs/raw"])
def test_the_log_buffer_can_be_read_as_a_log(path: str) -> None:
    async def ask(client: aiohttp.ClientSession, url: str, server: ReplayServer) -> bytes:
        async with client.get(url + path) as response:
            return await response.read()

    body = over_http(ask)
    data = json.loads(body).encode() if path == "/internal/logs" else body
    container = detect(data)
    assert container.name == ("bug-report" if path == "/internal/logs" else "internal-logs")
    pieces = list(container.unwrap(line_blocks([data]), None))
    assert sum(piece.text.startswith(b"Prompt executed in") for piece in pieces) == 5


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/prompt", {}, 405),
        ("POST", "/interrupt", {}, 404),
        ("GET", "/prompt", {"Origin": "http://elsewhere"}, 403),
        ("GET", "/prompt", {}, 200),
    ],
)
def test_nothing_can_be_started_and_strangers_are_refused(method: str, path: str, headers: dict[str, str], status: int) -> None:
    async def ask(client: aiohttp.ClientSession, url: str, server: ReplayServer) -> int:
        async with client.request(method, url + path, headers=headers) as response:
            return response.status

    assert over_http(ask) == status


def test_a_second_socket_of_one_id_takes_over_and_both_are_forgotten_with_the_first() -> None:
    """As the real server does; so an observer must never use another client's id."""

    async def run() -> list[int]:
        sent: list[int] = []
        async with ReplayServer(load_session("S1-simple"), play=False) as server, aiohttp.ClientSession() as client:
            first = await client.ws_connect(server.url + "/ws?clientId=same")
            second = await client.ws_connect(server.url + "/ws?clientId=same")
            assert (await first.receive_json())["data"]["sid"] == "same"
            assert (await second.receive_json())["data"]["sid"] == "same"
            server.tell_status()
            assert (await second.receive_json())["type"] == "status"
            await first.close()
            await asyncio.sleep(0.05)
            server.tell_status()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(second.receive_json(), 0.1)
            sent.append(server.process.queue_remaining)
        return sent

    assert asyncio.run(run()) == [0]


def test_a_prefix_stands_in_front_of_everything() -> None:
    async def ask(client: aiohttp.ClientSession, url: str, server: ReplayServer) -> tuple[int, int]:
        async with client.get(url + "/prompt") as there, client.get(url.removesuffix("/comfy") + "/prompt") as not_there:
            return there.status, not_there.status

    assert over_http(ask, front=Front(prefix="/comfy")) == (200, 404)


# --- building sessions ----------------------------------------------------------------------------------------------


def test_a_capture_becomes_a_session(tmp_path: Path) -> None:
    """A made-up capture of one prompt that ended and one that was killed, in the files that the driver writes."""
    folder = tmp_path / "S9-tiny"
    folder.mkdir()
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"steps": 4}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    }
    rows = [
        {
            "prompt_id": "a",
            "outcome": "success",
            "workflow": "w",
            "node_count": 2,
            "start": 12.0,
            "submit": 11.0,
            "sampler_steps": {},
        },
        {
            "prompt_id": "b",
            "outcome": "server_killed",
            "workflow": "w",
            "node_count": 2,
            "start": 16.0,
            "submit": 15.0,
            "number": 1,
        },
    ]
    rows[1] |= {"sampler_steps": {"1": 9}, "client_id": "me"}
    messages = [["execution_start", {"timestamp": 12_000}], ["execution_success", {"timestamp": 14_000}]]
    entry = {
        "prompt": [0, "a", graph, {"create_time": 11_000}, ["2"]],
        "outputs": {},
        "meta": {},
        "status": {"messages": messages},
    }
    stats = {"system": {"ram_free": 5}, "devices": [{"vram_free": 6}]}
    write = {"t": "1970-01-01T00:00:11.000000", "m": "got prompt\n"}
    close = {"t": "1970-01-01T00:00:14.001000", "m": "Prompt executed in 2.00 seconds\n"}

    def status(at: float, count: int) -> dict[str, Any]:
        return {"t": at, "kind": "text", "msg": {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": count}}}}}

    files: dict[str, Any] = {
        "truth.json": {"prompts": rows, "server_starts": [{"spawn": 1.0, "ready": 10.0, "killed": 20.0}]},
        "history.json": {"a": entry},
        "internal_logs_raw.json": {"entries": [write, close], "size": {"cols": 1, "rows": 1}},
        "polls.jsonl": [{"t": 10.5, "system_stats": stats}],
        "ws_observer.jsonl": [status(11.1, 1), status(12.1, 1), status(14.1, 0), status(15.1, 1), status(16.1, 1)],
        "ws_logs.jsonl": [{"t": 14.2, "kind": "text", "msg": {"type": "logs", "data": {"entries": [close]}}}],
    }
    for name, content in files.items():
        text = "\n".join(map(json.dumps, content)) if name.endswith("l") else json.dumps(content)
        (folder / name).write_text(text)

    session = session_of(folder, known_graphs([folder]))

    assert [(one.kind, one.prompt) for one in session.happenings if one.kind in (Kind.PUT, Kind.GET, Kind.DONE)] == [
        (Kind.PUT, 0),
        (Kind.GET, 0),
        (Kind.DONE, 0),
        (Kind.PUT, 1),
        (Kind.GET, 1),
    ]
    done, closing = (
        next(one.at for one in session.happenings if one.kind is kind and (one.prompt == 0)) for kind in (Kind.DONE, Kind.WRITE)
    )
    assert (session.prompts[1].reconstructed, session.prompts[1].graph["1"]["inputs"]["steps"]) == (
        ("graph", "extra_data", "outputs"),
        9,
    )
    assert session.lives[0].killed
    assert done == pytest.approx(13.001, abs=0.001)
    assert closing == pytest.approx(10.0)
    assert re.search("Prompt executed", "".join(played_through(session).streamed))
