"""JSON that no terminal obeys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.renderers.json_text import dumps
from tests.documents import unsafe


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ("편집 🎉", '"편집 🎉"'),
        ("\x1b\x00\n", '"\\u001b\\u0000\\n"'),
        ("\x7f", '"\\u007f"'),
        ("\x9b31m", '"\\u009b31m"'),
        ("a\u202eb\u2028", '"a\\u202eb\\u2028"'),
        ("\U000e0041", '"\\udb40\\udc41"'),
        ("\udc80", '"\ufffd"'),
    ],
)
def test_what_nobody_sees_is_escaped(text: str, written: str) -> None:
    assert dumps(text) == written


@given(st.recursive(st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])), st.lists), st.booleans())
def test_nothing_is_lost(value: object, ascii_only: bool) -> None:
    text = dumps(value, ascii_only=ascii_only)
    assert json.loads(text) == value
    assert unsafe(text) == set()
    assert text.isascii() or not ascii_only


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps(float("nan"))
