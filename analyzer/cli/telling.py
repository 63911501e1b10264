"""The options that say who is told, of `watch` and `serve`."""

from typing import Annotated

import typer

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
