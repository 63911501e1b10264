"""`comfymeter record` on pipes, with real programs: their output unchanged, their exit codes, signals, and its own death."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from analyzer import analyze
from analyzer.runs.model import Evidence, Phase
from tests.captures import SPLIT, UNSPLIT, chunks, executed, log_bytes
from tests.recording import COMFYMETER, is_alive, last_words, output, own_words, python, record, run, says, wait_for


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


@contextmanager
def started(
    command: Sequence[str], *, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL, stderr: int = subprocess.DEVNULL
) -> "Iterator[subprocess.Popen[bytes]]":
    """A recorder that runs on; it is gone when the test is over, whatever comes."""
    with subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr) as recorder:
        try:
            yield recorder
        finally:
            recorder.kill()


# --- what passes through ---------------------------------------------------------------------------------------------

ODD = rb"a\r\n\rb\r\r\n\xff\xfe\x00\x1b[A\xe2\x96 no end"


def test_output_passes_unchanged_and_is_recorded_by_stream(log: Path) -> None:
    program = f"os.write(1, b'{ODD.decode()}'); os.write(2, b'\\xe2\\x96\\x88' * 3 + b'\\n'); os.write(1, b'\\x96\\x88')"
    done = run(*record(log, *python(program)))
    said = eval(f"b'{ODD.decode()}'")
    assert (done.returncode, done.stdout, done.stderr) == (0, said + b"\x96\x88", "███\n".encode())
    assert output(log, "out") == done.stdout
    assert output(log, "err") == done.stderr


def test_one_pipe_where_both_streams_go_to_one_place_keeps_their_order(log: Path) -> None:
    program = "for n in range(200): say(f'{n}\\n', 1 + n % 2)"
    done = subprocess.run(record(log, *python(program)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expected = b"".join(b"%d\n" % number for number in range(200))
    assert done.stdout == output(log, "all") == expected


@pytest.mark.parametrize("options", [(), ("--pty",)], ids=["pipes", "pty"])
def test_a_flood_is_complete(log: Path, options: tuple[str, ...]) -> None:
    """11 MB in lines, and frames between them, as fast as it goes."""
    block = b"\r 50%|####    | 1/2 [00:01<00:01,  1.00it/s]\n" + b"".join(
        b"%06d " % number + b"x" * 100 + b"\n" for number in range(1000)
    )
    program = "block = sys.stdin.buffer.read()\nfor _ in range(100): sys.stdout.buffer.write(block)"
    done = run(*record(log, *python(program), options=options), input=block)
    assert done.stdout == block * 100
    assert output(log) == block * 100


def test_each_frame_is_in_the_log_before_the_next_is_written(log: Path) -> None:
    program = """
