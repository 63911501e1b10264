"""What a command does not use, it does not import: numpy alone is more than the rest of a start-up."""

import pytest

from tests.command import command
from tests.samples import SAMPLES

SOAK, INCIDENT = str(SAMPLES / "capture-soak.log"), str(SAMPLES / "incident.log")
ASKED = """
import sys
from contextlib import suppress
from analyzer.cli import main
with suppress(SystemExit):
    main()
print(*(name for name in {names} if name in sys.modules), file=sys.stderr)
"""
NUMBERS = ("numpy", "pandas")


def imported(arguments: tuple[str, ...], *names: str) -> list[str]:
    """Which of the modules a command has imported when it is done."""
    ended = command(*arguments, code=ASKED.format(names=names))
    assert ended.stdout
    return ended.stderr.split()


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", SOAK, "3"),
        ("doctor", SOAK),
        ("check", SOAK, "--limit", "300s"),
        ("compare", SOAK, INCIDENT, "--format", "json"),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_commands_without_timeout_advice_do_without_numpy(arguments: tuple[str, ...]) -> None:
    assert imported(arguments, *NUMBERS) == []


def test_timeout_advice_is_what_needs_numpy() -> None:
    assert imported(("report", SOAK), *NUMBERS) == ["numpy"]


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_the_version_needs_neither_parser_nor_report(arguments: tuple[str, ...]) -> None:
    assert imported(arguments, *NUMBERS, "rich", "analyzer.parse", "analyzer.report", "analyzer.redaction", "exporters") == []


def test_a_watch_without_a_history_needs_no_database() -> None:
    assert imported(("watch", "--once", SOAK), "sqlalchemy", "pandas", "apprise", "pynvml", "psutil") == []


def test_a_diagnosis_looks_at_no_processes() -> None:
    assert imported(("doctor", SOAK), "psutil", "aiohttp") == []


def test_a_report_for_the_terminal_does_without_rules_of_redaction_and_masked_arrays() -> None:
    unwanted = ("numpy.ma", "analyzer.redaction.rules", "pandas", "scipy", "sqlalchemy", "dask", "aiohttp", "exporters", "psutil")
    assert imported(("report", SOAK), *unwanted) == []
