"""Real sessions of a real server against the truth beside them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from analyzer.reading import LogReading
from analyzer.recording.format import Stamper, Stream
from analyzer.recording.scribe import Scribe
from analyzer.runs.model import Evidence, Outcome, Phase, Run
from tests.captures import SESSIONS, SPLIT, UNSPLIT, Chunk, chunks, executed, log_bytes, truth
from tests.logs import read

OUTCOMES = {
    "success": {Outcome.SUCCESS},
    "cached": {Outcome.CACHED},
    "error": {Outcome.ERROR, Outcome.OOM},
    "interrupted": {Outcome.INTERRUPTED},
    "server_killed": {Outcome.CUT_OFF},
}
# The messages (and with them the runs) are on this stream.
MESSAGES = {"S6b-log-stdout-split": "stdout", "S6c-default-split": "stderr", "S6d-unbuffered-split": "stderr"}
SAMPLERS = ("KSampler", "SamplerCustomAdvanced")


def session_log(session: str) -> bytes:
    return log_bytes(session, MESSAGES.get(session))


@pytest.mark.parametrize("session", SESSIONS)
def test_each_executed_prompt_is_one_run_and_none_is_invented(session: str) -> None:
    reading = read(session_log(session))
    prompts = executed(session)

    assert len(reading.runs) == len(prompts)
    for run, prompt in zip(reading.runs, prompts, strict=True):
        if prompt.get("history_duration_s") is not None:
            assert run.duration_seconds == pytest.approx(prompt["history_duration_s"], abs=0.05)
        else:
            assert run.duration_seconds is None


@pytest.mark.parametrize("session", [name for name in SESSIONS if name != "S6b-log-stdout-split"])
def test_outcomes_are_right(session: str) -> None:
    for run, prompt in zip(read(session_log(session)).runs, executed(session), strict=True):
        assert run.outcome in OUTCOMES[prompt["outcome"]], f"run {run.number}"


def test_without_the_error_stream_outcomes_are_unknown() -> None:
    reading = read(log_bytes("S6b-log-stdout-split", "stdout"))

    assert {run.outcome for run in reading.runs} == {Outcome.UNKNOWN}


def test_a_capture_of_the_prints_alone_has_no_run() -> None:
    assert read(log_bytes("S6c-default-split", "stdout")).runs == ()


@pytest.mark.parametrize("session", SESSIONS)
def test_requests_are_counted(session: str) -> None:
    requests = read(session_log(session)).requests
    outcomes = [prompt["outcome"] for prompt in truth(session)["prompts"]]

    assert requests.received == len(outcomes)
    assert requests.rejected == outcomes.count("rejected")
    assert requests.unresolved == outcomes.count("deleted_from_queue") + outcomes.count("lost_in_queue")


@pytest.mark.parametrize("session", SESSIONS)
def test_a_recording_says_of_runs_what_the_raw_capture_says(session: str) -> None:
    def said(reading: LogReading) -> list[tuple[object, ...]]:
        return [
            (
                run.outcome,
                run.duration_seconds,
                [(bar.label, bar.steps, bar.total_steps, bar.complete) for bar in (*run.passes, *run.bars)],
                [(load.model, load.mode, load.loaded_bytes) for load in run.loads],
                len(run.detections),
            )
            for run in reading.runs
        ]

    recorded = read(as_recorded(chunks(session, MESSAGES.get(session))))

    assert said(recorded) == said(read(session_log(session)))
    for run in recorded.runs:
        timed = {time.phase for time in run.phases if time.evidence is Evidence.MEASURED}
        assert Phase.SAMPLE in timed or not run.passes


def expected_steps(prompt: dict[str, Any]) -> list[int]:
    """The steps of the sampler nodes that ran."""
    ran = [node for node, facts in prompt["nodes"].items() if facts["class_type"] in SAMPLERS and facts["end"]]
    return sorted(prompt["sampler_steps"][node] for node in ran)


@pytest.mark.parametrize("session", [name for name in SESSIONS if name != "S6b-log-stdout-split"])
def test_sampler_passes_have_their_steps(session: str) -> None:
    for run, prompt in zip(read(session_log(session)).runs, executed(session), strict=True):
        if prompt["outcome"] == "success" and prompt["nodes_complete"]:
            assert sorted(int(bar.total_steps or 0) for bar in run.passes) == expected_steps(prompt), f"run {run.number}"
            assert all(bar.complete for bar in run.passes)


def test_the_restart_in_the_failures_session_is_seen() -> None:
    reading = read(log_bytes("S4-failures"))

    assert len(reading.server_starts) == 2
    assert [start.comfyui_version for start in reading.server_starts] == ["0.8.0", "0.8.0"]
    failed = {node.name.rsplit("/", 1)[-1] for start in reading.server_starts for node in start.custom_nodes if node.failed}
    assert failed == {"ComfyUI-FaceSwapLite"}


# --- the phase budget against the node times ------------------------------------------------------------------------

WORK_NODES = (
    *SAMPLERS,
    "UNETLoader",
    "CheckpointLoaderSimple",
    "CLIPTextEncode",
    "DualCLIPLoaderLite",
    "VAELoader",
    "ControlNetLoader",
)
PIPELINE_NODES = ("PipelineLoaderLite",)
DETECTION_NODES = ("FaceDetectLite",)
WORK_PHASES = (Phase.MODEL_LOAD, Phase.TEXT_ENCODE, Phase.SAMPLE)
DOCKER_SLAB = 16 * 1024


def as_bug_report(arriving: Iterator[Chunk]) -> bytes:
    """One stamp in front of every write, also in the middle of a line (`GET /internal/logs`)."""
    parts = []
    for chunk in arriving:
        stamp = datetime.fromtimestamp(chunk.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").encode()
        parts += [stamp + b" - " + write for write in chunk.data.splitlines(keepends=True)] if b"\r" not in chunk.data else []
        if b"\r" in chunk.data:
            parts.append(stamp + b" - " + chunk.data)
    return b"".join(parts)


def as_docker_logs(arriving: Iterator[Chunk]) -> bytes:
    """One stamp per line or 16 KiB, that of the line's end (`docker logs -t`)."""
    lines, rest = [], b""
    for chunk in arriving:
        rest += chunk.data
        stamp = datetime.fromtimestamp(chunk.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").encode() + b"000Z "
        while (cut := rest.find(b"\n") + 1) or len(rest) >= DOCKER_SLAB:
            cut = min(cut or DOCKER_SLAB, DOCKER_SLAB)
            lines.append(stamp + rest[:cut].rstrip(b"\n") + b"\n")
            rest = rest[cut:]
    return b"".join(lines)


def as_recorded(arriving: Iterator[Chunk]) -> bytes:
    """`comfymeter record`: every line and every frame with the time at which it arrived."""
    scribe, last = Scribe(Stream.ALL, Stamper(time.gmtime)), 0.0
    records = []
    for chunk in arriving:
        last = chunk.at
        records.append(scribe.feed(chunk.at, chunk.data))
    return b"".join((*records, scribe.close(last)))


@dataclass(frozen=True, slots=True)
class Comparison:
    session: str
    run: Run
    mode: str
    detects: bool
    work: float
    pipeline: float
    error: float


def compare(session: str, run: Run, prompt: dict[str, Any]) -> Comparison:
    spent: dict[str, float] = {}
    for node in prompt["nodes"].values():
        end = node["end"] if node["end"] is not None else prompt["end"]
        spent[node["class_type"]] = spent.get(node["class_type"], 0.0) + end - node["start"]
    work = sum(spent.get(name, 0.0) for name in WORK_NODES)
    pipeline = sum(spent.get(name, 0.0) for name in PIPELINE_NODES)
    off = abs(sum(run.phase_seconds(phase) for phase in WORK_PHASES) - work)
    off += abs(run.phase_seconds(Phase.PIPELINE_LOAD) - pipeline)
    detects = any(name in spent for name in DETECTION_NODES)
    return Comparison(session, run, prompt["mode"], detects, work, pipeline, off / prompt["history_duration_s"])


def comparisons(form: Callable[[Iterator[Chunk]], bytes]) -> Iterator[Comparison]:
    """Successful runs of at least a second whose nodes are all known, in the sessions whose bars were captured."""
    for session in SESSIONS:
        if session == "S6b-log-stdout-split":
            continue
        reading: LogReading = read(form(chunks(session, MESSAGES.get(session))))
        for run, prompt in zip(reading.runs, executed(session), strict=True):
            if prompt["outcome"] == "success" and prompt["history_duration_s"] >= 1 and prompt["nodes_complete"]:
                yield compare(session, run, prompt)


def table(rows: list[Comparison]) -> str:
    head = f"{'session':<34} run mode          work      of   pipeline  of     error"
    lines = [
        f"{row.session:<34} {row.run.number:>3} {row.mode:<12} "
        f"{sum(row.run.phase_seconds(phase) for phase in WORK_PHASES):>6.2f} {row.work:>7.2f}   "
        f"{row.run.phase_seconds(Phase.PIPELINE_LOAD):>6.2f} {row.pipeline:>7.2f} {row.error:>8.1%}{'  <<' if row.error > 0.1 else ''}"
        for row in rows
    ]
    return "\n".join([head, *lines])


@pytest.mark.parametrize(
    "form", [as_bug_report, as_docker_logs, as_recorded], ids=["bug report", "docker logs -t", "comfymeter record"]
)
def test_phases_match_the_node_times(form: Callable[[Iterator[Chunk]], bytes], capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(comparisons(form))
    plain = [row for row in rows if not row.detects]
    good = sum(row.error <= 0.1 for row in rows) / len(rows)
    good_plain = sum(row.error <= 0.1 for row in plain) / len(plain)
    print(table(rows))
    print(f"within 10 %: {good:.0%} of {len(rows)} runs, {good_plain:.0%} of {len(plain)} without a detection node")

    assert len(rows) >= 80
    assert good >= 0.9
    assert good_plain >= 0.95


# --- nothing is lost by cutting or joining --------------------------------------------------------------------------


@pytest.mark.parametrize("session", SESSIONS)
def test_cutting_a_log_loses_no_complete_run(session: str) -> None:
    data = session_log(session)
    whole = read(data).runs
    ends = [position for position in range(len(data)) if data.startswith(b"Prompt executed in", position)]
    # Every 997th byte (a prime, so that all kinds of places are met) and around every closing line.
    cuts = sorted({*range(0, len(data), 997), *(end + offset for end in ends for offset in (-1, 0, 5, 20, 40))})
    for cut in cuts:
        runs = read(data[:cut]).runs if cut else ()
        complete = sum(data.find(b"\n", end) < cut for end in ends)
        closed = [run for run in runs if run.duration_seconds is not None]
        assert complete <= len(closed) <= complete + 1
        assert [run.duration_seconds for run in closed[:complete]] == [
            run.duration_seconds for run in whole if run.duration_seconds is not None
        ][:complete]


@pytest.mark.parametrize("session", UNSPLIT)
def test_two_logs_in_a_row_hold_the_runs_of_both(session: str) -> None:
    first, second = log_bytes(session), log_bytes("S1-simple")

    together = read(first + second)

    assert len(together.runs) == len(read(first).runs) + len(read(second).runs)
    assert len(together.server_starts) == len(read(first).server_starts) + 1


def test_split_sessions_are_all_known() -> None:
    assert set(MESSAGES) == set(SPLIT)
