"""Capture folders to session files: `python -m exporters.replay.recording CAPTURES... -o exporters/replay/sessions`.

A capture folder holds what a driver recorded beside a real server: `truth.json`, `history.json` (`history_before_kill.json`),
`internal_logs_raw.json`, `arrivals.jsonl`, `polls.jsonl`, `ws_observer.jsonl` and `ws_logs.jsonl`. Times of queue changes are
those at which a passive client got the `status` message of the change. What no file has is made up from what is known
and named in `Prompt.reconstructed`: the graphs of prompts that never ended (a capture leaves graphs out of its polls).
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exporters.replay.session import Happening, Kind, Life, Prompt, Session, pack

_CLOSING_LINE = "Prompt executed in"
_QUEUED = ("success", "cached", "error", "interrupted", "server_killed", "lost_in_queue", "deleted_from_queue")
Row = dict[str, Any]


def session_of(folder: Path, graphs: Sequence[Row] = ()) -> Session:
    """The session in a capture folder. `graphs`: further truth rows with their `graph`, to make up missing ones from."""
    truth = json.loads((folder / "truth.json").read_text())
    polls = _rows(folder / "polls.jsonl")
    queued = [row for row in truth["prompts"] if row["outcome"] in _QUEUED]
    history = {key: entry for name in ("history_before_kill", "history") for key, entry in _json(folder / f"{name}.json").items()}
    epoch = truth["server_starts"][0]["spawn"]
    prompts = tuple(_prompt(row, history.get(row["prompt_id"]), polls, graphs) for row in queued)
    lives = tuple(_life(start, epoch) for start in truth["server_starts"])
    written = sorted(_writes(folder, truth["server_starts"]), key=lambda write: write[0])
    told = list(_changes(queued, prompts, _rows(folder / "ws_observer.jsonl")))
    changes = [_before_its_line(change, told, written) for change in told]
    happenings = [replace(one, at=round(one.at - epoch, 6)) for one in (*changes, *_samples(polls), *_messages(folder, prompts))]
    return Session(
        name=folder.name,
        epoch=epoch,
        stats=polls[0]["system_stats"],
        terminal=_json(folder / "internal_logs_raw.json")["size"],
        prompts=prompts,
        lives=lives,
        happenings=_in_order(happenings, written, changes, epoch),
    )


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _json(path: Path) -> Row:
    loaded: Row = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return loaded


def _life(start: Row, epoch: float) -> Life:
    end = start.get("killed") or start["stop_signal"]
    return Life(spawn=start["spawn"] - epoch, ready=start["ready"] - epoch, end=end - epoch, killed="killed" in start)


# --- prompts --------------------------------------------------------------------------------------------------------


def _prompt(row: Row, entry: Row | None, polls: Sequence[Row], graphs: Sequence[Row]) -> Prompt:
    if entry is not None:
        number, prompt_id, graph, extra, outputs = entry["prompt"]
        kept = {name: entry[name] for name in ("outputs", "status", "meta")}
        return Prompt(id=prompt_id, number=number, graph=graph, extra_data=extra, outputs=tuple(outputs), history=kept)
    graph = _made_up_graph(row, graphs)
    made_up, item = ["graph"], _queue_item(row["prompt_id"], polls)
    if item is None:
        made_up += ["extra_data", "outputs"]
        extra = {"client_id": row["client_id"], "create_time": int(row["submit"] * 1000)}
        item = [row["number"], row["prompt_id"], None, extra, _output_nodes(graph)]
    return Prompt(
        id=row["prompt_id"],
        number=item[0],
        graph=graph,
        extra_data=item[3],
        outputs=tuple(item[4]),
        history=None,
        reconstructed=tuple(made_up),
    )


def _queue_item(prompt_id: str, polls: Sequence[Row]) -> list[Any] | None:
    items = (item for poll in polls for part in (poll.get("queue") or {}).values() for item in part)
    return next((item for item in items if item[1] == prompt_id), None)


def _made_up_graph(row: Row, graphs: Sequence[Row]) -> Row:
    """The graph of another prompt of the same workflow and size, with this prompt's steps."""
    alike = [known for known in graphs if known["workflow"] == row["workflow"] and known["node_count"] == row["node_count"]]
    graph: Row = json.loads(json.dumps(alike[0]["graph"]))
    for node, steps in row["sampler_steps"].items():
        graph[node]["inputs"]["steps"] = steps
    return graph


