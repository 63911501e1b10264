"""`comfymeter serve` and `comfymeter demo`: what live servers do, for Prometheus and for people. The work is in `exporters`."""

import importlib
from typing import Annotated, Any

import typer

from analyzer.cli import options, telling
from analyzer.cli.options import Common

Url = Annotated[str | None, typer.Option(metavar="URL", help="The ComfyUI server's API: http://127.0.0.1:8188.")]
Log = Annotated[str | None, typer.Option(metavar="FILE", help="Its log, followed as it grows; - is a pipe.")]
Timeouts = Annotated[
    list[str] | None,
    typer.Option(
        "--timeout",
        metavar="[NAME=]TIME",
        help="A client's limit: 300s, queue=60s. May be repeated; the first is in force.",
        show_default=False,
    ),
]
Listen = Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to serve.")]
Store = Annotated[str | None, typer.Option(metavar="URL", help="The history: read at the start, written with each run.")]


def command(
    url: Url = None,
    log: Log = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to call the server.")] = None,
    timeout: Timeouts = None,
    listen: Listen = "127.0.0.1:9189",
    targets: Annotated[str | None, typer.Option(metavar="FILE", help="Several servers: a YAML file, see docs/serve.md.")] = None,
    store: Store = None,
    notify: telling.Notify = None,
    webhook: telling.Webhooks = None,
    notify_on: telling.NotifyOn = None,
    on_risk: telling.OnRisk = None,
    on_stall: telling.OnStall = None,
    on_finish: telling.OnFinish = None,
    web_config: Annotated[
        str | None, typer.Option(metavar="FILE", help="TLS and passwords, in Prometheus's format for web configurations.")
    ] = None,
    gpu: Annotated[bool, typer.Option("--gpu/--no-gpu", help="Sample the GPUs of this machine.")] = True,
    pid: Annotated[int | None, typer.Option(min=1, metavar="PID", help="The server's process, to tell its memory apart.")] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME", help="Name for a proxy before the server.")] = None,
    password_file: Annotated[str | None, typer.Option(metavar="FILE", help="Its password; or COMFYMETER_PASSWORD.")] = None,
    token_file: Annotated[str | None, typer.Option(metavar="FILE", help="A bearer token; or COMFYMETER_TOKEN.")] = None,
    ca_file: Annotated[str | None, typer.Option(metavar="FILE", help="Certificates to trust.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Trust any certificate.")] = False,
    timezone: options.Timezone = None,
    config: options.Config = None,
    redact: options.Redact = None,
    quiet: options.Quiet = False,
) -> None:
    """Watches servers and serves Prometheus metrics, a live status page and JSON, until it is stopped."""
    module = _module("serve")
    module.run(
        module.Options(
            url=url,
            log=log,
            name=name,
            timeouts=timeout or (),
            listen=listen,
            targets=targets,
            store=store,
            telling=module.Telling(
                notify=notify or (),
                webhook=webhook or (),
                notify_on=notify_on,
                on_risk=on_risk,
                on_stall=on_stall,
                on_finish=on_finish,
            ),
            web_config=web_config,
            gpu=gpu,
            pid=pid,
            user=user,
            password_file=password_file,
            token_file=token_file,
            ca_file=ca_file,
            insecure=insecure,
            common=Common(config=config, redact=redact, timezone=timezone, quiet=quiet),
        )
    )


def demo(
    listen: Listen = "127.0.0.1:9189",
    stretch: Annotated[float, typer.Option(min=0.01, max=100.0, help="How many times as long as it was recorded.")] = 4.0,
    quiet: options.Quiet = False,
) -> None:
    """Serves two recorded ComfyUI servers that run for ever, with made-up GPUs: to try pages, dashboards and alerts."""
    module = _module("demo")
    module.run(module.Options(listen=listen, stretch=stretch, quiet=quiet))


def _module(name: str) -> Any:
    """By its name, since `analyzer` does not import `exporters`; and not before it is needed."""
    return importlib.import_module(f"exporters.commands.{name}")
