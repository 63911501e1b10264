"""Files that grow, are renamed, cut and written anew under the reader; pipes of real child processes."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SourceError
from exporters.observations import BacklogRead, LogText
from exporters.tail import FileTail, read_pipe, tail_file
from tests.test_serve import fetched, free_port, process

OpenTail = Callable[..., FileTail]


@pytest.fixture
def open_tail() -> Iterator[OpenTail]:
    with ExitStack() as stack:

        def opened(path: str, **given: int | None) -> FileTail:
            tail = FileTail(path, **given)
            stack.callback(tail.close)
            return tail

        yield opened


def everything(tail: FileTail) -> bytes:
    return b"".join(iter(tail.read, b""))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_file_that_is_not_there_yet_is_read_as_a_whole(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    tail = open_tail(str(path), backlog_bytes=0)

    assert everything(tail) == b""
    append(path, b"first\nsecond\n")
    assert everything(tail) == b"first\nsecond\n"


def test_parts_of_lines_come_as_they_are_written(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    tail = open_tail(str(path))
    for part in (b"got pro", b"mpt\n\r  0%|", b"   | 0/5\r", b"\xe2\x96", b"\x88\n"):
        append(path, part)
        assert everything(tail) == part


@pytest.mark.parametrize(
    ("backlog", "expected"),
    [(None, b"one\ntwo\nthree\n"), (0, b""), (6, b"three\n"), (7, b"three\n"), (10, b"two\nthree\n"), (99, b"one\ntwo\nthree\n")],
)
def test_how_much_of_what_is_there_is_read(backlog: int | None, expected: bytes, tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree\n")
    tail = open_tail(str(path), backlog_bytes=backlog)

    assert everything(tail) == expected
    append(path, b"four\n")
    assert everything(tail) == b"four\n"


def test_a_renamed_file_is_read_to_its_end_before_the_new_one(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    append(path, b"a\n")
    tail = open_tail(str(path))
    assert everything(tail) == b"a\n"

    append(path, b"b\n")
    path.rename(tmp_path / "log.1")
    append(path, b"c\n")

    assert everything(tail) == b"b\nc\n"


def test_a_server_that_keeps_its_renamed_file_open_is_followed(tmp_path: Path, open_tail: OpenTail) -> None:
    """logrotate without copytruncate: ComfyUI never opens its log again."""
    path = tmp_path / "log"
    with path.open("ab", buffering=0) as server:
        server.write(b"a\n")
        tail = open_tail(str(path))
        assert everything(tail) == b"a\n"
        path.rename(tmp_path / "log.1")
        path.touch()
        assert everything(tail) == b""
        server.write(b"b\n")
        assert everything(tail) == b"b\n"


def test_a_file_that_is_gone_for_a_while(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    append(path, b"a\n")
    tail = open_tail(str(path))
    assert everything(tail) == b"a\n"
    path.unlink()
    assert everything(tail) == b""
    append(path, b"b\n")
    assert everything(tail) == b"b\n"


def test_a_truncated_file_is_read_from_its_start(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    append(path, b"a long first line\n")
    tail = open_tail(str(path))
    everything(tail)

    path.write_bytes(b"b\n")
    assert everything(tail) == b"b\n"


def test_a_file_written_anew_and_longer_between_two_looks(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    append(path, b"start up\nfirst life\n")
    tail = open_tail(str(path))
    everything(tail)

    path.write_bytes(b"start up\nanother life, and a long one\n")
    assert everything(tail) == b"start up\nanother life, and a long one\n"


def test_copytruncate_of_a_file_that_is_appended_to(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    with path.open("ab", buffering=0) as server:
        server.write(b"a\n")
        tail = open_tail(str(path))
        assert everything(tail) == b"a\n"
        (tmp_path / "log.1").write_bytes(path.read_bytes())
        os.truncate(path, 0)
        server.write(b"b\n")
        assert everything(tail) == b"b\n"


@pytest.mark.parametrize("looked", [True, False], ids=["seen empty", "not seen empty"])
def test_copytruncate_leaves_a_hole_where_the_server_writes_on_at_its_place(
    looked: bool, tmp_path: Path, open_tail: OpenTail
) -> None:
    """`python main.py > log`: the offset stays, what was cut off reads as NULs."""
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as server:
        server.write(b"a" * 5000 + b"\n")
        tail = open_tail(str(path))
        everything(tail)
        os.truncate(path, 0)
        if looked:
            assert everything(tail) == b""
        server.write(b"b\n")
        assert everything(tail) == b"b\n"
        server.write(b"c\n")
        assert everything(tail) == b"c\n"


def test_big_parts_are_read_piece_by_piece(tmp_path: Path, open_tail: OpenTail) -> None:
    path = tmp_path / "log"
    data = os.urandom(1 << 16).replace(b"\0", b"x") * 40
    path.write_bytes(data)
    tail = open_tail(str(path))

    parts = list(iter(tail.read, b""))
    assert len(parts) > 1
    assert b"".join(parts) == data


# What a server and a rotation do to a file, with looks in between.
STEPS = st.lists(
    st.sampled_from(["write", "write", "look", "rename", "look, then cut"]),
    max_size=30,
)


@given(STEPS)
def test_nothing_is_lost_or_doubled_whatever_happens(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, written, read = Path(folder) / "log", b"", b""
        tail = FileTail(str(path))
        for number, step in enumerate(steps):
            line = f"line {number}\n".encode()
            if step == "write":
                append(path, line)
                written += line
            elif step == "rename" and path.exists():
                # Of files that come and go between two looks only the last can be found.
                read += everything(tail)
                path.rename(Path(folder) / f"log.{number}")
            elif step == "look, then cut" and path.exists():
                read += everything(tail)
                os.truncate(path, 0)
            read += everything(tail) if step == "look" else b""
        read += everything(tail)
        tail.close()
    assert read == written


# --- the live sources -----------------------------------------------------------------------------------------------


async def collect(
    source: AsyncGenerator[LogText | BacklogRead, None] | AsyncGenerator[LogText, None], enough: Callable[[list[LogText]], bool]
) -> list[LogText]:
    seen: list[LogText] = []
    async with asyncio.timeout(10):
        try:
            async for one in source:
                if isinstance(one, BacklogRead):
                    assert text(seen) == b"old\n"
                    continue
                seen.append(one)
                if enough(seen):
                    break
        finally:
            await source.aclose()
    return seen


def text(seen: list[LogText]) -> bytes:
    return b"".join(one.data for one in seen)


def test_what_was_there_is_backlog_and_what_comes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old\n")

    async def watch() -> list[LogText]:
        def enough(seen: list[LogText]) -> bool:
            if text(seen) == b"old\n":
                asyncio.get_running_loop().call_later(0.02, append, path, b"new\n")
            return text(seen) == b"old\nnew\n"

        return await collect(tail_file(str(path), poll_seconds=0.005, clock=lambda: 7.0), enough)

    assert [(one.data, one.backlog, one.at) for one in asyncio.run(watch())] == [(b"old\n", True, 7.0), (b"new\n", False, 7.0)]


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        asyncio.run(collect(tail_file(str(tmp_path)), lambda seen: True))


CHILD = """
import sys, time
for part in ("got prompt\\n", "\\r  0%|   | 0/2", " [00:00<?, ?it/s]", "\\n"):
    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.02)
