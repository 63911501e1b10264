"""The command line: reads arguments, calls, writes, and turns errors into one line and an exit code."""

import errno
import gc
import io
import os
import sys

import typer

from analyzer.cli import check, compare, doctor, ingest, init, record, report, serve, show, timeout, watch
from analyzer.cli.options import Version
from analyzer.cli.output import note
from analyzer.errors import ComfymeterError, ExitCode

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)

app = typer.Typer(
    name="comfymeter",
    help="Where a ComfyUI run's time goes, and what its timeout should be.",
    # Plain help: Rich would cost more than the rest of the start-up.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(context: typer.Context, version: Version = False) -> None:
    """Where a ComfyUI run's time goes, and what its timeout should be."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("report")(report.command)
app.command("show")(show.command)
app.command("timeout")(timeout.command)
app.command("ingest")(ingest.command)
app.command("compare")(compare.command)
app.command("check")(check.command)
app.command("doctor")(doctor.command)
app.command("record", context_settings=record.CONTEXT)(record.command)
app.command("watch")(watch.command)
app.command("serve")(serve.command)
app.command("demo")(serve.demo)
app.command("init")(init.command)


_ALLOCATIONS = 20_000


def main() -> None:
    """The `comfymeter` command."""
    # Reading makes values by the million and hardly any cycle: looking for those less often takes a tenth off its time.
    gc.set_threshold(_ALLOCATIONS, 20, 50)
    _take_any_text()
    try:
        code = app(standalone_mode=False)
    except ComfymeterError as error:
        note(f"comfymeter: {error}", quiet=False)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough; what is still buffered has nowhere to go.
        _drop_output()
        code = ExitCode.OK
    except OSError as error:
        # Files are named by those who write them; what has no name is stdout.
        if error.errno not in _FULL or error.filename is not None:
            raise
        _drop_output()
        note(f"comfymeter: the output cannot be written: {error.strerror}", quiet=False)
        code = ExitCode.ERROR
    except Exception as error:
        code = _usage(error)
    sys.exit(int(code or 0))


def _take_any_text() -> None:
    """A console of few characters (cp1252) shows `?` for others, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: Exception) -> int:
    """Wrong arguments: the command-line library's own words, one line, its exit code."""
    message, code = getattr(error, "format_message", None), getattr(error, "exit_code", None)
    if message is None or code is None:
        raise error
    note(f"comfymeter: {message()} (see comfymeter --help)", quiet=False)
    return int(code)