def _output_nodes(graph: Row) -> list[str]:
    return [node for node, facts in graph.items() if facts["class_type"].startswith("Save")]


def known_graphs(folders: Sequence[Path]) -> list[Row]:
    """All prompts of these captures whose graphs are in a history."""
    found = []
    for folder in folders:
        history = _json(folder / "history_before_kill.json") | _json(folder / "history.json")
        prompts = _json(folder / "truth.json")["prompts"]
        found += [row | {"graph": history[row["prompt_id"]]["prompt"][2]} for row in prompts if row["prompt_id"] in history]
    return found


# --- the queue ------------------------------------------------------------------------------------------------------


def _changes(queued: Sequence[Row], prompts: Sequence[Prompt], observed: Sequence[Row]) -> Iterator[Happening]:
    """Each `status` message is one change of the queue: of those that give its count, the one that must have come first."""
    expected = sorted(_expected(queued, prompts), key=lambda change: change.at)
    remaining = 0
    for row in observed:
        if row["msg"].get("type") != "status":
            continue
        if "sid" in row["msg"]["data"]:
            remaining = 0  # a new connection; after a kill the queue is empty
            continue
        told = row["msg"]["data"]["status"]["exec_info"]["queue_remaining"]
        change = next(change for change in expected if remaining + _STEP[change.kind] == told)
        expected.remove(change)
        remaining = told
        yield replace(change, at=row["t"])


def _before_its_line(change: Happening, told: Sequence[Happening], written: Sequence["_Write"]) -> Happening:
    """The server enters a prompt into its history before it prints the closing line; clients are told of either later."""
    if change.kind is not Kind.DONE:
        return change
    begun = max((one.at for one in told if one.kind is Kind.GET and one.at < change.at), default=change.at)
    lines = [at for at, text, _, _ in written if text.startswith(_CLOSING_LINE) and begun <= at <= change.at]
    return replace(change, at=lines[-1] - 2e-6) if lines else change


_STEP = {Kind.PUT: 1, Kind.GET: 0, Kind.DONE: -1, Kind.DELETE: -1}


def _expected(queued: Sequence[Row], prompts: Sequence[Prompt]) -> Iterator[Happening]:
    for index, (row, prompt) in enumerate(zip(queued, prompts, strict=True)):
        yield Happening(at=prompt.extra_data["create_time"] / 1000, kind=Kind.PUT, prompt=index)
        if row["outcome"] == "deleted_from_queue":
            yield Happening(at=row["end"], kind=Kind.DELETE, prompt=index)
        elif prompt.history:
            times = [data["timestamp"] / 1000 for _, data in prompt.history["status"]["messages"]]
            yield Happening(at=times[0], kind=Kind.GET, prompt=index)
            yield Happening(at=times[-1], kind=Kind.DONE, prompt=index)
        elif row["start"] is not None:
            yield Happening(at=row["start"], kind=Kind.GET, prompt=index)


def _samples(polls: Sequence[Row]) -> Iterator[Happening]:
    for poll in polls:
        if stats := poll.get("system_stats"):
            free = (stats["system"]["ram_free"], stats["devices"][0]["vram_free"])
            yield Happening(at=poll["t"], kind=Kind.STATS, free_bytes=free)


def _messages(folder: Path, prompts: Sequence[Prompt]) -> Iterator[Happening]:
    """What observers were sent beside the status: the progress of prompts without a client."""
    places = {prompt.id: place for place, prompt in enumerate(prompts)}
    for row in _rows(folder / "ws_observer.jsonl"):
        if row["kind"] == "text" and row["msg"]["type"] != "status":
            place = places.get(row["msg"]["data"].get("prompt_id"))
            yield Happening(at=row["t"], kind=Kind.MESSAGE, prompt=place, message=row["msg"])


# --- the log --------------------------------------------------------------------------------------------------------

# When it was written, its text, when subscribers got it (None: never) and in which message.
_Write = tuple[float, str, float | None, int]


