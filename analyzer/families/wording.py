"""A wording: one exact form of a line, as data. Families are tuples of wordings; nothing here matches or does I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from analyzer.events import Event, StartupNote
from analyzer.families.template import Template, Value, compile_template


class Follow(Enum):
    """What the lines after a wording's line are, when the wording is the head of a block."""

    NOTHING = "nothing"
    INDENTED = "lines that start with white space"
    ONE_INDENTED = "one line that starts with white space"
    TABLE = "lines that start with |"
    TRACEBACK = "a Python traceback up to its `Type: message`, and that message's further lines up to an empty line"
    MESSAGE = "anything up to a traceback, an empty line or a line that another wording takes"
    VALIDATION = "`* class id:` and `  - message` rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One form of a line.

    `template`: see `families.template`. `event`: the event class built from its fields, or None for known noise.
    `constants`: event fields that the form implies. `example`: a real line (or the exact template filled in).
    `meaning`: one sentence. `since`: commit, version or year of its first appearance, and until when.
    `floating`: may start anywhere in the line (then `template` must not start with a field).
    `glued`: other text may follow on the same line and is read as a line of its own.
    """

    template: str
    event: type[Event] | None
    example: str
    meaning: str
    since: str
    constants: Mapping[str, Value] = field(default_factory=dict)
    follow: Follow = Follow.NOTHING
    floating: bool = False
    glued: bool = False
    compiled: Template = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("template", "example", "meaning", "since"):
            if not getattr(self, name).strip():
                raise ValueError(f"wording {self.template!r}: {name} is empty")
        object.__setattr__(self, "compiled", compile_template(self.template, glued=self.glued))

    def values(self, match: re.Match[bytes]) -> dict[str, Value] | None:
        """The event's fields that a match of this wording tells; None for noise, and for a date that no calendar has."""
        if self.event is None:
            return None
        try:
            values = self.compiled.values(match)
        except ValueError:
            return None
        if self.constants:
            values.update(self.constants)
        return values


def noise(
    template: str, *, meaning: str, since: str, example: str = "", follow: Follow = Follow.NOTHING, floating: bool = False
) -> Wording:
    """A line that is known and says nothing that we keep. A template without fields is its own example."""
    return Wording(
        template=template,
        event=None,
        example=example or template,
        meaning=meaning,
        since=since,
        follow=follow,
        floating=floating,
    )


def startup_note(template: str, *, meaning: str, since: str, example: str = "") -> Wording:
    """A line that only a starting server prints. A template without fields is its own example."""
    return Wording(template=template, event=StartupNote, example=example or template, meaning=meaning, since=since)
