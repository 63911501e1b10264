"""`comfymeter demo`: a recorded server played for ever, a made-up GPU, and all of `serve` on it."""

import asyncio
from dataclasses import dataclass

from analyzer.cli.output import note
from analyzer.runs.model import Phase
from exporters.comfyui import target_of
from exporters.commands.serve import listen_address, log_to_stderr
from exporters.demo import SyntheticGpu
from exporters.engine import Engine, EngineSettings
from exporters.replay import ReplayServer, load_session
from exporters.server import Server
from exporters.service import Service
from exporters.totals import Counting

SESSIONS = ("S5-soak", "S3-queue", "S4-failures", "S2-two-pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command's options. `stretch`: how many times as long as it was recorded; `limit_seconds` of that."""

    listen: str = "127.0.0.1:9189"
    stretch: float = 4.0
    limit_seconds: float = 40.0
    quiet: bool = False


def run(options: Options) -> None:
    """Plays until SIGTERM or SIGINT."""
    log_to_stderr()
    asyncio.run(_play(options))


async def _play(options: Options) -> None:
    host, port = listen_address(options.listen)
    sessions = [load_session(name) for name in SESSIONS]
    async with ReplayServer(*sessions, speed=1.0 / options.stretch, loop=True) as replay:
        engine = _engine(replay.url, options)

        def say(server: Server) -> None:
            note(f"replayed ComfyUI {replay.url} (recorded runs, for ever; its GPU is made up)", quiet=options.quiet)
            note(f"status page {server.url}/, metrics {server.url}/metrics", quiet=options.quiet)

        await Service(engines=[engine], server=Server([engine], host=host, port=port), on_start=say).run()


def _engine(url: str, options: Options) -> Engine:
    engines: list[Engine] = []

    def phase() -> Phase | None:
        current = engines[0].watched.in_flight if engines else None
        return current.live.phase if current else None

    limits = {"client": options.limit_seconds}
    settings = EngineSettings(
        name="demo", target=target_of(url), limit_seconds=options.limit_seconds, counting=Counting(limits=limits)
    )
    engines.append(Engine(settings, sampler=SyntheticGpu(phase)))
    return engines[0]
