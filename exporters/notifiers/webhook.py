"""Notices as JSON, posted to an address."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from analyzer.errors import UsageError
from exporters.notifiers.base import USUAL, NotSentError
from exporters.notifiers.notice import Event, Notice, payload

TIMEOUT_SECONDS = 10.0
# Before the second and the third try.
PAUSES_SECONDS = (1.0, 4.0)
_TOO_MANY, _SERVER_ERROR = 429, 500


class Webhook:
    """Posts to `url`; user and password in it are sent as such. Its name is the host alone: paths and queries hold keys.

    Raises UsageError where `url` is none.
    """

    def __init__(
        self,
        url: str,
        *,
        events: frozenset[Event] = USUAL,
        timeout_seconds: float = TIMEOUT_SECONDS,
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self.events = events
        self.name = f"webhook {_host(url)}"
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._pauses_seconds = pauses_seconds

    async def send(self, notice: Notice) -> None:
        """Three tries where it may go better the next time."""
        body = payload(notice)
        for pause in self._pauses_seconds:
            trouble, may_pass = await self._post(body)
            if trouble is None:
                return
            if not may_pass:
                raise NotSentError(trouble)
            await asyncio.sleep(pause)
        trouble, _ = await self._post(body)
        if trouble is not None:
            raise NotSentError(trouble)

    async def _post(self, body: dict[str, str | float | None]) -> tuple[str | None, bool]:
        """What went wrong, and whether it may go better."""
        import aiohttp  # whoever is not told over HTTP can do without

        timeout = aiohttp.ClientTimeout(total=self._timeout_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.post(self._url, json=body, allow_redirects=False) as response,
            ):
                status = response.status
        except TimeoutError:
            return f"no answer within {self._timeout_seconds:g} s", True
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Their messages hold the address.
            return f"the connection fails ({type(error).__name__})", True
        if status < 300:
            return None, False
        return f"it answers {status}", status == _TOO_MANY or status >= _SERVER_ERROR


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError("--webhook: this is no address to post to; write it like https://example.org/hook")
    return f"{host}:{port}" if port else host
