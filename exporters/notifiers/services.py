"""Notices through Apprise: chat, mail, phones and over a hundred other services, each by a URL."""

import asyncio
import logging
import threading
from typing import Any

from analyzer.errors import ComfymeterError, UsageError
from exporters.notifiers.base import USUAL, NotSentError
from exporters.notifiers.notice import Event, Notice, Severity

TIMEOUT_SECONDS = 30.0
_TYPES = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


class Service:
    """One service by its Apprise URL, which is a secret: its name is the scheme alone.

    Raises UsageError where Apprise does not know it, ComfymeterError where Apprise is not installed.
    """

    def __init__(self, url: str, *, events: frozenset[Event] = USUAL, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.events = events
        self.name = f"service {_scheme(url)}"
        self._apprise = _apprise_of(url)
        self._timeout_seconds = timeout_seconds

    async def send(self, notice: Notice) -> None:
        """In a thread that nobody waits for at the end: a service may hang."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str | None] = loop.create_future()

        def set_result(trouble: str | None) -> None:
            if not done.done():
                done.set_result(trouble)

        def work() -> None:
            trouble = self._notify(notice)
            if not loop.is_closed():
                loop.call_soon_threadsafe(set_result, trouble)

        threading.Thread(target=work, name="comfymeter-notify", daemon=True).start()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                trouble = await done
        except TimeoutError:
            trouble = f"no answer within {self._timeout_seconds:g} s"
        if trouble is not None:
            raise NotSentError(trouble)

    def _notify(self, notice: Notice) -> str | None:
        """What went wrong."""
        kind = _TYPES[notice.severity]
        try:
            sent = self._apprise.notify(body=notice.text, title=notice.title, notify_type=kind, body_format="text")
        except Exception as error:  # a plugin may raise anything, with the address in its message
            return f"it fails ({type(error).__name__})"
        return None if sent else "it does not take the message"


def _apprise_of(url: str) -> Any:
    try:
        import apprise
    except ImportError:
        raise ComfymeterError("--notify needs Apprise: pip install 'comfymeter[notify]'") from None
    # What it logs may hold addresses, and would go to stderr.
    log = logging.getLogger("apprise")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    found = apprise.Apprise()
    if not found.add(url):
        raise UsageError(f"--notify: Apprise does not know this {_scheme(url)}:// address; see its list of services")
    return found


def _scheme(url: str) -> str:
    scheme, found, _ = url.partition("://")
    if not found or not scheme.replace("+", "").replace("-", "").isalnum():
        raise UsageError("--notify: this is no address of a service; write it like ntfy://topic or mailto://user:password@host")
    return scheme.lower()
