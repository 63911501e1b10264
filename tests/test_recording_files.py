"""Where recordings go: names, parts, full disks, samples beside them; how a program's end is explained."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.errors import ComfymeterError, UsageError
from analyzer.recording.ending import Memory, MemoryWatch, exit_code, last_words, told_by_kernel
from analyzer.recording.format import Stamper, Stream, note
from analyzer.recording.log import RecordLog
from analyzer.recording.places import open_log
from analyzer.recording.rolling import RollingFile
from analyzer.sources import resolve
from tests.captures import log_bytes
from tests.test_recording_format import rewritten

NOW = time.gmtime(1785578400)
STAMP = Stamper(time.gmtime)


class Times:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1785578400.0

    def __call__(self) -> float:
        return self.now


def record_log(file: RollingFile, said: list[str], clock: Times) -> RecordLog:
    file.head = lambda: note(STAMP(clock()), "comfymeter.record/1 comfymeter/test")
    return RecordLog(file, [Stream.ALL], stamp=STAMP, clock=clock, say=said.append, thin=False)


def own_words(path: Path) -> list[str]:
    return [line.split(" rec   ")[1] for line in path.read_text().splitlines() if " rec   " in line]


def output(path: Path) -> bytes:
    return rewritten(b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b" rec   " not in line))


# --- names -----------------------------------------------------------------------------------------------------------


def test_without_a_name_a_new_file_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = [open_log(None, append=False, now=NOW) for _ in range(3)]
    for file in files:
        file.append(b"x\n")
        file.close()
    assert [file.path.name for file in files] == [
        "comfyui-20260801-100000.log", "comfyui-20260801-100000-2.log", "comfyui-20260801-100000-3.log",
    ]  # fmt: skip
    (group,) = resolve(["."])
    assert [os.path.basename(file.name) for file in group.files] == [file.path.name for file in files]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_text("precious")
    with pytest.raises(UsageError, match=r"run\.log: exists; give another name, or --append"):
        open_log(path, append=False, now=NOW)
    with pytest.raises(UsageError, match="is no log that comfymeter recorded"):
        open_log(path, append=True, now=NOW)
    assert path.read_text() == "precious"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ComfymeterError, match="file: is no directory"):
        open_log(tmp_path / "file" / "run.log", append=False, now=NOW)
    with pytest.raises(ComfymeterError, match=r"run\.log: cannot be written: Not a directory"):
        open_log(tmp_path / "file" / "x" / "run.log", append=False, now=NOW)


def test_directories_are_made(tmp_path: Path) -> None:
    open_log(tmp_path / "a" / "b" / "run.log", append=False, now=NOW).close()
    assert (tmp_path / "a" / "b" / "run.log").exists()


def test_a_file_made_for_nothing_goes_away_and_an_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    open_log(path, append=False, now=NOW).discard()
    assert not path.exists()
    path.touch()
    open_log(path, append=True, now=NOW).discard()
    assert path.exists()


def test_appending_goes_on_behind_a_torn_record(tmp_path: Path) -> None:
    path, clock = tmp_path / "run.log", Times()
    for torn in (b"", b"2026-08-01T10:00"):
        log = record_log(open_log(path, append=True, now=NOW), [], clock)
        log.begin("start")
        log.take(Stream.ALL, clock(), b"got prompt\n")
        log.close("exit code=0")
        with path.open("ab") as file:
            file.write(torn)
    log = record_log(open_log(path, append=True, now=NOW), [], clock)
    log.begin("start")
    log.close("exit code=0")
    assert own_words(path).count("comfymeter.record/1 comfymeter/test") == 3
    assert path.read_text().count("\n2026-08-01T10:00\n") == 1


# --- parts -----------------------------------------------------------------------------------------------------------


def parts_of(path: Path) -> list[Path]:
    older = sorted(path.parent.glob(f"{path.name}.*"), key=lambda part: -int(part.suffix[1:]))
    return [*older, path]


@pytest.mark.parametrize("limit", [700, 5000, 100_000])
@pytest.mark.parametrize("session", ["S1-simple", "S7b-tty-ansi"])
def test_parts_joined_are_the_whole_and_each_can_be_read_alone(tmp_path: Path, session: str, limit: int) -> None:
    path, clock = tmp_path / "run.log", Times()
    file = RollingFile.create(path)
    file.limit_bytes, file.keep = limit, 999
    log = record_log(file, [], clock)
    log.begin("start")
    data = log_bytes(session)
    for start in range(0, len(data), 61):
        clock.now += 0.01
        log.take(Stream.ALL, clock(), data[start : start + 61])
    log.close("exit code=0")

    parts = parts_of(path)
    assert b"".join(map(output, parts)) == data
    assert (len(parts) > 1) == (limit < len(data))
    for part in parts:
        assert part.read_text().splitlines()[0].endswith("rec   comfymeter.record/1 comfymeter/test")
        assert part.stat().st_size <= 2 * limit + 300
    whole, joined = tmp_path / "whole.log", analyze(path.parent)
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert [run.duration_seconds for run in joined.runs] == [run.duration_seconds for run in analyze(whole).runs]


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_old_parts_go(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "run.log"
    file = RollingFile.create(path)
    file.limit_bytes, file.keep = 10, keep
    for number in range(9):
        file.append(b"record %d\n" % number)
    file.close()
    assert [part.read_bytes() for part in parts_of(path)] == [b"record %d\n" % number for number in range(8 - keep, 9)]


def test_where_no_new_part_can_be_begun_the_old_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    file = RollingFile.create(path)
    file.limit_bytes, file.keep = 10, 3
    (tmp_path / "run.log.new").mkdir()
    for number in range(9):
        file.append(b"record %d\n" % number)
    assert path.read_bytes() == b"".join(b"record %d\n" % number for number in range(9))
    (tmp_path / "run.log.new").rmdir()
    for number in range(9, 30):
        file.append(b"record %d\n" % number)
    file.close()
    assert len(parts_of(path)) == 4


def test_a_line_is_not_cut_by_a_part_unless_it_never_ends(tmp_path: Path) -> None:
    path, clock = tmp_path / "run.log", Times()
    file = RollingFile.create(path)
    file.limit_bytes, file.keep = 500, 99
    log = record_log(file, [], clock)
    for _ in range(60):
        log.take(Stream.ALL, clock(), b"a part ")
    log.close("exit code=0")
    assert len(parts_of(path)) > 1
    assert all(part.stat().st_size > 900 for part in parts_of(path)[:-1])
    assert b"".join(map(output, parts_of(path))) == b"a part " * 60


# --- a full disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def fill_and_free(log: RecordLog, clock: Times, fill: Callable[[], None], free: Callable[[], None]) -> None:
    log.begin("start")
    log.take(Stream.ALL, clock(), b"before\n")
    fill()
    for number in range(30):
        clock.now += 0.5
        log.take(Stream.ALL, clock(), b"lost %d " % number + b"x" * 4000 + b"\n")
    free()
    clock.now += 0.1
    log.take(Stream.ALL, clock(), b"too early\n")
    clock.now += 2
    log.take(Stream.ALL, clock(), b"after\n")
    log.close("exit code=0")


def check_gap(path: Path, said: list[str], reason: str) -> None:
    assert said == [f"{path}: {reason}; the program goes on, recording too as soon as it can"]
    (gap,) = [words for words in own_words(path) if words.startswith("gap ")]
    assert gap.endswith(f"reason={reason}")
    lines = output(path).splitlines()
    kept = [line for line in lines if line.startswith(b"lost")]
    assert lines == [b"before", *kept, b"after"]
    assert f"gap records={31 - len(kept)} " in gap
    (source,) = analyze(str(path)).sources
    (told,) = source.notes
    assert told.endswith(f": {31 - len(kept)} records could not be written before this line: {reason}")


def test_a_full_disk_leaves_a_marked_gap(small_disk: Path) -> None:
    path, filler, clock, said = small_disk / "run.log", small_disk / "filler", Times(), list[str]()

    def fill() -> None:
        filler.write_bytes(bytes(40 * 1024))

    fill_and_free(record_log(RollingFile.create(path), said, clock), clock, fill, filler.unlink)
    check_gap(path, said, "No space left on device")


def test_a_limit_on_file_sizes_leaves_a_marked_gap(tmp_path: Path) -> None:
    path, clock, said = tmp_path / "run.log", Times(), list[str]()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))

    def free() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    try:
        fill_and_free(record_log(RollingFile.create(path), said, clock), clock, fill, free)
    finally:
        free()
    check_gap(path, said, "File too large")


def test_a_disk_that_is_full_from_the_start_and_for_ever() -> None:
    clock, said = Times(), list[str]()
    log = record_log(RollingFile.append_to(Path("/dev/full")), said, clock)
    log.begin("start")
    for _ in range(3):
        clock.now += 5
        log.take(Stream.ALL, clock(), b"x\n")
    log.close("exit code=0")
    assert said == ["/dev/full: No space left on device; the program goes on, recording too as soon as it can"]


# --- the end of a program --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("return_code", "code", "words"),
    [(0, 0, "exit code=0"), (3, 3, "exit code=3"), (-9, 137, "exit code=137 signal=SIGKILL"), (137, 137, "exit code=137")],
)
def test_exit_codes_are_those_of_a_shell(return_code: int, code: int, words: str) -> None:
    assert exit_code(return_code) == code
    assert last_words(return_code) == words


KERNEL = [
    b"6,339,1000000,-;Linux version 6.1\n",
    b"3,340,2000000,-;Out of memory: Killed process 7 (python) total-vm:1kB\n",
    b"3,341,9000000,-;Out of memory: Killed process 8 (python) total-vm:1kB\n",
    b"3,342,9000001,-;Memory cgroup out of memory: Killed process 9 (python) total-vm:1kB\n",
    b"3,343,9000002,-;Out of memory: Kill process 10 (python) score 900 or sacrifice child\n",
]


@pytest.mark.parametrize(
    ("records", "pid", "memory"),
    [
        (KERNEL, 8, Memory.KILLER),
        (KERNEL, 9, Memory.LIMIT),
        (KERNEL, 10, Memory.KILLER),
        (KERNEL, 11, None),
        (KERNEL[:2], 7, Memory.NO),
        ([], 8, None),
    ],
)
def test_what_the_kernel_s_log_says(records: list[bytes], pid: int, memory: Memory | None) -> None:
    assert told_by_kernel(records, pid, since=5.0) is memory


@pytest.mark.parametrize(
    ("own", "counter", "before", "after", "memory"),
    [
        ("0::/app\n", "app/memory.events", "low 0\noom_kill 2\n", "low 0\noom_kill 3\n", Memory.KILLER),
        ("0::/app\n", "app/memory.events", "oom_kill 2\n", "oom_kill 2\n", Memory.NO),
        ("0::/../host\n", "memory.events", "oom_kill 0\n", "oom_kill 1\n", Memory.KILLER),
        ("4:memory:/docker/1\n0::/\n", "memory/memory.oom_control", "oom_kill 0\n", "oom_kill 1\n", Memory.KILLER),
        ("4:cpu,memory:/a\n", "memory/a/memory.oom_control", "under_oom 0\noom_kill 5\n", "oom_kill 5\n", Memory.NO),
        ("4:cpu:/a\n", "cpu/memory.events", "oom_kill 0\n", "oom_kill 1\n", Memory.UNKNOWN),
        ("nonsense", "memory.events", "", "", Memory.UNKNOWN),
    ],
)
def test_what_control_groups_say(tmp_path: Path, own: str, counter: str, before: str, after: str, memory: Memory) -> None:
    groups, mine, file = tmp_path / "cgroup", tmp_path / "self", tmp_path / "cgroup" / counter
    file.parent.mkdir(parents=True)
    mine.write_text(own)
    file.write_text(before)
    watch = MemoryWatch(groups, mine, tmp_path / "no-kernel-log")
    file.write_text(after)
    assert watch.why(7) is memory


def test_a_real_kill_for_memory_is_explained(tmp_path: Path) -> None:
    """In a control group of its own with 64 MiB, where the system lets us make one."""
    group = Path("/sys/fs/cgroup/memory") / f"comfymeter-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(64 << 20))
    except OSError:
        pytest.skip("control groups cannot be made here")
    grow = "x = []\nwhile True: x.append(bytearray(1 << 20))"
    start = f"echo $$ > {group}/cgroup.procs; exec {sys.executable} -c 'from analyzer.cli import main; main()'"
    try:
        done = subprocess.run(
            ["sh", "-c", f'{start} record -q -o {tmp_path}/run.log -- {sys.executable} -c "{grow}"'],
            capture_output=True,
            text=True,
        )
    finally:
        group.rmdir()
    assert done.returncode == 137
    assert "was killed (exit code 137): the memory limit of its container or control group was reached" in done.stderr
    assert own_words(tmp_path / "run.log")[-1] == "exit code=137 signal=SIGKILL memory=limit"
