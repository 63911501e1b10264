"""`comfymeter report LOG...`: the main job."""

from analyzer.cli import options
from analyzer.cli.options import Common, limit_seconds


def command(
    logs: options.Logs,
    timeout: options.Timeout = None,
    output: options.Output = None,
    format: options.Format = None,
    since: options.Since = None,
    until: options.Until = None,
    workflow: options.WorkflowName = None,
    top: options.Top = None,
    timezone: options.Timezone = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    unparsed: options.UnparsedFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Runs, phase budget, model loads, findings and timeout advice of ComfyUI logs."""
    from analyzer.cli.output import note, render_options, write_file, write_stdout
    from analyzer.cli.reading import question, read, report_on
    from analyzer.renderers import documents, for_target, named, pieces

    common = Common(config=config, color=color, redact=redact, timezone=timezone, top=top, quiet=quiet)
    settings = common.settings()
    zone = common.zone(settings)
    limit = limit_seconds(timeout, settings)
    targets = output or []
    # Both are errors of the command line: better before a gigabyte has been read than after.
    for target in targets:
        for_target(target)
    renderer = named(format or "terminal")
    to_share = render_options(common, settings, shared=True)

    readings = read(logs, common, zone, unparsed=unparsed, redactor=to_share.redactor)
    asked = question(readings, limit=limit, workflow=workflow, since=since, until=until, zone=zone, naming=settings.naming)
    report = report_on(readings, asked)
    for target in targets:
        for path, document in documents(target, report, render_options(common, settings, shared=True)):
            write_file(path, document)
            note(f"wrote {path}", quiet=quiet)
    if format or not targets:
        write_stdout(pieces(renderer, report, render_options(common, settings, shared=renderer.shared)))
