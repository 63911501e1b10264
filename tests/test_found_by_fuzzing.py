"""Inputs that fuzzing found, as small as they come, each with what it once did; see docs/fuzzing.md."""

import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from analyzer.containers import detect
from analyzer.errors import ComfymeterError, NoTimesError, SettingsError, UsageError
from analyzer.events import LoadRequested, PromptReceived
from analyzer.history import open_store
from analyzer.renderers import RENDERERS, pieces
from analyzer.renderers.base import Options
from analyzer.report import Question, build_report
from analyzer.runs.assemble import RunAssembler
from analyzer.setting_edit import edit_duration
from analyzer.sources.encoding import guess
from analyzer.yaml_trouble import NotYamlError, load_yaml
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


# --- later rounds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", ["-5.00", "99999999999999.00"])
@pytest.mark.parametrize("stamped", [False, True])
def test_a_duration_that_no_run_has_breaks_no_report(seconds: str, stamped: bool) -> None:
    """Less than nothing was divided by nothing; millions of years began before any calendar."""
    lines = ["got prompt", "Requested to load SDXL", f"Prompt executed in {seconds} seconds"]
    stamps = [f"2026-02-03T04:05:0{number}.789012 - " if stamped else "" for number in range(3)]
    log = "".join(f"{stamp}{line}\n" for stamp, line in zip(stamps, lines, strict=True)).encode()
    report = build_report([read(log)], Question())
    for renderer in RENDERERS:
        with suppress(NoTimesError):
            assert list(pieces(renderer, report, Options()))
    assert all(run.duration_seconds is not None and run.duration_seconds >= 0 for run in report.runs)


def test_a_server_that_starts_again_behind_start_up_lines_alone() -> None:
    """What the run was made of had been given to the new server: nothing was left to be looked at."""
    assembler = RunAssembler()
    for queued in (True, False):
        if queued:
            assembler.feed(PromptReceived(line=1))
        assert assembler._run_for(LoadRequested(line=2, model="SDXL")) is not None
        assembler._restart(PromptReceived(line=3))
        assert (assembler.runs, assembler.in_flight) == ([], None)
    assert assembler.requests.unresolved == 1


@pytest.mark.parametrize("text", ["a: 0b", "a: .", "a: 2026-02-30", "a: 2026-02-03 99:00:00", "? {a: 1}\n: 2", "a: !!int ''"])
def test_yaml_whose_numbers_and_dates_are_none_is_told_in_a_line(text: str) -> None:
    for keep in (False, True):
        with suppress(NotYamlError):
            load_yaml(text, keep=keep)


def test_toml_with_a_key_twice_is_told_in_a_line() -> None:
    with pytest.raises(SettingsError, match="not valid TOML"):
        edit_duration('[a]\no= ""\no= ""', "x.toml", "a.o", 5.0)
