"""Compressed logs, whole, cut off and damaged, to runs."""

import bz2
import gzip
import lzma
import random
from collections.abc import Callable, Iterator
from functools import partial

import zstandard

from analyzer.sources.compression import BrokenArchiveError, codec_of, unpack
from analyzer.sources.unpacked import unpacked
from fuzz import reads, seeds
from fuzz.base import Mutate, Target, demand
from fuzz.invariants import check_reading

_PACKERS: tuple[Callable[[bytes], bytes], ...] = (
    partial(gzip.compress, mtime=0),
    zstandard.ZstdCompressor().compress,
    lzma.compress,
    bz2.compress,
)


def check(data: bytes) -> None:
    """Reads it as a log; unpacks it again in pieces, which may get further where it is damaged."""
    whole = reads.read(data)
    if not isinstance(whole, str):
        check_reading(whole, in_order=False)
    content, damaged = _content(data, None)
    in_pieces, damaged_too = _content(data, seeds.choice(data, 1000))
    demand(damaged == damaged_too, "in pieces it is damaged, at once it is not")
    least, most = sorted((content, in_pieces), key=len)
    demand(most.startswith(least) and (damaged or least == most), "pieces change the content")


def _content(data: bytes, seed: int | None) -> tuple[bytes, bool]:
    parts = list[bytes]()
    try:
        parts.extend(part for part in unpacked(reads.Arriving(data, seed)))
    except BrokenArchiveError:
        return b"".join(parts), True
    return b"".join(parts), False


def _seeds() -> Iterator[bytes]:
    for place, text in enumerate(seeds.excerpts(4096, each=2)):
        packed = _PACKERS[place % len(_PACKERS)](text)
        yield packed
        yield packed[: len(packed) * 2 // 3]
        yield packed + packed[:20] + b"\0" * 10 + packed


def _mutate(data: bytes, most_bytes: int, seed: int, mutate: Mutate) -> bytes:
    """Half of the time the content is changed instead of the archive, whose checksum would not fit any more."""
    chance = random.Random(seed)
    if chance.random() < 0.5 and (codec := codec_of(data)):
        try:
            content = b"".join(unpack(codec, [data]))[: 4 * most_bytes]
        except BrokenArchiveError:
            return mutate(data, most_bytes)
        packed = chance.choice(_PACKERS)(mutate(content, 4 * most_bytes))
        return packed if len(packed) <= most_bytes else mutate(data, most_bytes)
    return mutate(data, most_bytes)


COMPRESSED = Target(
    name="compressed",
    what="packed logs, whole, cut off and damaged",
    seeds=_seeds,
    check=check,
    words=(b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"BZh9"),
    mutator=_mutate,
)
