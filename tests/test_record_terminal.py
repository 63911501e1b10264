"""`comfymeter record` on a terminal: the program sees one too, keys and sizes reach it, Ctrl-Z stops both."""

from pathlib import Path

import pytest

from tests.recording import OnTerminal, last_words, output, own_words, python, record, run, wait_for

# Starts a command as a shell does: a process group of its own in the foreground; says how it stopped, and goes on.
SHELL = """
import subprocess
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen(sys.argv[1:], process_group=0)
os.tcsetpgrp(0, job.pid)
while True:
    _, status = os.waitpid(job.pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status): break
    say(f"[stopped {'cooked' if __import__('termios').tcgetattr(0)[3] & 2 else 'raw'}]\\n")
    time.sleep(0.3)
    os.tcsetpgrp(0, job.pid)
    os.killpg(job.pid, signal.SIGCONT)
say(f"[ended {os.waitstatus_to_exitcode(status)}]\\n")
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def test_the_program_sees_a_terminal_of_the_same_size_and_each_new_one(log: Path) -> None:
    program = """
signal.signal(signal.SIGWINCH, lambda *_: print("now", os.get_terminal_size(), flush=True))
print([os.isatty(handle) for handle in (0, 1, 2)], os.get_terminal_size(), os.open("/dev/tty", os.O_RDWR) > 2, flush=True)
input()"""
    with OnTerminal(record(log, *python(program)), size=(40, 100)) as terminal:
        terminal.wait_for("[True, True, True] os.terminal_size(columns=100, lines=40) True\r\n")
        terminal.resize(50, 120)
        terminal.wait_for("now os.terminal_size(columns=120, lines=50)\r\n")
        terminal.type(b"\r")
        assert terminal.end() == 0
    assert output(log, "tty") == terminal.seen


def test_keys_reach_the_program(log: Path) -> None:
    with OnTerminal(record(log, *python("print(repr(input('name: ')))"))) as terminal:
        terminal.wait_for("name: ")
        terminal.type(b"Ad\x7f\x7fEve\r")
        assert terminal.end() == 0
    assert b"'Eve'\r\n" in terminal.seen


@pytest.mark.parametrize(("key", "name"), [(b"\x03", "SIGINT"), (b"\x1c", "SIGQUIT")])
def test_ctrl_c_and_its_like_reach_the_program_once(log: Path, key: bytes, name: str) -> None:
    program = f"signal.signal(signal.{name}, lambda *_: print('got it', flush=True)); print('ready', flush=True); time.sleep(0.5); input()"
    with OnTerminal(record(log, *python(program))) as terminal:
        terminal.wait_for("ready")
        terminal.type(key)
        terminal.wait_for("got it")
        terminal.type(b"\r")
        assert terminal.end() == 0
    assert terminal.seen.count(b"got it") == 1


def test_the_terminal_is_as_it_was_afterwards(log: Path) -> None:
    """Raw while the program runs, also when that ends badly."""
    show = "import termios\nsay(f'[{termios.tcgetattr(0)[:4]}]\\n'); "
    shell = show + "import subprocess\ncode = subprocess.call(sys.argv[1:])\n" + show + "sys.exit(code)"
    with OnTerminal(python(shell, *record(log, *python("os.kill(os.getpid(), signal.SIGKILL)")))) as terminal:
        assert terminal.end() == 137
    before, after = (line for line in terminal.seen.splitlines() if line.startswith(b"["))
    assert before == after
    assert b"\ncomfymeter: " in terminal.seen.replace(b"\r", b"")


def test_ctrl_z_stops_both_and_fg_goes_on(log: Path) -> None:
    program = "print('ready', flush=True)\nprint('went on with', input(), flush=True)"
    with OnTerminal(python(SHELL, *record(log, *python(program)))) as terminal:
        terminal.wait_for("ready")
        terminal.type(b"\x1a")
        terminal.wait_for("[stopped cooked]")
        wait_for(lambda: "continued" in own_words(log), "the end of the stop")
        terminal.type(b"it\r")
        assert terminal.end() == 0
    assert b"went on with it" in terminal.seen
    assert b"[ended 0]" in terminal.seen
    assert own_words(log)[2:] == ["stopped", "continued", "exit code=0"]


def test_on_pipes_the_program_stops_with_the_recorder(log: Path) -> None:
    program = "say('ready\\n')\nfor n in range(1000): say(f'tick {n}\\n'); time.sleep(0.01)"
    command = record(log, *python(program), options=("--no-pty",))
    with OnTerminal(python(SHELL, *command)) as terminal:
        terminal.wait_for("tick 3")
        terminal.type(b"\x1a")
        terminal.wait_for("[stopped cooked]")
        wait_for(lambda: "continued" in own_words(log), "the end of the stop")
        terminal.type(b"\x03")
        terminal.wait_for("[ended 130]")
    words = [
        line.split(" ")[0] for line in log.read_text().splitlines() if " rec   stopped" in line or " rec   continued" in line
    ]
    assert len(words) == 2


def test_a_background_job_leaves_the_terminal_alone_until_it_is_brought_forward(log: Path) -> None:
    shell = """
