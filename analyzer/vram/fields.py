"""The columns of sample files as data, and lines of such a file to samples by its header."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.vram.sample import GpuSample

Values = dict[str, Any]

# A header of more columns is no header.
_MOST_COLUMNS = 200
# Stamps outside of these are torn digits, not times: the years 2000 to 2100.
_FIRST_AT, _LAST_AT = 946_684_800.0, 4_102_444_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column. `names`: what headers call it; `pattern`: its values, with one group, and whatever stands for unknown without.

    `sets`: the field of the sample; `read`: the group's text to its value.
    """

    names: tuple[str, ...]
    sets: str
    pattern: bytes
    read: Callable[[bytes], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A header's columns; those that nothing is known about are passed over.

    `finish`: from what the columns say to the fields of a sample.
    """

    fields: tuple[Field, ...]
    pattern: re.Pattern[bytes]
    finish: Callable[[Values], Values]

    def sample(self, line: bytes) -> GpuSample | None:
        """The sample of a line; None for a line of another form, and for what cannot be: a time out of all bounds, more in use
        than there is."""
        found = self.pattern.fullmatch(line)
        if not found:
            return None
        pairs = zip(self.fields, found.groups(), strict=True)
        values = self.finish({field.sets: field.read(text) for field, text in pairs if text is not None})
        return GpuSample(**values) if _possible(values) else None


def _possible(values: Values) -> bool:
    at, used, total = values.get("at"), values.get("used_bytes"), values.get("total_bytes")
    return at is not None and _FIRST_AT <= at <= _LAST_AT and (used is None or total is None or used <= total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A kind of sample file: its columns, what stands between them, and how a line's values become a sample's."""

    fields: tuple[Field, ...]
    separator: bytes
    finish: Callable[[Values], Values]

    def columns(self, names: Sequence[str]) -> Columns | None:
        """The columns of a header; None for too many."""
        if len(names) > _MOST_COLUMNS:
            return None
        by_name = {name: field for field in self.fields for name in field.names}
        found = [by_name.get(name) for name in names]
        parts = (field.pattern if field else rb"[^,]*" for field in found)
        pattern = re.compile(self.separator.join(parts) + rb"\s*+")
        return Columns(fields=tuple(filter(None, found)), pattern=pattern, finish=self.finish)
