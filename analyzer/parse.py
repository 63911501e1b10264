"""Pieces of text in, events out: the scanner built from the families.

A line is dispatched by its first bytes to the few wordings that start so; the others look for their literal text. Of the
frames of one bar that share a piece only the first and the last are built, so a bar costs the same whatever its length.
"""

import re
from collections.abc import Callable

from analyzer.events import Bar, Event, ExceptionRaised, Unrecognised
from analyzer.families import Follow
from analyzer.families.bars import build_bar, collapse_frames, continues, find_frame
from analyzer.lines import Piece, peel_level
from analyzer.lookup import LOOKUP, Lookup
from analyzer.mojibake import Repairer

Emit = Callable[[Event], None]
OnUnrecognised = Callable[[int, bytes], None]

_CLOSING_BRACKET = ord("]")
_MAY_HAVE_LEVEL = frozenset(b"[DIWEC")
_EXCEPTION = re.compile(rb"([A-Za-z_][\w.]*)(?:: ?(.*))?")
_VALIDATION_ROW = (b"* ", b"- ")
_FRAMES_WORTH_COLLAPSING = 4


class Parser:
    """Turns pieces into events, which it hands to `emit`. Keeps only what it needs to read on: the block it is in.

    Of lines in a row that no wording takes, the first and the last become events; `on_unrecognised` gets line and text of
    each. Counts: `lines` of text with content, `unrecognised` of them, `bars` progress frames built.
    """

    def __init__(self, emit: Emit, on_unrecognised: OnUnrecognised | None = None, lookup: Lookup = LOOKUP) -> None:
        self._hand_on = emit
        self._on_unrecognised = on_unrecognised
        self._lookup = lookup
        self._follow = Follow.NOTHING
        self._held: Piece | None = None
        self._in_a_row = 0
        self._repairer = Repairer()
        self.lines = 0
        self.unrecognised = 0
        self.bars = 0

    @property
    def repaired(self) -> int:
        """Lines that could be read only after their wrong decoding was undone."""
        return self._repairer.repaired

    def flush(self) -> None:
        """Hands on what is held back: the newest of several lines in a row that no wording takes."""
        self._in_a_row = 0
        if self._held is not None:
            number, at, text = self._held
            self._held = None
            self._hand_on(Unrecognised(line=number, at=at, text=text.decode("utf-8", "replace")))

    def _emit(self, event: Event) -> None:
        if self._in_a_row:
            self.flush()
        self._hand_on(event)

    def feed(self, piece: Piece) -> None:
        """Reads one piece."""
        number, at, text = piece
        if b"\r" in text:
            self._frames(number, at, text)
        else:
            self._text(number, at, text)

    # --- progress frames -----------------------------------------------------------------------------------------

    def _frames(self, number: int, at: float | None, text: bytes) -> None:
        if text.count(b"\r") >= _FRAMES_WORTH_COLLAPSING:
            text = collapse_frames(text)
        first: Bar | None = None
        last: Bar | None = None
        for segment in text.split(b"\r"):
            match = find_frame(segment)
            bar = build_bar(segment, match, line=number, at=at) if match else None
            rest = segment[match.end() :] if match and bar else segment
            if last and not (bar and continues(last, bar)):
                self._emit_bars(first, last)
                first = last = None
            if bar:
                first, last = first or bar, bar
            if rest.strip():
                self._emit_bars(first, last)
                first = last = None
                self._text(number, at, rest)
        self._emit_bars(first, last)

    def _emit_bars(self, first: Bar | None, last: Bar | None) -> None:
        if first is None or last is None:
            return
        self.lines += 1
        self.bars += 1
        self._emit(first)
        if last is not first:
            self.bars += 1
            self._emit(last)

    # --- lines of text -------------------------------------------------------------------------------------------

    def _text(self, number: int, at: float | None, text: bytes) -> None:
        stripped = text.strip()
        if stripped and stripped[0] in _MAY_HAVE_LEVEL:
            stripped = peel_level(stripped).strip()
        if not stripped:
            self._blank()
            return
        self.lines += 1
        if self._follow is not Follow.NOTHING and self._swallow_indented(text, stripped):
            return
        if stripped[-1] == _CLOSING_BRACKET or b"%|" in stripped:
            match = find_frame(stripped)
            if match and self._lone_frame(number, at, stripped, match):
                return
        if self._recognise(number, at, stripped) or self._swallow_message(number, at, stripped):
            return
        self._unrecognised(number, at, stripped)

    def _lone_frame(self, number: int, at: float | None, text: bytes, match: re.Match[bytes]) -> bool:
        """A frame without `\\r`, as pasted logs and Manager's file have it, and the text glued to it."""
        bar = build_bar(text, match, line=number, at=at)
        if bar is None:
            return False
        self.bars += 1
        self._emit(bar)
        rest = text[match.end() :]
        if rest.strip():
            self._text(number, at, rest)
        return True

    def _recognise(self, number: int, at: float | None, text: bytes) -> bool:
        found = self._lookup.find(text)
        if found is None:
            return False
        wording, match = found
        event = wording.build(match, line=number, at=at)
        if event is not None:
            self._emit(event)
        if wording.follow is not Follow.NOTHING:
            self._follow = wording.follow
        elif self._follow is not Follow.TRACEBACK:
            self._follow = Follow.NOTHING
        if wording.glued and (rest := text[match.end() :]).strip():
            self._text(number, at, rest)
        return True

    def _unrecognised(self, number: int, at: float | None, text: bytes) -> None:
        repaired = self._repairer.repair(text)
        if repaired is not None:
            if self._recognise(number, at, repaired):
                self._repairer.repaired += 1
                return
            text = repaired
        self._follow = Follow.NOTHING
        self.unrecognised += 1
        if self._on_unrecognised:
            self._on_unrecognised(number, text)
        if self._in_a_row:
            self._held = Piece(number, at, text)
        else:
            self._hand_on(Unrecognised(line=number, at=at, text=text.decode("utf-8", "replace")))
        self._in_a_row += 1

    # --- blocks --------------------------------------------------------------------------------------------------

    def _blank(self) -> None:
        """An empty line ends a block; inside a chained traceback the next header opens a new one."""
        self._follow = Follow.NOTHING

    def _swallow_indented(self, text: bytes, stripped: bytes) -> bool:
        """Whether the block being read takes this line by its shape alone."""
        follow = self._follow
        indented = text[:1] in (b" ", b"\t")
        if follow is Follow.ONE_INDENTED:
            self._follow = Follow.NOTHING
            return indented
        if follow in (Follow.INDENTED, Follow.TRACEBACK):
            return indented
        if follow is Follow.TABLE:
            return stripped.startswith(b"|")
        return follow is Follow.VALIDATION and stripped.startswith(_VALIDATION_ROW)

    def _swallow_message(self, number: int, at: float | None, stripped: bytes) -> bool:
        """Takes a line that no wording knows as an exception's text, inside a traceback or behind its header."""
        if self._follow is Follow.TRACEBACK:
            self._follow = Follow.MESSAGE
            match = _EXCEPTION.fullmatch(stripped)
            if match is None:
                return False
            kind, message = match.group(1), match.group(2) or b""
            self._emit(ExceptionRaised(line=number, at=at, kind=kind.decode(), message=message.decode("utf-8", "replace")))
            return True
        return self._follow is Follow.MESSAGE
