"""Inputs that fuzzing found, as small as they come, each with what it once did; see docs/fuzzing.md."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.containers import detect
from analyzer.errors import ComfymeterError, UsageError
from analyzer.history import open_store
from analyzer.sources.encoding import guess
from exporters.comfyui import target_of
from exporters.comfyui.answers import active_jobs, queue_of
from exporters.comfyui.wire import loads
from tests.histories import ingested
from tests.logs import read

HEAD = b"\n" * (64 * 1024)


def test_a_colour_behind_the_head_decides_nothing() -> None:
    """The first block of a file is longer than that of a pipe: the same log was a terminal's or raw."""
    assert detect(HEAD + b"\x1b[A\n") is detect(HEAD)
    assert detect(HEAD[:-5] + b"x\x1b[Ayy\n") is detect(HEAD)


def test_a_long_line_of_ascii_before_the_first_other_character_is_read_once() -> None:
    """Was read once from each of its bytes: a megabyte took an hour."""
    assert guess(b"a" * (1 << 20) + "\né".encode()) == "utf-8"


def test_a_record_that_goes_on_behind_others_makes_no_log_shorter() -> None:
    """The log's lines were those up to the record that was finished last."""
    data = b'{"log":"got","stream":"stderr","time":"2026-08-01T10:00:00Z"}\nno record\n'
    assert read(data).sources[0].lines == 2


@pytest.mark.parametrize("url", ["http://[::1inf]:1", "http://]x", "http://h:99999999", "http://h:x"])
def test_a_bracket_in_an_address_is_told_in_a_line(url: str) -> None:
    """`watch --url` and a targets file ended in ValueError."""
    with pytest.raises(UsageError, match="is no address of a server"):
        target_of(url)


# --- a server's answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1" + "0" * 400, "1e999", "NaN", "-Infinity", "1e300", str(2**63)])
def test_a_number_beyond_all_sense_is_none(number: str) -> None:
    """One ended the watch of a server (OverflowError), or made the status no JSON."""
    queue = loads(f'{{"queue_pending": [[{number}, "p", {{"1": {{"inputs": {{"width": {number}, "height": 2}}}}}}]]}}')
    (prompt,) = queue_of(queue)[1]
    assert prompt.number is None
    assert loads(number) is None


def test_a_moment_that_no_calendar_has_is_none() -> None:
    jobs = loads('{"jobs": [{"id": "p", "status": "pending", "create_time": 9e15}]}')
    assert active_jobs(jobs)[1][0].create_time is None


def test_half_a_character_in_an_answer_is_replaced() -> None:
    """Metrics with it could not be encoded: every scrape failed."""
    assert loads(b'{"\\ud800": ["\\udfff", "\\ud83c\\udf88"]}') == {"\ufffd": ["\ufffd", "\N{BALLOON}"]}


# --- the history's file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE comfymeter_meta SET value = 'abc'", "its version is 'abc'"),
        ("UPDATE comfymeter_meta SET value = '-3'", "its version is '-3'"),
        ("UPDATE comfymeter_meta SET value = X'ff'", "its version is"),
        ("UPDATE runs SET phases = '[1'", "Expecting"),
        ('UPDATE runs SET phases = \'{"vae": "x"}\'', "runs.phases is"),
        ("UPDATE runs SET passes = '{}'", "runs.passes is"),
        ("UPDATE runs SET nodes = '[[1, 2]]'", "runs.nodes is"),
        ("UPDATE runs SET seconds = 'long'", "long"),
        ("UPDATE runs SET queue_seconds = 1e999", "runs.queue_seconds is 'inf'"),
        ("UPDATE runs SET start = 0.5", "runs.start is '0.5'"),
        ("UPDATE runs SET outcome = 'none of ours'", "runs.outcome is 'none of ours'"),
    ],
)
def test_a_history_that_holds_what_nobody_wrote_is_told_in_a_line(tmp_path: Path, statement: str, told: str) -> None:
    """Ended in ValueError or TypeError."""
    path = tmp_path / "history.db"
    log = tmp_path / "comfyui.log"
    log.write_text("got prompt\nPrompt executed in 70.00 seconds\n")
    store = open_store(str(path))
    ingested(store, log)
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)

    with pytest.raises(ComfymeterError, match=re.escape(told)) as error:
        _read_all(path)
    assert str(error.value).startswith(f"{path}: the history holds what comfymeter did not write")


def _read_all(path: Path) -> None:
    with closing(open_store(str(path))) as store:
        list(store.runs())


def test_a_history_that_cannot_be_opened_is_let_go(tmp_path: Path) -> None:
    """Its connection stayed open; who asked for the same place again waited for himself."""
    path = tmp_path / "history.db"
    open_store(str(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE comfymeter_meta SET value = 'abc'")
    with pytest.raises(ComfymeterError):
        open_store(str(path))

    assert str(path) not in [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
