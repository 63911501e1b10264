"""What makes reading quick loses nothing: the same events as when every line and frame is held against every wording in turn."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import parse
from analyzer.containers import detect
from analyzer.events import Event
from analyzer.families import FAMILIES, Wording
from analyzer.lines import line_blocks
from analyzer.lookup import Found, Lookup
from analyzer.parse import Parser
from tests.captures import SESSIONS, SPLIT, log_bytes
from tests.logs import sampler
from tests.test_realworld import LOGS

WORDINGS = [wording for _, family in FAMILIES for wording in family]
EXAMPLES = [wording.example for wording in WORDINGS]


def _tier(wording: Wording) -> int:
    """Those that say how a line begins have the first word, then those that begin with a figure, then all others."""
    prefix = wording.compiled.prefix
    if not wording.floating and len(prefix) >= 4:
        return 0
    return 1 if wording.compiled.firsts and not wording.floating else 2


class Plain(Lookup):
    """Every wording in turn."""

    def __init__(self) -> None:
        super().__init__(())
        self._all = sorted(WORDINGS, key=_tier)

    def find(self, text: bytes) -> Found | None:
        for wording in self._all:
            pattern = wording.compiled.pattern
            match: re.Match[bytes] | None = pattern.search(text) if wording.floating else pattern.match(text)
            if match:
                return Found(wording, wording.values(match), match.end())
        return None


PLAIN = Plain()


def _events(data: bytes, lookup: Lookup | None) -> tuple[list[Event], list[tuple[int, bytes]], tuple[int, int]]:
    found: list[Event] = []
    unknown: list[tuple[int, bytes]] = []
    parser = Parser(found.append, lambda line, text: unknown.append((line, text)), *([lookup] if lookup else []))
    for piece in detect(data).unwrap(line_blocks([data]), None):
        parser.feed(piece)
    parser.flush()
    return found, unknown, (parser.lines, parser.bars)


def check(data: bytes) -> None:
    quick = _events(data, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "collapse_frames", lambda text: text)
        plain = _events(data, PLAIN)
    assert quick == plain


@pytest.mark.parametrize("session", SESSIONS)
def test_recorded_sessions(session: str) -> None:
    for stream in ("stdout", "stderr") if session in SPLIT else (None,):
        check(log_bytes(session, stream))


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
def test_logs_of_other_peoples_servers(log: Path) -> None:
    check(log.read_bytes())


LINES = st.one_of(
    st.sampled_from(EXAMPLES),
    st.sampled_from(["", "got prompt", "Prompt executed in 70.00 seconds", sampler(), sampler(steps=4), sampler(steps=11)]),
    st.lists(st.sampled_from(EXAMPLES), min_size=2, max_size=3).map("".join),
    st.tuples(st.sampled_from(EXAMPLES), st.text(max_size=8), st.integers(0, 200)).map(
        lambda given: given[0][: given[2]] + given[1] + given[0][given[2] :]
    ),
    st.text(max_size=60),
)


@given(st.lists(LINES, max_size=30), st.sampled_from(["\n", "\r\n"]))
def test_lines_made_up(lines: list[str], end: str) -> None:
    check(end.join(lines).encode("utf-8", "replace"))


def test_what_is_remembered_is_remembered_per_line() -> None:
    """The same text is another event on another line."""
    found, _, _ = _events(b"Requested to load SDXL\nRequested to load SDXL\n", None)
    assert [event.line for event in found] == [1, 2]
