"""What every event is: its line, its time, and how it is built."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def event_class(cls: type[_Class]) -> type[_Class]:
    """A keyword-only, slotted dataclass that type checkers hold to be frozen.

    Frozen in fact it would cost half as much again to build, once per line of a log; comparing and printing are inherited
    because generating them for each of the classes would be most of the time that a command takes to start.
    """
    return dataclass(slots=True, kw_only=True, repr=False, eq=False)(cls)


@event_class
class Event:
    """Base of all events."""

    line: int
    at: float | None = None

    def values(self) -> dict[str, Any]:
        """All fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Event) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), self.line))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"
