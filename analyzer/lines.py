"""The common form of all containers: pieces of text with their line and stamp; blocks of whole lines; no control codes."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

# A line longer than this is handed on in parts, so that memory stays bounded whatever the input.
MAX_LINE_BYTES = 1 << 20


class Piece(NamedTuple):
    """Text of one line, or of one stamped write inside a line, as UTF-8 bytes without the line end.

    `number`: 1-based line in the decoded file. `at`: Unix seconds of the stamp in front of it, None without one.
    `text` may hold progress frames, each starting with `\\r`.
    """

    number: int
    at: float | None
    text: bytes


# `Piece(...)` from a tuple, without a Python call: for the paths that every line of a big log takes.
new_piece: Callable[[tuple[int, float | None, bytes]], Piece] = partial(tuple.__new__, Piece)

# Control sequences: CSI (colours, cursor), OSC (titles, links; ended by BEL or ST), other two-byte escapes.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?")
# What a hostile or broken log may still hold; \t stays, \r separates frames, \n ends lines.
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\r\n"))
# ComfyUI's level tag (since v0.23, app/logger.py) and the standard library's default form in front of a message.
_LEVEL = re.compile(rb"\[(?:DEBUG|DETAIL|INFO|WARNING|ERROR|CRITICAL)\](?: |$)|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]+:")


def strip_controls(text: bytes) -> bytes:
    """`text` without terminal escape sequences and control characters (tab, CR and LF stay)."""
    if b"\x1b" in text:
        text = _ESCAPES.sub(b"", text)
    return text.translate(None, _CONTROLS)


def peel_level(text: bytes) -> bytes:
    """`text` without a leading `[INFO] ` or `ERROR:root:`."""
    match = _LEVEL.match(text)
    return text[match.end() :] if match else text


def line_blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Regroups arbitrary chunks of a byte stream into blocks that end behind a LF.

    Only a line beyond `MAX_LINE_BYTES` is cut elsewhere: at a frame's `\\r` where there is one. The last block may lack its LF.
    """
    rest = b""
    for chunk in chunks:
        data = rest + chunk if rest else chunk
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > MAX_LINE_BYTES:
            cut = data.rfind(b"\r", 1)
            cut = cut if cut > 0 else len(data)
        if cut:
            yield data[:cut]
        rest = data[cut:]
    if rest:
        yield rest
