"""All targets. To add one: a module here, and a row in `TARGETS`."""

from fuzz.base import Target
from fuzz.targets.api import API, WEBSOCKET
from fuzz.targets.compressed import COMPRESSED
from fuzz.targets.configs import CONFIGS
from fuzz.targets.containers import CONTAINER
from fuzz.targets.parsing import PARSING
from fuzz.targets.recording import RECORDING
from fuzz.targets.report import REPORT
from fuzz.targets.samples import SAMPLES
from fuzz.targets.store import STORE

TARGETS: tuple[Target, ...] = (
    PARSING,
    CONTAINER,
    COMPRESSED,
    API,
    WEBSOCKET,
    REPORT,
    SAMPLES,
    STORE,
    RECORDING,
    *CONFIGS,
)


def target_of(name: str) -> Target:
    """The target of this name. Raises StopIteration where there is none."""
    return next(target for target in TARGETS if target.name == name)
