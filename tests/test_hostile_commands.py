"""What a hostile log, its name, or the settings' names of workflows say to a terminal, whatever the command: only text."""

import json
import os
import re
import sqlite3
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomlkit
from ruamel.yaml import YAML

from analyzer.cli import main
from tests.documents import SGR, unsafe
from tests.payloads import PAYLOADS
from tests.planting import mark, planted_log, planted_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such file names")

# What no file name can hold: the slash, the zero, more than 255 bytes.
NAMES = [text.replace("/", "\u2215").replace("\x00", "")[:80] for text in PAYLOADS.values()]
# These become names of workflows; with all of them each command would take seconds.
NAMED = [text.encode("utf-8", "replace").decode() for text in list(PAYLOADS.values())[::6]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], logs: Path) -> Run:
    """Runs the command in the folder of hostile logs."""
    monkeypatch.chdir(logs)
    monkeypatch.setenv("COLUMNS", "200")

    def run_it(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["comfymeter", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfdbinary.readouterr()
        return Said(code=int(ended.value.code or 0), out=out.decode("utf-8"), err=err.decode("utf-8"))

    return run_it


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with all payloads in its lines, logs with a payload in each name, and settings that name workflows so."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "all.log").write_bytes(b"".join(planted_log(number, text) for number, text in enumerate(PAYLOADS.values())))
    (folder / "run.log").write_bytes(planted_run(list(PAYLOADS.values())))
    (folder / "names").mkdir()
    for number, name in enumerate(NAMES):
        path = folder / "names" / os.fsdecode(os.fsencode(f"{number} {name}.log"))
        path.write_bytes(b"got prompt\n" + _success(number))
    (folder / "named.log").write_bytes(b"".join(4 * _success(number) for number in range(len(NAMED))))
    rules = {name: {"bars": [mark(number)]} for number, name in enumerate(NAMED)}
    (folder / "named.toml").write_text(tomlkit.dumps({"workflows": rules}), "utf-8")
    return folder


def _success(number: int) -> bytes:
    bar = f"{mark(number)}: 100%|##########| 7/7 [00:02<00:00,  3.50it/s]"
    return f"Requested to load Flux\n{bar}\nPrompt executed in {number + 1}.34 seconds\ngot prompt\n".encode()


def assert_harmless(said: Said, code: int) -> None:
    assert said.code == code, said.err
    assert unsafe(said.out) == set()
    assert unsafe(said.err) == set()


_NAMED = ["named.log", "--config", "named.toml"]
COMMANDS: dict[str, tuple[int, Sequence[str]]] = {
    "report": (0, ["report", "all.log", "--timeout", "10s", "--top", "200"]),
    "report redacted": (0, ["report", "all.log", "--redact", "--top", "200"]),
    "report text": (0, ["report", "all.log", "--format", "text", "--no-redact"]),
    "report JSON": (0, ["report", "all.log", "--format", "json", "--no-redact"]),
    "report Markdown": (0, ["report", "all.log", "--format", "markdown", "--no-redact"]),
    "report CSV": (0, ["report", "all.log", "--format", "csv", "--no-redact"]),
    "report of names": (0, ["report", "names"]),
    "report of names JSON": (0, ["report", "names", "--format", "json", "--no-redact"]),
    "show": (0, ["show", "run.log", "1"]),
    "show redacted": (0, ["show", "run.log", "1", "--redact"]),
    "show JSON": (0, ["show", "run.log", "1", "--format", "json", "--no-redact"]),
    "doctor": (0, ["doctor", "names"]),
    "doctor JSON": (0, ["doctor", "names", "--format", "json", "--no-redact"]),
    "check": (3, ["check", "all.log", "--limit", "1s", "--max-unparsed", "0%", "--max-failed", "0%"]),
    "check JSON": (3, ["check", "names", "--limit", "1s", "--format", "json"]),
    "compare": (0, ["compare", "named.log", *_NAMED]),
    "compare JSON": (0, ["compare", "named.log", *_NAMED, "--format", "json", "--no-redact"]),
    "timeout": (0, ["timeout", *_NAMED, "--limit", "client=10s"]),
    "timeout Markdown": (0, ["timeout", *_NAMED, "--format", "markdown", "--no-redact"]),
    "timeout JSON": (0, ["timeout", *_NAMED, "--format", "json", "--no-redact"]),
    "timeout YAML": (0, ["timeout", *_NAMED, "--format", "yaml", "--no-redact"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_all_of_it(run: Run, name: str) -> None:
    code, arguments = COMMANDS[name]
    said = run(*arguments)

    assert_harmless(said, code)
    assert "zqx" in said.out or name.startswith("check")
    if name.endswith("JSON"):
        json.loads(said.out)
    if name.endswith("YAML"):
        YAML(typ="safe").load(said.out)


@pytest.mark.parametrize("arguments", [["report", "all.log", "--top", "200"], ["show", "run.log", "1"], ["doctor", "names"]])
def test_colours_are_only_our_own(run: Run, arguments: list[str]) -> None:
    said = run(*arguments, "--color", "always")
    assert "\x1b[" in said.out
    assert unsafe(SGR.sub("", said.out)) == set()


def test_junit_is_xml(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "gates.xml"
    assert run("check", "all.log", "--limit", "1s", "--max-unparsed", "0%", "-q", "-o", str(target)).code == 3
    suite = ET.fromstring(target.read_text("utf-8"))
    assert (suite.tag, {child.tag for child in suite}) == ("testsuite", {"testcase"})


@pytest.mark.parametrize("name", ["colour", "turned", "C1 controls", "line ends", "no text", "attribute", "carriage return"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "{}"],
        ["report", "names/{}.log"],
        ["show", "{}", "1"],
        ["doctor", "{}"],
        ["compare", "{}", "{}"],
        ["check", "{}", "--limit", "1s"],
        ["timeout", "{}"],
        ["timeout", "--runs", "{}"],
        ["ingest", "{}", "--store", "x.db"],
        ["timeout", "--store", "{}"],
        ["report", "named.log", "--workflow", "{}"],
        ["report", "named.log", "--since", "{}"],
        ["report", "named.log", "--timezone", "{}"],
        ["report", "named.log", "--config", "{}"],
        ["report", "named.log", "-o", "{}"],
        ["report", "named.log", "--format", "{}"],
        ["timeout", "named.log", "--what-if", "{}"],
        ["timeout", "named.log", "--apply", "{}:a.b"],
        ["{}"],
    ],
    ids=lambda value: " ".join(value),
)
def test_an_error_is_one_harmless_line(run: Run, arguments: list[str], name: str) -> None:
    text = PAYLOADS[name].replace("/", "\u2215").replace("\x00", "")
    said = run(*(argument.format(text) for argument in arguments))

    assert said.code in (1, 2, 4)
    assert said.out == ""
    assert re.fullmatch(r"comfymeter: [^\n]+\n", said.err), said.err
    assert unsafe(said.err) == set()


def test_the_history_holds_it_as_text(run: Run, tmp_path: Path) -> None:
    store = str(tmp_path / "history.db")
    for arguments in (["names"], _NAMED):
        said = run("ingest", *arguments, "--store", store)
        assert_harmless(said, 0)
        assert "new run" in said.err

    with sqlite3.connect(store) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        names = {name for (name,) in database.execute("SELECT workflow FROM runs")}
    assert {"runs", "logs"} <= tables
    assert set(NAMED) <= names
    assert_harmless(run("timeout", "--store", store), 0)
    for name in NAMED:
        assert_harmless(run("timeout", "--store", store, "--workflow", name), 0)
    assert run("timeout", "--store", store, "--workflow", PAYLOADS["SQL with a zero"] + "x").code == 4
