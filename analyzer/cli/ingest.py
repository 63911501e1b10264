"""`comfymeter ingest LOG... --store URL`: logs into the history."""

import time
from contextlib import closing
from typing import Annotated

import typer

from analyzer.cli import options
from analyzer.cli.options import Common, limit_seconds, parsed_if_given
from analyzer.errors import ExitCode, NoRunsError, SourceError

DEFAULT_STORE = "comfymeter.db"
StorePlace = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help=f"A SQLite file or any SQLAlchemy URL ({DEFAULT_STORE}).", show_default=False),
]


def command(
    logs: options.Logs,
    store: StorePlace = None,
    timeout: options.Timeout = None,
    keep: Annotated[str | None, typer.Option(metavar="TIME", help="Forget runs older than this: 90d.")] = None,
    keep_runs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Keep the newest N runs.")] = None,
    timezone: options.Timezone = None,
    config: options.Config = None,
    quiet: options.Quiet = False,
) -> int:
    """Adds what is new in logs to a history; a log that grew or was rotated is continued, a known one adds nothing."""
    from analyzer.cli.output import Progress, note
    from analyzer.history import open_store
    from analyzer.ingesting import ingest
    from analyzer.logs import ReadOptions
    from analyzer.sources.urls import shown
    from analyzer.units import parse_duration, plural

    common = Common(config=config, timezone=timezone, quiet=quiet)
    settings = common.settings()
    zone = common.zone(settings)
    limit = limit_seconds(timeout, settings)
    oldest = parsed_if_given("--keep", keep, parse_duration)
    now = time.time()
    progress = Progress(quiet=quiet)
    reading = ReadOptions(zone=zone, on_progress=progress)
    failed = runs = read = 0
    with closing(open_store(store or settings.store or DEFAULT_STORE)) as history:
        for one in ingest(history, logs, reading, naming=settings.naming, limit_seconds=limit, now=now):
            progress.done()
            if one.error:
                failed += 1
                note(f"comfymeter: {one.error}", quiet=False)
                continue
            if one.left_out:
                note(f"comfymeter: {one.name}: left out: {one.left_out}", quiet=quiet)
                continue
            read += 1
            added = one.added
            runs += added.new + added.updated + added.known
            note(f"{one.name}: {plural(added.new, 'new run')}, {added.updated} updated, {added.known} known", quiet=quiet)
        if oldest is not None or keep_runs is not None:
            removed = history.prune(now=now, older_than_seconds=oldest, keep_runs=keep_runs)
            note(f"{plural(removed, 'old run')} forgotten", quiet=quiet)
    if failed:
        return ExitCode.ERROR
    names = ", ".join(map(shown, logs))
    if not read:
        raise SourceError(f"{names}: none of the logs there can be read; name one to hear why")
    if not runs:
        raise NoRunsError(f"{names}: no run in these logs; `comfymeter doctor` says what they lack")
    return ExitCode.OK