for n in range(4):
    say(f"\\r{n * 25:3d}%|##| {n}/4 [00:0{n}<00:09,  1.0it/s]")
    while f" {n}/4 " not in open(sys.argv[1]).read(): time.sleep(0.01)"""
    done = run(*record(log, *python(program, str(log))))
    assert done.returncode == 0
    frames = [line for line in log.read_text().splitlines() if " out<+ " in line]
    assert len({line.split()[0] for line in frames}) == len(frames) == 4


def test_a_part_of_a_line_is_recorded_at_once(log: Path) -> None:
    with started(record(log, *python("say('Password: '); time.sleep(60)"))) as recorder:
        wait_for(lambda: says(log, "Password: "), "the prompt")
        recorder.terminate()


def test_stdin_reaches_the_program(log: Path) -> None:
    done = run(*record(log, *python("print(sys.stdin.read().upper())")), input=b"hello")
    assert done.stdout == b"HELLO\n"


@pytest.mark.parametrize(
    ("options", "given", "seen"),
    [
        ((), {}, b"1"),
        ((), {"PYTHONUNBUFFERED": ""}, b""),
        (("--pty",), {}, b"None"),
        (("--pty",), {"PYTHONUNBUFFERED": "x"}, b"x"),
    ],
    ids=["pipes", "pipes, set", "pty", "pty, set"],
)
def test_python_is_told_not_to_buffer_pipes_unless_it_was_told_something(
    log: Path, options: tuple[str, ...], given: dict[str, str], seen: bytes
) -> None:
    done = run(*record(log, *python("print(os.environ.get('PYTHONUNBUFFERED'))"), options=options), environment=given)
    assert done.stdout == seen + b"\n"


# ComfyUI's wrapper around stdout (app/logger.py): line by line only if the stream below it is.
WRAPPER = """
import io
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding=sys.stdout.encoding, line_buffering=sys.stdout.line_buffering)
print("printed first"); say("written second\\n", 2)
"""


@pytest.mark.parametrize(("options", "first"), [((), "written second"), (("--pty",), "printed first")], ids=["pipes", "pty"])
def test_prints_through_comfyui_s_wrapper_come_in_time_on_a_terminal_only(
    log: Path, options: tuple[str, ...], first: str
) -> None:
    run(*record(log, *python(WRAPPER), options=options))
    texts = [line for line in log.read_text().splitlines() if " rec   " not in line]
    assert first in texts[0]


def test_the_program_s_options_need_no_dashes_in_front(log: Path) -> None:
    done = run(*COMFYMETER, "record", "-q", "-o", str(log), "echo", "--append", "-o")
    assert done.stdout == b"--append -o\n"


def test_the_log_names_the_command_without_its_secrets(log: Path) -> None:
    run(*record(log, "env", "HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "true"))
    assert "env" in own_words(log)[1]
    assert "hf_abc" not in log.read_text()


# --- exit codes and signals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1, 255])
def test_the_exit_code_is_kept(log: Path, code: int) -> None:
    assert run(*record(log, *python(f"sys.exit({code})"))).returncode == code
    assert last_words(log) == f"exit code={code}"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGSEGV", "SIGKILL"])
def test_a_program_that_a_signal_ends(log: Path, name: str) -> None:
    number = signal.Signals[name]
    program = f"signal.signal(signal.SIGINT, signal.SIG_DFL); os.kill(os.getpid(), signal.{name})"
    done = run(*record(log, *python(program)))
    assert done.returncode == 128 + number
    assert last_words(log).startswith(f"exit code={128 + number} signal={name}")
    explained = done.stderr.decode().splitlines()
    assert len(explained) == (name == "SIGKILL")
    assert all("was killed (exit code 137): " in line for line in explained)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        *(((), name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1")),
        (("--pty",), "SIGTERM"),
        (("--pty",), "SIGINT"),
    ],
)
def test_signals_reach_the_program_once_and_its_last_words_are_kept(log: Path, name: str, options: tuple[str, ...]) -> None:
    program = f"""
def end(number, frame):
    say(f"got {{number}}\\n")
    time.sleep(0.2)
    say("saved\\n")
    sys.exit(3)
