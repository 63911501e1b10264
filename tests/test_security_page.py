"""SECURITY.md promises nothing that no test shows: each test that it names is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")


def named() -> list[tuple[str, str | None]]:
    """Files and functions, in order; `::test_x` alone is of the file named before."""
    found, file = [], ""
    for name in re.findall(r"`((?:test_\w+\.py)?(?:::test_\w+)?)`", PAGE):
        before, _, function = name.partition("::")
        file = before or file
        found.append((file, function or None))
    return found


@pytest.mark.parametrize(("file", "function"), named(), ids=str)
def test_a_test_that_is_named_is_there(file: str, function: str | None) -> None:
    text = (TESTS / file).read_text(encoding="utf-8")
    assert "def test_" in text if function is None else re.search(rf"^def {function}\(", text, re.MULTILINE)


def test_every_promise_names_one() -> None:
    promised = PAGE.partition("## What is promised")[2].partition("## What is not")[0]
    points = re.split(r"\n- |\n\n(?=\*\*)", promised)[1:]
    assert len(points) > 10
    assert [point for point in points if "test_" not in point and len(point) > 40] == []
