"""What a hostile log writes into any of its fields is text in every format, and nothing else."""

import csv
import functools
import io
import json
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from analyzer.redaction import NO_REDACTION, Redactor
from analyzer.renderers.base import Options
from analyzer.report import Report
from tests.documents import SGR, TARGETS, HtmlParts, Rendered, rendered, unsafe
from tests.payloads import LONG, PAYLOADS
from tests.planting import PLACES, planted_report
from tests.test_openmetrics import parsed

OPTIONS = Options(version="1.2.3", top=10_000, width=200)
FORMULAS = tuple("=+-@\t\r＝＋－＠")


@functools.cache
def hostile() -> Report:
    return planted_report([*PAYLOADS.values(), *LONG.values()])


@functools.cache
def harmless() -> Report:
    """The same with a plain text in each place."""
    return planted_report([f"zqx {number}" for number in range(len(PAYLOADS) + len(LONG))])


@functools.cache
def made(target: str) -> list[Rendered]:
    return rendered(target, hostile(), OPTIONS)


@functools.cache
def all_made() -> list[Rendered]:
    return [document for target in TARGETS for document in made(target)]


def with_suffix(suffix: str) -> list[Rendered]:
    return [document for document in all_made() if document.name.endswith(suffix)]


@pytest.mark.parametrize("place", PLACES)
def test_every_field_is_planted(place: str) -> None:
    assert sum("zqx" in text for text in PLACES[place](hostile())) >= 10


@pytest.mark.parametrize("target", TARGETS)
def test_every_format_shows_the_text(target: str) -> None:
    # Metrics have no texts but names of workflows, and not all of those.
    assert target == ".om" or any("zqx" in document.text for document in made(target))


# --- characters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_no_character_is_obeyed(target: str) -> None:
    for document in made(target):
        shown = _outside_of_scripts(document) if document.suffix == ".html" else document.text
        assert unsafe(shown) == set(), document.name
        shown.encode("utf-8")


@pytest.mark.parametrize("target", [target for target in TARGETS if target in ("terminal", ".txt")])
def test_colours_are_only_our_own(target: str) -> None:
    (document,) = rendered(target, hostile(), replace(OPTIONS, color=True))
    assert unsafe(SGR.sub("", document.text)) == set()


@pytest.mark.parametrize("target", TARGETS)
def test_ascii_terminals_get_ascii(target: str) -> None:
    for document in rendered(target, hostile(), replace(OPTIONS, unicode=False)):
        if target in ("terminal", ".txt", ".json"):
            assert document.text.isascii()


@pytest.mark.parametrize("target", TARGETS)
def test_redaction_brings_nothing_back(target: str) -> None:
    report = planted_report(list(PAYLOADS.values()))
    for document in rendered(target, report, replace(OPTIONS, redactor=Redactor())):
        shown = _outside_of_scripts(document) if document.suffix == ".html" else document.text
        assert unsafe(shown) == set(), document.name


def _outside_of_scripts(document: Rendered) -> str:
    """What a page shows; its scripts may hold whole libraries."""
    parts = HtmlParts(document.text)
    return "".join((*parts.texts, *parts.comments, *(value for _, _, value in parts.attributes))).replace("\t", " ")


# --- JSON -------------------------------------------------------------------------------------------------------


def test_json_is_json_and_loses_nothing() -> None:
    documents = [document for document in with_suffix(".json") if not document.name.endswith(".otlp.json")]
    assert documents
    for document in documents:
        json.loads(document.text)
    (report,) = made(".json")
    texts = report.texts()
    lost = [text for text in PAYLOADS.values() if not any(_known(text) in found for found in texts)]
    assert lost == []