signal.signal(signal.{name}, end); say("ready\\n"); time.sleep(60)"""
    with started(record(log, *python(program), options=options), stdout=subprocess.PIPE) as recorder:
        wait_for(lambda: says(log, "ready"), "the program")
        recorder.send_signal(signal.Signals[name])
        out, _ = recorder.communicate(timeout=30)
    expected = f"ready\ngot {signal.Signals[name].value}\nsaved\n".encode()
    assert (recorder.returncode, out) == (3, expected)
    assert output(log) == expected


def test_the_whole_process_group_gets_the_signal(log: Path) -> None:
    program = "import subprocess\nwith subprocess.Popen(['sleep', '60']) as child: say(f'{child.pid} is it\\n')"
    with started(record(log, *python(program))) as recorder:
        wait_for(lambda: says(log, "is it"), "the grandchild")
        recorder.terminate()
        assert recorder.wait(30) == 128 + signal.SIGTERM
    grandchild = int(output(log).split()[0])
    wait_for(lambda: not is_alive(grandchild), "the grandchild's end")


def test_a_signal_ignored_from_outside_stays_ignored(log: Path) -> None:
    """`nohup comfymeter record …` survives the terminal, and so does the program."""
    with started(["nohup", *record(log, *python("say('ready\\n'); time.sleep(60)"))]) as recorder:
        wait_for(lambda: says(log, "ready"), "the program")
        recorder.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert recorder.poll() is None
        recorder.terminate()
        assert recorder.wait(30) == 128 + signal.SIGTERM


@pytest.mark.parametrize("options", [(), ("--pty",)], ids=["pipes", "pty"])
def test_when_the_recorder_is_killed_the_program_ends_and_the_log_holds_all_it_wrote(log: Path, options: tuple[str, ...]) -> None:
    program = "say(f'{os.getpid()} \\n')\nfor n in range(10_000_000): say(f'line {n}\\n'); time.sleep(0.001)"
    with started(record(log, *python(program), options=options)) as recorder:
        wait_for(lambda: says(log, "line 100"), "the program")
        child = int(output(log).split()[0])
        recorder.kill()
    wait_for(lambda: not is_alive(child), "the program's end")
    lines = output(log).splitlines()[1:]
    assert lines == [b"line %d" % number for number in range(len(lines))]


@pytest.mark.parametrize("options", [(), ("--pty",)], ids=["pipes", "pty"])
def test_a_process_left_behind_does_not_hold_the_recorder(log: Path, options: tuple[str, ...]) -> None:
    program = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
child = os.fork()
if child: say(f"{child}\\n")
else: os.setsid(); time.sleep(60)"""
    done = subprocess.run(record(log, *python(program), options=options), stdout=subprocess.PIPE, timeout=30)
    left = int(done.stdout)
    assert is_alive(left)
    os.kill(left, signal.SIGKILL)
    assert last_words(log) == "exit code=0"


def test_a_process_left_behind_that_writes_for_ever_does_not_hold_the_recorder(log: Path) -> None:
    program = """
if not os.fork():
    os.setsid()
    while True: say("x" * 1000 + "\\n")"""
    done = subprocess.run(record(log, *python(program)), stdout=subprocess.DEVNULL, timeout=30)
    assert done.returncode == 0
    assert last_words(log) == "exit code=0"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["no-such-program"], 127, "no-such-program: no such program; is the path right?"),
        (["/etc/passwd"], 126, "/etc/passwd: cannot be started: Permission denied"),
    ],
)
def test_a_program_that_cannot_be_started(log: Path, command: list[str], code: int, words: str) -> None:
    done = run(*record(log, *command))
    assert (done.returncode, done.stdout, done.stderr.decode()) == (code, b"", f"comfymeter: {words}\n")
    assert not log.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--append"], "--append: name the log with -o FILE"),
        (["--rotate", "big", "true"], "--rotate: 'big' is no size: write it like 100M"),
        (["--vram-interval", "often", "true"], "--vram-interval: 'often' is not a duration"),
        (["--nonsense", "true"], "No such option: --nonsense"),
    ],
)
def test_wrong_usage(options: list[str], words: str) -> None:
    done = run(*COMFYMETER, "record", *options)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("comfymeter: ")
    assert words in done.stderr.decode()


# --- what may go wrong outside ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--pty",)], ids=["pipes", "pty"])
def test_a_reader_that_goes_away_ends_neither_recording_nor_program(log: Path, options: tuple[str, ...]) -> None:
    program = "for n in range(20_000): say(f'line {n}\\n')\nsys.exit(5)"
    read_end, write_end = os.pipe()
    with started(record(log, *python(program), options=options), stdout=write_end, stderr=subprocess.PIPE) as recorder:
        os.close(write_end)
        os.read(read_end, 10)
        os.close(read_end)
        _, said = recorder.communicate(timeout=30)
    assert recorder.returncode == 5
    assert output(log) == b"".join(b"line %d\n" % number for number in range(20_000))
    assert said.decode().splitlines()[:1] == ["comfymeter: stdout: nobody reads it any more; the program and its recording go on"]


def test_a_reader_that_does_not_read_cannot_hold_a_recorder_that_was_told_to_end(log: Path) -> None:
    read_end, write_end = os.pipe()
    program = "for n in range(100_000): say(f'line {n}\\n')"
    with started(record(log, *python(program)), stdout=write_end) as recorder:
        os.close(write_end)
        wait_for(lambda: says(log, "line 5000"), "a full pipe")
        recorder.terminate()
        assert recorder.wait(30) == 128 + signal.SIGTERM
    os.close(read_end)


