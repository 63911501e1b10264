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
# Texts glued together on one line that are still told apart: a line of a million bytes must not take minutes.
_MOST_GLUED = 1000


class Parser:
    """Turns pieces into events, which it hands to `emit`. Keeps only what it needs to read on: the block it is in.

    Of lines in a row that no wording takes, the first and the last become events; `on_unrecognised` gets line and text of
    each. Counts: `lines` of text with content, `unrecognised` of them, `repaired` only after their wrong decoding
    was undone; `bars` progress frames built.
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
        self.repaired = 0

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
        bars, tries = self.bars, _MOST_GLUED
        rest = self._one(number, at, text)
        while rest and not rest.isspace():
            if not tries:
                self.lines += 1
                self._unrecognised(number, at, rest.strip())
                return
            rest = self._one(number, at, rest)
            # Frames are found at once; every wording is looked for in all of the rest.
            tries -= bars == self.bars
            bars = self.bars

    def _one(self, number: int, at: float | None, text: bytes) -> bytes:
        """Reads a line, or the first of what is glued together on it; the text behind that."""
        stripped = text.strip()
        if stripped and stripped[0] in _MAY_HAVE_LEVEL:
            stripped = peel_level(stripped).strip()
        if not stripped:
            self._blank()
            return b""
        self.lines += 1
        if self._follow is not Follow.NOTHING and self._swallow_indented(text, stripped):
            return b""
        if stripped[-1] == _CLOSING_BRACKET or b"%|" in stripped:
            match = find_frame(stripped)
            bar = build_bar(stripped, match, line=number, at=at) if match else None
            if match and bar:
                # Without `\\r`, as pasted logs and Manager's file have it.
                self.bars += 1
                self._emit(bar)
                return stripped[match.end() :]
        rest = self._recognise(number, at, stripped)
        if rest is not None:
            return rest
        return b"" if self._swallow_message(number, at, stripped) else self._unrecognised(number, at, stripped)

    def _recognise(self, number: int, at: float | None, text: bytes) -> bytes | None:
        """The text glued to what a wording takes; None where none takes it."""
        found = self._lookup.find(text)
        if found is None:
            return None
        wording, values, end = found
        if values is not None and wording.event is not None:
            self._emit(wording.event(line=number, at=at, **values))
        if wording.follow is not Follow.NOTHING:
            self._follow = wording.follow
        elif self._follow is not Follow.TRACEBACK:
            self._follow = Follow.NOTHING
        return text[end:] if wording.glued else b""

    def _unrecognised(self, number: int, at: float | None, text: bytes) -> bytes:
        """Counts the line, unless it can be read once its wrong decoding is undone; the text behind it."""
        repaired = self._repairer.repair(text)
        if repaired is not None:
            rest = self._recognise(number, at, repaired)
            if rest is not None:
                self.repaired += 1
                return rest
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
        return b""

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
