"""What Prometheus is told: the catalogue and nothing else, the recorded truth, and one failure for one collector."""

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_classic

from analyzer.runs.model import Outcome, Phase
from exporters import metrics
from exporters.collectors import COLLECTORS, Collector
from exporters.comfyui import target_of
from exporters.engine import Engine, EngineSettings
from exporters.metric_table import BEGIN, END, metric_table
from exporters.metrics import METRICS, Kind
from exporters.observations import DeviceMemory, ServerState, State, SystemStats
from exporters.scrape import Scrape, exposition
from exporters.totals import Counting
from tests.captures import executed
from tests.replayed import until
from tests.serving import GIB, FakeGpu, ran, watching

SESSION = "S4-failures"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
OF_SCRAPE = (metrics.COLLECT_SUCCESS, metrics.COLLECT_DURATION, metrics.OWN_BUILD_INFO, metrics.TARGETS)
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def series(engine: Engine) -> Series:
    text = exposition(Scrape(engine), OPENMETRICS)[0].decode()
    samples = [
        sample
        for family in read_openmetrics(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    ]
    found = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
    assert len(found) == len(samples), "a series is told twice"
    return found


def by(found: Series, name: str, label: str) -> dict[str, float]:
    return {dict(labels)[label]: value for (known, labels), value in found.items() if known == name and value}


def value(found: Series, name: str) -> float:
    return sum(value for (known, _), value in found.items() if known == name)


@pytest.fixture(scope="module")
def scraped() -> tuple[list[Series], str, Engine]:
    """A recorded session to its end; series at every moment, and the last exposition."""

    async def watched() -> tuple[list[Series], str, Engine]:
        seen: list[Series] = []
        counting = Counting(limits={"client": 0.2, "queue": 60.0})
        async with watching(SESSION, speed=30.0, limit_seconds=0.2, counting=counting) as watch:
            playing = asyncio.ensure_future(watch.play(ran(SESSION)))
            while not playing.done():
                seen.append(series(watch.engine))
                await asyncio.sleep(0.1)
            await playing
            await until(lambda: watch.engine.watched.in_flight is None)
            seen.append(series(watch.engine))
            text = exposition(Scrape(watch.engine), OPENMETRICS)[0].decode()
        return seen, text, watch.engine

    return asyncio.run(watched())


def test_each_metric_has_one_collector() -> None:
    owned = Counter(metric.name for collector in COLLECTORS for metric in collector.metrics) + Counter(
        metric.name for metric in OF_SCRAPE
    )
    assert owned == Counter(metric.name for metric in METRICS)


def test_the_exposition_is_the_catalogue(scraped: tuple[list[Series], str, Engine]) -> None:
    """Names, types, help and labels; and nothing that the catalogue does not know."""
    _, text, engine = scraped
    families = {family.name: family for family in read_openmetrics(text)}  # type: ignore[no-untyped-call]
    assert set(families) == {metric.name.removesuffix("_total") for metric in METRICS}
    for metric in METRICS:
        family = families[metric.name.removesuffix("_total")]
        assert family.type == metric.kind.value
        assert family.documentation == metric.help
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels), sample
    classic = list(read_classic(exposition(Scrape(engine), "text/plain")[0].decode()))
    assert {family.name for family in classic} == set(families)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.name)
def test_a_collector_tells_what_it_says(scraped: tuple[list[Series], str, Engine], collector: Collector) -> None:
    found = [family.name for family in collector.read(scraped[2], scraped[2].clock())]
    assert found
    assert sorted(found) == sorted(metric.name.removesuffix("_total") for metric in collector.metrics)


def test_counters_are_what_really_happened(scraped: tuple[list[Series], str, Engine]) -> None:
    last, prompts = scraped[0][-1], executed(SESSION)
    assert value(last, "comfyui_runs_total") == len(prompts)
    outcomes = Counter(prompt["outcome"] for prompt in prompts)
    failed = by(last, "comfyui_runs_failed_total", "reason")
    assert sum(failed.values()) == sum(count for name, count in outcomes.items() if name not in ("success", "cached"))
    assert failed.get("interrupted", 0) == outcomes["interrupted"]
    assert failed.get("cut_off", 0) == outcomes["server_killed"]
    steps = sum(sum(prompt["sampler_steps"].values()) for prompt in prompts if prompt["outcome"] == "success")
    assert value(last, "comfyui_sampler_steps_total") >= steps
    assert value(last, "comfyui_restarts_total") >= 1


def test_counters_never_go_back_and_no_series_goes(scraped: tuple[list[Series], str, Engine]) -> None:
    seen = scraped[0]
    counters = tuple(metric.name for metric in METRICS if metric.kind is Kind.COUNTER)
    for before, after in itertools.pairwise(seen):
        for key, was in before.items():
            if key[0] in counters or key[0].endswith(("_bucket", "_count")):
                assert after[key] >= was, key
    assert len(seen[-1]) < 250


def test_the_run_in_flight_is_told_while_it_goes_on(scraped: tuple[list[Series], str, Engine]) -> None:
    during = [one for one in scraped[0] if one["comfyui_run_start_timestamp_seconds", ()]]
    assert during
    assert any(by(one, "comfyui_run_phase", "phase") == {Phase.SAMPLE.value: 1.0} for one in during)
    assert all(
        one["comfyui_run_deadline_timestamp_seconds", ()] > one["comfyui_run_start_timestamp_seconds", ()] - 60 for one in during
    )
    over = scraped[0][-1]
    for metric in COLLECTORS[3].metrics:
        assert value(over, metric.name) == 0.0, metric.name


