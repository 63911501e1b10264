"""No secret of the corpus survives in any document, whichever field of the log brings it; the diagnosis does survive."""

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from analyzer.advising import answer_for_runs
from analyzer.cli import main
from analyzer.comparison import compare
from analyzer.containers.plain import RAW
from analyzer.lines import line_blocks
from analyzer.reading import LogReader
from analyzer.redaction import NO_REDACTION, Redaction, Redactor
from analyzer.renderers.answering import FORMATS, render_answer
from analyzer.renderers.base import Options
from analyzer.renderers.clean import clean
from analyzer.renderers.comparing import render_comparison
from analyzer.renderers.timeline import render_timeline
from analyzer.report import Question, Report, analyze_lines, build_report
from analyzer.runs.model import Run, Workflow
from tests import builders
from tests.command import MAIN
from tests.documents import TARGETS, rendered
from tests.planting import DIAGNOSIS, PLACES, planted_report, planted_run
from tests.redaction_corpus import CORPUS, Planted

# As many texts as a report shows lines that were not recognised.
_PORTION = 45
PORTIONS = [CORPUS[start : start + _PORTION] for start in range(0, len(CORPUS), _PORTION)]
ALL = Options(version="1.2.3", top=10_000, width=400)
_GRAM = 10


@pytest.mark.parametrize("planted", CORPUS, ids=[planted.line[:60] for planted in CORPUS])
def test_the_secret_goes_and_all_around_it_stays(planted: Planted) -> None:
    redacted = Redactor().text(planted.line)

    assert [piece for piece in planted.pieces() if piece.casefold() in redacted.casefold()] == []
    place = 0
    for part in planted.survives:
        found = redacted.find(part, place)
        assert found >= 0, (part, redacted)
        place = found + len(part)


@functools.cache
def report_on(portion: int) -> Report:
    return planted_report([planted.line for planted in PORTIONS[portion]])


@pytest.mark.parametrize("portion", range(len(PORTIONS)))
@pytest.mark.parametrize("target", TARGETS)
def test_no_document_tells_a_secret(target: str, portion: int) -> None:
    for document in rendered(target, report_on(portion), Options(top=10_000, width=400, redactor=Redactor())):
        assert _told(PORTIONS[portion], document.texts()) == [], document.name


@pytest.mark.parametrize("portion", range(len(PORTIONS)))
def test_without_redaction_they_are_told(portion: int) -> None:
    """Else the test above could not fail."""
    (document,) = rendered(".json", report_on(portion), Options(redactor=NO_REDACTION))
    told = _folded("\0".join(document.texts()))
    assert [planted.line for planted in PORTIONS[portion] if not all(_folded(secret) in told for secret in planted.secrets)] == []


@pytest.mark.parametrize("place", PLACES)
def test_every_field_is_planted(place: str) -> None:
    texts = "\0".join(text for portion in range(len(PORTIONS)) for text in PLACES[place](report_on(portion)))
    # Some hold a single word, which few secrets are, or are cut short.
    least = 5 if place in ("models", "versions", "units", "findings") else len(CORPUS) // 4
    assert sum(any(secret in texts for secret in planted.secrets) for planted in CORPUS) >= least


# Texts are cut to some length before they are redacted: at 60 and 80 characters in findings, which show the first few, then at
# 200 in bars, 300 in samples, 400 and 1200 on pages.
KEY = "hf_Wq7" + "AbCdEfGhIjKlMnOpQrStUvWxYz0123456"
OFFSETS = [40, 47, 60, 66, 70, 150, 185, 230, 280, 290, 390, 1590]
LONG_OFFSETS = range(1150, 1210, 12)


@functools.cache
def cut_report(behind: str) -> Report:
    return planted_report([_with_key(offset, behind) for offset in OFFSETS])


def _with_key(offset: int, behind: str) -> str:
    return f"{'words ' * (offset // 6)}{'x' * (offset % 6)} {KEY} {behind}".strip()


