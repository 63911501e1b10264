"""The HTML page in a real browser, opened from disk, without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer import analyze
from analyzer.cli import main
from analyzer.redaction import Redactor
from analyzer.renderers import named, render
from analyzer.renderers.base import Options
from analyzer.report import Report
from tests.logs import log, sampler

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")

SAMPLES = sorted(Path("sample_logs").glob("*.log"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
# Every figure holds something that was drawn: lines, areas, columns or points.
DRAWN = """place => [...place.querySelectorAll('.plot .trace path, .plot .point path, .plot .barlayer path, .scatterlayer path, .barlayer path')]
    .some(path => (path.getAttribute('d') || '').length > 8)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Opened:
    """A page with all that went wrong on it."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 900}, offline=True, **options)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.absolute().as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def _dialog(self, dialog: Any) -> None:
        self.errors.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def draw_all(self) -> None:
        for place in self.page.query_selector_all("[data-figure]"):
            place.scroll_into_view_if_needed()
            self.page.wait_for_function("place => place.dataset.drawn", arg=place)

    def fits(self, width: int) -> None:
        """Waits until nothing reaches beyond the window: figures follow its size a moment later."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_function("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def page_of(report: Report, folder: Path) -> Path:
    path = folder / "report.html"
    document = render(named("html"), report, Options(redactor=Redactor()))
    assert isinstance(document, str)
    path.write_text(document, encoding="utf-8")
    return path


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_opens_from_disk(browser: Any, path: Path, tmp_path: Path) -> None:
    page = page_of(analyze(path, timeout="300s"), tmp_path)

    with Opened(browser, page) as opened:
        opened.draw_all()
        places = opened.page.query_selector_all("[data-figure]")

        assert len(places) >= 4
        assert [place.get_attribute("data-figure") for place in places if not place.evaluate(DRAWN)] == []
        assert opened.page.query_selector("[data-table=runs] tbody tr")
        assert opened.page.query_selector("section.run h3")
        opened.fits(1400)
        opened.fits(400)
        assert violations(opened.page) == []
        assert opened.errors == []
        assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def soak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(analyze("sample_logs/capture-soak.log", timeout="12s"), tmp_path_factory.mktemp("page"))


def column(page: Any, place: int) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        f"[data-table=runs] tbody tr td:nth-child({place})", "all => all.map(one => one.textContent)"
    )
    return found


def test_tables_sort_and_say_so(browser: Any, soak: Path) -> None:
    with Opened(browser, soak) as opened:
        page = opened.page
        head = page.locator("[data-table=runs] th", has_text="total")
        head.locator("button").click()

        falling = [float(text.split()[0]) for text in column(page, 3) if text]
        assert falling == sorted(falling, reverse=True)
        assert head.get_attribute("aria-sort") == "descending"

        head.locator("button").press("Enter")
        rising = [float(text.split()[0]) for text in column(page, 3) if text]
        assert rising == falling[::-1]


def test_tables_filter(browser: Any, soak: Path) -> None:
    with Opened(browser, soak) as opened:
        page = opened.page
        before = len(column(page, 1))
        page.get_by_label("Filter All runs").fill("over")

        verdicts = column(page, 5)
        assert 0 < len(verdicts) < before
        assert set(verdicts) == {"over"}
        assert f"{len(verdicts)} of 40 rows match" in page.locator("[data-table=runs] [role=status]").inner_text()


def test_a_run_has_a_section_of_its_own(browser: Any, soak: Path) -> None:
    with Opened(browser, soak) as opened:
        page = opened.page
        number = column(page, 1)[7]
        page.locator("[data-table=runs] tbody a", has_text=number).nth(0).click()

        section = page.locator(f"#run-{number}")
        assert section.locator("h3").inner_text() == f"Run {number}"
        assert section.locator("table").count() >= 2
        assert page.evaluate("document.activeElement.id") == f"run-{number}"

        section.get_by_role("button", name=f"Close run {number}").click()
        assert section.count() == 0


def test_a_link_into_the_page_opens_the_run(browser: Any, soak: Path) -> None:
    with Opened(browser, soak) as opened:
        opened.page.goto(soak.absolute().as_uri() + "#run-23")
        opened.page.reload()

        assert opened.page.locator("#run-23 h3").inner_text() == "Run 23"


def test_a_click_on_a_column_opens_the_run(browser: Any, soak: Path) -> None:
    with Opened(browser, soak) as opened:
        opened.draw_all()
        opened.page.locator("#chart-runs").scroll_into_view_if_needed()
        box = opened.page.evaluate(
            """() => [...document.querySelectorAll('#chart-runs .barlayer path')].map(path => path.getBoundingClientRect())
                .filter(box => box.height > 20 && box.width > 4).map(box => [box.x + box.width / 2, box.y + box.height / 2])[0]"""
        )
        opened.page.mouse.click(*box)
        opened.page.wait_for_function("() => /^#run-\\d+$/.test(location.hash)")

        assert opened.page.locator(f"section{opened.page.evaluate('location.hash')}").count() == 1