"""


def test_a_pipe_is_read_as_its_writer_writes_and_ends_with_it() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        seen = asyncio.run(collect(read_pipe(child.stdout.fileno()), lambda seen: False))

    assert text(seen) == b"got prompt\n\r  0%|   | 0/2 [00:00<?, ?it/s]\n"
    assert len(seen) > 1
    assert not any(one.backlog for one in seen)


def test_a_fast_writer_is_read_whole() -> None:
    writes = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 40000)"
    with subprocess.Popen([sys.executable, "-c", writes], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        seen = asyncio.run(collect(read_pipe(child.stdout.fileno()), lambda seen: False))

    assert text(seen) == bytes(range(256)) * 40000


# --- what blocks ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_named_pipe_is_read_from_one_writer_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.mkfifo(path)

    async def watch() -> list[LogText]:
        async def write() -> None:
            for part in (b"got prompt\n", b"Prompt executed in 3.00 seconds\n"):
                writer = await asyncio.to_thread(path.open, "wb", buffering=0)
                await asyncio.sleep(0.02)  # nothing comes, and nobody is held up
                writer.write(part)
                writer.close()
                await asyncio.sleep(0.05)

        writing = asyncio.ensure_future(write())
        seen = await collect(tail_file(str(path)), lambda seen: text(seen).endswith(b"seconds\n"))
        await writing
        return seen

    assert text(asyncio.run(watch())) == b"got prompt\nPrompt executed in 3.00 seconds\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_read_that_blocks_holds_up_nothing_else(tmp_path: Path) -> None:
    """As on a network that is away: a pipe without a writer has taken the file's place, and opening it does not return."""
    path = tmp_path / "log"
    path.write_bytes(b"got prompt\n")

    async def watch() -> bytes:
        source = tail_file(str(path), poll_seconds=0.005, backlog_bytes=None)
        first = await anext(source)
        assert isinstance(await anext(source), BacklogRead)
        os.rename(path, tmp_path / "log.1")
        os.mkfifo(path)
        waiting = asyncio.ensure_future(anext(source))
        for _ in range(30):
            await asyncio.sleep(0.01)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await source.aclose()
        return first.data if isinstance(first, LogText) else b""

    assert asyncio.run(watch()) == b"got prompt\n"
    os.close(os.open(path, os.O_RDWR))  # lets the thread go


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_serve_answers_and_ends_while_its_log_hangs(tmp_path: Path) -> None:
    path, port = tmp_path / "log", free_port()
    os.mkfifo(path)
    with process("serve", "--log", path, "--no-gpu", "--listen", f"127.0.0.1:{port}", "--quiet") as child:
        assert "ready" in fetched(f"http://127.0.0.1:{port}/-/ready")
        assert "comfyui_log_lines_total 0.0" in fetched(f"http://127.0.0.1:{port}/metrics")
        child.terminate()
        _, said = child.communicate(timeout=20)
    assert (child.returncode, said) == (0, "")
