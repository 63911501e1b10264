"""Cuts between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.cuts import beginning, end


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("short", 10, "short"),
        ("one two three", 9, "one two…"),
        ("one two three", 7, "one two…"),
        ("one two three", 8, "one two…"),
        ("one\ttwo", 5, "one…"),
        ("x" * 30, 20, "x" * 20 + "…"),
        ("a " + "x" * 100, 80, "a " + "x" * 78 + "…"),
        ("a " + "x" * 100, 20, "a…"),
        ("", 0, ""),
    ],
)
def test_a_beginning_ends_between_words(text: str, most: int, kept: str) -> None:
    assert beginning(text, most, mark="…") == kept


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        (b"short", 10, b"short"),
        (b"one two three", 9, b"two three"),
        (b"one two three", 8, b"three"),
        (b"one two three", 5, b"three"),
        (b"one xxxxxxxxxx", 4, b"xxxx"),
        (b"xxxxxxyyyy", 4, b"xxxx"),
        (b"", 0, b""),
    ],
)
def test_an_end_begins_between_words(text: bytes, most: int, kept: bytes) -> None:
    assert end(text, most) == kept


@given(st.text("ab \t", max_size=200), st.integers(1, 100))
def test_no_cut_is_longer_than_allowed(text: str, most: int) -> None:
    assert len(beginning(text, most)) <= most
    assert text.startswith(beginning(text, most))
    assert len(end(text.encode(), most)) <= most
