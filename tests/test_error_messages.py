"""Each error message that a user can meet is provoked: one line that says what is wrong, where, and what to do."""

import re
import shlex
from pathlib import Path

import pytest

from analyzer.cli.output import harmless
from analyzer.errors import ComfymeterError
from tests.error_messages import of_functions, of_logs, of_servers, of_timeouts
from tests.error_messages.case import Call, Case
from tests.error_messages.provoking import reached, run, watched
from tests.error_messages.sites import Site, sites
from tests.samples import SAMPLES

CASES = (*of_logs.CASES, *of_timeouts.CASES, *of_servers.CASES)
LONGEST = 330
SITES = sites()
# What the tests before the last ones have shown.
_reached: set[Site] = set()
_ran: set[int] = set()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two good logs."""
    (tmp_path / "good.log").write_bytes((SAMPLES / "incident.log").read_bytes())
    (tmp_path / "stamped.log").write_bytes((SAMPLES / "stamped-with-vram.log").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # by Apprise
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_message(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for name, data in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    with monkeypatch.context() as patch:
        if case.patch:
            case.patch(patch)
        ended = run(shlex.split(case.arguments), monkeypatch, capfd)
    _reached.update(reached(SITES, ended.places))
    *notes, message = ended.err.splitlines()
    assert (ended.code, ended.out, len(notes)) == (case.code, "", case.notes), ended
    assert message.startswith("comfymeter: ")
    assert case.words in message
    assert len(message) < LONGEST
    assert "Traceback" not in ended.err
    assert "hush" not in message
    _ran.add(id(case))


@pytest.mark.parametrize("call", of_functions.CALLS, ids=str)
def test_a_message_that_the_command_cannot_be_brought_to(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch) as made, pytest.raises(ComfymeterError) as caught:
        call.call()
    message = str(caught.value)
    _reached.update(reached(SITES, frozenset(made.said(harmless(message)))))
    assert call.words in message
    assert len(message.splitlines()) == 1
    assert len(message) < LONGEST
    _ran.add(id(call))


def test_every_place_that_makes_a_message_is_provoked() -> None:
    """A new message needs a row in one of the tables."""
    if len(_ran) < len(CASES) + len(of_functions.CALLS):
        pytest.skip("only some of the messages were provoked in this process, or not all as they should")
    assert [str(site) for site in SITES if site not in _reached] == []


def test_messages_say_where_before_they_say_what() -> None:
    """As all of them do: a file, an option, an address; or the words of a command."""
    texts = [site for site in SITES if site.kind != "ValueError" and re.match(r"f?['\"]", site.words)]
    begins = re.compile(r"f?['\"](\{[^}]+\}[:,' ]|--|[a-z]+: |OTEL_|the \{|the Dask|zstd needs)")
    assert [str(site) for site in texts if not begins.match(site.words)] == []
