"""Options that several commands share, and what they mean together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from analyzer.errors import UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from analyzer.engines import Engine
    from analyzer.settings import Settings

_Value = TypeVar("_Value")


def _print_version(wanted: bool) -> None:
    if wanted:
        from analyzer.version import installed_version

        typer.echo(f"comfymeter {installed_version()}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)]
Logs = Annotated[
    list[str],
    typer.Argument(metavar="LOG...", help="Files, - for stdin, globs, directories, .gz/.xz/.zst, URLs.", show_default=False),
]
OneLog = Annotated[str, typer.Argument(metavar="LOG", help="A log as for report.", show_default=False)]
Timeout = Annotated[str | None, typer.Option("--timeout", "-t", metavar="TIME", help="The limit to judge by: 300s, 5m, 1h30m.")]
Since = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Only runs after: 2026-05-17T20:10, 20:10, or -3h before the end.")
]
Until = Annotated[str | None, typer.Option(metavar="WHEN", help="Only runs before.")]
Timezone = Annotated[str | None, typer.Option(metavar="ZONE", help="Where stamps without a zone come from: Europe/Berlin.")]
WorkflowName = Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Only runs of this workflow.")]
Top = Annotated[int | None, typer.Option(min=1, help="Rows of a worst-first list (10).")]
Config = Annotated[str | None, typer.Option(metavar="FILE", help="Settings (comfymeter.toml in the working directory).")]
Color = Annotated[str | None, typer.Option(metavar="auto|always|never", help="Colours in the terminal; NO_COLOR is honoured.")]
Redact = Annotated[
    bool | None, typer.Option("--redact/--no-redact", help="Replace private text (on for files to share).", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr.")]
Format = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Format on stdout: terminal, text, json, markdown, csv.")
]
Output = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write a file, format by suffix; may be repeated.", show_default=False),
]
Vram = Annotated[
    list[str] | None,
    typer.Option(
        "--vram", metavar="FILE", help="VRAM samples (LOG.vram.csv is found by itself); may be repeated.", show_default=False
    ),
]
Otlp = Annotated[
    str | None,
    typer.Option(
        "--otlp", metavar="URL", help="Send the runs as OpenTelemetry spans; env: where OTEL_EXPORTER_OTLP_ENDPOINT says."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that read large logs (one per core).", show_default=False),
]
EngineName = Annotated[str, typer.Option("--engine", metavar="local|dask", help="Who reads several logs (docs/scale.md).")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="With --engine dask: tcp://HOST:8786; without, workers on this machine.")
]
UnparsedFile = Annotated[str | None, typer.Option("--unparsed", metavar="FILE", help="Save the lines that were not recognised.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The shared options as given, over the settings file."""

    config: str | None = None
    color: str | None = None
    redact: bool | None = None
    timezone: str | None = None
    top: int | None = None
    quiet: bool = False
    jobs: int | None = None
    engine_name: str = "local"
    scheduler: str | None = None

    def engine(self) -> "Engine":
        """Who reads several logs. Raises UsageError."""
        from analyzer.engines import DaskEngine, LocalEngine

        if self.engine_name == "dask":
            return DaskEngine(scheduler=self.scheduler)
        if self.engine_name != "local":
            raise UsageError(f"--engine: {self.engine_name!r} must be local or dask")
        if self.scheduler is not None:
            raise UsageError("--scheduler: only Dask has one; add --engine dask")
        return LocalEngine(jobs=self.jobs)

    def settings(self) -> "Settings":
        from analyzer.settings import load_settings

        return load_settings(self.config)

    def zone(self, settings: "Settings") -> "tzinfo | None":
        """The zone of unzoned stamps. Raises UsageError."""
        from analyzer.settings import parse_timezone

        return parsed_if_given("--timezone", self.timezone or settings.timezone or None, parse_timezone)


def limit_seconds(text: str | None, settings: "Settings") -> float | None:
    """The limit of `--timeout`, else of the settings. Raises UsageError."""
    from analyzer.units import parse_duration

    return settings.timeout if text is None else parsed("--timeout", text, parse_duration)


def parsed(flag: str, text: str, reader: Callable[[str], _Value]) -> _Value:
    """What an option says. Raises UsageError, which names the flag, where `reader` raises ValueError."""
    try:
        return reader(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def parsed_if_given(flag: str, text: str | None, reader: Callable[[str], _Value]) -> _Value | None:
    """What an option says; None where it was not given. Raises UsageError."""
    return None if text is None else parsed(flag, text, reader)
