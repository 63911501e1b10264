"""`comfymeter timeout`: what the client's limit should be, with a stated risk."""

import difflib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli import options
from analyzer.cli.options import Common, limit_seconds, parsed
from analyzer.errors import ComfymeterError, NoRunsError, SettingsError, UsageError, unreadable

if TYPE_CHECKING:
    from datetime import tzinfo

    from analyzer.advising import Answer
    from analyzer.settings import Settings

# Of each workflow in a history: older runs say little about the next one.
NEWEST = 5_000

Logs = Annotated[
    list[str] | None,
    typer.Argument(metavar="LOG...", help="Logs as for report; or --runs FILE.", show_default=False),
]
Runs = Annotated[
    str | None,
    typer.Option(
        "--runs", metavar="FILE", help="Durations from elsewhere: CSV or JSON lines, workflow,duration_seconds[,status,cold,at]."
    ),
]
Risk = Annotated[str | None, typer.Option(metavar="SHARE", help="Share of runs that may exceed the timeout (1%).")]
Limit = Annotated[
    list[str] | None,
    typer.Option(
        "--limit", metavar="NAME=TIME", help="A limit in use, to rate: client=300s. May be repeated.", show_default=False
    ),
]
WhatIfs = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if", metavar="NAME", help="keep-loaded, lighter-quantisation, without-PHASE. May be repeated.", show_default=False
    ),
]
Apply = Annotated[
    str | None,
    typer.Option(metavar="FILE:KEY", help="Set the recommendation in a YAML or TOML file: config.yaml:comfyui.timeout."),
]
Format = Annotated[str, typer.Option("--format", metavar="NAME", help="terminal, text, markdown, json or yaml.")]


def command(
    logs: Logs = None,
    runs: Runs = None,
    store: Annotated[str | None, typer.Option(metavar="URL", help="The history that ingest made.")] = None,
    risk: Risk = None,
    limit: Limit = None,
    timeout: options.Timeout = None,
    workflow: options.WorkflowName = None,
    what_if: WhatIfs = None,
    steps: Annotated[int | None, typer.Option(min=1, metavar="N", help="What if runs had N steps in all.")] = None,
    apply: Apply = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: write, do not only show.")] = False,
    output: options.Output = None,
    format: Format = "terminal",
    since: options.Since = None,
    until: options.Until = None,
    timezone: options.Timezone = None,
    config: options.Config = None,
    color: options.Color = None,
    redact: options.Redact = None,
    jobs: options.Jobs = None,
    engine: options.EngineName = "local",
    scheduler: options.Scheduler = None,
    quiet: options.Quiet = False,
) -> None:
    """A recommended timeout per workflow and overall, with its risk, from few, skewed, partly cut-short runs."""
    from analyzer.cli.output import note, render_options, write_file, write_stdout
    from analyzer.redaction import NO_REDACTION
    from analyzer.renderers.answering import FORMATS, format_for, render_answer
    from analyzer.renderers.formats import check_format

    common = Common(
        config=config,
        color=color,
        redact=redact,
        timezone=timezone,
        quiet=quiet,
        jobs=jobs,
        engine_name=engine,
        scheduler=scheduler,
    )
    settings = common.settings()
    if sum(map(bool, (logs, runs, store))) != 1:
        raise UsageError("timeout: give logs, or --store URL, or --runs FILE")
    check_format(format, FORMATS)
    targets = [(target, format_for(target)) for target in output or []]
    setting = _Setting.read(apply) if apply else None
    in_force = limit_seconds(timeout, settings)
    if in_force is None and setting:
        in_force = setting.seconds
    wanted = _risk(risk, settings)
    limits = _limits(limit or [], in_force, settings)
    zone = common.zone(settings)
    if store:
        answer = _from_store(store, workflow, wanted, limits, in_force)
    elif runs:
        answer = _from_list(runs, workflow, wanted, limits, in_force)
    else:
        assumed = _what_ifs([*(what_if or []), *([f"steps-{steps}"] if steps else [])])
        chosen = (workflow, since, until)
        answer = _from_logs(logs or [], common, settings, zone, wanted, limits, in_force, chosen, assumed)
    to_share = render_options(common, settings, shared=True)
    for target, name in targets:
        write_file(target, render_answer(name, answer, to_share), private=to_share.redactor is NO_REDACTION)
        note(f"wrote {target}", quiet=quiet)
    if not targets or format != "terminal":
        write_stdout(render_answer(format, answer, render_options(common, settings, shared=format not in ("terminal", "text"))))
    if setting:
        _apply(setting, answer, yes=yes, quiet=quiet, on_stdout=format == "terminal")


def _risk(text: str | None, settings: "Settings") -> float:
    from analyzer.settings_values import risk
    from analyzer.timeouts.recommend import DEFAULT_RISK

    if text is None:
        return settings.risk if settings.risk is not None else DEFAULT_RISK
    return parsed("--risk", text, risk)


