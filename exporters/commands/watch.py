"""`comfymeter watch` behind its options: what is to be watched, how it is shown, and who is told."""

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import PurePath

from analyzer.cli.options import Common, limit_seconds
from analyzer.cli.output import note, use_color
from analyzer.errors import ExitCode, SourceError, UsageError
from analyzer.settings import Settings
from exporters.comfyui import Target
from exporters.commands.notify_options import Telling, notifiers_of, redactor_of
from exporters.commands.server_options import keeper_of, sampler_of, target_from
from exporters.engine import STDIN, Engine, EngineSettings
from exporters.notifiers import Notifier
from exporters.watching.once import look_once
from exporters.watching.session import Session, Showing

DEFAULT_URL = "http://127.0.0.1:8188"
_PIPED_WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    common: Common
    log: str | None = None
    url: str | None = None
    timeout: str | None = None
    store: str | None = None
    telling: Telling = field(default_factory=Telling)
    gpu: bool = True
    pid: int | None = None
    user: str | None = None
    ca_file: str | None = None
    insecure: bool = False
    once: bool = False


def run(asked: Asked) -> int:
    """Watches; the exit code. Raises ComfymeterError."""
    settings = asked.common.settings()
    notifiers = notifiers_of(asked.telling)
    if asked.once and notifiers:
        raise UsageError("--once: prints the state and ends, so that nobody can be told of anything")
    engine_settings = _engine_settings(asked, settings)
    color = use_color(asked.common.color or settings.color or "auto")
    try:
        return asyncio.run(_watch(asked, settings, engine_settings, notifiers, color))
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK


async def _watch(
    asked: Asked, settings: Settings, engine_settings: EngineSettings, notifiers: Sequence[Notifier], color: bool
) -> int:
    keeper = keeper_of(asked.store or settings.store)
    engine = Engine(engine_settings, keeper=keeper, sampler=sampler_of(engine_settings.target, asked.pid) if asked.gpu else None)
    showing = Showing(
        live=_is_terminal() and not asked.once,
        color=color,
        unicode=(sys.stdout.encoding or "ascii").lower().startswith("utf"),
        zone=_local_zone(),
        quiet=asked.common.quiet,
    )
    session = Session(engine, showing, keeper=keeper, notifiers=notifiers, redactor=redactor_of(asked.common, settings))
    if not asked.once:
        if asked.log not in (None, STDIN) and not os.path.exists(asked.log):
            note(f"{asked.log} is not there yet; waiting for it", quiet=asked.common.quiet)
        return await session.run()
    width = shutil.get_terminal_size((_PIPED_WIDTH, 24)).columns
    return await look_once(engine, session.picture, color=color, width=width)


# --- what is watched ----------------------------------------------------------------------------------------------------


def _engine_settings(asked: Asked, settings: Settings) -> EngineSettings:
    url = asked.url if asked.url is not None or asked.log is not None else DEFAULT_URL
    target = None if url is None else _target(url, asked)
    return EngineSettings(
        name=_name(target, asked.log),
        target=target,
        log=_readable(asked.log) if asked.log is not None else None,
        limit_seconds=limit_seconds(asked.timeout, settings),
        zone=asked.common.zone(settings),
        naming=settings.naming,
    )


def _target(url: str, asked: Asked) -> Target:
    return target_from(url, user=asked.user, ca_file=asked.ca_file, insecure=asked.insecure)


def _readable(log: str) -> str:
    """A file may come into being later; its folder must be there. Raises SourceError."""
    if log == STDIN:
        return log
    if os.path.isdir(log):
        raise SourceError(f"{log}: is a directory; give the file that ComfyUI writes to")
    if not os.path.isdir(os.path.dirname(log) or "."):
        raise SourceError(f"{log}: the directory for it is not there; is the path right?")
    return log


def _name(target: Target | None, log: str | None) -> str:
    """What notices and the view call it: the server's address without user and password, or the log's name."""
    if target is not None:
        return target.base.partition("://")[2]
    return "stdin" if log in (None, STDIN) else PurePath(log or "").name


# --- how it is shown ----------------------------------------------------------------------------------------------------


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _local_zone() -> tzinfo:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone
