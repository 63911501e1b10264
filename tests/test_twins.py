"""A stamped file and the console capture of the same process, brought together."""

import gzip
from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.logs import ReadOptions, read_logs
from analyzer.report import Question, build_report
from analyzer.runs.model import Phase
from tests.captures import chunks
from tests.logs import log, sampler

SESSION = "S5-soak"


def stamped_file() -> bytes:
    """What `--verbose INFO FILE` would have written in the session: logging records with their time, no bars, no prints."""
    from datetime import UTC, datetime

    lines = []
    for chunk in chunks(SESSION):
        stamp = datetime.fromtimestamp(chunk.at, UTC).strftime("[%Y-%m-%d %H:%M:%S,%f")[:-3] + "] [INFO] "
        text = chunk.data.decode()
        lines += [stamp + line for line in text.split("\n") if line and "\r" not in line and not line.startswith("[PostTools]")]
    return log(*lines)


def test_the_console_gets_the_files_stamps(tmp_path: Path) -> None:
    console, stamped = tmp_path / "console.log", tmp_path / "info.log"
    console.write_bytes(b"".join(chunk.data for chunk in chunks(SESSION)))
    stamped.write_bytes(stamped_file())

    alone = analyze(console)
    (reading,) = read_logs([str(console), str(stamped)], ReadOptions())
    together = build_report([reading], Question())

    assert len(together.runs) == len(alone.runs) == 40
    assert [run.duration_seconds for run in together.runs] == [run.duration_seconds for run in alone.runs]
    assert all(run.started_at is not None for run in together.runs)
    assert [source.name for source in together.sources] == [str(console), str(stamped)]
    # Loading has no bar: without stamps it is part of the remainder.
    cold = [number for number, run in enumerate(together.runs) if run.loads]
    assert cold
    for number in cold:
        assert together.runs[number].phase_seconds(Phase.MODEL_LOAD) > 0
        assert alone.runs[number].phase_seconds(Phase.MODEL_LOAD) == 0
    for run, bare in zip(together.runs, alone.runs, strict=True):
        assert run.phase_seconds(Phase.SAMPLE) == pytest.approx(bare.phase_seconds(Phase.SAMPLE), rel=0.35, abs=0.3)


def test_a_part_that_cannot_be_read_does_not_part_the_twins(tmp_path: Path) -> None:
    lines = ("got prompt", sampler(), "Prompt executed in 70.00 seconds")
    (tmp_path / "console.log").write_bytes(log(*lines, *lines))
    (tmp_path / "info.log").write_bytes(
        log(
            *(
                f"[2026-08-01 12:{minute:02d}:00,123] [INFO] {line}"
                for minute, line in enumerate((lines[0], lines[2], lines[0], lines[2]))
            )
        )
    )
    for name in ("console.log.1.gz", "info.log.1.gz", "other.log.gz"):
        (tmp_path / name).write_bytes(gzip.compress(bytes(99))[:9])
    together, other = read_logs([str(tmp_path)], ReadOptions())

    assert [run.ended_at is not None for run in together.runs] == [True, True]
    assert [bool(source.left_out) for source in (*together.sources, *other.sources)] == [False, True, False, True, True]


def test_logs_of_two_servers_stay_apart(tmp_path: Path) -> None:
    console, other = tmp_path / "console.log", tmp_path / "other.log"
    console.write_bytes(log("got prompt", sampler(), "Prompt executed in 70.00 seconds"))
    other.write_bytes(
        log("[2026-08-01 12:00:00,123] [INFO] got prompt", "[2026-08-01 12:01:09,500] [INFO] Prompt executed in 69.00 seconds")
    )

    assert len(read_logs([str(console), str(other)], ReadOptions())) == 2


CACHED = ["Prompt executed in 0.00 seconds"] * 3


@pytest.mark.parametrize(
    ("console", "stamped", "together"),
    [
        (CACHED, CACHED, False),
        (["Prompt executed in 7.00 seconds"], ["Prompt executed in 7.00 seconds"], True),
        (["Prompt executed in 7.00 seconds"], ["got prompt", "Prompt executed in 7.00 seconds"], False),
        (
            ["Prompt executed in 7.00 seconds", *CACHED, "Prompt executed in 8.00 seconds"],
            ["Prompt executed in 9.00 seconds"],
            False,
        ),
    ],
    ids=["cached runs only", "one run of its own", "one run, another request", "other runs"],
)
def test_what_tells_the_same_process(tmp_path: Path, console: list[str], stamped: list[str], together: bool) -> None:
    first, second = tmp_path / "console.log", tmp_path / "info.log"
    first.write_bytes(log("got prompt", sampler(), *console))
    second.write_bytes(
        log(*(f"[2026-05-17 20:00:0{place},000] [INFO] {line}" for place, line in enumerate(["got prompt", *stamped])))
    )

    assert len(read_logs([str(first), str(second)], ReadOptions())) == (1 if together else 2)
