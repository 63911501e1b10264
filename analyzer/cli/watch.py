"""`comfymeter watch [LOG]`: a server live, and somebody told when a run is at risk or nothing moves."""

from importlib import import_module
from typing import Annotated

import typer

from analyzer.cli import options, telling
from analyzer.cli.options import Common

Log = Annotated[
    str | None,
    typer.Argument(metavar="LOG", help="The log file that ComfyUI writes to, or - for stdin.", show_default=False),
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The server's address (http://127.0.0.1:8188 if no LOG is given)."),
]
Store = Annotated[
    str | None, typer.Option(metavar="URL", help="The history to predict from and to keep runs in.", show_default=False)
]


def command(
    log: Log = None,
    url: Url = None,
    timeout: options.Timeout = None,
    store: Store = None,
    notify: telling.Notify = None,
    webhook: telling.Webhooks = None,
    notify_on: telling.NotifyOn = None,
    on_risk: telling.OnRisk = None,
    on_stall: telling.OnStall = None,
    on_finish: telling.OnFinish = None,
    gpu: Annotated[bool, typer.Option("--gpu/--no-gpu", help="Whether to read this machine's GPUs.")] = True,
    pid: Annotated[int | None, typer.Option(min=1, metavar="PID", help="The server's process, to tell its memory apart.")] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Name for a proxy; COMFYMETER_PASSWORD or _TOKEN.")] = None,
    ca_file: Annotated[str | None, typer.Option(metavar="FILE", help="Certificates to trust.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Trust any certificate.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Print the state once and end.")] = False,
    timezone: options.Timezone = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    quiet: options.Quiet = False,
) -> int:
    """What a server does now: phase, steps, time left, risk, queue, VRAM; lines instead of a picture in a pipe."""
    # By name: the layers below know nothing of what watches.
    watching = import_module("exporters.commands.watch")
    asked = watching.Asked(
        common=Common(config=config, color=color, redact=redact, timezone=timezone, quiet=quiet),
        log=log,
        url=url,
        timeout=timeout,
        store=store,
        telling=watching.Telling(
            notify=notify or (),
            webhook=webhook or (),
            notify_on=notify_on,
            on_risk=on_risk,
            on_stall=on_stall,
            on_finish=on_finish,
        ),
        gpu=gpu,
        pid=pid,
        user=user,
        ca_file=ca_file,
        insecure=insecure,
        once=once,
    )
    return int(watching.run(asked))