def _limits(given: list[str], in_force: float | None, settings: "Settings") -> dict[str, float]:
    """The named limits: of the command line, the one in force, those of the workflows."""
    from analyzer.units import parse_duration

    limits: dict[str, float] = {}
    for text in given:
        name, _, value = text.rpartition("=")
        seconds = parsed("--limit", value, parse_duration)
        limits[name.strip() or f"{seconds:g} s"] = seconds
    if in_force is not None:
        limits.setdefault("in force", in_force)
    return {**limits, **{name: seconds for name, seconds in settings.naming.limits().items() if name not in limits}}


def _what_ifs(names: list[str]) -> list[str]:
    """The names, if all of them are known: better said before a log has been read than after."""
    from analyzer.advising import change_named

    for name in names:
        parsed("--what-if", name, lambda name: change_named(name, ()))
    return names


def _from_store(place: str, workflow: str | None, risk: float, limits: dict[str, float], in_force: float | None) -> "Answer":
    from analyzer.advising import answer_for_history
    from analyzer.history import open_store
    from analyzer.history.database import shown

    with closing(open_store(place, create=False)) as history:
        timings = history.timings(workflow=workflow, newest=NEWEST)
        answer = answer_for_history(timings, risk=risk, limits=limits, limit_in_force=in_force)
    if answer is None:
        raise NoRunsError(f"{shown(place)}: no run in this history says anything about durations; `comfymeter ingest` adds some")
    return answer


def _from_list(path: str, workflow: str | None, risk: float, limits: dict[str, float], in_force: float | None) -> "Answer":
    from analyzer.advising import answer_for_list
    from analyzer.errors import SourceError
    from analyzer.run_list import parse_run_list

    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            listed = [row for row in parse_run_list(file, path) if workflow in (None, row.workflow)]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read: {unreadable(error)}") from error
    answer = answer_for_list(listed, risk=risk, limits=limits, limit_in_force=in_force)
    if answer is None:
        raise NoRunsError(f"{path}: no run{_of(workflow)} says anything about durations; list some that have ended")
    return answer


def _from_logs(
    logs: list[str],
    common: Common,
    settings: "Settings",
    zone: "tzinfo | None",
    risk: float,
    limits: dict[str, float],
    in_force: float | None,
    chosen: tuple[str | None, str | None, str | None],
    what_ifs: list[str],
) -> "Answer":
    from analyzer.advising import answer_for_runs
    from analyzer.cli.reading import question, read
    from analyzer.report import combine

    workflow, since, until = chosen
    readings = read(logs, common, zone)
    asked = question(readings, limit=in_force, workflow=workflow, since=since, until=until, zone=zone, naming=settings.naming)
    analysis = combine(readings, asked)
    answer = answer_for_runs(
        analysis.runs, analysis.server_starts, risk=risk, limits=limits, limit_in_force=in_force, what_ifs=what_ifs
    )
    if answer is None:
        names = ", ".join(source.name for source in analysis.sources)
        raise NoRunsError(
            f"{names}: no run{_of(workflow)} says anything about durations; `comfymeter doctor` says what the log lacks"
        )
    return answer


def _of(workflow: str | None) -> str:
    return "" if workflow is None else f" of the workflow {workflow!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """A duration in somebody's file: read before the logs are, as a wrong name is better said at once."""

    path: str
    key: str
    text: str
    seconds: float

    @classmethod
    def read(cls, target: str) -> "_Setting":
        """From FILE:KEY. Raises UsageError or SettingsError."""
        from analyzer.setting_edit import edit_duration

        path, _, key = target.rpartition(":")
        if not path or not key:
            raise UsageError(f"--apply: {target!r} must be FILE:KEY, like config.yaml:comfyui.timeout")
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: cannot be read: {unreadable(error)}") from error
        return cls(path=path, key=key, text=text, seconds=edit_duration(text, Path(path).name, key, 60.0).old_seconds)


def _apply(setting: _Setting, answer: "Answer", *, yes: bool, quiet: bool, on_stdout: bool) -> None:
    """Shows the change; writes it only with --yes, whole or not at all, keeping the file's mode."""
    from analyzer.cli.output import note, replace_file, write_stdout
    from analyzer.setting_edit import edit_duration

    seconds = answer.keep_seconds or answer.advice.overall.recommended_seconds
    if seconds is None:
        raise ComfymeterError(f"--apply: there is no recommendation to write: {answer.advice.overall.reason}")
    name = setting.path
    edit = edit_duration(setting.text, Path(name).name, setting.key, seconds)
    if edit.after == edit.before:
        note(f"{name}: {setting.key} is {seconds:g} s already", quiet=quiet)
        return
    diff = list(difflib.unified_diff(edit.before.splitlines(), edit.after.splitlines(), name, name, lineterm="", n=1))
    if on_stdout:
        write_stdout("\n".join(diff))
    else:
        for line in diff:
            note(line, quiet=False)
    if yes:
        replace_file(name, edit.after)
        note(f"wrote {name}", quiet=quiet)
    else:
        note("nothing written; --yes writes it", quiet=quiet)