import subprocess
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen(sys.argv[1:], process_group=0)
time.sleep(1)
pid, status = os.waitpid(job.pid, os.WNOHANG | os.WUNTRACED)
say(f"[still {'running' if not pid else status}]\\n")
os.tcsetpgrp(0, job.pid)
job.wait()
os.tcsetpgrp(0, os.getpgrp())
say(f"[ended {job.returncode}]\\n")
"""
    with OnTerminal(python(shell, *record(log, *python("print('hello', flush=True); print('got', input())")))) as terminal:
        terminal.wait_for("hello")
        terminal.wait_for("[still running]")
        terminal.type(b"keys\r")
        terminal.wait_for("got keys")
        terminal.wait_for("[ended 0]")


def test_a_terminal_that_goes_away_hangs_up_the_program_and_is_recorded(log: Path) -> None:
    program = """
def end(*_): say("saving\\n"); sys.exit(6)
signal.signal(signal.SIGHUP, end); say("ready\\n"); time.sleep(60)"""
    with OnTerminal(record(log, *python(program))) as terminal:
        terminal.wait_for("ready")
        terminal.hang_up()
        assert terminal.process.wait(30) == 6
    assert last_words(log) == "exit code=6"
    assert b"saving" in output(log)


def test_on_pipes_a_program_that_reads_the_keyboard_is_explained(log: Path) -> None:
    with OnTerminal(python(SHELL, *record(log, *python("input()"), options=("--no-pty",)))) as terminal:
        terminal.wait_for("the program was stopped because it wants to read the keyboard; start it with --pty")
        terminal.type(b"\x03")
        terminal.wait_for("[ended 130]")


def test_a_terminal_for_the_program_alone(log: Path) -> None:
    """`--pty` in a pipeline: lines end in LF, prints come out at once, stdin is the pipe."""
    program = "print([os.isatty(handle) for handle in (0, 1, 2)], os.get_terminal_size()); print(sys.stdin.read())"
    done = run(*record(log, *python(program), options=("--pty",)), input=b"from the pipe")
    assert done.stdout == output(log, "tty") == b"[False, True, True] os.terminal_size(columns=80, lines=24)\nfrom the pipe\n"


def test_colours_bars_and_cursor_codes_pass_unchanged(log: Path) -> None:
    text = "\x1b[32m[INFO]\x1b[0m x\r\n\r 50%|#| 1/2 [00:01<00:01,  1.00it/s]\x1b[A\r\n"
    with OnTerminal(record(log, *python(f"import tty; tty.setraw(1); say({text!r})"))) as terminal:
        assert terminal.end() == 0
    assert terminal.seen == output(log) == text.encode()


def test_without_a_program_and_without_a_pipe_it_says_what_to_do(log: Path) -> None:
    with OnTerminal(record(log)) as terminal:
        assert terminal.end() == 2
    assert b"comfymeter record -- python main.py" in terminal.seen


def test_messages_in_raw_mode_stand_at_the_start_of_a_line(log: Path) -> None:
    command = record(log, *python("for n in range(99): say(f'line {n} ' + 'x' * 50 + '\\n')"))
    with OnTerminal(["bash", "-c", 'ulimit -f 2; exec "$@"', "bash", *command]) as terminal:
        assert terminal.end() == 0
    assert b"\r\ncomfymeter: %s: File too large" % bytes(log) in terminal.seen
    assert b"line 98 " in terminal.seen