def test_closed_stdout_and_stderr(log: Path) -> None:
    done = run("sh", "-c", 'exec "$@" >&- 2>&-', "sh", *record(log, *python("say('one\\n'); say('two\\n', 2)")))
    assert done.returncode == 0
    assert output(log) == b"one\ntwo\n"


@pytest.mark.parametrize("options", [(), ("--pty",)], ids=["pipes", "pty"])
def test_a_full_disk_does_not_touch_the_program(options: tuple[str, ...]) -> None:
    program = "for n in range(2000): say(f'line {n}\\n')\nsys.exit(4)"
    done = run(*record(Path("/dev/full"), *python(program), options=options))
    assert (done.returncode, done.stdout) == (4, b"".join(b"line %d\n" % number for number in range(2000)))
    assert done.stderr.decode() == (
        "comfymeter: /dev/full: No space left on device; the program goes on, recording too as soon as it can\n"
    )


def test_rotation_under_load_loses_nothing(log: Path) -> None:
    program = "for n in range(20_000): say(f'line {n} ' + 'x' * 40 + '\\n')"
    run(*record(log, *python(program), options=("--rotate", "200k", "--keep", "99")))
    parts = sorted(log.parent.glob("run.log.*"), key=lambda part: -int(part.suffix[1:]))
    assert len(parts) >= 10
    assert b"".join(map(output, (*parts, log))) == b"".join(b"line %d " % number + b"x" * 40 + b"\n" for number in range(20_000))


# --- as a filter -----------------------------------------------------------------------------------------------------


def test_as_a_filter(log: Path) -> None:
    done = run(*record(log), input=b"a\nb\rc \xff no end")
    assert (done.returncode, done.stdout) == (0, b"a\nb\rc \xff no end")
    assert output(log, "all") == done.stdout
    assert own_words(log)[1:] == ["start mode=filter", "end of input"]


