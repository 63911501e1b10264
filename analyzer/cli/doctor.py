"""`comfymeter doctor LOG...`: is this log usable?"""

from typing import Annotated

import typer

from analyzer.cli import options
from analyzer.cli.options import Common


def command(
    logs: options.Logs,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="terminal, text or json.")] = "terminal",
    timezone: options.Timezone = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    quiet: options.Quiet = False,
) -> None:
    """What a log lacks, what that costs, and what to do about it."""
    from analyzer.cli.output import render_options, write_stdout
    from analyzer.cli.reading import read
    from analyzer.renderers.diagnosis import render_diagnosis
    from analyzer.renderers.formats import check_format
    from analyzer.report import Question, build_report
    from exporters.nvml import find_facts

    check_format(format)
    common = Common(config=config, color=color, redact=redact, timezone=timezone, quiet=quiet)
    settings = common.settings()
    readings = read(logs, common, common.zone(settings), vram=())
    report = build_report(readings, Question(), advice=False)
    shared = format == "json"
    write_stdout(render_diagnosis(format, report, render_options(common, settings, shared=shared), find_facts()))
