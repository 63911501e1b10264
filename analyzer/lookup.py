"""Which wordings can take a line: found by its first bytes, else by what they must hold, so that most lines meet very few."""

import re
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from analyzer.families import FAMILIES, Wording
from analyzer.families.template import Value


class Found(NamedTuple):
    """The wording that takes a line, the fields of its event (None: it has none), and where in the line its text ends."""

    wording: Wording
    values: Mapping[str, Value] | None
    end: int


Taken = tuple[Wording, re.Match[bytes]]

_HEAD = 4
# Lines without a figure come again and again: so many are remembered whole, none of them longer than this.
_MOST_KNOWN = 4096
_LONGEST_KNOWN = 200
_GATE_BYTES = 4
# A floating wording is tried at this many places of a line, so that a line of repeats costs linear time.
_FLOATING_TRIES = 4


class Lookup:
    """Wordings sorted by what a line must look like.

    `heads`: by the first four bytes of their literal start. `firsts`: by the first byte, for shorter literal starts and for
    numbers. All others lie behind a gate: few short texts in one pattern, one of which is in every line that they can take.
    """

    def __init__(self, wordings: Iterable[Wording]) -> None:
        self._known: dict[bytes, Found] = {}
        self._heads: dict[bytes, list[tuple[bytes, Wording]]] = {}
        self._firsts: dict[int, list[tuple[bytes, Wording]]] = {}
        gated: list[Wording] = []
        for wording in wordings:
            prefix = wording.compiled.prefix
            if wording.floating:
                gated.append(wording)
            elif len(prefix) >= _HEAD:
                self._heads.setdefault(prefix[:_HEAD], []).append((prefix, wording))
            elif wording.compiled.firsts:
                for first in wording.compiled.firsts:
                    self._firsts.setdefault(first, []).append((wording.compiled.anchor, wording))
            else:
                gated.append(wording)
        self._gated = _behind_gates(gated)
        self._may_be_gated = re.compile(b"|".join(map(re.escape, self._gated)) or rb"(?!)").search

    def find(self, text: bytes) -> Found | None:
        """The wording that takes `text` (a line without surrounding space, not empty)."""
        known = self._known.get(text)
        if known is not None:
            return known
        taken = self._taken(text)
        if taken is None:
            return None
        wording, match = taken
        found = Found(wording, wording.values(match), match.end())
        if wording.compiled.repeats and len(text) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[text] = found
        return found

    def _taken(self, text: bytes) -> Taken | None:
        for prefix, wording in self._heads.get(text[:_HEAD], ()):
            if text.startswith(prefix) and (match := wording.compiled.pattern.match(text)):
                return wording, match
        for anchor, wording in self._firsts.get(text[0], ()):
            if anchor in text and (match := wording.compiled.pattern.match(text)):
                return wording, match
        return self._behind_gate(text) if self._may_be_gated(text) else None

    def _behind_gate(self, text: bytes) -> Taken | None:
        candidates = [one for gate, wordings in self._gated.items() if gate in text for one in wordings]
        for _, wording in sorted(candidates, key=_place):
            compiled = wording.compiled
            if compiled.anchor in text:
                match = _float(wording, text) if wording.floating else compiled.pattern.match(text)
                if match:
                    return wording, match
        return None


_place = itemgetter(0)


def _float(wording: Wording, text: bytes) -> re.Match[bytes] | None:
    compiled = wording.compiled
    position = -1
    for _ in range(_FLOATING_TRIES):
        position = text.find(compiled.prefix, position + 1)
        if position < 0:
            break
        if match := compiled.pattern.match(text, position):
            return match
    return None


def _behind_gates(wordings: Sequence[Wording]) -> dict[bytes, list[tuple[int, Wording]]]:
    """Few texts, one of which is part of every wording's anchor, each with the wordings that lie behind it and their places
    (greedy weighted set cover)."""
    holders: dict[bytes, set[int]] = {}
    for index, wording in enumerate(wordings):
        for part in _parts(wording.compiled.anchor):
            holders.setdefault(part, set()).add(index)
    uncovered = set(range(len(wordings)))
    gates: dict[bytes, list[tuple[int, Wording]]] = {}
    while uncovered:
        # Among equally good ones the first in the alphabet, so that two processes scan alike.
        gate = min(holders, key=lambda part: (-len(holders[part] & uncovered) / _cost(part), part))
        gates[gate] = [(index, wordings[index]) for index in sorted(holders[gate] & uncovered)]
        uncovered -= holders[gate]
    return gates


def _cost(part: bytes) -> float:
    """A gate is looked at more closely wherever its first byte stands: capitals and signs are rarer than small letters."""
    return _COMMONNESS.get(part[:1], _RARE)


_RARE = 0.6
_COMMONNESS = {
    bytes((byte,)): cost
    for cost, alike in ((12.0, b" "), (8.0, b"etaoinsr"), (4.0, b"hldcumfp0123456789_./-"), (2.0, b"gwybvk=,"))
    for byte in alike
}


def _parts(anchor: bytes) -> set[bytes]:
    size = min(_GATE_BYTES, len(anchor))
    return {anchor[start : start + size] for start in range(len(anchor) - size + 1)}


LOOKUP = Lookup(wording for _, family in FAMILIES for wording in family)
