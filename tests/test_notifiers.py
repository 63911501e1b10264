"""Notices on their way: a real receiver of webhooks, real commands, Apprise as it is. A failure stops nothing and tells no secret."""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from exporters.notifiers import Event, Notice, Notifier, NotSentError, Outbox, Service, Severity, ShellCommand, Webhook, payload
from tests.replayed import until
from tests.webhook_receiver import receiving

NOTICE = Notice(
    event=Event.RISK_RAISED,
    severity=Severity.WARNING,
    server="gpu",
    key="run-1",
    at=1000.0,
    title="gpu: a run is likely to exceed its limit of 300 s",
    text="$(touch owned) `touch owned` ; touch owned #\" '",
    prompt_id="a-b",
    risk_ratio=0.82,
)
SECRET = "s3cret-key"
# Apprise imports a module that Python 3.13 has not any more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
EVERY = frozenset(Event)


def posted(url: str, notice: Notice = NOTICE, **given: float | Sequence[float]) -> None:
    settings = {"timeout_seconds": 5.0, "pauses_seconds": (0.0, 0.0), **given}
    asyncio.run(Webhook(url, **settings).send(notice))  # type: ignore[arg-type]


def ran(line: str, *, seconds: float = 20.0, notice: Notice = NOTICE) -> None:
    asyncio.run(ShellCommand("--on-risk", line, events=EVERY, timeout_seconds=seconds).send(notice))


def python(code: str) -> str:
    """A command line that runs this code."""
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


# --- webhooks -------------------------------------------------------------------------------------------------------


def test_a_webhook_is_posted_as_json() -> None:
    with receiving() as receiver:
        posted(f"http://me:{SECRET}@127.0.0.1:{receiver.port}/hook?x=1")

    assert receiver.bodies == [payload(NOTICE)]
    assert receiver.paths == ["/hook?x=1"]
    assert receiver.headers[0]["content-type"] == "application/json"
    assert receiver.headers[0]["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("statuses", "tries", "trouble"),
    [
        ([503, 500], 3, None),
        ([429], 2, None),
        ([500, 500, 502], 3, "it answers 502"),
        ([404], 1, "it answers 404"),
        ([302], 1, "it answers 302"),
    ],
)
def test_a_webhook_is_tried_three_times_where_that_may_help(statuses: list[int], tries: int, trouble: str | None) -> None:
    with receiving(statuses=list(statuses)) as receiver:
        if trouble is None:
            posted(receiver.url)
        else:
            with pytest.raises(NotSentError, match=trouble):
                posted(receiver.url)

    assert len(receiver.bodies) == tries


def test_a_webhook_that_does_not_answer_is_given_up() -> None:
    with receiving(silent=True) as receiver, pytest.raises(NotSentError, match=r"no answer within 0\.1 s"):
        posted(receiver.url, timeout_seconds=0.1)

    assert len(receiver.bodies) == 3


def test_nothing_of_a_webhooks_address_is_told() -> None:
    with receiving() as receiver:
        port = receiver.port
    url = f"http://me:{SECRET}@127.0.0.1:{port}/{SECRET}"
    with pytest.raises(NotSentError) as error:
        posted(url)

    assert str(error.value) == "the connection fails (ClientConnectorError)"
    assert Webhook(url).name == f"webhook 127.0.0.1:{port}"


@pytest.mark.parametrize("url", [f"ftp://host/{SECRET}", SECRET, f"http:///{SECRET}", f"http://[{SECRET}", f"http://h:{SECRET}/"])
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError) as error:
        Webhook(url)
    assert SECRET not in str(error.value)


# --- commands -------------------------------------------------------------------------------------------------------


