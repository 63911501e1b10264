"""`comfymeter record -- CMD...`: runs the server and writes down what it prints, with the time of every line and frame."""

import os
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli import options
from analyzer.errors import UsageError

# The program's options are its own: with or without `--` in front of it.
CONTEXT = {"allow_interspersed_args": False}
# Rotated sets are read back up to this number (sources/rotation.py).
_MOST_PARTS = 999

Command = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="-- CMD...", help="The program and its arguments; without them stdin is recorded.", show_default=False
    ),
]
File = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="The log (comfyui-DATE-TIME.log in the working directory)."),
]
Append = Annotated[bool, typer.Option("--append", help="Go on with a recorded log that is there.")]
Rotate = Annotated[str | None, typer.Option("--rotate", metavar="SIZE", help="Begin a new part at this size: 100M.")]
Keep = Annotated[int, typer.Option(min=0, max=_MOST_PARTS, metavar="N", help="Older parts to keep with --rotate.")]
Pty = Annotated[
    bool | None,
    typer.Option("--pty/--no-pty", help="Run it on a terminal of its own (where stdout is one).", show_default=False),
]
Thin = Annotated[bool, typer.Option("--thin/--every-frame", help="Leave out redraws of progress bars without a new step.")]
Interval = Annotated[str, typer.Option("--vram-interval", metavar="TIME", help="Between samples of the GPU's memory; 0: none.")]


def command(
    command: Command = None,
    output: File = None,
    append: Append = False,
    rotate: Rotate = None,
    keep: Keep = 5,
    pty: Pty = None,
    thin: Thin = True,
    vram_interval: Interval = "1s",
    quiet: options.Quiet = False,
) -> None:
    """Runs a program, or reads a pipe, and records what it prints, every progress frame with its time.

    comfymeter record -- python main.py; or: python main.py 2>&1 | comfymeter record -o run.log
    """
    from analyzer.recording.piped import record_input
    from analyzer.recording.session import record_program
    from analyzer.recording.setup import Settings
    from exporters.beside import sampling_beside

    settings = Settings(
        path=output,
        append=append,
        limit_bytes=_bytes(rotate),
        keep=keep,
        pty=pty,
        thin=thin,
        quiet=quiet,
        vram_seconds=_seconds(vram_interval),
    )
    if append and output is None:
        raise UsageError("--append: name the log with -o FILE")
    if command:
        raise typer.Exit(record_program(command, settings, sampling_beside))
    if os.isatty(0):
        raise UsageError("record: name the program, as in comfymeter record -- python main.py, or pipe its output in")
    raise typer.Exit(record_input(settings, sampling_beside))


def _bytes(text: str | None) -> int | None:
    from analyzer.units import parse_si

    if text is None:
        return None
    try:
        size = int(parse_si(text.strip().removesuffix("B")))
        if size <= 0:
            raise ValueError("nothing fits into that")
    except ValueError as error:
        raise UsageError(f"--rotate: {text!r} is no size: write it like 100M") from error
    return size


def _seconds(text: str) -> float:
    from analyzer.units import parse_duration

    if text.strip() in ("0", "0s"):
        return 0.0
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--vram-interval: {error}") from error
