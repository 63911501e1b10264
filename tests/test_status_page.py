"""The live page in a real browser: a replayed run followed to its end."""

import asyncio
import shutil
from typing import Any

import pytest

from exporters.engine import Engine, EngineSettings
from exporters.server import Server
from tests.captures import executed
from tests.serving import ran, watching

playwright = pytest.importorskip("playwright.async_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SESSION = "S2-two-pass"


async def opened(browser: Any, url: str, errors: list[str], asked: list[str], **options: Any) -> Any:
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(url)
    await page.wait_for_selector("html[data-ready]", state="attached")
    return page


def test_a_run_is_followed_to_its_end() -> None:
    errors: list[str] = []
    asked: list[str] = []

    async def look() -> tuple[list[str], set[str], list[str], list[str], str]:
        from axe_playwright_python.async_playwright import Axe

        async with (
            playwright.async_playwright() as tool,
            watching(SESSION, speed=12.0, limit_seconds=0.3) as watch,
        ):
            browser = await tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            server = Server([watch.engine])
            await server.start()
            page = await opened(browser, server.url, errors, asked, color_scheme="dark")
            playing = asyncio.ensure_future(watch.play(ran(SESSION)))
            phases: set[str] = set()
            sentences: list[str] = []
            while not playing.done():
                phases |= set(await page.eval_on_selector_all(".phases li.on", "found => found.map(one => one.dataset.phase)"))
                sentences.append(await page.inner_text("#sentence"))
                await asyncio.sleep(0.05)
            await playing
            await page.wait_for_function(f"() => document.querySelectorAll('#runs tr').length === {ran(SESSION)}")
            await page.wait_for_function("() => document.getElementById('run').textContent === 'none'")
            outcomes = [await cell.inner_text() for cell in await page.query_selector_all("#runs td:nth-child(3)")]
            found = (await Axe().run(page)).response["violations"]
            violations = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]
            gpu = await page.inner_text("#gpus")
            stopping = asyncio.ensure_future(server.stop())
            await page.wait_for_function("() => document.getElementById('state').textContent.includes('does not answer')")
            await stopping
            await browser.close()
        return outcomes, phases, sentences, violations, gpu

    outcomes, phases, sentences, violations, gpu = asyncio.run(look())
    assert len(outcomes) == len(executed(SESSION))
    assert set(outcomes) <= {"success", "cached"}
    assert "sample" in phases
    assert any("timeout" in one for one in sentences), set(sentences)
    assert "of 24.0 GiB" in gpu
    assert not violations
    # A lost connection is the browser's own message; there is no other.
    assert [one for one in errors if "ERR_" not in one] == []
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {asked[0].split("/")[2]}


def test_hostile_names_are_text() -> None:
    errors: list[str] = []
    name = "<img src=x onerror=alert(1)>'\"</script>&\u202e"

    async def look() -> tuple[str, int]:
        engine = Engine(EngineSettings(name=name, log="/nowhere.log"))
        async with playwright.async_playwright() as tool:
            browser = await tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            server = Server([engine])
            await server.start()
            page = await opened(browser, server.url, errors, [])
            shown = await page.text_content("#state")
            images = len(await page.query_selector_all("img"))
            await page.click("#theme")
            await browser.close()
            await server.stop()
        return shown, images

    shown, images = asyncio.run(look())
    assert name in shown
    assert images == 0
    assert errors == []
