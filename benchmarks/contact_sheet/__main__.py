"""Pictures of the dashboards, with the data of a demo.

    python -m benchmarks.contact_sheet [--minutes 12] [--folder docs/dashboards]

Runs `comfymeter demo` and a real Prometheus for so many minutes, asks it what the committed dashboards ask, and writes one PNG
for each of them. Needs Prometheus and Chromium (Debian: prometheus, chromium). What Grafana would draw differs in detail: this
shows whether panels have data, fit their place and can be read.
"""

import argparse
import shutil
import tempfile
import time
from io import BytesIO
from pathlib import Path

from benchmarks.contact_sheet.answers import Answers
from benchmarks.contact_sheet.page import page
from benchmarks.demo_watched import Prometheus, demo_watched
from dashboards.reading import dashboards

_SCRAPE_SECONDS = 5.0
_RULES = Path("dashboards/prometheus/comfymeter.rules.yml")
_WIDTH, _COLORS = 1500, 64


def main() -> None:
    """Demo, questions, pictures."""
    parser = argparse.ArgumentParser(description="Writes a picture of each dashboard, with the data of a demo.")
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--stretch", type=float, default=4.0, help="as for comfymeter demo")
    parser.add_argument("--rules", type=Path, default=_RULES, help="alerts that may fire")
    parser.add_argument("--folder", type=Path, default=Path("docs/dashboards"))
    asked = parser.parse_args()
    rules = asked.rules if asked.rules.is_file() else None
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_watched(Path(folder), stretch=asked.stretch, every=f"{_SCRAPE_SECONDS:g}s", rules=rules) as prometheus,
    ):
        begin = time.time()
        time.sleep(asked.minutes * 60)
        for name, text in pages(prometheus, begin, time.time()).items():
            picture(text, asked.folder / f"{name}.png")


def pages(prometheus: Prometheus, begin: float, end: float) -> dict[str, str]:
    """The dashboards as HTML, by their names."""
    answers = Answers(prometheus=prometheus, begin=begin, end=end, scrape_seconds=_SCRAPE_SECONDS)
    return {name: page(dashboard, answers) for name, dashboard in dashboards().items()}


def picture(text: str, path: Path) -> None:
    """What a browser makes of it, as a PNG of few colours."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": _WIDTH, "height": 800})
        tab.set_content(text, wait_until="networkidle")
        tab.wait_for_function("window.drawn === true")
        shot = tab.screenshot(full_page=True)
        browser.close()
    Image.open(BytesIO(shot)).convert("RGB").quantize(_COLORS).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
