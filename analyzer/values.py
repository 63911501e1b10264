"""Dataclasses that are built by the hundred thousand: frozen for whoever reads the types, and as quick to build as any."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as many_dataclass
else:

    def many_dataclass(**options: Any) -> Any:
        """`dataclass`, of which `frozen` is left to the type checker: kept in fact, every field of a new value costs a call."""
        return dataclass(**options | {"frozen": False, "unsafe_hash": True})


__all__ = ["many_dataclass"]
