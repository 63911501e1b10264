"""The workers of a Dask cluster: each reads whole logs and sends back what they say, not their lines.

A worker that dies loses nothing: Dask has its logs read by another one. The workers need comfymeter in the same version, and must
reach the logs by the same names: URLs of an object store, or paths of a shared file system.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.containers import Zone
from analyzer.engines.base import OnRead, Read, stays
from analyzer.errors import ComfymeterError, UsageError
from analyzer.reading import LogReader
from analyzer.sources import LogGroup, LogStream
from analyzer.version import installed_version

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_SECONDS = 10
_ADDRESS = re.compile(r"(?:tcp|tls|wss?|ucx)://[^/\s]+:\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaskEngine:
    """`scheduler`: its address, like `tcp://10.0.0.5:8786`; None: workers on this machine, one per core."""

    scheduler: str | None = None

    def sends(self, groups: Sequence[LogGroup]) -> bool:
        return not all(map(stays, groups))

    def each(self, groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], on_read: OnRead | None = None) -> list[Read]:
        with _client(self.scheduler) as client:
            _check(client)
            # Logs are not pure values: who asks again wants them read again.
            sent = {place: client.submit(read, group, pure=False) for place, group in enumerate(groups) if not stays(group)}
            readings: list[Read] = []
            for place, group in enumerate(groups):
                readings.append(_result(sent.pop(place), group) if place in sent else read(group))
                if on_read:
                    on_read(group.name, 0)
        return readings

    def go_through(self, reader: LogReader, stream: LogStream, zone: Zone, on_progress: OnRead | None = None) -> None:
        """A log stays whole here."""


def _client(scheduler: str | None) -> "Client":
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError("--engine dask needs Dask: pip install 'comfymeter[dask]'") from error
    if scheduler is not None and not _ADDRESS.match(scheduler):
        raise UsageError(f"--scheduler: {scheduler!r} must be an address like tcp://10.0.0.5:8786")
    if scheduler is None:
        cluster = LocalCluster(threads_per_worker=1, dashboard_address="127.0.0.1:0")  # type: ignore[no-untyped-call]
        return Client(cluster, set_as_default=False)  # type: ignore[no-untyped-call]
    try:
        return Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise ComfymeterError(
            f"{scheduler}: no Dask scheduler answers there ({type(error).__name__}); is the address right?"
        ) from error


def _check(client: "Client") -> None:
    """Raises ComfymeterError where a worker has another version: its readings may lack what this one wants."""
    ours = installed_version()
    try:
        theirs = client.run(installed_version)
    except Exception as error:
        raise ComfymeterError(
            f"the Dask workers lack comfymeter; install version {ours} there ({type(error).__name__})"
        ) from error
    for worker, version in sorted(theirs.items()):
        if version != ours:
            raise ComfymeterError(f"{worker}: has comfymeter {version}; install {ours} there")


def _result(future: "Future[Any]", group: LogGroup) -> Any:
    from distributed import CancelledError, KilledWorker

    try:
        return future.result()
    except (KilledWorker, CancelledError) as error:
        raise ComfymeterError(
            f"{group.name}: every worker that read it died, for want of memory perhaps; give them more"
        ) from error
