"""A recorded session of a real server as a passive observer could have met it: values, and how they are read from a file."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from analyzer.errors import SourceError

SCHEMA = "comfymeter.session/1"
_SUFFIX = ".json.gz"


class Kind(StrEnum):
    """What happened to the server at some moment."""

    WRITE = "write"  # something was written to stdout or stderr
    FLUSH = "flush"  # writes were handed to the subscribers of the log
    PUT = "put"  # a prompt entered the queue
    GET = "get"  # the worker took it
    DONE = "done"  # it ended and is in the history
    DELETE = "delete"  # it was taken out of the queue
    MESSAGE = "message"  # something that the server sends to every client, observers included
    STATS = "stats"  # free memory was sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened. `at`: seconds since the session began. `prompt`: whose doing it was, as an index; None: nobody's.

    `text`: of a write. `writes`: of a flush, indices into the session's happenings. `message`: as it was sent.
    """

    at: float
    kind: Kind
    prompt: int | None = None
    text: str = ""
    writes: tuple[int, ...] = ()
    message: Mapping[str, Any] | None = None
    free_bytes: tuple[int, int] = (0, 0)  # RAM and VRAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt that was queued. `history` is None where it never ended. `reconstructed`: the parts that were not recorded."""

    id: str
    number: float
    graph: Mapping[str, Any]
    extra_data: Mapping[str, Any]
    outputs: tuple[str, ...]
    history: Mapping[str, Any] | None
    reconstructed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process: from `spawn` on it writes, from `ready` on it answers, at `end` it is gone (`killed`, or told to stop)."""

    spawn: float
    ready: float
    end: float
    killed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A recorded session. `epoch`: Unix seconds of its second 0; the times inside histories and messages are of that clock."""

    name: str
    epoch: float
    stats: Mapping[str, Any]
    terminal: Mapping[str, int]
    prompts: tuple[Prompt, ...]
    lives: tuple[Life, ...]
    happenings: tuple[Happening, ...]


def session_names() -> tuple[str, ...]:
    """The sessions that come with comfymeter."""
    folder = resources.files(__package__).joinpath("sessions")
    return tuple(sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)))


def load_session(name: str | Path) -> Session:
    """A session by its name, or from a file. Raises SourceError where there is none."""
    if isinstance(name, Path):
        return _read(str(name), name.read_bytes())
    file = resources.files(__package__).joinpath("sessions", name + _SUFFIX)
    if not file.is_file():
        raise SourceError(f"{name}: no such recorded session; there are {', '.join(session_names())}")
    return _read(name, file.read_bytes())


def _read(name: str, packed: bytes) -> Session:
    try:
        data = json.loads(gzip.decompress(packed))
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: not a recorded session ({error})") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise SourceError(f"{name}: not a recorded session of the form {SCHEMA}")
    return Session(
        name=data["name"],
        epoch=data["epoch"],
        stats=data["stats"],
        terminal=data["terminal"],
        prompts=tuple(Prompt(**_tuples(prompt, "outputs", "reconstructed")) for prompt in data["prompts"]),
        lives=tuple(Life(**life) for life in data["lives"]),
        happenings=tuple(_happening(row) for row in data["happenings"]),
    )


def _tuples(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return values | {name: tuple(values[name]) for name in names}


def _happening(row: Sequence[Any]) -> Happening:
    at, kind, prompt, content = row
    match Kind(kind):
        case Kind.WRITE:
            return Happening(at=at, kind=Kind.WRITE, prompt=prompt, text=content)
        case Kind.FLUSH:
            return Happening(at=at, kind=Kind.FLUSH, prompt=prompt, writes=tuple(content))
        case Kind.MESSAGE:
            return Happening(at=at, kind=Kind.MESSAGE, prompt=prompt, message=content)
        case Kind.STATS:
            return Happening(at=at, kind=Kind.STATS, free_bytes=(content[0], content[1]))
        case change:
            return Happening(at=at, kind=change, prompt=prompt)


def pack(session: Session) -> bytes:
    """The file of a session; the same bytes for the same session."""
    data = {
        "schema": SCHEMA,
        "name": session.name,
        "epoch": session.epoch,
        "stats": session.stats,
        "terminal": session.terminal,
        "prompts": [{name: getattr(prompt, name) for name in Prompt.__dataclass_fields__} for prompt in session.prompts],
        "lives": [{name: getattr(life, name) for name in Life.__dataclass_fields__} for life in session.lives],
        "happenings": [[one.at, one.kind, one.prompt, _content(one)] for one in session.happenings],
    }
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode("utf-8", "surrogatepass"), 9, mtime=0)


def _content(one: Happening) -> Any:
    match one.kind:
        case Kind.WRITE:
            return one.text
        case Kind.FLUSH:
            return one.writes
        case Kind.MESSAGE:
            return one.message
        case Kind.STATS:
            return one.free_bytes
        case _:
            return None