def _parts_of_the_key(text: str) -> list[str]:
    return [piece for piece in (KEY[:8], KEY[-20:-10], KEY[-8:]) if piece.casefold() in _folded(text)]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("behind", ["words " * 60, "words " * 29, ""], ids=["far from the end", "near the end", "at the end"])
def test_no_cut_leaves_a_part_of_a_key(target: str, behind: str) -> None:
    for document in rendered(target, cut_report(behind), Options(top=10_000, width=400, redactor=Redactor())):
        assert _parts_of_the_key(" ".join(document.texts())) == []


@pytest.mark.parametrize("offset", LONG_OFFSETS)
def test_no_cut_of_a_paragraph_leaves_a_part_of_a_key(offset: int) -> None:
    log = b"got prompt\n!!! Exception during processing !!! %s\nPrompt executed in 3.00 seconds\n"
    report = analyze_lines(RAW.unwrap(line_blocks([log % _with_key(offset, "words " * 60).encode()]), None))
    assert len(report.runs) == 1
    assert _parts_of_the_key(render_timeline("text", report, report.runs[0], Options(width=100, redactor=Redactor()))) == []
    (document,) = rendered("terminal", report, Options(width=100, redactor=Redactor()))
    assert _parts_of_the_key(document.text) == []


@pytest.mark.parametrize("hidden", ["\u200b", "\u2060", "\u00ad", "\u202e", "\x9b1m", "\x1b[0m", "\ufeff", "\x00", "\U000e0041"])
@pytest.mark.parametrize("planted", CORPUS[::7], ids=[planted.line[:30] for planted in CORPUS[::7]])
def test_hidden_characters_hide_no_secret(planted: Planted, hidden: str) -> None:
    """They would be taken away later, which would bring the secret back."""
    text = planted.line
    for secret in planted.secrets:
        text = text.replace(secret, f"{secret[:2]}{hidden}{secret[2:]}")
    assert [piece for piece in planted.pieces() if piece.casefold() in clean(Redactor().text(text)).casefold()] == []


RUN_OF_ALL = planted_run([planted.line for planted in CORPUS[::2]])


@pytest.mark.parametrize("kind", ["terminal", "json"])
def test_no_timeline_tells_a_secret(kind: str) -> None:
    reader = LogReader(keep_events_of=1)
    reader.read("run.log", RAW.unwrap(line_blocks([RUN_OF_ALL]), None))
    report = build_report([reader.result()], Question())
    shown = {
        redactor: render_timeline(kind, report, report.runs[0], Options(width=400, redactor=redactor))
        for redactor in (NO_REDACTION, Redactor())
    }
    told = {redactor: len(_told(CORPUS, [text])) for redactor, text in shown.items()}
    assert told.pop(NO_REDACTION) > 500
    assert list(told.values()) == [0]


@pytest.mark.parametrize("kind", FORMATS)
def test_no_answer_about_a_timeout_tells_a_secret(kind: str) -> None:
    names = [planted.line for planted in CORPUS[::25]]
    answer = answer_for_runs(_runs(names), (), risk=0.01, limits={"client": 10.0}, limit_in_force=10.0)
    assert answer is not None
    told = [
        _told(CORPUS, [render_answer(kind, answer, Options(width=400, redactor=redactor))])
        for redactor in (Redactor(), NO_REDACTION)
    ]
    assert told[0] == []
    assert len(told[1]) > len(names)


@pytest.mark.parametrize("kind", ["terminal", "json"])
def test_no_comparison_tells_a_secret(kind: str) -> None:
    runs = _runs([planted.line for planted in CORPUS])
    told = [
        _told(CORPUS, [render_comparison(kind, compare(runs, runs[::2]), Options(width=400, redactor=redactor))])
        for redactor in (Redactor(), NO_REDACTION)
    ]
    assert told[0] == []
    assert len(told[1]) > len(CORPUS)


