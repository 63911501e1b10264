"""`comfymeter init KIT DIR`: writes what other programs need. The work is in `dashboards`."""

import importlib
from typing import Annotated

import typer

from analyzer.cli import options

KINDS = "dashboards, alerts, compose, kubernetes, config, lnav, systemd"


def command(
    kit: Annotated[str, typer.Argument(metavar="KIT", help=f"What to write: {KINDS}.", show_default=False)],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where; made if it is not there.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    runbooks: Annotated[
        str | None, typer.Option(metavar="URL", help="Where alerts link to for their runbooks, if you publish them.")
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Writes dashboards, alert rules with runbooks, a compose file and more, ready for Grafana and Prometheus."""
    told = importlib.import_module("dashboards.kits.writing").run(kit, folder, force=force, runbooks=runbooks)
    if not quiet:
        typer.echo(told, nl=False)
