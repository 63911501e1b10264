"""Inputs that fuzzing found, as small as they come, each with what it once did; see docs/fuzzing.md."""

from analyzer.containers import detect
from analyzer.sources.encoding import guess

HEAD = b"\n" * (64 * 1024)


def test_a_colour_behind_the_head_decides_nothing() -> None:
    """The first block of a file is longer than that of a pipe: the same log was a terminal's or raw."""
    assert detect(HEAD + b"\x1b[A\n") is detect(HEAD)
    assert detect(HEAD[:-5] + b"x\x1b[Ayy\n") is detect(HEAD)


def test_a_long_line_of_ascii_before_the_first_other_character_is_read_once() -> None:
    """Was read once from each of its bytes: a megabyte took an hour."""
    assert guess(b"a" * (1 << 20) + "\né".encode()) == "utf-8"
