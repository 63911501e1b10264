"""Sources: arguments to logs, any encoding and compression to UTF-8 blocks, and one clear line for what cannot be read."""

import bz2
import gzip
import io
import lzma
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import SourceError
from analyzer.lines import MAX_LINE_BYTES
from analyzer.logs import ReadOptions, read_logs
from analyzer.report import Question, build_report
from analyzer.sources import LogFile, files, local_file, resolve, standard_input
from analyzer.sources.compression import CODECS, BrokenArchiveError, Codec, codec_of, unpack
from analyzer.sources.copies import without_copies
from analyzer.sources.encoding import Utf8Chunks
from tests.samples import SAMPLES

LOG = "Total VRAM 24576 MB\ngot prompt\n\r100%|██████████| 3/3 [00:01<00:00]\nPrompt executed in 3.04 seconds\n"
KOREAN = "got prompt\nC:\\사용자\\홍길동\\ComfyUI\nComfyUI 편집 실패: 작업 타임아웃 (300초 초과)\n"


def content(file: LogFile) -> str:
    with file.open() as stream:
        return b"".join(stream.blocks()).decode()


def names(arguments: list[str], root: Path) -> list[list[str]]:
    groups = resolve([str(root / argument) for argument in arguments])
    return [[os.path.relpath(file.name, root) for file in group.files] for group in groups]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "comfyui.log"
    path.write_text(LOG, encoding="utf-8", newline="")
    return path


# --- which files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "arguments", "expected"),
    [
        (["a.log"], ["a.log"], [["a.log"]]),
        (["a.log", "b.log"], ["b.log", "a.log"], [["b.log"], ["a.log"]]),
        (["a.log"], ["a.log", "./a.log", "*.log"], [["a.log"]]),
        (["a.log", "b.log", "c.txt"], ["*.log"], [["a.log"], ["b.log"]]),
        (["x/a.log", "x/y/b.log"], ["**/*.log"], [["x/a.log"], ["x/y/b.log"]]),
        (["odd[1].log"], ["odd[1].log"], [["odd[1].log"]]),
        (
            ["comfyui.log", "comfyui.prev.log", "comfyui.prev2.log"],
            ["."],
            [["comfyui.prev2.log", "comfyui.prev.log", "comfyui.log"]],
        ),
        (
            ["comfyui_8188.log", "comfyui_8188.prev2.log", "comfyui.log"],
            ["comfyui_8188.log", "comfyui.log", "comfyui_8188.prev2.log"],
            [["comfyui_8188.prev2.log", "comfyui_8188.log"], ["comfyui.log"]],
        ),
        (["x.log", "x.log.1", "x.log.10", "x.log.2"], ["x.log*"], [["x.log.10", "x.log.2", "x.log.1", "x.log"]]),
        (
            ["x.log", "x.log-20260801", "x.log-20260731"],
            ["."],
            [["x.log-20260731", "x.log-20260801", "x.log"]],
        ),
        (
            ["comfyui.log", "comfyui.log_2026-08-01T10-00-00-000Z.log"],
            ["."],
            [["comfyui.log_2026-08-01T10-00-00-000Z.log", "comfyui.log"]],
        ),
        (["x.log", "x.log.1", "x.log.1.gz", "x.log.gz"], ["."], [["x.log.1.gz", "x.log.1", "x.log.gz", "x.log"]]),
    ],
    ids=str,
)
def test_files_and_groups(tmp_path: Path, files: list[str], arguments: list[str], expected: list[list[str]]) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(LOG, encoding="utf-8")
    assert names(arguments, tmp_path) == expected


def test_a_directory_gives_its_logs_and_leaves_the_rest(tmp_path: Path) -> None:
    given: dict[str, bytes] = {
        "a.log": LOG.encode(),
        "b.log.gz": gzip.compress(LOG.encode()),
        "c.txt": LOG.encode(),
        "d.json": b'{"entries":[{"t":"2026-08-01T10:00:00","m":"got prompt\\n"}]}',
        "container-json.log": b'{"log":"got prompt\\n","stream":"stderr","time":"2026-08-01T10:00:00Z"}\n',
        "requirements.txt": b"torch\ntqdm\n",
        "workflow.json": b'{"3": {"class_type": "KSampler", "text": "got prompt"}}',
        "notes.md": LOG.encode(),
        "empty.log": b"",
        "picture.log": b"\x89PNG\r\n\x1a\n" + bytes(50),
    }
    for name, data in given.items():
        (tmp_path / name).write_bytes(data)
    assert names(["."], tmp_path) == [["a.log"], ["b.log.gz"], ["c.txt"], ["container-json.log"], ["d.json"], ["picture.log"]]


