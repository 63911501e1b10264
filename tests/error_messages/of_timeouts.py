"""Lists of durations, histories, files to be edited, settings."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.error_messages.case import ERROR, NO_RUNS, USAGE, Case, failing, without

LIST = "workflow,duration_seconds\na,30\nb,40\n"


def listed(text: str | bytes, words: str, code: int = ERROR) -> Case:
    return Case(arguments="timeout --runs x.csv", code=code, words=f"x.csv: {words}", files={"x.csv": text})


def applied(name: str, text: str | bytes, key: str, words: str, code: int = ERROR) -> Case:
    arguments = f"timeout --runs list.csv --apply {name}:{key}"
    return Case(arguments=arguments, code=code, words=words, files={name: text, "list.csv": LIST})


def settings(text: str | bytes, words: str) -> Case:
    return Case(arguments="report good.log --config x.toml", code=ERROR, words=f"x.toml: {words}", files={"x.toml": text})


def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of somebody else's."""
    with sqlite3.connect("other.db") as connection:
        connection.execute("create table runs (id integer)")
    connection.close()


def altered(statement: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A history to which somebody did this."""

    def alter(monkeypatch: pytest.MonkeyPatch) -> None:
        from analyzer.cli import main

        monkeypatch.setattr(sys, "argv", ["comfymeter", "ingest", "good.log", "--store", "odd.db", "-q"])
        with suppress(SystemExit):
            main()
        with sqlite3.connect("odd.db") as connection:
            connection.execute(statement)
        connection.close()

    return alter


def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A history that a later version made."""
    from analyzer.history import open_store

    open_store("newer.db").close()
    with sqlite3.connect("newer.db") as connection:
        connection.execute("update comfymeter_meta set value = '99' where key = 'version'")
    connection.close()


LISTS = (
    Case(arguments="timeout", code=USAGE, words="timeout: give logs, or --store URL, or --runs FILE"),
    Case(arguments="timeout --runs none.csv", code=ERROR, words="none.csv: cannot be read: No such file or directory"),
    listed(b"\xff\xfe\xff", "cannot be read: not UTF-8 text; save it as UTF-8"),
    listed("", "is empty; write a header line with workflow, duration_seconds, or one JSON object per line"),
    listed('{"a": }\n', "line 1: no JSON object: Expecting value"),
    listed('{"workflow": "a", "duration_seconds": 3}\n[]\n', "line 2: must be a JSON object, is []"),
    listed("workflow,seconds\na,1\n", "line 1: the header lacks duration_seconds; known columns are"),
    listed("workflow,duration_seconds\na,1,2\n", "line 2: 3 values for 2 columns; quote texts with commas"),
    listed('workflow,duration_seconds\n"' + "a" * 200_000 + '",2\n', "line 2: no CSV: field larger than field limit"),
    listed("workflow,duration_seconds\n,1\n", "line 2: no workflow; give each run the name of one"),
    listed("workflow,duration_seconds\na,long\n", "line 2: duration_seconds is 'long', not a number"),
    listed("workflow,duration_seconds\na,-1\n", "line 2: duration_seconds is '-1', which no run takes"),
    listed("workflow,duration_seconds,status\na,1,fine\n", "line 2: status is 'fine'; known are"),
    listed("workflow,duration_seconds,cold\na,1,very\n", "line 2: cold is 'very'; write true or false, or leave it out"),
    listed("workflow,duration_seconds,at\na,1,once\n", "line 2: at is 'once'; write Unix seconds or 2026-05-17T20:10:00Z"),
    Case(
        arguments="timeout --runs x.csv --workflow c",
        code=NO_RUNS,
        words="x.csv: no run of the workflow 'c' says anything about durations; list some that have ended",
        files={"x.csv": LIST},
    ),
    Case(
        arguments="timeout x.log",
        code=NO_RUNS,
        words="x.log: no run says anything about durations; `comfymeter doctor`",
        files={"x.log": "hello\n"},
    ),
    Case(
        arguments="timeout --runs x.csv --risk half",
        code=USAGE,
        words="--risk: 'half' must be a risk like 1% or 0.01",
        files={"x.csv": LIST},
    ),
    Case(arguments="timeout --runs x.csv --risk 90%", code=USAGE, words="--risk: '90%' must be a risk from 0.01% to 50%"),
    Case(arguments="timeout good.log --what-if magic", code=USAGE, words="--what-if: 'magic' is no what-if; known are"),
    Case(arguments="timeout good.log --format x", code=USAGE, words="x is not a format of this command; known are"),
)
EDITS = (
    Case(
        arguments="timeout good.log --apply x",
        code=USAGE,
        words="--apply: 'x' must be FILE:KEY, like config.yaml:comfyui.timeout",
    ),
    Case(arguments="timeout good.log --apply none.yaml:a", code=ERROR, words="none.yaml: cannot be read: No such file"),
    applied("x.ini", "a=1", "a", "x.ini: only .yaml, .yml and .toml files can be edited"),
    applied("x.yaml", "a: 1", "a..b", "x.yaml: 'a..b' is not a key; write it like comfyui.timeout"),
    applied("x.toml", "a = [", "a", "x.toml: not valid TOML: "),
    applied("x.yaml", "b: 1\na: [", "a", "x.yaml: not valid YAML: line 2: "),
    applied("x.yaml", "a: {b: 1}", "a.c", "x.yaml: no key a.c; there is b"),
    applied("x.yaml", "a: never", "a", "x.yaml: a is 'never', which is no duration"),
    applied("x.yaml", "a: >\n  30s\n", "a", "x.yaml: a cannot be edited without touching other values; change it by hand"),
    applied("x.yaml", "b: &b 30s\na: *b\n", "b", "x.yaml: b cannot be edited without touching other values; change it by hand"),
    Case(
        arguments="timeout --runs list.csv --apply x.toml:a",
        code=ERROR,
        words="x.toml: not valid TOML: ",
        files={"x.toml": "a = 30\n", "list.csv": LIST},
        patch=failing("tomllib.loads", __import__("tomllib").TOMLDecodeError("as the other library sees it")),
    ),
)
STORES = (
    Case(
        arguments="timeout --store none.db", code=ERROR, words="none.db: no such history; `comfymeter ingest LOG --store none.db`"
    ),
    Case(arguments="timeout --store nosuch://a", code=USAGE, words="--store: nosuch://a is no database URL that can be opened: "),
    Case(
        arguments="timeout --store sqlite://a:hush@b",
        code=USAGE,
        words="--store: sqlite://a:***@b is no database URL that can be",
    ),
    Case(
        arguments="timeout --store mysql://a:hu:sh@b:c/d",
        code=USAGE,
        words="--store: mysql://b:c/d is no URL; in a password write",
    ),
    Case(arguments="ingest good.log --store no/x.db", code=ERROR, words="no/x.db: the history cannot be opened: No such file or"),
    Case(
        arguments="timeout --store postgresql://u:hush@127.0.0.1:1/a",
        code=ERROR,
        words="postgresql+psycopg://u:***@127.0.0.1:1/a: the history cannot be read or written: connection",
    ),
    Case(
        arguments="timeout --store postgresql://u:hush@h/a",
        code=USAGE,
        words="--store: postgresql://u:***@h/a needs more: pip install 'comfymeter[postgres]'",
        patch=without("psycopg"),
    ),
    Case(arguments="timeout --store x.db", code=ERROR, words="x.db: the history cannot be", files={"x.db": "no database " * 99}),
    Case(
        arguments="timeout --store other.db",
        code=ERROR,
        words="other.db: there are tables of another program here (",
        patch=foreign,
    ),
    Case(
        arguments="timeout --store newer.db", code=ERROR, words="newer.db: this history is of version 99, newer than", patch=newer
    ),
    Case(
        arguments="timeout --store odd.db",
        code=ERROR,
        words="odd.db: the history holds what comfymeter did not write (runs.seconds is 'long'); use a copy, or a new one",
        patch=altered("update runs set seconds = 'long'"),
    ),
    Case(
        arguments="timeout --store odd.db",
        code=ERROR,
        words="odd.db: the history holds what comfymeter did not write (its version is 'new'); use a copy, or a new one",
        patch=altered("update comfymeter_meta set value = 'new' where key = 'version'"),
    ),
    Case(
        arguments="timeout --store empty.db",
        code=NO_RUNS,
        words="empty.db: no run in this history says anything about durations; `comfymeter ingest` adds some",
        patch=lambda _: __import__("analyzer.history").history.open_store("empty.db").close(),
    ),
    Case(
        arguments="ingest - --store a.db",
        code=USAGE,
        words="ingest: a stream cannot be recognised when it comes again; give files",
    ),
    Case(arguments="ingest good.log --store a.db --keep x", code=USAGE, words="--keep: 'x' is not a duration: write it like 90s"),
    Case(
        arguments="ingest x.log --store a.db",
        code=NO_RUNS,
        words="x.log: no run in these logs; `comfymeter doctor` says what they lack",
        files={"x.log": "hello\n"},
        notes=1,
    ),
    Case(
        arguments="ingest here --store a.db",
        code=ERROR,
        words="here: none of the logs there can be read; name one to hear why",
        files={"here/x.log": bytes(99)},
        notes=1,
    ),
)
SETTINGS = (
    Case(arguments="report good.log --config none.toml", code=ERROR, words="none.toml: cannot read the settings: No such file"),
    settings(b"\xff\xff", "cannot read the settings: not UTF-8 text; save it as UTF-8"),
    settings("a = [", "not valid TOML: "),
    settings("a = 1", "unknown key 'a'; known keys are timeout"),
    settings("timeout = 'soon'", "timeout: 'soon' is not a duration: write it like 90s, 5m or 1h30m"),
    settings("timezone = 1", "timezone: 1 must be text in quotes"),
    settings("top = 0", "top: 0 must be a whole number from 1"),
    settings("color = 'red'", "color: 'red' must be auto, always or never"),
    settings("redact = 'yes'", "redact: 'yes' must be true or false"),
    settings("workflows = 1", "workflows: 1 must be a table"),
    settings("[workflows.a]\nb = 1", "workflows: a: unknown key 'b'; known keys are limit"),
    settings("[workflows.a]\npasses = 'some'", "workflows: a.passes: 'some' must be a number of passes, or a range like"),
    settings("[exclude]\noutcomes = 'bad'", "exclude: exclude.outcomes: 'bad': outcomes are success"),
    settings("risk = 'x%'", "risk: 'x%' must be a risk like 1% or 0.01"),
)
CASES = LISTS + EDITS + STORES + SETTINGS
