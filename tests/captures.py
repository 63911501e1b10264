"""The recorded sessions: their bytes, their arrival times and the truth beside them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent / "captures"
SESSIONS = tuple(sorted(path.parent.name for path in ROOT.glob("*/truth.json")))
# stdout and stderr apart: with --log-stdout the messages are on stdout and the bars and errors on stderr.
SPLIT = ("S6b-log-stdout-split", "S6c-default-split", "S6d-unbuffered-split")
UNSPLIT = tuple(name for name in SESSIONS if name not in SPLIT)
RAN = ("success", "cached", "error", "interrupted", "server_killed")


@dataclass(frozen=True, slots=True)
class Chunk:
    at: float
    data: bytes


def chunks(session: str, stream: str | None = None) -> Iterator[Chunk]:
    """What arrived when; `stream` chooses one of a split session."""
    with (ROOT / session / "arrivals.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if stream is None or row.get("stream") == stream:
                yield Chunk(row["t"], row["text"].encode() if "text" in row else base64.b64decode(row["b64"]))


def log_bytes(session: str, stream: str | None = None) -> bytes:
    return b"".join(chunk.data for chunk in chunks(session, stream))


def truth(session: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / session / "truth.json").read_text())
    return loaded


def executed(session: str) -> list[dict[str, Any]]:
    """The prompts that ran, in the order in which they did."""
    return sorted(
        (prompt for prompt in truth(session)["prompts"] if prompt["outcome"] in RAN), key=lambda prompt: prompt["start"]
    )
