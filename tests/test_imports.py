"""What a command does not use, it does not import: numpy alone is more than the rest of a start-up."""

from pathlib import Path

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
print("", *(name for name in {names} if name in sys.modules), file=sys.stderr)
"""
NUMBERS = ("numpy", "pandas")


def imported(arguments: tuple[str, ...], *names: str) -> list[str]:
    """Which of the modules a command has imported when it is done."""
    ended = command(*arguments, code=ASKED.format(names=names))
    assert ended.returncode == 0 or ended.stdout, ended.stderr
    return ended.stderr.splitlines()[-1].split()


# Libraries that some command needs and most do not.
HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "plotly",
    "pyarrow",
    "sqlalchemy",
    "aiohttp",
    "apprise",
    "psutil",
    "pynvml",
    "dask",
    "fsspec",
)
RENDERING = ("numpy.ma", "analyzer.redaction.rules", "rich")


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("--help",), ()),
        (("--version",), ()),
        (("report", SOAK), ("numpy", "rich")),
        (("report", SOAK, "--format", "json"), ("numpy", "analyzer.redaction.rules")),
        (("show", SOAK, "3"), ("rich",)),
        (("timeout", SOAK), ("numpy", "rich")),
        (("compare", SOAK, INCIDENT, "--format", "json"), ("analyzer.redaction.rules",)),
        (("check", SOAK, "--limit", "300s"), ()),
        (("doctor", SOAK), ("rich",)),
        (("ingest", SOAK, "--store", "HISTORY"), ("sqlalchemy",)),
        (("record", "-o", "RECORDING", "--", "true"), ("analyzer.redaction.rules", "psutil", "pynvml")),
        (("watch", "--once", SOAK), ("numpy", "rich")),
        (("init", "alerts", "FOLDER"), ()),
    ],
    ids=lambda value: " ".join(map(str, value)) or "nothing" if isinstance(value, tuple) else "",
)
def test_a_command_imports_what_it_needs(arguments: tuple[str, ...], needed: tuple[str, ...], tmp_path: Path) -> None:
    places = {"HISTORY": tmp_path / "history.db", "RECORDING": tmp_path / "run.log", "FOLDER": tmp_path / "init"}
    given = tuple(str(places.get(argument, argument)) for argument in arguments)
    assert set(imported(given, *HEAVY, *RENDERING)) == set(needed)


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
