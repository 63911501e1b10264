"""Containers with a prefix in front of each line: Docker, journald, `ts`, pm2, SwarmUI, the desktop app, log files."""

import re

from analyzer.containers.base import Stamps
from analyzer.containers.prefixed import LineForm, aware_stamp, container, naive_stamp, no_stamp, yearless_stamp

_RFC3339 = rb"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d(?:[.,]\d+)?)(Z|[+-]\d\d:?\d\d)"
_SYSLOG = rb"([A-Z][a-z]{2} [ \d]\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)"
_SERVICE = rb"[A-Za-z0-9][\w.-]* *\| "
_UNIT = rb" [\w.-]+ [^\s:\[]+(?:\[\d+\])?:"
# Behind a prefix stands a space; editors and pastes trim it where the line is empty.
_END = rb"(?: |\r?$)"


def _form(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


DOCKER_LOGS = container(
    "docker-logs",
    LineForm(pattern=_form(_RFC3339 + _END), clock=aware_stamp),
    stamps=Stamps.AWARE,
    example="2026-08-01T10:00:00.123456789Z got prompt",
    meaning="`docker logs -t`, `kubectl logs --timestamps`: a bar's line carries the time when the bar ended",
    late_bars=True,
)
COMPOSE_STAMPED = container(
    "docker-compose",
    LineForm(pattern=_form(_SERVICE + _RFC3339 + _END), clock=aware_stamp),
    stamps=Stamps.AWARE,
    example="comfyui-1  | 2026-08-01T10:00:00.123456789Z got prompt",
    meaning="`docker compose logs -t`",
    late_bars=True,
)
COMPOSE = container(
    "docker-compose",
    LineForm(pattern=_form(_SERVICE), clock=no_stamp),
    stamps=Stamps.NONE,
    example="comfyui-1  | got prompt",
    meaning="`docker compose logs`, `docker compose up`: no stamps (add `-t`)",
    threshold=0.9,
)
JOURNALD_ISO = container(
    "journald-short-iso",
    LineForm(pattern=_form(_RFC3339 + _UNIT + _END), clock=aware_stamp),
    stamps=Stamps.AWARE,
    example="2026-07-18T16:24:42+0200 host python[86116]: got prompt",
    meaning="`journalctl -o short-iso` or `short-iso-precise`",
    late_bars=True,
)
JOURNALD_SHORT = container(
    "journald-short",
    LineForm(pattern=_form(_SYSLOG + _UNIT + _END), clock=yearless_stamp),
    stamps=Stamps.NAIVE,
    example="Jul 18 16:24:42 host python[86116]: got prompt",
    meaning="`journalctl`, syslog: no year, so only differences between stamps mean something",
    late_bars=True,
)
TS = container(
    "ts",
    LineForm(pattern=_form(_SYSLOG + _END), clock=yearless_stamp),
    stamps=Stamps.NAIVE,
    example="Jul 18 16:24:42 got prompt",
    meaning="`| ts`: no year, so only differences between stamps mean something",
    late_bars=True,
)
TS_ISO = container(
    "ts-iso",
    LineForm(pattern=_form(rb"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d(?:[.,]\d+)?)" + _END), clock=naive_stamp),
    stamps=Stamps.NAIVE,
    example="2026-07-18 16:24:42.123456 got prompt",
    meaning="a local date and time in front of each line, e.g. `| ts '%F %.T'`",
    threshold=0.8,
    late_bars=True,
)
PM2 = container(
    "pm2",
    LineForm(pattern=_form(rb"(?:\d+\|[^|\s]+ *\| )?(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d(?:\.\d+)?):" + _END), clock=naive_stamp),
    stamps=Stamps.NAIVE,
    example="2026-08-01T10:00:00: got prompt",
    meaning="pm2 with `--time`",
    threshold=0.3,
    late_bars=True,
)
PM2_PLAIN = container(
    "pm2",
    LineForm(pattern=_form(rb"\d+\|[^|\s]+ *\|" + _END), clock=no_stamp),
    stamps=Stamps.NONE,
    example="0|comfyui  | got prompt",
    meaning="`pm2 logs` without `--time`",
)
SWARMUI = container(
    "swarmui",
    LineForm(
        pattern=_form(rb"(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d\.\d{3}) \[\w+\](?: \[ComfyUI-[^\]/]+/STD(?:ERR|OUT)\])?" + _END),
        clock=naive_stamp,
        continues=True,
    ),
    stamps=Stamps.NAIVE,
    example="2026-07-10 20:14:20.677 [Debug] [ComfyUI-0/STDERR] got prompt",
    meaning="SwarmUI's log with the output of its ComfyUI",
    threshold=0.3,
    late_bars=True,
)
DESKTOP = container(
    "desktop",
    LineForm(
        pattern=_form(rb"\[(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d\.\d{3})\] \[(?:error|warn|info|verbose|debug|silly)\](?:  ?|\r?$)"),
        clock=naive_stamp,
        continues=True,
    ),
    stamps=Stamps.NAIVE,
    example="[2026-08-01 12:00:00.123] [info]  got prompt",
    meaning="the desktop app's log (electron-log): the stamp of a chunk of output, `[error]` means stderr and not an error",
    threshold=0.5,
)
VERBOSE_FILE = container(
    "verbose-file",
    LineForm(
        pattern=_form(rb"\[(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d,\d{3})\] (?=\[[A-Z]+\])"),
        clock=naive_stamp,
        continues=True,
    ),
    stamps=Stamps.NAIVE,
    example="[2026-08-01 12:00:00,123] [INFO] got prompt",
    meaning="`--verbose LEVEL FILE`: log records only, neither bars nor prints",
    threshold=0.2,
)
PYTHON_LOGGING = container(
    "python-logging",
    LineForm(
        pattern=_form(rb"(\d{4}-\d\d-\d\d \d\d:\d\d):(\d\d,\d{3}) - [\w.-]+ - [A-Z]+ -" + _END),
        clock=naive_stamp,
        continues=True,
    ),
    stamps=Stamps.NAIVE,
    example="2024-09-07 03:20:28,088 - root - INFO - got prompt",
    meaning="ComfyUI's bug reports of autumn 2024: log records only, neither bars nor prints",
    threshold=0.2,
)
