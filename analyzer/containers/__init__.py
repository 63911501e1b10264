"""Containers: how log lines were wrapped on their way into the file, and their text and stamps back out of it.

To add one: a module (or a row in `line_forms`) that builds a `Container`, and a row in `CONTAINERS`.
"""

from analyzer.containers.base import HEAD_BYTES, Container, Head, Stamps, Zone
from analyzer.containers.bug_report import BUG_REPORT
from analyzer.containers.cri import CRI
from analyzer.containers.internal_logs import INTERNAL_LOGS
from analyzer.containers.journald_export import JOURNALD_EXPORT
from analyzer.containers.json_lines import DOCKER_JSON, JOURNALD_JSON, PINO, PM2_JSON
from analyzer.containers.line_forms import (
    COMPOSE,
    COMPOSE_STAMPED,
    DESKTOP,
    DOCKER_LOGS,
    JOURNALD_ISO,
    JOURNALD_SHORT,
    PM2,
    PM2_PLAIN,
    PYTHON_LOGGING,
    SWARMUI,
    TS,
    TS_ISO,
    VERBOSE_FILE,
)
from analyzer.containers.manager import MANAGER
from analyzer.containers.plain import RAW, TERMINAL
from analyzer.containers.recorded import RECORDED

# The first whose threshold is reached wins: a form stands before the forms that its lines look like too.
CONTAINERS: tuple[Container, ...] = (
    RECORDED,
    INTERNAL_LOGS,
    DOCKER_JSON,
    JOURNALD_JSON,
    JOURNALD_EXPORT,
    PM2_JSON,
    PINO,
    CRI,
    JOURNALD_ISO,
    DOCKER_LOGS,
    JOURNALD_SHORT,
    TS,
    BUG_REPORT,
    PYTHON_LOGGING,
    SWARMUI,
    PM2,
    PM2_PLAIN,
    COMPOSE_STAMPED,
    COMPOSE,
    DESKTOP,
    VERBOSE_FILE,
    MANAGER,
    TS_ISO,
    TERMINAL,
    RAW,
)


def detect(data: bytes) -> Container:
    """The container of a log that starts with `data`, of which the first 64 KiB count; raw where none fits."""
    head = Head.of(data)
    return next((container for container in CONTAINERS if container.matches(head) >= container.threshold), RAW)


__all__ = ["CONTAINERS", "HEAD_BYTES", "RECORDED", "Container", "Head", "Stamps", "Zone", "detect"]