def test_gpus_are_told(scraped: tuple[list[Series], str, Engine]) -> None:
    last = scraped[0][-1]
    assert last["comfyui_gpu_memory_total_bytes", (("gpu", "0"),)] == 24 * GIB
    assert last["comfyui_gpu_memory_peak_bytes", (("gpu", "0"),)] == 6 * GIB
    assert last["comfyui_gpu_process_memory_bytes", (("gpu", "0"),)] == 3 * GIB
    assert by(last, "comfyui_gpu_throttled", "reason") == {"sw_power_cap": 1.0}


def test_a_prompt_is_an_exemplar_and_no_label(scraped: tuple[list[Series], str, Engine]) -> None:
    ids = {prompt["prompt_id"] for prompt in executed(SESSION)}
    text = scraped[1]
    assert any(f'# {{prompt_id="{one}"}}' in text for one in ids)
    labels = {label for keys in scraped[0][-1] for _, label in keys[1]}
    assert not ids & labels


# --- small parts -----------------------------------------------------------------------------------------------------


def engine(**given: object) -> Engine:
    return Engine(replace(EngineSettings(name="gpu-1", log="/nowhere.log"), **given))  # type: ignore[arg-type]


def test_a_collector_that_fails_costs_only_its_own(caplog: pytest.LogCaptureFixture) -> None:
    def broken(engine: Engine, now: float) -> Iterator[Family]:
        yield from COLLECTORS[4].read(engine, now)
        raise KeyError("gone")

    collectors = [replace(one, read=broken) if one.name == "limits" else one for one in COLLECTORS]
    scrape = Scrape(engine(counting=Counting(limits={"client": 300.0})), collectors=collectors)
    with caplog.at_level(logging.WARNING, "comfymeter"):
        exposition(scrape, "")
        text = exposition(scrape, "")[0].decode()
    assert 'comfymeter_collect_success{collector="limits"} 0.0' in text
    assert text.count("comfymeter_collect_success{") == len(COLLECTORS)
    assert "comfyui_timeout_configured_seconds{" not in text
    assert "comfyui_runs_failed_total{" in text
    assert caplog.text.count("the collector limits failed: KeyError: 'gone'") == 1


def test_what_is_unknown_is_no_series() -> None:
    found = series(engine())
    names = {name for name, _ in found}
    assert not names & {
        "comfyui_up",
        "comfyui_queue_pending",
        "comfyui_gpu_memory_used_bytes",
        "comfyui_timeout_recommended_seconds",
    }
    watched = engine(target=target_of("http://127.0.0.1:8188"))
    assert series(watched)["comfyui_up", ()] == 0.0
    watched.watched.feed(ServerState(at=1.0, state=State.STALLED, reason="no answer"))
    assert series(watched)["comfyui_stalled", ()] == 1.0


def test_a_server_that_is_elsewhere_tells_its_own_memory() -> None:
    at = engine().clock()
    device = DeviceMemory(
        index=0,
        name="cuda:0 A100",
        kind="cuda",
        total_bytes=40 * GIB,
        free_bytes=30 * GIB,
        torch_total_bytes=0,
        torch_free_bytes=GIB,
    )
    stats = SystemStats(
        at=at,
        comfyui_version="0.3.70",
        python_version="3.12.3 (main)",
        pytorch_version="2.9",
        ram_total_bytes=1,
        ram_free_bytes=1,
        devices=(device,),
    )
    watched = engine()
    watched.gpu.feed_stats(stats)
    watched.watched.feed(stats)
    found = series(watched)
    assert found["comfyui_gpu_memory_used_bytes", (("gpu", "0"),)] == 11 * GIB
    assert ("comfyui_build_info", (("python", "3.12.3"), ("pytorch", "2.9"), ("version", "0.3.70"), ("vram_state", ""))) in found
    watched.gpu.feed(FakeGpu().sample())
    watched.gpu.feed_stats(stats)
    assert series(watched)["comfyui_gpu_memory_total_bytes", (("gpu", "0"),)] == 24 * GIB


def test_the_outcomes_that_count_as_failed() -> None:
    reasons = {labels[0][1] for (name, labels), _ in series(engine()).items() if name == "comfyui_runs_failed_total"}
    assert reasons == set(Outcome) - {Outcome.SUCCESS, Outcome.CACHED, Outcome.UNKNOWN}


def test_the_documents_have_the_catalogue() -> None:
    text = Path("docs/serve.md").read_text(encoding="utf-8")
    assert f"{BEGIN}\n{metric_table()}\n{END}" in text


def test_the_limit_in_force_is_told_beside_those_that_are_only_counted() -> None:
    name = "comfyui_timeout_in_force_seconds"
    assert (name, ()) not in series(engine())
    limits = Counting(limits={"proxy": 60.0, "client": 300.0})
    found = series(engine(limit_seconds=300.0, counting=limits))
    assert found[name, ()] == 300.0
    assert by(found, "comfyui_timeout_configured_seconds", "limit") == {"proxy": 60.0, "client": 300.0}


def test_a_workflow_that_is_named_beforehand_counts_from_its_first_run() -> None:
    names = [f"workflow {number}" for number in range(25)]
    engine = Engine(EngineSettings(name="a", log="-", counting=Counting(workflows=names)))
    text = exposition(Scrape(engine), "")[0].decode()
    assert 'comfyui_runs_total{workflow="workflow 0"} 0.0' in text
    assert text.count("comfyui_runs_total{") == 20
    assert "comfymeter_label_overflow_total{" not in text or 'label="workflow"} 0.0' in text
