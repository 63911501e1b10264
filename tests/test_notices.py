"""What is worth telling, in which words, and each of it once."""

import json
from itertools import pairwise

import pytest

from analyzer.predict import Change, Level
from analyzer.redaction import NO_REDACTION, Redactor
from analyzer.runs.model import Failure, Outcome, Workflow
from exporters.happenings import Happening, StallKind
from exporters.notifiers import Event, Notice, Severity, Teller, notice_of, payload
from exporters.observations import State
from tests.happened import began, ended, passed, risk, server, stalled

TOLD: list[tuple[Happening, Event, Severity, str, str]] = [
    (
        risk(),
        Event.RISK_RAISED,
        Severity.WARNING,
        "gpu: a run is likely to exceed its limit of 300 s",
        "Likely to exceed the 300 s timeout (82 %): 14 of 30 steps after 190 s at 8.1 s/it; about 205 s left (170-260).",
    ),
    (
        risk(Change.CLEARED),
        Event.RISK_CLEARED,
        Severity.INFO,
        "gpu: a run is no longer likely to exceed its limit of 300 s",
        "Likely to exceed the 300 s timeout (82 %): 14 of 30 steps after 190 s at 8.1 s/it; about 205 s left (170-260).",
    ),
    (
        passed(),
        Event.LIMIT_PASSED,
        Severity.CRITICAL,
        "gpu: a run is over its limit of 300 s",
        "Queue wait and run have taken 5m 01s so far, and it goes on.",
    ),
    (
        stalled(StallKind.NOT_STARTED, evidence="prompts have waited for 130 s and none runs"),
        Event.STALLED,
        Severity.CRITICAL,
        "gpu: prompts wait and none runs",
        "Prompts have waited for 130 s and none runs.",
    ),
    (
        stalled(StallKind.SILENT_IDLE),
        Event.STALLED,
        Severity.CRITICAL,
        "gpu: a run shows nothing any more and its GPU is idle",
        "No line and no step for 130 s.",
    ),
    (
        stalled(StallKind.SILENT_BUSY),
        Event.STALLED,
        Severity.CRITICAL,
        "gpu: a run shows nothing any more",
        "No line and no step for 130 s.",
    ),
    (
        stalled(StallKind.SILENT_BUSY, over=True, evidence="it moves again"),
        Event.STALL_OVER,
        Severity.INFO,
        "gpu: no longer stalled",
        "This is over: a run shows nothing any more.",
    ),
    (
        ended(),
        Event.RUN_FINISHED,
        Severity.INFO,
        "gpu: a run is done (success) after 100 s",
        "Workflow portraits, 12 s in the queue.",
    ),
    (
        ended(Outcome.OOM, failure=Failure(kind="OutOfMemoryError", message="Tried to allocate 2 GiB", line=9)),
        Event.RUN_FAILED,
        Severity.WARNING,
        "gpu: a run failed (out of memory) after 100 s",
        "Workflow portraits: OutOfMemoryError: Tried to allocate 2 GiB.",
    ),
    (
        server(State.DOWN, "no connection in time"),
        Event.SERVER_DOWN,
        Severity.CRITICAL,
        "gpu: the server is down",
        "No connection in time.",
    ),
    (server(State.UP), Event.SERVER_BACK, Severity.INFO, "gpu: the server is back", "It answers."),
]


@pytest.mark.parametrize(("happening", "event", "severity", "title", "text"), TOLD, ids=[f"{row[1]}-{row[3]}" for row in TOLD])
def test_happenings_in_words(happening: Happening, event: Event, severity: Severity, title: str, text: str) -> None:
    notice = notice_of(happening, server="gpu", key="run-1", safe=str)

    assert notice is not None
    assert (notice.event, notice.severity, notice.title, notice.text) == (event, severity, title, text)
    assert {event for _, event, *_ in TOLD} == set(Event)


@pytest.mark.parametrize("happening", [began(), risk(level=Level.HINT), server(State.STALLED, "late")])
def test_what_nobody_is_told_of(happening: Happening) -> None:
    assert notice_of(happening, server="gpu", key="run-1", safe=str) is None


def told(*happenings: Happening, teller: Teller | None = None) -> list[Notice]:
    teller = teller or Teller("gpu", NO_REDACTION)
    return [notice for happening in happenings if (notice := teller.tell(happening)) is not None]