def _known(text: str) -> str:
    """A text as the log's reader hands it on: without controls, on one line, half characters replaced."""
    from analyzer.lines import strip_controls

    raw = strip_controls(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")
    return raw.replace("\r", "\n").strip().split("\n")[0].strip()


# --- tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_a_formula(delimiter: str) -> None:
    """Also where a spreadsheet takes another character to be the one that separates cells."""
    documents = with_suffix(".csv")
    assert documents
    for document in documents:
        rows = list(csv.reader(io.StringIO(document.text), delimiter=delimiter, strict=delimiter == ","))
        assert [cell for row in rows for cell in row if cell.strip().startswith(FORMULAS)] == []
        if delimiter == ",":
            assert {len(row) for row in rows} == {len(rows[0])}


# --- Markdown ---------------------------------------------------------------------------------------------------


# A Markdown document has an end: with fewer texts no section is left out.
_PORTION = 6


@pytest.mark.parametrize("start", range(0, len(PAYLOADS), _PORTION))
def test_markdown_has_only_its_own_markup(start: int) -> None:
    (document,) = rendered(".md", planted_report(list(PAYLOADS.values())[start : start + _PORTION]), OPTIONS)
    assert "Left out" not in document.text
    _check_markdown(document.text)


def _check_markdown(text: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    made = {token.type for token in (*tokens, *inline)}
    assert made & {"link_open", "image", "html_inline", "hr", "blockquote_open", "ordered_list_open", "code_block"} == set()
    assert made & {"s_open", "code_inline"} == set()
    emphasis = [inline[place + 1].content for place, token in enumerate(inline) if token.type in ("em_open", "strong_open")]
    assert [content for content in emphasis if "zqx" in content] == []
    assert [token.content for token in tokens if token.type == "html_block" and "zqx" in token.content] == []
    assert max(token.level for token in tokens if token.type == "bullet_list_open") == 0
    headings = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    assert [heading for heading in headings if "zqx" in heading] == []
    outside = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", text)
    assert re.findall(r"(?i)@\w|(?<!&)#\d|GH-\d|https?://|www\.|:\w+:", outside) == []
    assert re.findall(r"<(?!/?(?:details|summary)>|0.1 %)", outside) == []
    for block in re.findall(r"(?m)(?:^\|.*\|$\n?)+", outside):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


# --- HTML -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(".html" not in TARGETS, reason="there is no format of that suffix")
@pytest.mark.parametrize("redacted", [False, True], ids=["plain", "redacted"])
def test_no_element_and_no_attribute_comes_from_the_log(redacted: bool) -> None:
    options = replace(OPTIONS, redactor=Redactor() if redacted else NO_REDACTION)
    for document in rendered(".html", planted_report(list(PAYLOADS.values())) if redacted else hostile(), options):
        check_html(document.text)


def check_html(text: str) -> None:
    parts = HtmlParts(text)
    assert [tag for tag in parts.tags if "zqx" in tag] == []
    assert [name for _, name, _ in parts.attributes if "zqx" in name] == []
    assert [value for _, name, value in parts.attributes if name.startswith("on") and "zqx" in value] == []
    assert [comment for comment in parts.comments if "zqx" in comment] == []
    assert [script for script in parts.scripts if script.strip() == "zqx()"] == []
    links = ("href", "src", "action", "formaction", "xlink:href", "srcdoc")
    places = [value for _, name, value in parts.attributes if name in links]
    assert [place for place in places if "zqx" in place or place.strip().lower().startswith(("javascript:", "vbscript:"))] == []


@pytest.mark.parametrize(
    "broken",
    [
        "<p><zqx-element></p>",
        "<p title='x' zqx-attribute='1'>",
        "<script>zqx()</script>",
        "<script>var x = '</script><zqx-element>';</script>",
        "<p onload='zqx()'>",
        "<!-- zqx -->",
        "<a href='https://zqx.example'>",
        "<a href=' JavaScript:x()'>",
    ],
)
def test_the_check_of_html_can_fail(broken: str) -> None:
    with pytest.raises(AssertionError):
        check_html(f"<!doctype html><title>x</title><p>zqx</p>{broken}")


# --- metrics ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(".om" not in TARGETS, reason="there is no format of that suffix")
def test_metrics_are_only_our_own() -> None:
    (document,), (plain,) = made(".om"), rendered(".om", harmless(), OPTIONS)
    assert _families(document.text) == _families(plain.text)


def _families(text: str) -> set[str]:
    return {name for name, _ in parsed(text)}
