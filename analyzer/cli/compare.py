"""`comfymeter compare A B`: what changed between two logs."""

from typing import Annotated

import typer

from analyzer.cli import options
from analyzer.cli.options import Common


def command(
    before: Annotated[str, typer.Argument(metavar="A", help="The log before the change.", show_default=False)],
    after: Annotated[str, typer.Argument(metavar="B", help="The log after it.", show_default=False)],
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="terminal, text or json.")] = "terminal",
    workflow: options.WorkflowName = None,
    timezone: options.Timezone = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    quiet: options.Quiet = False,
) -> None:
    """Before and after, per workflow and phase, with intervals and an honest "too few runs"."""
    from analyzer.cli.output import render_options, write_stdout
    from analyzer.cli.reading import question, read, report_on
    from analyzer.comparison import compare
    from analyzer.renderers.comparing import render_comparison
    from analyzer.renderers.formats import check_format

    check_format(format)
    common = Common(config=config, color=color, redact=redact, timezone=timezone, quiet=quiet)
    settings = common.settings()
    zone = common.zone(settings)
    reports = []
    for log in (before, after):
        readings = read([log], common, zone)
        asked = question(readings, limit=None, workflow=workflow, since=None, until=None, zone=zone, naming=settings.naming)
        reports.append(report_on(readings, asked))
    comparison = compare(reports[0].runs, reports[1].runs)
    write_stdout(render_comparison(format, comparison, render_options(common, settings, shared=format == "json")))
