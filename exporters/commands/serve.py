"""`comfymeter serve`: options to a service, and the service until it is told to end."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from analyzer.cli.options import Common, limit_seconds, parsed
from analyzer.cli.output import harmless, note
from analyzer.errors import UsageError
from analyzer.settings import Settings
from analyzer.timeouts.recommend import DEFAULT_RISK
from analyzer.units import parse_duration
from exporters.comfyui import Target
from exporters.commands.notify_options import Telling, notifiers_of, redactor_of
from exporters.commands.server_options import keeper_of, sampler_of, target_from
from exporters.engine import STDIN, Engine, EngineSettings
from exporters.hosts import is_loopback
from exporters.server import Server
from exporters.service import Service
from exporters.targets import TargetEntry, load_targets
from exporters.totals import Counting
from exporters.turns import Turns
from exporters.web_config import WebConfig, load_web_config

if TYPE_CHECKING:
    from exporters.keeper import Keeper

_CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command's options as they were given."""

    url: str | None = None
    log: str | None = None
    name: str | None = None
    timeouts: Sequence[str] = ()
    listen: str = "127.0.0.1:9189"
    targets: str | None = None
    store: str | None = None
    telling: Telling = field(default_factory=Telling)
    web_config: str | None = None
    gpu: bool = True
    pid: int | None = None
    user: str | None = None
    password_file: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    insecure: bool = False
    common: Common = field(default_factory=Common)


def run(options: Options, environment: Mapping[str, str] = os.environ) -> None:
    """Serves until SIGTERM or SIGINT. Raises ComfymeterError for what cannot be used."""
    settings = options.common.settings()
    host, port = listen_address(options.listen)
    entries = _entries(options, environment)
    limits = _limits(options.timeouts, settings)
    config = load_web_config(options.web_config) if options.web_config else WebConfig()
    notifiers, redactor = notifiers_of(options.telling), redactor_of(options.common, settings)
    _warn_of_strangers(host, config)
    log_to_stderr()

    async def serve() -> None:
        keeper = keeper_of(options.store or settings.store)
        turns = Turns()
        engines = [_engine(entry, options, settings, limits, keeper, turns) for entry in entries]
        server = Server(engines, host=host, port=port, config=config)
        service = Service(
            engines=engines,
            server=server,
            keeper=keeper,
            notifiers=notifiers,
            redactor=redactor,
            on_start=partial(_say, options),
        )
        await service.run()

    asyncio.run(serve())


def _say(options: Options, server: Server) -> None:
    note(f"status page {server.url}/, metrics {server.url}/metrics", quiet=options.common.quiet)


def _warn_of_strangers(host: str, config: WebConfig) -> None:
    """Also for those who asked for quiet."""
    if not is_loopback(host) and not config.knows_visitors:
        note(f"warning: whoever reaches {host} can read it; --web-config can ask for passwords (docs/serve.md)", quiet=False)


def _entries(options: Options, environment: Mapping[str, str]) -> list[TargetEntry]:
    if options.targets is not None:
        if options.url or options.log:
            raise UsageError("serve: --targets names the servers; leave --url and --log out")
        return load_targets(options.targets, environment)
    if not options.url and not options.log:
        raise UsageError("serve: what is to be watched? give --url http://127.0.0.1:8188, or --log FILE, or --targets FILE")
    target = _target(options.url, options, environment) if options.url else None
    name = options.name or (urlsplit(target.base).netloc if target else "stdin" if options.log == STDIN else "log")
    return [TargetEntry(name=name, target=target, log=options.log, limit_seconds=None)]


def _target(url: str, options: Options, environment: Mapping[str, str]) -> Target:
    return target_from(
        url,
        user=options.user,
        password_file=options.password_file,
        token_file=options.token_file,
        ca_file=options.ca_file,
        insecure=options.insecure,
        environment=environment,
    )


def _limits(given: Sequence[str], settings: Settings) -> dict[str, float]:
    """The limits by name; the first one is in force. Without any, that of the settings."""
    limits: dict[str, float] = {}
    for text in given:
        name, _, value = text.rpartition("=")
        limits[name.strip() or _CLIENT] = parsed("--timeout", value, parse_duration)
    if not limits and (seconds := limit_seconds(None, settings)) is not None:
        limits[_CLIENT] = seconds
    return {**limits, **{name: seconds for name, seconds in settings.naming.limits().items() if name not in limits}}


def _engine(
    entry: TargetEntry, options: Options, settings: Settings, limits: Mapping[str, float], keeper: "Keeper | None", turns: Turns
) -> Engine:
    in_force = next(iter(limits.values()), None) if options.timeouts or settings.timeout is not None else None
    own = entry.limit_seconds
    told = {**limits, _CLIENT: own} if own is not None else limits
    return Engine(
        EngineSettings(
            name=entry.name,
            target=entry.target,
            log=entry.log,
            limit_seconds=own if own is not None else in_force,
            counting=Counting(limits=told, workflows=[rule.name for rule in settings.workflows]),
            zone=options.common.zone(settings),
            naming=settings.naming,
            risk=settings.risk if settings.risk is not None else DEFAULT_RISK,
        ),
        turns=turns,
        keeper=keeper,
        sampler=sampler_of(entry.target, options.pid) if options.gpu else None,
    )


def listen_address(text: str) -> tuple[str, int]:
    """`127.0.0.1:9189`, `[::1]:9189`, `:9189` for every address. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--listen: {text!r} must be HOST:PORT, like 127.0.0.1:9189")
    return host.strip("[]") or "0.0.0.0", int(port)


class _Lines(logging.Formatter):
    """One line each, or several for what should never happen; nothing in them can harm a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(harmless(line) for line in f"comfymeter: {super().format(record)}".splitlines())


def log_to_stderr() -> None:
    """Our own log goes where a service manager finds it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    log = logging.getLogger("comfymeter")
    log.addHandler(handler)
    log.setLevel(logging.WARNING)
    log.propagate = False
