"""`comfymeter watch` behind its options: what is to be watched, how it is shown, and who is told."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import PurePath
from urllib.parse import urlsplit

from analyzer.cli.options import Common, limit_seconds
from analyzer.cli.output import note, use_color
from analyzer.errors import ExitCode, SourceError, UsageError
from analyzer.redaction import NO_REDACTION, Redaction, Redactor
from analyzer.settings import Settings
from exporters.comfyui import Target, target_of
from exporters.engine import STDIN, Engine, EngineSettings
from exporters.keeper import Keeper
from exporters.notifiers import USUAL, Event, Notifier, Service, ShellCommand, Webhook
from exporters.nvml import NvmlSampler, find_facts, sampler_for
from exporters.watching.once import look_once
from exporters.watching.session import Session, Showing

DEFAULT_URL = "http://127.0.0.1:8188"
TOKEN, PASSWORD = "COMFYMETER_TOKEN", "COMFYMETER_PASSWORD"
_PIPED_WIDTH = 100
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
ABOUT: dict[str, frozenset[Event]] = {
    "risk": frozenset({Event.RISK_RAISED, Event.RISK_CLEARED, Event.LIMIT_PASSED}),
    "stall": frozenset({Event.STALLED, Event.STALL_OVER}),
    "server": frozenset({Event.SERVER_DOWN, Event.SERVER_BACK}),
    "failure": frozenset({Event.RUN_FAILED}),
    "finish": frozenset({Event.RUN_FINISHED, Event.RUN_FAILED}),
}
_ON_RISK = frozenset({Event.RISK_RAISED, Event.LIMIT_PASSED})
_ON_STALL = frozenset({Event.STALLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    common: Common
    log: str | None = None
    url: str | None = None
    timeout: str | None = None
    store: str | None = None
    notify: Sequence[str] = ()
    webhook: Sequence[str] = ()
    notify_on: str | None = None
    on_risk: str | None = None
    on_stall: str | None = None
    on_finish: str | None = None
    gpu: bool = True
    pid: int | None = None
    user: str | None = None
    ca_file: str | None = None
    insecure: bool = False
    once: bool = False


def run(asked: Asked) -> int:
    """Watches; the exit code. Raises ComfymeterError."""
    settings = asked.common.settings()
    notifiers = tuple(_notifiers(asked))
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
    keeper = _keeper(asked.store or settings.store)
    engine = Engine(engine_settings, keeper=keeper, sampler=_sampler(asked, engine_settings.target))
    showing = Showing(
        live=_is_terminal() and not asked.once,
        color=color,
        unicode=(sys.stdout.encoding or "ascii").lower().startswith("utf"),
        zone=_local_zone(),
        quiet=asked.common.quiet,
    )
    session = Session(engine, showing, keeper=keeper, notifiers=notifiers, redactor=_redactor(asked, settings))
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
    """Secrets come from the environment: a command line can be read by everybody on the machine."""
    token, password = os.environ.get(TOKEN), os.environ.get(PASSWORD, "")
    target = target_of(url, user=asked.user, password=password, token=token, ca_file=asked.ca_file, insecure=asked.insecure)
    target.tls()
    return target


def _readable(log: str) -> str:
    """A file may come into being later; its folder must be there. Raises SourceError."""
    if log == STDIN:
        return log
    if os.path.isdir(log):
        raise SourceError(f"{log}: is a directory; give the file that ComfyUI writes to")
    if not os.path.isdir(os.path.dirname(log) or "."):
        raise SourceError(f"{log}: there is no such directory")
    return log


def _name(target: Target | None, log: str | None) -> str:
    """What notices and the view call it: the server's address without user and password, or the log's name."""
    if target is not None:
        return target.base.partition("://")[2]
    return "stdin" if log in (None, STDIN) else PurePath(log or "").name


def _sampler(asked: Asked, target: Target | None) -> NvmlSampler | None:
    """This machine's GPUs, where the server runs on it as far as can be told."""
    if not asked.gpu or (target is not None and urlsplit(target.base).hostname not in _LOOPBACK):
        return None
    return sampler_for(asked.pid) if find_facts().visible else None


def _keeper(place: str | None) -> Keeper | None:
    if place is None:
        return None
    from analyzer.history import open_store

    return Keeper(partial(open_store, place))


# --- how it is shown ----------------------------------------------------------------------------------------------------


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _local_zone() -> tzinfo:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone


# --- who is told --------------------------------------------------------------------------------------------------------


def _redactor(asked: Asked, settings: Settings) -> Redaction:
    """Notices leave the machine: redacted unless told otherwise."""
    chosen = asked.common.redact if asked.common.redact is not None else settings.redact
    return NO_REDACTION if chosen is False else Redactor()


def _notifiers(asked: Asked) -> Iterator[Notifier]:
    events = _events(asked.notify_on)
    for url in asked.notify:
        yield Service(url, events=events)
    for url in asked.webhook:
        yield Webhook(url, events=events)
    for option, line, wanted in (
        ("--on-risk", asked.on_risk, _ON_RISK),
        ("--on-stall", asked.on_stall, _ON_STALL),
        ("--on-finish", asked.on_finish, ABOUT["finish"]),
    ):
        if line is not None:
            yield ShellCommand(option, line, events=wanted)


def _events(text: str | None) -> frozenset[Event]:
    """What services and webhooks are told of."""
    if text is None:
        return USUAL
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in ABOUT]
    if unknown or not names:
        raise UsageError(f"--notify-on: {text!r} must be made of {', '.join(ABOUT)}, separated by commas")
    return frozenset[Event]().union(*(ABOUT[name] for name in names))
