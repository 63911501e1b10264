"""--runs: durations from elsewhere, as CSV or JSON lines."""

import pytest

from analyzer.errors import SourceError
from analyzer.run_list import ListedRun, parse_run_list
from analyzer.timeouts.observations import Status

CSV = """workflow,duration_seconds,status,cold,at
Portrait,300,success,true,2026-05-17T20:10:00Z

"Product, large",500.5,timeout,,1779048600
Portrait,12
"""


def rows(text: str) -> list[ListedRun]:
    return list(parse_run_list(text.splitlines(keepends=True), "runs.csv"))


def test_csv() -> None:
    assert rows(CSV) == [
        ListedRun(workflow="Portrait", seconds=300, cold=True, at=1779048600),
        ListedRun(workflow="Product, large", seconds=500.5, status=Status.TIMEOUT, at=1779048600),
        ListedRun(workflow="Portrait", seconds=12),
    ]


def test_json_lines() -> None:
    text = '{"workflow": "Portrait", "duration_seconds": 300, "cold": false}\n{"workflow": "X", "duration_seconds": 1, "status": "failed"}\n'

    assert rows(text) == [
        ListedRun(workflow="Portrait", seconds=300, cold=False),
        ListedRun(workflow="X", seconds=1, status=Status.FAILED),
    ]


def test_the_order_of_columns_and_others_do_not_matter() -> None:
    assert rows("\ufeffhost,duration_seconds,workflow\na,5,X\n") == [ListedRun(workflow="X", seconds=5)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("workflow,seconds\nX,5\n", "line 1: the header lacks duration_seconds"),
        ("workflow,duration_seconds\nX,soon\n", "line 2: duration_seconds is 'soon'"),
        ("workflow,duration_seconds\nX,-5\n", "line 2: duration_seconds is '-5'"),
        ("workflow,duration_seconds\nX,nan\n", "line 2: duration_seconds is 'nan'"),
        ("workflow,duration_seconds\n,5\n", "line 2: no workflow"),
        ("workflow,duration_seconds\nX,5,success\n", "line 2: 3 values for 2 columns"),
        ("workflow,duration_seconds,status\nX,5,fine\n", "status is 'fine'; known are success"),
        ("workflow,duration_seconds,cold\nX,5,maybe\n", "cold is 'maybe'"),
        ("workflow,duration_seconds,at\nX,5,noon\n", "at is 'noon'"),
        ('{"workflow": "X", "duration_seconds": 5}\n{"workflow"\n', "line 2: no JSON object"),
        ('{"workflow": "X", "duration_seconds": 5}\n[1]\n', "line 2: must be a JSON object"),
        ('{"workflow": "X"}\n', "duration_seconds is None"),
        ('{"workflow": "X", "duration_seconds": ' + "9" * 400 + "}\n", "line 1: duration_seconds is 999"),
        ('{"workflow": "X", "duration_seconds": ' + "9" * 5000 + "}\n", "line 1: no JSON object"),
        ('{"workflow": ' + "[" * 100_000 + "\n", "line 1: no JSON object"),
        ("workflow,duration_seconds\n" + "X" * 200_000 + ",5\n", "line 2: no CSV"),
        ("workflow,duration_seconds,at\nX,5,nan\n", "at is 'nan'"),
    ],
)
def test_errors_name_file_and_line(text: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        rows(text)

    assert str(caught.value).startswith("runs.csv: ")
    assert words in str(caught.value)