def test_what_the_name_decides_is_not_opened_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.log", "b.txt"):
        (tmp_path / name).write_text(LOG, encoding="utf-8")
    opened: list[str] = []

    def counted(name: str, *arguments: Any, **more: Any) -> Any:
        opened.append(os.path.basename(name))
        return open(name, *arguments, **more)

    monkeypatch.setattr(files, "open", counted, raising=False)
    read_logs([str(tmp_path)], ReadOptions())
    assert opened == ["b.txt", "a.log", "b.txt"]


WHOLE = SAMPLES.joinpath("capture-soak.log").read_bytes()
PACKED = gzip.compress(WHOLE)


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ({"x.log": WHOLE, "x.log.1": WHOLE}, ["x.log"]),
        ({"x.log": WHOLE, "x.log.gz": PACKED}, ["x.log"]),
        ({"x.log": WHOLE, "x.log.1.gz": gzip.compress(WHOLE[:30_000]), "x.log.2": WHOLE[:5000]}, ["x.log"]),
        ({"x.log": WHOLE[:30_000], "x.log.1": WHOLE}, ["x.log.1"]),
        ({"x.log": WHOLE, "x.log.1.gz": PACKED[:-100], "x.log.2.gz": PACKED[:9]}, ["x.log.2.gz", "x.log"]),
        ({"x.log": WHOLE, "x.log.gz": gzip.compress(WHOLE[:-1] + b"!\n")}, ["x.log.gz", "x.log"]),
        ({"x.log": WHOLE[5000:], "x.log.gz": gzip.compress(WHOLE[:5000])}, ["x.log.gz", "x.log"]),
        ({"x.log": b"", "x.log.1": WHOLE, "x.log.2.gz": gzip.compress(b"")}, ["x.log.1"]),
        ({"x.log": b"", "x.log.1": b""}, ["x.log"]),
    ],
)
def test_what_another_part_begins_with_is_a_copy(tmp_path: Path, files: dict[str, bytes], kept: list[str]) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (group,) = resolve([str(tmp_path / name) for name in files])
    assert [os.path.basename(file.name) for file in without_copies(group).files] == kept


def test_a_part_that_is_gone_is_no_copy(tmp_path: Path) -> None:
    for name in ("x.log", "x.log.1"):
        (tmp_path / name).write_text(LOG, encoding="utf-8")
    (group,) = resolve([str(tmp_path)])
    (tmp_path / "x.log").unlink()
    assert without_copies(group) == group


def test_a_report_counts_copies_once_and_packed_parts_too(log: Path) -> None:
    log.with_name("comfyui.log.1").write_bytes(log.read_bytes())
    (copied,) = read_logs([str(log.parent)], ReadOptions())
    log.with_name("comfyui.log.gz").write_bytes(gzip.compress(LOG.replace("3.04", "4.03").encode()))
    (packed,) = read_logs([str(log.parent)], ReadOptions())

    assert [run.duration_seconds for run in copied.runs] == [3.04]
    assert [run.duration_seconds for run in packed.runs] == [4.03, 3.04]


