"""`comfymeter report LOG...`: the main job."""

from analyzer.cli import options
from analyzer.cli.options import Common, limit_seconds


def command(
    logs: options.Logs,
    timeout: options.Timeout = None,
    output: options.Output = None,
    otlp: options.Otlp = None,
    format: options.Format = None,
    since: options.Since = None,
    until: options.Until = None,
    workflow: options.WorkflowName = None,
    top: options.Top = None,
    timezone: options.Timezone = None,
    vram: options.Vram = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    unparsed: options.UnparsedFile = None,
    jobs: options.Jobs = None,
    engine: options.EngineName = "local",
    scheduler: options.Scheduler = None,
    quiet: options.Quiet = False,
) -> None:
    """Runs, phase budget, model loads, findings and timeout advice of ComfyUI logs."""
    from analyzer.cli.otlp import check_address, send_spans
    from analyzer.cli.output import note, remark, render_options, write_file, write_stdout
    from analyzer.cli.reading import question, read_found, report_on
    from analyzer.quoting import with_quotes
    from analyzer.redaction import NO_REDACTION
    from analyzer.renderers import documents, for_target, named, pieces
    from analyzer.sources import resolve
    from analyzer.sources.keeping import readable_again

    common = Common(
        config=config,
        color=color,
        redact=redact,
        timezone=timezone,
        top=top,
        quiet=quiet,
        jobs=jobs,
        engine_name=engine,
        scheduler=scheduler,
    )
    settings = common.settings()
    zone = common.zone(settings)
    limit = limit_seconds(timeout, settings)
    targets = output or []
    # Both are errors of the command line: better before a gigabyte has been read than after.
    renderers = [for_target(target) for target in targets]
    if otlp:
        check_address(otlp)
    renderer = named(format or "terminal")
    quotes = any(one.quotes for one in (*renderers, renderer))
    to_share = render_options(common, settings, shared=True)
    private = to_share.redactor is NO_REDACTION

    groups = resolve(logs)
    groups = readable_again(groups) if quotes else groups
    readings = read_found(groups, common, zone, unparsed=unparsed, vram=vram or (), redactor=to_share.redactor)
    asked = question(readings, limit=limit, workflow=workflow, since=since, until=until, zone=zone, naming=settings.naming)
    report = report_on(readings, asked, advice=True)
    report = with_quotes(report, groups, zone) if quotes else report
    for target, one in zip(targets, renderers, strict=True):
        for path, document in documents(target, report, to_share):
            write_file(path, document, private=private)
            note(f"wrote {path}", quiet=quiet)
        remark(target, one, report, quiet=quiet)
    if otlp:
        send_spans(otlp, report, to_share, quiet=quiet)
    if format or not (targets or otlp):
        write_stdout(pieces(renderer, report, render_options(common, settings, shared=renderer.shared)))
        remark(f"--format {renderer.name}", renderer, report, quiet=quiet)
