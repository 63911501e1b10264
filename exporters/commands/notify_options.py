"""Who is told, by the options of `watch` and `serve`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.cli.options import Common
from analyzer.errors import UsageError
from analyzer.redaction import NO_REDACTION, Redaction, Redactor
from analyzer.settings import Settings
from exporters.notifiers import USUAL, Event, Notifier, Service, ShellCommand, Webhook

ABOUT: dict[str, frozenset[Event]] = {
    "risk": frozenset({Event.RISK_RAISED, Event.RISK_CLEARED, Event.LIMIT_PASSED}),
    "stall": frozenset({Event.STALLED, Event.STALL_OVER}),
    "server": frozenset({Event.SERVER_DOWN, Event.SERVER_BACK}),
    "failure": frozenset({Event.RUN_FAILED}),
    "finish": frozenset({Event.RUN_FINISHED, Event.RUN_FAILED}),
}
_FROM_ENVIRONMENT = "env:"
_ON_RISK = frozenset({Event.RISK_RAISED, Event.LIMIT_PASSED})
_ON_STALL = frozenset({Event.STALLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """The options as they were given."""

    notify: Sequence[str] = ()
    webhook: Sequence[str] = ()
    notify_on: str | None = None
    on_risk: str | None = None
    on_stall: str | None = None
    on_finish: str | None = None


def notifiers_of(asked: Telling, environment: Mapping[str, str] = os.environ) -> tuple[Notifier, ...]:
    """Raises UsageError for what cannot be used."""
    return tuple(_notifiers(asked, environment))


def _notifiers(asked: Telling, environment: Mapping[str, str]) -> Iterator[Notifier]:
    events = _events(asked.notify_on)
    for url in asked.notify:
        yield Service(_address("--notify", url, environment), events=events)
    for url in asked.webhook:
        yield Webhook(_address("--webhook", url, environment), events=events)
    for option, line, wanted in (
        ("--on-risk", asked.on_risk, _ON_RISK),
        ("--on-stall", asked.on_stall, _ON_STALL),
        ("--on-finish", asked.on_finish, ABOUT["finish"]),
    ):
        if line is not None:
            yield ShellCommand(option, line, events=wanted)


def _address(option: str, text: str, environment: Mapping[str, str]) -> str:
    """The address, or that in a variable: everybody on the machine can read command lines."""
    name = text.removeprefix(_FROM_ENVIRONMENT)
    if name == text:
        return text
    if name not in environment:
        raise UsageError(f"{option}: the environment has no {name}; {_FROM_ENVIRONMENT}NAME names a variable with the address")
    return environment[name]


def _events(text: str | None) -> frozenset[Event]:
    """What services and webhooks are told of."""
    if text is None:
        return USUAL
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in ABOUT]
    if unknown or not names:
        raise UsageError(f"--notify-on: {text!r} must be made of {', '.join(ABOUT)}, separated by commas")
    return frozenset[Event]().union(*(ABOUT[name] for name in names))


def redactor_of(common: Common, settings: Settings) -> Redaction:
    """Notices leave the machine: redacted unless told otherwise."""
    chosen = common.redact if common.redact is not None else settings.redact
    return NO_REDACTION if chosen is False else Redactor()