def test_a_filter_outlives_ctrl_c_to_hear_the_last_words(log: Path) -> None:
    with started(record(log), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdin
        os.write(recorder.stdin.fileno(), b"one\n")
        wait_for(lambda: says(log, "one"), "the first line")
        recorder.send_signal(signal.SIGINT)
        recorder.send_signal(signal.SIGHUP)
        out, _ = recorder.communicate(b"Stopped server\n", timeout=30)
    assert (recorder.returncode, out) == (0, b"one\nStopped server\n")


def test_a_filter_ends_when_it_is_told(log: Path) -> None:
    with started(record(log), stdin=subprocess.PIPE) as recorder:
        assert recorder.stdin
        os.write(recorder.stdin.fileno(), b"one\n")
        wait_for(lambda: says(log, "one"), "the first line")
        recorder.terminate()
        assert recorder.wait(30) == 128 + signal.SIGTERM
    assert last_words(log) == "end of input"


def test_a_filter_without_a_reader_records_on(log: Path) -> None:
    command = " ".join(f"'{word}'" for word in record(log))
    run("sh", "-c", f"seq 1 100000 | {command} | head -n 1")
    assert output(log) == b"".join(b"%d\n" % number for number in range(1, 100_001))


# --- the whole way to a report ---------------------------------------------------------------------------------------

# Prints a recorded session: the chunks of each stream, `speed` times as fast, no pause beyond half a second.
REPLAY = """
import json
for handle, pause, data in json.load(sys.stdin):
    time.sleep(pause)
    os.write(handle, bytes.fromhex(data))
"""


def replayed(session: str, speed: float) -> bytes:
    import json

    streams = [("stdout", 1), ("stderr", 2)] if session in SPLIT else [(None, 1)]
    rows = [(chunk.at, handle, chunk.data) for stream, handle in streams for chunk in chunks(session, stream)]
    rows.sort(key=lambda row: row[0])
    paced = []
    for (last, other, _), (at, handle, data) in zip([rows[0], *rows], rows, strict=False):
        # Of two pipes nobody can tell what came first if both have something when they are looked at.
        least = 0.05 if handle != other else 0.0
        paced.append((handle, max(least, min(0.5, (at - last) / speed)), data.hex()))
    return json.dumps(paced).encode()


_SOME = ("S4-failures", "S6b-log-stdout-split", "S7b-tty-ansi")


@pytest.mark.parametrize(
    "session", [pytest.param(name, marks=() if name in _SOME else pytest.mark.long) for name in (*UNSPLIT, *SPLIT)]
)
def test_a_replayed_session_gives_the_runs_of_the_truth(log: Path, session: str) -> None:
    speed = 1000.0 if session == "S5-soak" else 300.0
    done = run(*record(log, *python(REPLAY)), input=replayed(session, speed))
    streams = ("stdout", "stderr") if session in SPLIT else (None,)
    assert done.stdout == log_bytes(session, streams[0])
    assert output(log, "out") == log_bytes(session, streams[0])
    assert output(log, "err") == (log_bytes(session, "stderr") if session in SPLIT else b"")

    report = analyze(log)
    prompts = executed(session)
    assert len(report.runs) == len(prompts)
    for got, prompt in zip(report.runs, prompts, strict=True):
        expected = prompt.get("history_duration_s")
        assert got.duration_seconds == (pytest.approx(expected, abs=0.05) if expected is not None else None)
    (source,) = report.sources
    assert (source.container, source.stamps, source.timezone) == ("comfymeter-record", "aware", "UTC")


def test_phases_of_a_live_recording_are_measured(log: Path) -> None:
    """At the speed at which it happened: the phases have the recorder's own stamps."""
    program = """
begin = time.monotonic()
def bar(n): say(f"\\r{n * 50:3d}%|##| {n}/2 [00:00<00:00,  4.00it/s]", 2)
say("Total VRAM 24576 MB, total RAM 28562 MB\\nTo see the GUI go to: http://127.0.0.1:8188\\ngot prompt\\n", 2)
say("Requested to load Flux\\n", 2); time.sleep(0.4)
say("loaded completely; 95367431640625005117571072.00 MB usable, 4777.53 MB loaded, full load: True\\n", 2)
for n in range(3): bar(n); time.sleep(0.25 * (n < 2))
say(f"\\nPrompt executed in {time.monotonic() - begin:.2f} seconds\\n", 2)"""
    run(*record(log, *python(program)))
    (only,) = analyze(log).runs
    phases = {phase.phase: phase for phase in only.phases}
    assert phases[Phase.SAMPLE].evidence is Evidence.MEASURED
    assert phases[Phase.MODEL_LOAD].evidence is Evidence.MEASURED
    assert phases[Phase.SAMPLE].seconds > 0.2


def test_a_killed_server_is_told_in_the_report(log: Path) -> None:
    program = "say('got prompt\\nRequested to load Flux\\n'); os.kill(os.getpid(), signal.SIGKILL)"
    run(*record(log, *python(program)))
    (only,) = analyze(log).runs
    assert only.failure
    assert only.failure.kind == "killed"


def test_as_the_first_process_of_a_container_it_buries_the_dead(log: Path) -> None:
    program = """
for _ in range(5):
    if not os.fork():
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(0.05); os._exit(0)
    os.wait()
for _ in range(200):
    time.sleep(0.1)
    states = [open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] for pid in os.listdir("/proc") if pid.isdigit()]
    if 'Z' not in states: break
say(f"{states.count('Z')} zombies\\n"); sys.exit(9)"""
    done = run("unshare", "--pid", "--fork", "--mount-proc", *record(log, *python(program)))
    if b"unshare" in done.stderr:
        pytest.skip("process namespaces cannot be made here")
    assert (done.returncode, done.stdout) == (9, b"0 zombies\n")


def test_importing_the_recorder_needs_no_posix() -> None:
    """The modules that every system loads do without terminals, groups and `fcntl`."""
    program = """
for name in ("fcntl", "termios", "pty", "tty", "resource"): sys.modules[name] = None
import analyzer.recording.session, analyzer.cli.record"""
    done = run(*python(program))
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_is_quick_to_load() -> None:
    program = """
import analyzer.cli
assert not {name for name in sys.modules if name.startswith("analyzer.recording")}"""
    assert run(*python(program)).returncode == 0


assert sys.platform != "win32"
