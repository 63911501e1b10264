"""Writes a ComfyUI log of a given shape and size: `python -m benchmarks.generate progress 64 big.log`.

The shapes are the three in which logs reach us, and their cost differs: `progress` is a raw pipe with every frame of every
bar, `stamped` the bug-report form in which nearly every line matters, `noise` a log of which 90 % says nothing about runs,
`stamped-noise` the same with stamps. The same seed and size give the same bytes. Nothing but the current run is held in memory.
"""

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

MB = 1_000_000
_CELLS = " ▏▎▍▌▋▊▉█"
_START_UP = (
    "Checkpoint files will always be loaded safely.",
    "Total VRAM 24082 MB, total RAM 64186 MB",
    "pytorch version: 2.10.0+cu128",
    "Set vram state to: NORMAL_VRAM",
    "Device: cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync",
    "Using pytorch attention",
    "ComfyUI version: 0.12.0",
    "Starting server",
    "",
    "To see the GUI go to: http://127.0.0.1:8188",
)


class Log:
    """One server's life as ComfyUI writes it: text and the time that passes before it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def run(self, number: int) -> Iterator[tuple[float, str]]:
        """The writes of one run: seconds since the write before, text. A frame starts with CR, a line ends with LF."""
        draw = self.random
        steps, rate = draw.randint(18, 40), draw.uniform(0.3, 2.6)
        queue, decode = draw.uniform(1, 90), draw.uniform(0.5, 3)
        total = steps * rate + decode
        yield queue, "got prompt\n"
        if not number % 2:  # a new prompt text brings the text encoder in, and the model back
            load = draw.uniform(2, 9)
            total += load
            yield 0.2, "Requested to load SDXLClipModel\n"
            yield (
                0.3 * load,
                f"loaded completely; {draw.uniform(9000, 21000):.2f} MB usable, 1560.80 MB loaded, full load: True\n",
            )
            yield 0.1, "Requested to load SDXL\n"
            yield (
                0.7 * load,
                f"loaded completely; {draw.uniform(9000, 21000):.2f} MB usable, 4897.05 MB loaded, full load: True\n",
            )
        for step in range(steps + 1):
            yield (rate if step else 0.05), "\r" + frame(step, steps, step * rate, rate)
        yield 0.001, "\r" + frame(steps, steps, steps * rate, rate)
        yield 0.0, "\n"
        yield 0.05, "Requested to load AutoencoderKL\n"
        yield (
            0.1,
            "Unloaded partially: 1203.50 MB freed, 3693.55 MB remains loaded, 27.02 MB buffer reserved, lowvram patches: 0\n",
        )
        yield 0.1, f"loaded completely; {draw.uniform(2000, 9000):.2f} MB usable, 159.56 MB loaded, full load: True\n"
        yield decode, f"Prompt executed in {total:.2f} seconds\n"

    def noise(self) -> str:
        """A line that some custom node or library prints and that says nothing about runs."""
        draw = self.random
        kinds = (
            f"lora key not loaded: lora_te1_text_model_encoder_layers_{draw.randint(0, 31)}_mlp_fc1.alpha",
            f"[some-node] cache entry {draw.getrandbits(48):012x} kept, {draw.randint(1, 900)} in use",
            f"FETCH ComfyRegistry Data: {draw.randint(1, 25) * 5}/125",
            f"2026-02-03 04:05:06 | worker {draw.randint(1, 8)} | image {draw.getrandbits(32):08x}.png saved to the bucket",
            f"DEBUG conditioning {draw.randint(1, 99)} has shape ({draw.randint(1, 4)}, 77, 2048), mean {draw.random():.6f}",
        )
        return draw.choice(kinds)


def frame(step: int, steps: int, elapsed: float, rate: float) -> str:
    """A progress frame as tqdm draws it into a pipe."""
    eighths = step * 80 // steps
    bar = ("█" * (eighths // 8) + (_CELLS[eighths % 8] if eighths < 80 else "")).ljust(10)
    speed = "?it/s" if not step else f"{rate:5.2f}s/it" if rate > 1 else f"{1 / rate:5.2f}it/s"
    left = "?" if not step else _clock((steps - step) * rate)
    return f"{100 * step // steps:3d}%|{bar}| {step}/{steps} [{_clock(elapsed)}<{left}, {speed}]"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def progress(seed: int) -> Iterator[str]:
    """Raw pipe: every frame."""
    log = Log(seed)
    yield "".join(f"{line}\n" for line in _START_UP)
    number = 0
    while True:
        yield "".join(text for _, text in log.run(number))
        number += 1


def stamped(seed: int) -> Iterator[str]:
    """Bug-report form: a stamp before each write; of a bar's frames only the last one is left, twice."""
    log, now = Log(seed), datetime(2026, 2, 3, 4, 5, 6, 789012)
    yield "".join(f"{now.isoformat()} - {line}\n" for line in _START_UP)
    number = 0
    while True:
        parts: list[str] = []
        for seconds, text in log.run(number):
            now += timedelta(seconds=seconds)
            if not text.startswith("\r") or "100%" in text:
                parts.append(f"{now.isoformat(timespec='microseconds')} - {text}")
        yield "".join(parts)
        number += 1


def noise(seed: int) -> Iterator[str]:
    """Nine of ten lines are of no interest; bars show few frames, as behind a filter."""
    log = Log(seed)
    yield "".join(f"{line}\n" for line in _START_UP)
    number = 0
    while True:
        lines = [text for _, text in log.run(number) if not text.startswith("\r") or " 0%|" in text or "100%" in text]
        told = "".join(lines)
        yield "".join(f"{log.noise()}\n" for _ in range(9 * told.count("\n"))) + told
        number += 1


def stamped_noise(seed: int) -> Iterator[str]:
    """The same with a stamp before every line: for readers that take no line without one."""
    now = datetime(2026, 2, 3, 4, 5, 6, 789012)
    for text in noise(seed):
        parts: list[str] = []
        for line in text.removesuffix("\n").split("\n"):
            now += timedelta(seconds=0.25)
            parts.append(f"{now.isoformat(timespec='microseconds')} - {line}\n")
        yield "".join(parts)


SHAPES: dict[str, Callable[[int], Iterator[str]]] = {
    "progress": progress,
    "stamped": stamped,
    "noise": noise,
    "stamped-noise": stamped_noise,
}


def write(shape: str, size: int, path: Path, seed: int = 1) -> int:
    """Writes a log of at least `size` bytes, to the end of a run. Returns its size."""
    written = 0
    with path.open("wb") as file:
        for text in SHAPES[shape](seed):
            written += file.write(text.encode())
            if written >= size:
                break
    return written


def main() -> None:
    """Reads the arguments and writes the log."""
    parser = argparse.ArgumentParser(description="Writes a generated ComfyUI log.")
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("size", type=float, help="MB")
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    write(arguments.shape, int(arguments.size * MB), arguments.path, arguments.seed)


if __name__ == "__main__":
    main()
