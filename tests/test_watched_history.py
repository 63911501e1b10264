"""Runs that were watched, in one history with logs that are ingested later, or were before."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.history import Store
from analyzer.history.rows import Row, row_of
from analyzer.runs.model import NodeTime, Phase, PhasePeak, Run, Vram, VramSource, Workflow
from exporters.live_runs import LiveRuns, RunFinished
from exporters.observations import LogText
from tests.captures import chunks, executed, truth
from tests.histories import ingested

SESSION = "S2-two-pass"


def stamped(session: str) -> bytes:
    """A session's log as `docker logs -t` would have it: each line at the time of the run that it belongs to."""

    lines = b""
    for chunk in chunks(session):
        stamp = datetime.fromtimestamp(chunk.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()
        lines += b"".join(stamp + b" " + line + b"\n" for line in chunk.data.replace(b"\r", b"\n").split(b"\n") if line.strip())
    return lines


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """The session's runs as they were watched: with ids, the API's times, and VRAM."""
    live = LiveRuns()
    found = [
        update.run
        for update in live.feed(LogText(at=4e9, data=stamped(SESSION), backlog=False))
        if isinstance(update, RunFinished)
    ]
    phases = (PhasePeak(phase=Phase.SAMPLE, peak_bytes=5),)
    vram = Vram(peak_bytes=5, source=VramSource.NVML, mean_bytes=4, total_bytes=9, phases=phases)
    nodes = (NodeTime(class_type="VAEDecode", seconds=0.5), NodeTime(class_type="KSampler", seconds=9.0))
    return [
        replace(
            run,
            prompt_id=prompt["prompt_id"],
            ended_at=prompt["end"],
            started_at=prompt["start"],
            queue_seconds=0.5,
            vram=vram,
            nodes=nodes,
            cached_nodes=3,
            node_count=7,
            workflow=replace(run.workflow, graph_signature="graph:1"),
        )
        for run, prompt in zip(found, executed(SESSION), strict=True)
    ]


def row(run: Run) -> Row:
    return row_of(run, timezone=None, epoch=None, limit_seconds=None)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "comfyui.log"
    path.write_bytes(stamped(SESSION))
    return path


def put_all(store: Store, runs: list[Run]) -> list[bool]:
    return [store.put_watched("gpu-1", row(run), 1000.0) for run in runs]


def test_a_run_is_stored_once_however_often_it_is_told(store: Store, runs: list[Run]) -> None:
    assert all(put_all(store, runs))
    assert not any(put_all(store, runs))
    assert not store.put_watched("gpu-1 under another name", row(runs[0]), 1000.0)
    assert store.count() == len(runs)


def test_a_log_that_is_ingested_later_takes_its_watched_runs_over(store: Store, runs: list[Run], log: Path) -> None:
    put_all(store, runs)
    ingested(store, log)
    assert store.count() == len(runs)
    for stored in store.runs():
        assert stored.vram_mean_bytes == 4
        assert stored.queue_seconds == 0.5
        assert stored.graph_signature == "graph:1"
        assert stored.prompt_id
        assert stored.passes
        assert stored.nodes == [["KSampler", 9.0], ["VAEDecode", 0.5]]  # longest first
        assert (stored.cached_nodes, stored.node_count) == (3, 7)
        assert stored.vram_phases == {"sample": 5}
    # It grows: what only watching told stays.
    log.write_bytes(stamped(SESSION) + stamped("S1-simple"))
    ingested(store, log)
    assert store.count() == len(runs) + len(executed("S1-simple"))
    assert sum(run.vram_mean_bytes == 4 for run in store.runs()) == len(runs)
    assert not any(put_all(store, runs))


def test_what_a_log_told_before_is_not_stored_again(store: Store, runs: list[Run], log: Path) -> None:
    ingested(store, log)
    assert not any(put_all(store, [replace(run, prompt_id=None) for run in runs]))
    assert not any(put_all(store, runs))
    assert store.count() == len(runs)


def test_two_like_runs_at_other_times_are_two(store: Store, runs: list[Run]) -> None:
    run = replace(runs[0], prompt_id=None, ended_at=5000.0)
    assert put_all(store, [run, replace(run, ended_at=5000.5), replace(run, ended_at=5000.0)]) == [True, True, False]


def test_pruning_takes_watched_runs_too(store: Store, runs: list[Run]) -> None:
    put_all(store, runs)
    assert store.prune(now=truth(SESSION)["server_starts"][0]["spawn"], keep_runs=2) == len(runs) - 2
    assert store.put_watched("gpu-1", row(replace(runs[0], prompt_id="new", ended_at=4e9)), 4e9)
    assert store.count() == 3


def test_spellings_come_with_names(store: Store, runs: list[Run]) -> None:
    workflow = Workflow(name="portraits", signature=runs[0].workflow.signature)
    store.put_watched("gpu-1", row(replace(runs[0], workflow=workflow)), 1000.0)
    store.spell(workflow.signature, "graph:1")
    store.spell("never seen", "graph:2")
    assert [(one.workflow, one.log_signature, one.graph_signature) for one in store.spelled()] == [
        ("portraits", workflow.signature, "graph:1")
    ]
