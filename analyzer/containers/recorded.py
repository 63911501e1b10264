"""`comfymeter record`: a time in front of every line, every progress frame and every part of a line (docs/record.md).

A record is `{time} {stream}{return}{end}{form}{text}`. What the recorder says itself stands in the stream `rec`; its word
on how the server ended becomes the line that a shell or ComfyUI would have printed, its word on a gap a line of its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from analyzer.containers.base import Container, Head, Stamps, Zone, message_pieces, numbered_lines
from analyzer.containers.clocks import Clock
from analyzer.containers.writes import WriteJoiner
from analyzer.lines import Piece, new_piece, strip_controls

SCHEMA = b"comfymeter.record/1"
RECORDER = b"rec"
# The three marks behind the stream: a carriage return was in front of the text; how it ended; control codes are spelt out.
RETURN, NO_RETURN = b"<", b" "
LF, CRLF, GOES_ON = b" ", b"^", b"+"
ESCAPED, AS_IT_IS = b"\\", b" "
PLAIN, FRAME = NO_RETURN + LF + AS_IT_IS, RETURN + GOES_ON + AS_IT_IS

_STAMP = rb"(20\d\d-\d\d-\d\dT\d\d:\d\d):(\d\d\.\d+)(Z|[+-]\d\d:\d\d)"
_STREAM = rb" (out|err|all|tty|rec)"
_RECORD = re.compile(_STAMP + _STREAM + rb"([ <][ +^][ \\])")
# Editors trim the spaces of a record without text.
_TRIMMED = re.compile(_STAMP + _STREAM + rb"([ <]?[+^]?)\r?$")
# The recorder was killed, or the disk was full, in the middle of a stamp.
_TORN = re.compile(rb"2[-+\d:.T]*(?: [a-z]{0,3}[ <]?[ +^]?)?$")
_ESCAPE = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")
_EXIT = re.compile(rb"exit code=(\d+)")
_LAST_WORDS = {128 + 6: b"Aborted", 128 + 7: b"Bus error", 128 + 9: b"Killed", 128 + 11: b"Segmentation fault"}
_STOPPED = b"Stopped server"
_GAP, _SAYS = b"gap ", b"comfymeter record: "


def unescape(text: bytes) -> bytes:
    """The bytes that an escaped text stands for."""
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", text)


def written(marks: bytes, text: bytes) -> bytes:
    """What the server wrote, from a record's marks and text."""
    start = b"\r" if marks[:1] == RETURN else b""
    end = {GOES_ON: b"", CRLF: b"\r\n"}.get(marks[1:2], b"\n")
    return start + (unescape(text) if marks[2:] == ESCAPED else text) + end


def unwrap(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """One piece per line and per progress frame, numbered by the record that it begins in; streams are kept apart."""
    clock, match = Clock(zone).at, _RECORD.match
    joiners: defaultdict[bytes, WriteJoiner] = defaultdict(WriteJoiner)
    for number, line in numbered_lines(blocks):
        found = match(line) or _TRIMMED.match(line)
        if not found:
            if not _TORN.match(line):
                yield from message_pieces(number, None, line)
            continue
        minute, seconds, offset, stream, marks = found.groups()
        at, text = clock(minute, seconds, offset), line[found.end() :].rstrip(b"\r")
        joiner = joiners[stream]
        if stream == RECORDER:
            if ended := _EXIT.match(text):
                for open_line in joiners.values():
                    yield from open_line.close()
                yield Piece(number, at, _LAST_WORDS.get(int(ended[1][:6]), _STOPPED))
            elif text.startswith(_GAP):
                yield Piece(number, at, _SAYS + strip_controls(text))
            continue
        if marks == PLAIN and joiner.idle:
            yield new_piece((number, at, strip_controls(text)))
            continue
        joiner.number = number
        if marks == FRAME and text.rstrip().endswith(b"]"):
            yield from joiner.frame(at, b"\r" + strip_controls(text))
        else:
            yield from joiner.feed(at, strip_controls(written(marks, text)).replace(b"\r\n", b"\n"))
    for joiner in joiners.values():
        yield from joiner.close()


def _matches(head: Head) -> float:
    return head.share(_RECORD)


RECORDED = Container(
    name="comfymeter-record",
    stamps=Stamps.AWARE,
    example="2026-08-01T12:00:00.123456+02:00 err   got prompt",
    meaning="`comfymeter record`: every line and every progress frame with the time at which it arrived",
    matches=_matches,
    unwrap=unwrap,
    every_frame=True,
)
