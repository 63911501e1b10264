"""What a page of many runs costs: its size, and what a browser needs until all of it is there.

    python -m benchmarks.page [--runs 10000]

Targets: under 15 MB, and usable in under 3 s in Chromium, for 10,000 runs.
"""

import argparse
import random
import resource
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_FIGURES = ("timeline", "vram", "runs", "budget", "durations", "steps")


def write_log(path: Path, runs: int) -> None:
    """A stamped log: two models, one or two passes, every second run loads."""
    draw = random.Random(3)
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    with path.open("w", encoding="utf-8") as file:

        def line(text: str) -> None:
            file.write(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%f} {text}\n")

        for _ in range(runs):
            line("got prompt")
            begin = at
            at += draw.uniform(0.2, 2)
            if draw.random() < 0.5:
                line(f"Requested to load {draw.choice(['Flux', 'SDXL'])}")
                at += draw.lognormvariate(1.5, 0.4)
                line("loaded completely; 13803.42 MB usable, 4897.05 MB loaded, full load: True")
            for _ in range(draw.choice([1, 2])):
                steps, rate = draw.choice([20, 28]), draw.lognormvariate(0.5, 0.1)
                line(f"\r  0%|          | 0/{steps} [00:00<?, ?it/s]")
                at += steps * rate
                clock = f"{int(steps * rate) // 60:02}:{int(steps * rate) % 60:02}"
                line(f"\r100%|██████████| {steps}/{steps} [{clock}<00:00,  {rate:.2f}s/it]")
            line("Requested to load AutoencoderKL")
            at += 0.3
            line("loaded completely; 13803.42 MB usable, 159.87 MB loaded, full load: True")
            at += draw.uniform(0.5, 3)
            line(f"Prompt executed in {at - begin:.2f} seconds")
            at += draw.uniform(0.1, 30)


def main() -> None:
    parser = argparse.ArgumentParser(description="Prints what a page of many runs costs.")
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    from analyzer import analyze
    from analyzer.redaction import Redactor
    from analyzer.renderers import named, render
    from analyzer.renderers.base import Options

    with tempfile.TemporaryDirectory() as folder:
        log, page = Path(folder) / "comfyui.log", Path(folder) / "report.html"
        write_log(log, runs)
        report = analyze(log, timeout=100)
        begin = time.process_time()
        document = render(named("html"), report, Options(redactor=Redactor()))
        taken = time.process_time() - begin
        page.write_text(str(document), encoding="utf-8")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{len(report.runs):,} runs: {page.stat().st_size / 1e6:.1f} MB, made in {taken:.1f} s CPU, peak {peak:.0f} MiB")
        browse(page)


def browse(page: Path) -> None:
    """Opens the page and goes through all of it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed: nothing can be said of the page in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport={"width": 1400, "height": 900})
        session = opened.context.new_cdp_session(opened)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        begin = time.perf_counter()
        opened.goto(page.as_uri())
        opened.wait_for_selector("html[data-ready]", state="attached")
        print(f"tables there: {busy(session):.2f} s of the page's thread, {time.perf_counter() - begin:.2f} s on the clock")
        for name in _FIGURES:
            place = opened.query_selector(f"[data-figure={name}]")
            if place:
                place.scroll_into_view_if_needed()
                opened.wait_for_function("place => place.dataset.drawn", arg=place)
        print(f"all figures drawn: {busy(session):.2f} s of the page's thread, {time.perf_counter() - begin:.2f} s on the clock")
        before = busy(session)
        opened.fill("[data-table=runs] input", "flux near")
        opened.locator("[data-table=runs] th button").nth(2).click()
        print(f"filtered and sorted: {busy(session) - before:.2f} s more")
        browser.close()


def busy(session: Any) -> float:
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


if __name__ == "__main__":
    main()