def _runs(names: Sequence[str]) -> list[Run]:
    return [builders.run(number, workflow=Workflow(name=name, signature=name)) for number, name in enumerate(names, 1)]


@pytest.mark.parametrize(("flags", "hidden"), [([], True), (["--redact"], True), (["--no-redact"], False)])
def test_the_file_of_unknown_lines_tells_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], hidden: bool
) -> None:
    log, lines = tmp_path / "run.log", tmp_path / "lines.txt"
    log.write_bytes(RUN_OF_ALL)
    monkeypatch.setattr(sys, "argv", ["comfymeter", "report", str(log), "-q", "--unparsed", str(lines), *flags])
    with pytest.raises(SystemExit, match="0"):
        main()
    text = lines.read_text("utf-8")
    assert (_told(CORPUS, [text]) == []) is hidden
    assert text.startswith("2\t[0] openai.AuthenticationError: ")


def test_a_name_is_known_from_a_line_that_is_not_kept() -> None:
    log = (
        b"Adding extra search path loras /home/gertrudis/loras\ngot prompt\nRequested to load Flux\n"
        b"!!! Exception during processing !!! Gertrudis has no such file\nPrompt executed in 3.00 seconds\n"
    )
    reader = LogReader()
    reader.read("x.log", RAW.unwrap(line_blocks([log]), None))
    report = build_report([reader.result()], Question())
    (document,) = rendered(".json", report, Options(redactor=Redactor()))
    assert "user-1 has no such file" in document.text


def said(target: str, redactor: Redaction) -> set[str]:
    """The words of the diagnosis that a target's documents hold."""
    report = planted_report(["/home/gertrudis/my ComfyUI"])
    made = rendered(target, report, Options(top=10_000, width=400, redactor=redactor))
    text = " ".join(text for document in made for text in document.texts()).replace(",", "")
    return {word for word in DIAGNOSIS if word in text}


@pytest.mark.parametrize("target", TARGETS)
def test_the_diagnosis_survives(target: str) -> None:
    assert said(target, Redactor()) == said(target, NO_REDACTION) != set()


def test_all_of_the_diagnosis_is_said_somewhere() -> None:
    assert set().union(*(said(target, NO_REDACTION) for target in TARGETS)) == set(DIAGNOSIS)


def test_figures_and_names_of_fields_survive() -> None:
    (told,), (hidden,) = (rendered(".json", report_on(0), Options(redactor=redactor)) for redactor in (NO_REDACTION, Redactor()))
    assert _figures(json.loads(hidden.content)) == _figures(json.loads(told.content))


def _figures(value: Any) -> Any:
    """A JSON value with every text in it made the same."""
    if isinstance(value, dict):
        return {key: _figures(item) for key, item in value.items()}
    return [_figures(item) for item in value] if isinstance(value, list) else "" if isinstance(value, str) else value


def _folded(text: str) -> str:
    """Texts are wrapped, quoted and escaped, which must not hide anything."""
    return re.sub(r"[\s\\\u200b]+", "", text).casefold()


def _told(portion: Sequence[Planted], texts: Sequence[str]) -> list[str]:
    """The pieces of secrets that the texts tell."""
    text = "\0".join(map(_folded, texts))
    grams = {text[start : start + _GRAM] for start in range(len(text))}
    pieces = {_folded(piece) for planted in portion for piece in planted.pieces()}
    return sorted(piece for piece in pieces if (piece in grams if len(piece) == _GRAM else piece in text))


def test_what_hides_a_text_is_numbered_alike_in_every_process() -> None:
    """Read as plain text, the recording's JSON makes labels of equal length that look like prompts."""
    log = Path(__file__).parent / "captures" / "S7b-tty-ansi" / "arrivals.jsonl"
    documents = {
        subprocess.run(
            [sys.executable, "-c", MAIN, "report", "--quiet", "--format", "json", str(log)],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(documents) == 1
