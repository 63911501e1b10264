"""A ComfyUI that plays recorded sessions: `python -m benchmarks.soak.played PORT SPEED ROUNDS TRUTH`.

It answers on its port and writes its log to stderr as the real one does. It begins to play at SIGUSR1 and stays until it is told
to end. TRUTH is a file to which it appends a line for each run that has ended, and `played` at the end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from exporters.replay import ReplayServer, load_session
from exporters.replay.process import Entry, Process

# With queues, failures, an interrupt, a kill and a restart.
SESSIONS = ("S1-simple", "S2-two-pass", "S3-queue", "S4-failures", "S5-soak")
PLAYED = "played"
# How often all connections break, and how often nothing is answered for a while.
_DROP_SECONDS, _STALL_SECONDS, _STALLED_SECONDS = 37.0, 211.0, 2.0


class Printing(Process):
    """Writes its log to stderr, and its ends into the truth."""

    def __init__(self, truth: TextIO) -> None:
        super().__init__()
        self._truth = truth

    def write(self, entry: Entry) -> None:
        super().write(entry)
        os.write(2, entry["m"].encode("utf-8", "surrogateescape"))

    def done(self, prompt_id: str, entry: Mapping[str, Any]) -> None:
        super().done(prompt_id, entry)
        self._end(prompt_id, str(entry["status"]["status_str"]))

    def die(self) -> None:
        """What ran is cut off."""
        for prompt_id in self.running:
            self._end(prompt_id, "cut_off")

    def _end(self, prompt_id: str, how: str) -> None:
        self._truth.write(f"{prompt_id} {how}\n")
        self._truth.flush()


class PrintingServer(ReplayServer):
    """The replayed server whose processes print. `truth`: where ends are written to."""

    def __init__(self, truth: TextIO, *sessions: Any, **given: Any) -> None:
        self._truth = truth
        self._printing = Printing(truth)
        super().__init__(*sessions, **given)

    @property
    def process(self) -> Process:
        """The process of now; a new one is put in its place when it dies."""
        return self._printing

    @process.setter
    def process(self, process: Process) -> None:
        self._printing.die()
        self._printing = Printing(self._truth)


def session_seconds() -> float:
    """How long one round of all sessions takes at their own speed, pauses included."""
    loaded = map(load_session, SESSIONS)
    return sum(session.lives[-1].end - session.lives[0].ready + 3.0 for session in loaded)


async def play(port: int, speed: float, rounds: int, truth: TextIO) -> None:
    """Plays so many rounds once it is told to, and serves until it is told to end."""
    loop, begin, end = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, begin.set)
    loop.add_signal_handler(signal.SIGTERM, end.set)
    sessions = [load_session(name) for name in SESSIONS] * rounds
    async with PrintingServer(truth, *sessions, speed=speed, port=port, play=False) as server:
        await begin.wait()
        server.play()
        trouble = asyncio.ensure_future(_trouble(server))
        await server.played()
        trouble.cancel()
        truth.write(f"{PLAYED}\n")
        truth.flush()
        await end.wait()


async def _trouble(server: ReplayServer) -> None:
    """Connections break and answers stay away, for ever."""
    second = 0.0
    while True:
        await asyncio.sleep(1.0)
        second += 1.0
        if second % _DROP_SECONDS == 0:
            server.drop()
        if second % _STALL_SECONDS == 0:
            server.stall(stalled=True)
            await asyncio.sleep(_STALLED_SECONDS)
            server.stall(stalled=False)


def main() -> None:
    port, speed, rounds, file = sys.argv[1:]
    with Path(file).open("a", encoding="utf-8") as truth:
        asyncio.run(play(int(port), float(speed), int(rounds), truth))


if __name__ == "__main__":
    main()
