"""No secret of the corpus survives in any document, whichever field of the log brings it; the diagnosis does survive."""

import functools
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from analyzer.redaction import NO_REDACTION, Redaction, Redactor
from analyzer.renderers.base import Options
from analyzer.report import Report
from tests.documents import TARGETS, rendered
from tests.planting import DIAGNOSIS, PLACES, planted_report
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
    # A name or a version is a single word, which few secrets are.
    least = 5 if place in ("models", "versions") else len(CORPUS) // 4
    assert sum(any(secret in texts for secret in planted.secrets) for planted in CORPUS) >= least


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