def _writes(folder: Path, starts: Sequence[Row]) -> Iterator[_Write]:
    streamed = [
        (_instant(entry["t"]), entry["m"], row["t"], place)
        for place, row in enumerate(_rows(folder / "ws_logs.jsonl"))
        if row["kind"] == "text" and row["msg"]["type"] == "logs"
        for entry in row["msg"]["data"]["entries"]
    ]
    known = {(at, text) for at, text, _, _ in streamed}
    yield from streamed
    for name in ("internal_logs_raw_before_kill", "internal_logs_raw"):
        ring = _json(folder / f"{name}.json").get("entries", [])
        for at, text in ((_instant(entry["t"]), entry["m"]) for entry in ring):
            if (at, text) not in known:
                known.add((at, text))
                yield at, text, None, -1
    first = min(at for at, _ in known)
    if first > starts[0]["spawn"] + 1 and len(ring) >= 300:
        yield from _start_up(folder, starts[0]["ready"], {text for _, text in known})


def _start_up(folder: Path, ready: float, known: set[str]) -> Iterator[_Write]:
    """What the buffer of 300 writes no longer held: the start-up, as it came through the pipe."""
    for row in _rows(folder / "arrivals.jsonl"):
        if row["t"] < ready and "text" in row:
            for line in row["text"].splitlines(keepends=True):
                if line not in known and line.rstrip("\n") not in known:
                    yield row["t"], line, None, -1


def _instant(stamp: str) -> float:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()


def _in_order(
    happenings: Sequence[Happening], written: Sequence[_Write], changes: Sequence[Happening], epoch: float
) -> tuple[Happening, ...]:
    """Everything by time, with the writes' owners, and flushes that know their writes' places."""
    owners = _owners(written, changes)
    writes = [
        Happening(at=round(write[0] - epoch, 6), kind=Kind.WRITE, prompt=owner, text=write[1])
        for write, owner in zip(written, owners, strict=True)
    ]
    flushes: dict[int, list[int]] = {}
    for place, write in enumerate(written):
        if write[2] is not None:
            flushes.setdefault(write[3], []).append(place)
    placed = sorted([*happenings, *writes], key=lambda one: one.at)
    place_of = {id(one): place for place, one in enumerate(placed)}
    for places in flushes.values():
        at = round((written[places[0]][2] or 0) - epoch, 6)
        indices = tuple(place_of[id(writes[place])] for place in places)
        placed.append(Happening(at=at, kind=Kind.FLUSH, writes=indices))
    return _sorted_with_places(placed)


def _sorted_with_places(placed: Sequence[Happening]) -> tuple[Happening, ...]:
    """By time; a flush stays behind its writes, and its indices follow them."""
    times = [max([one.at, *(placed[place].at for place in one.writes)]) for one in placed]
    order = sorted(range(len(placed)), key=lambda place: (times[place], placed[place].kind is Kind.FLUSH))
    moved = {old: new for new, old in enumerate(order)}
    return tuple(replace(placed[old], at=times[old], writes=tuple(moved[place] for place in placed[old].writes)) for old in order)


def _owners(written: Sequence[_Write], changes: Sequence[Happening]) -> Iterator[int | None]:
    """Whose work wrote each line: the prompt that the worker has, until its closing line; `got prompt`: the one that came."""
    taken = [change for change in changes if change.kind is Kind.GET]
    arrived = [change for change in changes if change.kind is Kind.PUT]
    closed: set[int] = set()
    for at, text, _, _ in written:
        if text.startswith("got prompt"):
            near = min(arrived, key=lambda put: abs(put.at - at), default=None)
            yield near.prompt if near and abs(near.at - at) < 0.5 else None
            continue
        # The status message of a start may reach a client after the first lines of its work.
        running = [change.prompt for change in taken if change.at <= at + 0.05 and change.prompt not in closed]
        owner = running[-1] if running else None
        yield owner
        if owner is not None and text.startswith(_CLOSING_LINE):
            closed.add(owner)


def main() -> None:
    """Packs capture folders."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    graphs = known_graphs(given.captures)
    for folder in given.captures:
        packed = pack(session_of(folder, graphs))
        (given.output / f"{folder.name}.json.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