def test_a_command_gets_the_facts_and_no_text_gets_into_its_line(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    code = f"import json,os,sys; json.dump([json.load(sys.stdin), dict(os.environ)], open({str(told)!r}, 'w'))"
    ran(f"cd {shlex.quote(str(tmp_path))} && {python(code)}")
    given, variables = json.loads(told.read_text())

    assert given == payload(NOTICE)
    assert variables["COMFYMETER_EVENT"] == "risk_raised"
    assert variables["COMFYMETER_TEXT"] == NOTICE.text
    assert variables["COMFYMETER_RISK_RATIO"] == "0.82"
    assert variables["COMFYMETER_OUTCOME"] == ""
    assert variables["PATH"] == os.environ["PATH"]
    assert [path.name for path in tmp_path.iterdir()] == ["told.json"]


def test_a_shell_that_uses_a_text_does_not_run_it(tmp_path: Path) -> None:
    ran(f'cd {shlex.quote(str(tmp_path))} && echo "$COMFYMETER_TEXT" > told && echo $COMFYMETER_TEXT >> told')

    assert [path.name for path in tmp_path.iterdir()] == ["told"]
    assert (tmp_path / "told").read_text().splitlines()[0] == NOTICE.text


def test_a_command_that_fails_says_how() -> None:
    with pytest.raises(NotSentError, match=r"exit code 3: no such topic$"):
        ran("cat > /dev/null; echo first >&2; printf '\\033[31mno such topic\\n' >&2; exit 3")


def test_a_command_that_reads_nothing_is_fine() -> None:
    ran("true", notice=replace(NOTICE, text="x" * 100_000))


def test_a_command_that_cannot_be_started_says_why() -> None:
    with pytest.raises(NotSentError, match="cannot be started: Argument list too long"):
        ran("true", notice=replace(NOTICE, text="x" * 3_000_000))


def test_a_command_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    line = f"trap '' TERM; sleep 600 & echo $! $$ > {shlex.quote(str(pids))}; wait; sleep 600"
    with pytest.raises(NotSentError, match=r"stopped after 0\.3 s"):
        ran(line, seconds=0.3)

    asyncio.run(until(lambda: not any(map(is_running, map(int, pids.read_text().split())))))


def test_a_command_that_ends_at_once_leaves_nothing_stubborn_behind(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    line = f"(trap '' TERM; sleep 600) & echo $! > {shlex.quote(str(pids))}; sleep 600"
    with pytest.raises(NotSentError, match=r"stopped after 0\.3 s"):
        ran(line, seconds=0.3)

    asyncio.run(until(lambda: not is_running(int(pids.read_text()))))


def is_running(pid: int) -> bool:
    """Whether it goes on; one that ended and that nobody has asked about yet does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


# --- services -------------------------------------------------------------------------------------------------------


def test_a_service_takes_title_and_text() -> None:
    with receiving() as receiver:
        asyncio.run(Service(f"json://127.0.0.1:{receiver.port}/{SECRET}").send(NOTICE))

    assert receiver.bodies[0]["title"] == NOTICE.title
    assert receiver.bodies[0]["message"] == NOTICE.text
    assert receiver.bodies[0]["type"] == "warning"


def test_a_service_that_fails_tells_no_secret(capfd: pytest.CaptureFixture[str]) -> None:
    with receiving(statuses=[500]) as receiver:
        service = Service(f"json://me:{SECRET}@127.0.0.1:{receiver.port}/{SECRET}")
        with pytest.raises(NotSentError) as error:
            asyncio.run(service.send(NOTICE))

    assert str(error.value) == "it does not take the message"
    assert service.name == "service json"
    assert capfd.readouterr() == ("", "")


def test_a_service_that_does_not_answer_is_left_behind() -> None:
    with receiving(silent=True) as receiver:
        service = Service(f"json://127.0.0.1:{receiver.port}/", timeout_seconds=0.2)
        with pytest.raises(NotSentError, match=r"no answer within 0\.2 s"):
            asyncio.run(service.send(NOTICE))


@pytest.mark.parametrize("url", [f"nothing-such://{SECRET}", SECRET, f"{SECRET}!://x", ""])
def test_a_service_that_nobody_knows_is_refused_without_repeating_it(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError) as error:
        Service(url)
    assert SECRET not in str(error.value)
    assert capfd.readouterr() == ("", "")


# --- the outbox -----------------------------------------------------------------------------------------------------


class Made:
    """A notifier of a test: it fails, hangs or takes what it is given."""

    def __init__(self, *, error: Exception | None = None, hangs: bool = False, events: frozenset[Event] = EVERY) -> None:
        self.name, self.events, self.took = "made", events, list[Notice]()
        self._error, self._hangs = error, hangs

    async def send(self, notice: Notice) -> None:
        if self._hangs:
            await asyncio.Event().wait()
        if self._error:
            raise self._error
        self.took.append(notice)


def delivered(*notifiers: Notifier, notices: int = 3) -> tuple[list[str], int, int]:
    """What is said of the trouble, how many were sent and how many were not."""
    troubles: list[str] = []

    results: list[bool] = []

    async def work() -> None:
        outbox = Outbox(notifiers, troubles.append, lambda notice, sent: results.append(sent))
        for _ in range(notices):
            outbox.put(NOTICE)
        await outbox.drained(0.2)
        await outbox.close()

    asyncio.run(work())
    return troubles, results.count(True), results.count(False)


def test_one_notifier_that_fails_or_hangs_holds_up_no_other() -> None:
    good, bad, broken, hanging = Made(), Made(error=NotSentError("full")), Made(error=KeyError("x")), Made(hangs=True)
    troubles, sent, failures = delivered(bad, broken, hanging, good)

    assert good.took == 3 * [NOTICE]
    assert (sent, failures) == (3, 6)
    assert troubles == [
        "made: a notice was not sent: full; further failures are only counted",
        "made: a notice was not sent: KeyError; further failures are only counted",
    ]


def test_nobody_gets_what_they_did_not_ask_for() -> None:
    picky = Made(events=frozenset({Event.STALLED}))
    delivered(picky)
    assert picky.took == []


def test_what_waits_is_bounded() -> None:
    troubles, _, failures = delivered(Made(hangs=True), notices=120)
    assert failures == 20
    assert troubles == ["made: a notice was not sent: 100 notices wait already; further failures are only counted"]


def test_what_is_under_way_at_the_end_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    delivered(ShellCommand("--on-risk", f"echo $$ > {shlex.quote(str(pids))}; sleep 600", events=EVERY), notices=1)
    assert not is_running(int(pids.read_text()))
