"""Recording a pipe: `python main.py 2>&1 | comfymeter record -o run.log`."""

import os
import signal
import time

from analyzer.recording.format import Stream
from analyzer.recording.forwarding import OnSignal, handling
from analyzer.recording.outlet import Outlet
from analyzer.recording.pump import read
from analyzer.recording.setup import STDIN, STDOUT, Settings, log_in, open_file
from analyzer.recording.voice import Voice
from analyzer.recording.vram import Sample, sampling

_FOR_THE_PROGRAM = ("SIGINT", "SIGQUIT", "SIGHUP")


def record_input(settings: Settings, sample: Sample | None = None) -> int:
    """Records stdin to its end and passes it on to stdout; the exit code. Raises ComfymeterError."""
    voice = Voice(quiet=settings.quiet)
    file = open_file(settings)
    log = log_in(file, [Stream.ALL], settings, voice)
    log.begin("start mode=filter")
    outlet = Outlet(STDOUT, "stdout", voice.warn)
    told: list[int] = []
    with sampling(sample, file, pid=None, seconds=settings.vram_seconds, voice=voice), handling(_handlers(told)):
        while data := read(STDIN):
            log.take(Stream.ALL, time.time(), data)
            outlet.write(data)
        log.close("end of input")
    return 128 + told[0] if told else 0


def _handlers(told: list[int]) -> dict[int, OnSignal]:
    """Ctrl-C and a closed terminal are for the program, whose last words are still to come; SIGTERM ends the reading."""

    def end(number: int) -> None:
        told.append(number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), STDIN)

    handlers: dict[int, OnSignal] = {signal.SIGTERM: end}
    handlers |= {getattr(signal, name): _ignore for name in _FOR_THE_PROGRAM if hasattr(signal, name)}
    return handlers


def _ignore(number: int) -> None:
    pass
