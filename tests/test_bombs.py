"""Archives that are small on disk and huge inside, or say that they need huge memory: bounded memory, and one line where it ends."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.test_bad_input import ERROR, MEASURED, MOST_BYTES, NO_RUNS, assert_one_line, comfymeter

MB = 1_000_000
SIZE = 400 * MB
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, 1),
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zst": zstandard.compress,
}


def bomb(kind: str, unit: bytes) -> bytes:
    """Many members, each of which unpacks to 20 MB."""
    return PACKERS[kind](unit * (20 * MB // len(unit))) * (SIZE // (20 * MB))


@pytest.mark.parametrize(
    "unit", [b"\0", pytest.param(b"a line that nobody knows\n", marks=pytest.mark.long)], ids=["NULs", "lines"]
)
@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_that_unpacks_to_much_needs_bounded_memory(tmp_path: Path, kind: str, unit: bytes) -> None:
    """400 MB of one thing; with lines that nobody knows it takes about a minute."""
    (tmp_path / f"bomb.log.{kind}").write_bytes(bomb(kind, unit))
    ended = comfymeter("report", f"bomb.log.{kind}", cwd=tmp_path, code=MEASURED)
    assert ended.code == (ERROR if unit == b"\0" else NO_RUNS), ended.err
    assert "Traceback" not in ended.err
    assert int((tmp_path / "peak").read_text()) < MOST_BYTES


def test_an_archive_in_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "x.log.gz").write_bytes(gzip.compress(gzip.compress(bytes(MB))))
    assert_one_line(comfymeter("report", "x.log.gz", cwd=tmp_path), ERROR)


def greedy_xz(data: bytes) -> bytes:
    """An archive whose head asks for a dictionary of 1.5 GiB."""
    packed = bytearray(lzma.compress(data))
    head = slice(12, 12 + (packed[12] + 1) * 4)
    packed[head.start + 4] = 37  # 3 << 29 bytes, as the format writes it
    packed[head.stop - 4 : head.stop] = zlib.crc32(packed[head.start : head.stop - 4]).to_bytes(4, "little")
    return bytes(packed)


def greedy_zstd(data: bytes) -> bytes:
    """An archive whose head asks for a window of 1 GiB."""
    window = zstandard.ZstdCompressionParameters.from_level(1, window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=window).compressobj()
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(("name", "pack"), [("x.log.xz", greedy_xz), ("x.log.zst", greedy_zstd)])
def test_an_archive_that_asks_for_much_memory_is_refused(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / name).write_bytes(pack(b"got prompt\nPrompt executed in 30.00 seconds\n"))
    ended = comfymeter("report", name, cwd=tmp_path, code=MEASURED)
    assert_one_line(ended, ERROR)
    assert "of memory; unpack it yourself" in ended.err
    assert int((tmp_path / "peak").read_text()) < MOST_BYTES


@pytest.mark.parametrize("name", ["logs.zip", "logs.tar", "logs.7z"])
def test_archives_of_files_are_not_unpacked(tmp_path: Path, name: str) -> None:
    """So no name in one can lead anywhere."""
    heads = {
        "zip": b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(range(256)) * 8,
        "7z": b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(range(256)) * 8,
    }
    tar = b"../../evil.log".ljust(257, b"\0") + b"ustar\x0000" + bytes(247) + b"got prompt\n".ljust(512, b"\0")
    (tmp_path / name).write_bytes(heads.get(name.rpartition(".")[2], tar))
    assert_one_line(comfymeter("report", name, cwd=tmp_path), ERROR)
    assert {path.name for path in tmp_path.iterdir()} == {name}
