"""`comfymeter check LOG...`: a gate for CI."""

from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli import options
from analyzer.cli.options import Common, parsed_if_given
from analyzer.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from analyzer.settings import Settings

Limit = Annotated[str | None, typer.Option("--limit", metavar="TIME", help="No run may take longer: 300s, 5m.")]
P95 = Annotated[str | None, typer.Option("--p95", metavar="TIME", help="95 of 100 finished runs must be faster.")]
MaxFailed = Annotated[str | None, typer.Option(metavar="SHARE", help="Failed or cut-off runs at most: 2%.")]
MaxUnparsed = Annotated[str | None, typer.Option(metavar="SHARE", help="Lines not recognised at most: 5%.")]


def command(
    logs: options.Logs,
    limit: Limit = None,
    p95: P95 = None,
    max_failed: MaxFailed = None,
    max_unparsed: MaxUnparsed = None,
    output: options.Output = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="text or json.")] = "text",
    since: options.Since = None,
    until: options.Until = None,
    workflow: options.WorkflowName = None,
    timezone: options.Timezone = None,
    config: options.Config = None,
    jobs: options.Jobs = None,
    engine: options.EngineName = "local",
    scheduler: options.Scheduler = None,
    quiet: options.Quiet = False,
) -> int:
    """Exit code 3 when a bound is broken; JUnit XML with -o x.xml."""
    from analyzer.cli.output import note, write_file, write_stdout
    from analyzer.cli.reading import question, read, report_on
    from analyzer.gates import Gates, check
    from analyzer.renderers.formats import check_format, unknown_suffix
    from analyzer.renderers.gating import gate_json, gate_junit, gate_lines
    from analyzer.units import parse_duration, parse_share

    common = Common(config=config, timezone=timezone, quiet=quiet, jobs=jobs, engine_name=engine, scheduler=scheduler)
    settings = common.settings()
    # A limit on the command line is meant for every run; the settings' timeout only where a workflow has none of its own.
    naming = settings.naming.without_limits() if limit else settings.naming
    gates = Gates(
        limit_seconds=parsed_if_given("--limit", limit, parse_duration) or _configured(settings, p95, max_failed, max_unparsed),
        p95_seconds=parsed_if_given("--p95", p95, parse_duration),
        max_failed=parsed_if_given("--max-failed", max_failed, parse_share),
        max_unparsed=parsed_if_given("--max-unparsed", max_unparsed, parse_share),
    )
    if gates == Gates():
        raise UsageError("check: give a bound: --limit 300s, --p95 60s, --max-failed 2% or --max-unparsed 5%")
    writers = {".xml": gate_junit, ".json": gate_json, ".txt": gate_lines}
    for target in output or []:
        if not target.endswith(tuple(writers)):
            raise unknown_suffix(target, writers)
    check_format(format, ("text", "json"))
    zone = common.zone(settings)
    readings = read(logs, common, zone)
    asked = question(readings, limit=gates.limit_seconds, workflow=workflow, since=since, until=until, zone=zone, naming=naming)
    results = check(report_on(readings, asked), gates)
    for target in output or []:
        write_file(target, writers["." + target.rpartition(".")[2]](results) + "\n")
        note(f"wrote {target}", quiet=quiet)
    write_stdout(gate_json(results) if format == "json" else gate_lines(results))
    return ExitCode.OK if all(result.passed for result in results) else ExitCode.GATE_BROKEN


def _configured(settings: "Settings", *bounds: str | None) -> float | None:
    """The settings' timeout is the bound only where the command line gives none at all."""
    return None if any(bounds) else settings.timeout
