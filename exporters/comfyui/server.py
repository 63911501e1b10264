"""All that is known of a watched server, part by part; the plan reads it, the core writes it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from exporters.comfyui.agenda import Agenda
from exporters.comfyui.capabilities import Capabilities
from exporters.comfyui.health import Health
from exporters.comfyui.job_book import JobBook
from exporters.comfyui.log_book import LogBook
from exporters.comfyui.own_socket import OwnSocket
from exporters.comfyui.pace import Pace
from exporters.comfyui.resync import Resync
from exporters.comfyui.server_clock import ServerClock
from exporters.observations import State

# How many ended prompts are asked for.
NEW = 8


@dataclass(slots=True)
class Server:
    """`limit`: how many ended prompts are asked for next. `resync`: set while it is not clear whether it is the same process."""

    pace: Pace
    health: Health
    agenda: Agenda
    log: LogBook
    can: Capabilities
    jobs: JobBook = field(default_factory=JobBook)
    socket: OwnSocket = field(default_factory=OwnSocket)
    resync: Resync | None = None
    limit: int = NEW

    @classmethod
    def new(cls, pace: Pace, *, log: bool, zone_guess_seconds: float, chance: Callable[[], float]) -> "Server":
        """Nothing is known yet."""
        return cls(
            pace=pace,
            health=Health(pace, chance),
            agenda=Agenda(pace),
            log=LogBook(ServerClock(zone_guess_seconds)),
            can=Capabilities(log=log, retry_seconds=pace.retry_missing),
        )

    def clock_set_back(self) -> None:
        """Our clock was set back: what waits for a time must not wait for that long."""
        self.agenda.clock_set_back()
        self.health.probe_at, self.socket.deaf_since = 0.0, None
        self.can.clock_set_back()

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self.health.state is State.UP
