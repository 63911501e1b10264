"""Private texts and the aliases given to them."""

import re

from analyzer.redaction.rule import ALIAS, Kind

_KINDS_OF_FILES = frozenset({Kind.FILE, Kind.IMAGE, Kind.VIDEO, Kind.AUDIO})
_NUMBER = re.compile(r"([a-z]+)-([0-9]{1,9})")


class Aliases:
    """Gives each text of a kind its own number, in the order of their first appearance."""

    def __init__(self) -> None:
        self._given: dict[tuple[Kind, str], str] = {}
        self._last: dict[str, int] = {}

    def of(self, kind: Kind, text: str) -> str:
        """The alias of `text`; a file's keeps the ending."""
        alias = self._given.get((kind, text))
        if alias is None:
            alias = self._given[kind, text] = self._new(kind) + _ending(kind, text)
        return alias

    def reserve(self, text: str) -> None:
        """Counts on from aliases that stand in `text` already (redacted before), so that none means two things."""
        for found in ALIAS.finditer(text):
            for stem, number in _NUMBER.findall(found[0]):
                self._last[stem] = max(self._last.get(stem, 0), int(number))

    def _new(self, kind: Kind) -> str:
        stem = kind.value.strip("<>").removesuffix("-{}")
        self._last[stem] = self._last.get(stem, 0) + 1
        return kind.value.format(self._last[stem])


def _ending(kind: Kind, text: str) -> str:
    return "." + text.rpartition(".")[2].lower() if kind in _KINDS_OF_FILES else ""