# --- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.log", b"", "is empty"),
        ("empty.log.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("image.log", b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
        ("program", b"\x7fELF" + bytes(100), "a program"),
        ("logs.zip", b"PK\x03\x04" + bytes(100), "unpack it first"),
        ("model.safetensors", bytes(range(256)) * 40, "not text"),
        ("tar.log.gz", gzip.compress(bytes(257).replace(b"\0", b"a") + b"ustar", mtime=0), "a tar archive"),
        ("hole.log", bytes(5000), "nothing but NUL bytes"),
        ("broken.log.gz", gzip.compress(LOG.encode(), mtime=0)[:9], "ends too early"),
        ("broken.log.xz", lzma.compress(LOG.encode())[:12] + b"rubbish" * 9, "nothing can be read: the xz data"),
    ],
)
def test_unreadable_content(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError, match=words) as caught:
        local_file(str(path)).open()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.log", "missing/*.log", "nothing"])
def test_arguments_that_stand_for_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SourceError, match=r"no such file|no file matches|no logs in this directory"):
        resolve([str(tmp_path / name)])


def test_a_file_in_a_directory_that_cannot_be_read_is_left_out_and_named(log: Path) -> None:
    (log.parent / "x.log").write_bytes(LOG.encode())
    broken = log.parent / "x.log.1.gz"
    broken.write_bytes(gzip.compress(LOG.encode())[:9])
    others, rotated = read_logs([str(log.parent)], ReadOptions())
    note = "left out: nothing can be read: the gzip data ends too early; copy or download it again"

    assert [(source.name, source.notes) for source in rotated.sources] == [
        (str(log.parent / "x.log"), ()),
        (str(broken), (note,)),
    ]
    assert len(others.runs) == len(rotated.runs) == 1
    assert note in build_report([rotated], Question()).findings[-1].detail


def test_a_file_that_is_named_must_be_readable(log: Path) -> None:
    broken = log.parent / "broken.log.gz"
    broken.write_bytes(gzip.compress(LOG.encode())[:9])
    for arguments in ([broken], [broken, log.parent], [log.parent, broken], [log.parent / "*.gz"]):
        with pytest.raises(SourceError, match=r"broken\.log\.gz: nothing can be read"):
            read_logs([str(argument) for argument in arguments], ReadOptions())


def test_a_file_has_the_name_by_which_it_was_given_first(log: Path) -> None:
    other = log.parent / "nowhere" / ".." / log.name
    (log.parent / "nowhere").mkdir()
    for first, second in ((log, other), (other, log)):
        (group,) = resolve([str(first), str(second)])
        assert group.name == str(first)


def test_a_directory_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(LOG.encode())[:9])
    with pytest.raises(SourceError, match=r"a\.log\.gz: nothing can be read: .* again$"):
        read_logs([str(tmp_path)], ReadOptions())
    (tmp_path / "b.log").write_bytes(b"GIF89a" + bytes(50))
    with pytest.raises(SourceError, match=r"a\.log\.gz: nothing can be read: .* none of 2 logs can be read$"):
        read_logs([str(tmp_path)], ReadOptions())


def test_a_directory_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(SourceError, match="permission denied"):
        resolve([str(tmp_path)])


def test_permission_denied(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(SourceError, match="permission denied"):
        local_file(str(log)).open()


@pytest.mark.parametrize(("module", "extra"), [("zstandard", "zstd"), ("fsspec", "remote")])
def test_missing_extras_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / "x.log.zst"
    path.write_bytes(zstandard.compress(LOG.encode()))
    argument = str(path) if extra == "zstd" else "s3://bucket/comfyui.log"
    with pytest.raises(SourceError, match=rf"comfymeter\[{extra}\]") as caught:
        resolve([argument])[0].files[0].open()
    assert argument in str(caught.value)


def test_remote_logs_are_opened_through_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = {"bucket/a.log": LOG.encode(), "bucket/b.log": gzip.compress(LOG.encode())}
    fake = SimpleNamespace(
        open=lambda url, mode: SimpleNamespace(open=lambda: io.BytesIO(objects[url.removeprefix("s3://")])),
        filesystem=lambda scheme: SimpleNamespace(glob=lambda url: list(objects)),
    )
    monkeypatch.setitem(sys.modules, "fsspec", fake)
    groups = resolve(["s3://bucket/*.log", "s3://bucket/a.log"])
    assert [group.name for group in groups] == ["s3://bucket/a.log", "s3://bucket/b.log"]
    assert [content(group.files[0]) for group in groups] == [LOG, LOG]


# --- compression -----------------------------------------------------------------------------------------------------

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@given(texts=st.lists(st.binary(max_size=300), min_size=1, max_size=3), size=st.integers(1, 100))
@settings(max_examples=30, deadline=None)
def test_unpacking_members_in_chunks_of_any_size(codec: Codec, texts: list[bytes], size: int) -> None:
    packed = b"".join(PACKERS[codec.name](text) for text in texts)
    for padding in (b"", bytes(7), b"rubbish"):
        data = packed + padding
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        assert codec_of(data) is codec
        assert b"".join(unpack(codec, chunks)) == b"".join(texts)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_cut_archive_gives_what_it_holds_and_says_so(tmp_path: Path, codec: Codec) -> None:
    whole = b"".join(b"got prompt %d\n" % (number * 7919 % 100003) for number in range(60000))
    path = tmp_path / "log"
    path.write_bytes(PACKERS[codec.name](whole)[:-20])
    with local_file(str(path)).open() as stream:
        got = b"".join(stream.blocks())
    assert whole.startswith(got)
    assert got or codec.name == "bzip2"
    assert stream.damage is not None
    assert "ends too early" in stream.damage
    assert stream.bytes == len(got)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_a_bomb_is_unpacked_in_small_steps(codec: Codec) -> None:
    packed = PACKERS[codec.name](bytes(100 << 20))
    sizes = [len(chunk) for chunk in unpack(codec, [packed])]
    assert sum(sizes) == 100 << 20
    assert max(sizes) <= 64 << 20


def test_damage_behind_the_start_is_no_error(tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(400_000).hex().encode() + b"\n")
    path = tmp_path / "x.log.gz"
    path.write_bytes(packed[:200_000] + b"\xff" * 100 + packed[200_100:])
    with local_file(str(path)).open() as stream:
        list(stream.blocks())
    assert stream.damage
    with pytest.raises(BrokenArchiveError):
        list(unpack(CODECS[0], [packed[:100]]))


# --- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        (LOG, "utf-8", "utf-8"),
        (LOG, "utf-8-sig", "utf-8"),
        ("plain\n", "ascii", "utf-8"),
        (LOG.replace("\n", "\r\n"), "utf-16", "utf-16-le"),
        (LOG.replace("\n", "\r\n"), "utf-16-le", "utf-16-le"),
        (LOG.replace("\n", "\r\n"), "utf-16-be", "utf-16-be"),
        (KOREAN, "cp949", "cp949"),
        ("got prompt\nC:\\用户\\张三\\ComfyUI 模型加载失败\n", "cp936", "gb18030"),
        ("got prompt\nC:\\ユーザー\\太郎\\画像 読み込み完了\n", "cp932", "cp932"),
        ("got prompt\nC:\\Users\\José\\Générer une image\n", "cp1252", "cp1252"),
        ("got prompt\nGröße ändern\n", "cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("before", ["", "got prompt\n" * 200_000], ids=["at once", "after 2 MB of ASCII"])
def test_encodings(tmp_path: Path, text: str, codec: str, expected: str, before: str) -> None:
    path = tmp_path / "x.log"
    path.write_bytes((before + text).encode(codec))
    with local_file(str(path)).open() as stream:
        assert b"".join(stream.blocks()).decode() == before + text
    assert stream.encoding == expected
    assert stream.bytes == path.stat().st_size


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "cp949"])
@given(size=st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_inside_a_character_keeps_its_encoding(codec: str, size: int) -> None:
    data = (KOREAN * 2).encode(codec)
    whole = KOREAN.encode(codec)
    chunks = [whole, *(data[at : at + size] for at in range(0, len(data) - 1, size))]
    source = Utf8Chunks(chunks)
    assert b"".join(source).startswith(KOREAN.encode())
    assert source.encoding == {"utf-16": "utf-16-le"}.get(codec, codec)


@pytest.mark.parametrize("end", range(1, 8))
def test_utf8_cut_anywhere_passes_unchanged(end: int) -> None:
    data = "a█b█".encode()[:end]
    for size in range(1, 8):
        assert b"".join(Utf8Chunks([data[at : at + size] for at in range(0, end, size)])) == data


def test_a_few_invalid_bytes_are_still_utf8() -> None:
    data = "██████████ 편집 실패".encode() + b"\xff broken \xe2\n"
    source = Utf8Chunks([data])
    assert b"".join(source) == data
    assert source.encoding == "utf-8"


def test_what_is_in_no_encoding_is_read_all_the_same() -> None:
    source = Utf8Chunks([bytes(range(256))])
    assert b"".join(source).decode()


def test_a_hole_at_the_start_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(bytes(3 << 20) + LOG.encode())
    assert content(local_file(str(path))) == LOG


def test_the_journal_s_export_is_text_although_it_holds_nuls(tmp_path: Path) -> None:
    path = tmp_path / "x.export"
    path.write_bytes(b"__CURSOR=s\n__REALTIME_TIMESTAMP=1000000\nMESSAGE\n\x03\0\0\0\0\0\0\0a\rb\n\n")
    with local_file(str(path)).open() as stream:
        assert [(piece.at, piece.text) for piece in stream.pieces()] == [(1.0, b"a\rb")]


# --- streams ---------------------------------------------------------------------------------------------------------


def test_powershell_s_redirect(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(LOG.replace("\n", "\r\n").encode("utf-16"))
    with local_file(str(path)).open() as stream:
        assert [piece.text.decode() for piece in stream.pieces()] == LOG.removesuffix("\n").split("\n")
        assert stream.container.name == "raw"


def test_the_standard_input_is_given_as_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    with open(out, "rb") as pipe, open(into, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        writer.write(b"2026-08-01T10:00:00Z got prompt\n")
        with standard_input().open() as stream:
            assert stream.container.name == "docker-logs"
            pieces = stream.pieces()
            for second in range(5):
                assert next(pieces).text == b"got prompt"  # before anything more is written
                writer.write(b"2026-08-01T10:00:0%dZ got prompt\n" % second)
            threading.Thread(target=writer.close).start()
            assert len(list(pieces)) == 1


def test_a_compressed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LOG.encode()))))
    assert content(resolve(["-", "-"])[0].files[0]) == LOG


def test_a_line_without_end_stays_bounded() -> None:
    class Endless:
        left = 60

        def read(self, size: int, /) -> bytes:
            self.left -= 1
            return b"x" * (1 << 20) if self.left else b""

        def close(self) -> None:
            pass

    with LogFile(name="x", opener=Endless).open() as stream:
        assert max(map(len, stream.blocks())) <= 2 * MAX_LINE_BYTES


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("capture-*.log")), ids=lambda path: path.stem)
def test_recorded_sessions_come_through_unchanged(path: Path) -> None:
    assert content(local_file(str(path))).encode() == path.read_bytes()


@pytest.fixture(autouse=True)
def _restore_stdin() -> Iterator[None]:
    before = sys.stdin
    yield
    sys.stdin = before