def events(*happenings: Happening) -> list[Event]:
    return [notice.event for notice in told(*happenings)]


def test_each_notice_once_per_run() -> None:
    one = (began(), risk(), risk(Change.CLEARED), risk(), stalled(), stalled(over=True), stalled(), stalled(over=True), passed())
    assert events(*one, passed(), risk(), ended()) == [
        Event.RISK_RAISED,
        Event.RISK_CLEARED,
        Event.STALLED,
        Event.STALL_OVER,
        Event.LIMIT_PASSED,
        Event.RUN_FINISHED,
    ]
    assert events(began(), risk(), ended(), began(2000.0), risk(seen_at=2000.0), ended()) == 2 * [
        Event.RISK_RAISED,
        Event.RUN_FINISHED,
    ]


def test_runs_that_are_seen_at_one_moment_are_told_apart() -> None:
    keys = [notice.key for notice in told(began(), ended(), began(), ended(), ended())]
    assert len(set(keys)) == 3


def test_all_that_is_told_of_a_run_has_one_key() -> None:
    first = told(began(), risk(), stalled(), ended(), stalled(over=True))
    second = told(began(2000.0), risk(seen_at=2000.0))

    assert [notice.event for notice in first][-1] is Event.STALL_OVER
    assert all(one.key == other.key for one, other in pairwise(first))
    assert first[0].key != second[0].key


def test_a_run_over_its_limit_is_not_called_likely_to_be() -> None:
    assert events(began(), passed(), risk()) == [Event.LIMIT_PASSED]


def test_a_stall_that_becomes_another_is_not_over() -> None:
    changed = stalled(StallKind.SILENT_BUSY, over=True, evidence="")
    idle_over = stalled(StallKind.SILENT_IDLE, over=True)
    assert events(began(), stalled(StallKind.SILENT_BUSY), changed, stalled(StallKind.SILENT_IDLE), idle_over) == [
        Event.STALLED,
        Event.STALLED,
        Event.STALL_OVER,
    ]


def test_a_server_is_back_only_after_it_was_down() -> None:
    up, down, late = server(State.UP), server(State.DOWN), server(State.STALLED)
    assert events(up, late, up) == []
    assert events(up, down, up, up) == [Event.SERVER_DOWN, Event.SERVER_BACK]
    assert events(down, server(State.DOWN, "another reason", at=950.0), late, up) == [Event.SERVER_DOWN, Event.SERVER_BACK]


def test_log_text_leaves_the_machine_clean_and_without_private_parts() -> None:
    hostile = "\x1b]0;owned\x07\x1b[31mcannot read /home/jane.doe/secret.png\r\n\u202eboom, @everyone; token hf_abcdefghijklmnopqrstuvwxyz012345"
    happening = ended(
        Outcome.ERROR,
        failure=Failure(kind="OSError", message=hostile, line=3),
        workflow=Workflow(name="x\x1b[2J\ny", signature="s"),
    )
    notice = told(happening, teller=Teller("gpu", Redactor()))[0]
    text = json.dumps(payload(notice), ensure_ascii=False)

    assert all(character.isprintable() for character in f"{notice.title}{notice.text}{notice.failure}{notice.workflow}")
    for private in ("owned", "jane", "@everyone", "hf_abc", "[31m"):
        assert private not in text
    assert "cannot read" in notice.text


def test_a_payload_has_all_fields_always() -> None:
    made = [payload(notice) for notice in told(began(), risk(), stalled(), ended())]

    assert len({tuple(one) for one in made}) == 1
    assert made[0] == {
        "schema": "comfymeter.notice/1",
        "event": "risk_raised",
        "severity": "warning",
        "server": "gpu",
        "key": "run-1000000-1",
        "at": "1970-01-01T00:19:50.000+00:00",
        "title": "gpu: a run is likely to exceed its limit of 300 s",
        "text": TOLD[0][4],
        "prompt_id": "a-b",
        "workflow": "portraits",
        "outcome": None,
        "failure": None,
        "duration_seconds": None,
        "used_seconds": 190.0,
        "limit_seconds": 300.0,
        "remaining_seconds": 205.0,
        "risk_ratio": 0.82,
        "stall": None,
    }
