"""Who is told when a run is at risk, stalls or ends, and how: services, webhooks, commands."""

from exporters.notifiers.base import USUAL, Notifier, NotSentError
from exporters.notifiers.notice import SCHEMA, Event, Notice, Severity, payload
from exporters.notifiers.outbox import Outbox
from exporters.notifiers.services import Service
from exporters.notifiers.shell_command import ShellCommand
from exporters.notifiers.teller import Teller
from exporters.notifiers.telling import notice_of
from exporters.notifiers.webhook import Webhook

__all__ = [
    "SCHEMA",
    "USUAL",
    "Event",
    "NotSentError",
    "Notice",
    "Notifier",
    "Outbox",
    "Service",
    "Severity",
    "ShellCommand",
    "Teller",
    "Webhook",
    "notice_of",
    "payload",
]
