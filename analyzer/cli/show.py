"""`comfymeter show LOG RUN`: one run as a timeline."""

from typing import Annotated

import typer

from analyzer.cli import options
from analyzer.cli.options import Common, limit_seconds
from analyzer.errors import UsageError


def command(
    log: options.OneLog,
    run: Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run's number in the report.", show_default=False)],
    timeout: options.Timeout = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="terminal, text or json.")] = "terminal",
    timezone: options.Timezone = None,
    vram: options.Vram = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    quiet: options.Quiet = False,
) -> None:
    """One run of a log as a timeline, every figure with its line."""
    from analyzer.cli.output import render_options, write_stdout
    from analyzer.cli.reading import question, read, report_on
    from analyzer.renderers.formats import check_format
    from analyzer.renderers.timeline import render_timeline
    from analyzer.sources.urls import shown

    check_format(format)
    common = Common(config=config, color=color, redact=redact, timezone=timezone, quiet=quiet)
    settings = common.settings()
    zone = common.zone(settings)
    limit = limit_seconds(timeout, settings)
    readings = read([log], common, zone, keep_events_of=run, vram=vram or ())
    asked = question(readings, limit=limit, workflow=None, since=None, until=None, zone=zone, naming=settings.naming)
    report = report_on(readings, asked)
    if len(readings) > 1:
        raise UsageError(f"{shown(log)}: stands for {len(readings)} logs; name one of them")
    chosen = next((each for each in report.runs if each.number == run), None)
    if chosen is None:
        raise UsageError(f"{shown(log)}: has no run {run}; the last is {report.runs[-1].number}")
    shared = format == "json"
    write_stdout(render_timeline(format, report, chosen, render_options(common, settings, shared=shared)))
