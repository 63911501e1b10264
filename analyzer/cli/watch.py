"""`comfymeter watch [LOG]`: a server live, and somebody told when a run is at risk or nothing moves."""

from importlib import import_module
from typing import Annotated

import typer

from analyzer.cli import options
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
Notify = Annotated[
    list[str] | None,
    typer.Option("--notify", metavar="URL", help="A service to tell, as Apprise writes it; may be repeated.", show_default=False),
]
Webhooks = Annotated[
    list[str] | None,
    typer.Option("--webhook", metavar="URL", help="An address to post JSON to; may be repeated.", show_default=False),
]
NotifyOn = Annotated[
    str | None,
    typer.Option(
        "--notify-on",
        metavar="LIST",
        help="What they are told of: risk,stall,server (as a rule), failure, finish.",
    ),
]
OnRisk = Annotated[str | None, typer.Option("--on-risk", metavar="CMD", help="Run when a run is likely to exceed its limit.")]
OnStall = Annotated[str | None, typer.Option("--on-stall", metavar="CMD", help="Run when nothing moves any more.")]
OnFinish = Annotated[str | None, typer.Option("--on-finish", metavar="CMD", help="Run when a run has ended, well or not.")]


def command(
    log: Log = None,
    url: Url = None,
    timeout: options.Timeout = None,
    store: Store = None,
    notify: Notify = None,
    webhook: Webhooks = None,
    notify_on: NotifyOn = None,
    on_risk: OnRisk = None,
    on_stall: OnStall = None,
    on_finish: OnFinish = None,
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
        notify=notify or (),
        webhook=webhook or (),
        notify_on=notify_on,
        on_risk=on_risk,
        on_stall=on_stall,
        on_finish=on_finish,
        gpu=gpu,
        pid=pid,
        user=user,
        ca_file=ca_file,
        insecure=insecure,
        once=once,
    )
    return int(watching.run(asked))
