"""All targets. To add one: a module here, and a row in `TARGETS`."""

from fuzz.base import Target
from fuzz.targets.parsing import PARSING

TARGETS: tuple[Target, ...] = (PARSING,)


def target_of(name: str) -> Target:
    """The target of this name. Raises StopIteration where there is none."""
    return next(target for target in TARGETS if target.name == name)
