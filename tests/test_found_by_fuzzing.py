"""Inputs that fuzzing found, as small as they come, each with what it once did; see docs/fuzzing.md."""

import pytest

from analyzer.containers import detect
from analyzer.sources.encoding import guess
from exporters.comfyui.answers import active_jobs, queue_of
from exporters.comfyui.wire import loads

HEAD = b"\n" * (64 * 1024)


def test_a_colour_behind_the_head_decides_nothing() -> None:
    """The first block of a file is longer than that of a pipe: the same log was a terminal's or raw."""
    assert detect(HEAD + b"\x1b[A\n") is detect(HEAD)
    assert detect(HEAD[:-5] + b"x\x1b[Ayy\n") is detect(HEAD)


def test_a_long_line_of_ascii_before_the_first_other_character_is_read_once() -> None:
    """Was read once from each of its bytes: a megabyte took an hour."""
    assert guess(b"a" * (1 << 20) + "\né".encode()) == "utf-8"


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