def test_the_colours_switch_and_stay(browser: Any, soak: Path) -> None:
    def ground(page: Any) -> str:
        found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return found

    with Opened(browser, soak, color_scheme="light") as opened:
        page = opened.page
        opened.draw_all()
        light = ground(page)
        page.locator("#theme").click()
        page.locator("#theme").click()

        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert ground(page) != light
        assert "dark" in (page.locator("#theme").get_attribute("aria-label") or "")
        page.wait_for_function("() => document.querySelector('[data-figure]')._fullLayout.font.color === '#e6eaef'")
        assert violations(page) == []
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_system_s_dark_colours_are_followed(browser: Any, soak: Path) -> None:
    with Opened(browser, soak, color_scheme="dark") as opened:
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"


def test_time_figures_are_zoomed_together(browser: Any, tmp_path: Path) -> None:
    page = page_of(analyze("sample_logs/model-thrash.log"), tmp_path)

    with Opened(browser, page) as opened:
        opened.draw_all()
        opened.page.evaluate(
            "Plotly.relayout(document.querySelector('[data-figure=timeline]'), {'xaxis.range': ['2026-01-28 10:12:00', '2026-01-28 10:13:00']})"
        )
        opened.page.wait_for_function(
            "() => String(document.querySelector('[data-figure=vram]').layout.xaxis.range[0]).startsWith('2026-01-28 10:12:00')"
        )


def test_on_paper_every_figure_is_drawn(browser: Any, soak: Path) -> None:
    with Opened(browser, soak) as opened:
        opened.page.pdf()
        opened.page.wait_for_function("() => [...document.querySelectorAll('[data-figure]')].every(place => place.dataset.drawn)")


HOSTILE = (
    '<script>window.pwned=1</script>',
    '</script><script>window.pwned=1</script>',
    '"><img src=x onerror="window.pwned=1">',
    "' onmouseover='window.pwned=1",
    "<svg/onload=window.pwned=1>",
    '<a href="javascript:window.pwned=1">x</a>',
    "{{ 7*7 }} {% raw %} ${7*7} `x`",
    "<!-- --> ]]> </textarea></style></title>",
    "\u202egnp.exe\u2066\u200b",
    "\x1b[31mred\x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b]52;c;cGFzdGU=\x07",
    "__proto__ constructor",
)  # fmt: skip


def test_nothing_of_a_hostile_log_runs(browser: Any, tmp_path: Path) -> None:
    """The words of the log in every place that it controls: model, label, exception, custom node, unparsed line, file name."""
    lines = ["Import times for custom nodes:", *(f"   0.1 seconds (IMPORT FAILED): /x/custom_nodes/{text}" for text in HOSTILE)]
    for text in HOSTILE:
        bar = f"\r{text}: 100%|██████████| 7/7 [01:37<00:00, 13.97s/it]"
        lines += [
            "got prompt",
            f"Requested to load {text}",
            "loaded completely;  254.03 MB loaded, full load: True",
            bar,
            sampler(),
        ]
        lines += [f"!!! Exception during processing !!! {text}", "Traceback (most recent call last):", f"ValueError: {text}"]
        lines += ["Prompt executed in 200.00 seconds", text]
    path = tmp_path / "a<img src=x onerror=window.pwned=1>.log"
    path.write_bytes(log(*lines))
    report = analyze(path, timeout="100s")
    assert len(report.runs) == len(HOSTILE)

    with Opened(browser, page_of(report, tmp_path)) as opened:
        opened.draw_all()
        for run in report.runs:
            opened.page.evaluate(f"location.hash = 'run-{run.number}'")
            opened.page.wait_for_selector(f"section#run-{run.number}")
        for place in opened.page.query_selector_all(".plot .point, .plot .trace path")[:20]:
            place.dispatch_event("mouseover")

        assert opened.page.evaluate("window.pwned") is None
        # Plotly makes the only links with a target of their own; markup of the log would add images, scripts or handlers.
        assert (
            opened.page.evaluate("document.querySelectorAll('main img, main script, [onerror], [onmouseover], [onload]').length")
            == 0
        )
        assert (
            opened.page.evaluate(
                "[...document.querySelectorAll('a')].filter(a => !/^#/.test(a.getAttribute('href') || '#')).length"
            )
            == 0
        )
        text = opened.page.evaluate("document.body.textContent")
        assert not set(text) & set("\u202e\u2066\u200b\x1b\x07")
        assert opened.errors == []


def test_from_a_pipe_the_lines_are_quoted_too(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    data = Path("sample_logs/incident.log").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
    monkeypatch.setattr(sys, "argv", ["comfymeter", "report", "-", "--timeout", "300s", "-q", "-o", str(tmp_path / "x.html")])
    with pytest.raises(SystemExit) as end:
        main()

    assert not end.value.code
    with Opened(browser, tmp_path / "x.html") as opened:
        assert "Prompt executed in 303.88 seconds" in opened.page.locator("#findings pre").first.inner_text()
