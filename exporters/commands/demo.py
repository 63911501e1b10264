"""`comfymeter demo`: two recorded servers played for ever, with made-up GPUs, and all of `serve` on them."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from analyzer.cli.output import note
from analyzer.runs.model import Phase
from exporters.comfyui import target_of
from exporters.commands.serve import listen_address, log_to_stderr
from exporters.demo import LARGE, SMALL, Card, SyntheticGpu
from exporters.demo_lines import cramped
from exporters.engine import Engine, EngineSettings
from exporters.replay import ReplayServer, Stall, load_session
from exporters.replay.faults import Fault
from exporters.server import Server
from exporters.service import Service
from exporters.totals import Counting


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A server of the demo. `sessions`: what it plays, one after the other; `limits`: in seconds as recorded, the first one is in
    force; `cramped`: its GPU is too small for its models; `faults`: what goes wrong the first time."""

    name: str
    sessions: tuple[str, ...]
    limits: dict[str, float]
    card: Card
    cramped: bool = False
    faults: tuple[Fault, ...] = ()


# One that works without a pause and without much trouble, one that has all kinds of trouble.
SERVERS = (
    Played(name="gpu-1", sessions=("S5-soak", "S2-two-pass"), limits={"client": 40.0, "proxy": 15.0, "hasty": 10.0}, card=LARGE),
    Played(
        name="gpu-2",
        sessions=("S4-failures", "S3-queue", "S2-two-pass"),
        limits={"client": 8.0, "proxy": 15.0},
        card=SMALL,
        cramped=True,
        faults=(Stall(at=44.0, seconds=10.0),),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command's options. `stretch`: how many times as long as it was recorded all of it takes."""

    listen: str = "127.0.0.1:9189"
    stretch: float = 4.0
    quiet: bool = False


def run(options: Options) -> None:
    """Plays until SIGTERM or SIGINT."""
    log_to_stderr()
    asyncio.run(_play(options))


async def _play(options: Options) -> None:
    host, port = listen_address(options.listen)

    def say(server: Server) -> None:
        note("two recorded ComfyUI servers, played for ever; their GPUs are made up", quiet=options.quiet)
        note(f"status page {server.url}/", quiet=options.quiet)
        for played in SERVERS:
            note(f"metrics {server.url}/probe?target={played.name}", quiet=options.quiet)

    async with AsyncExitStack() as stack:
        engines = []
        for played in SERVERS:
            sessions = map(load_session, played.sessions)
            if played.cramped:
                sessions = map(cramped, sessions)
            replay = await stack.enter_async_context(
                ReplayServer(*sessions, speed=1.0 / options.stretch, faults=played.faults, loop=True)
            )
            engines.append(_engine(played, replay.url, options.stretch))
        await Service(engines=engines, server=Server(engines, host=host, port=port), on_start=say).run()


def _engine(played: Played, url: str, stretch: float) -> Engine:
    engines: list[Engine] = []

    def phase() -> Phase | None:
        current = engines[0].watched.in_flight if engines else None
        return current.live.phase if current else None

    limits = {name: seconds * stretch for name, seconds in played.limits.items()}
    settings = EngineSettings(
        name=played.name,
        target=target_of(url),
        limit_seconds=next(iter(limits.values())),
        counting=Counting(limits=limits),
    )
    engines.append(Engine(settings, sampler=SyntheticGpu(phase, card=played.card)))
    return engines[0]
