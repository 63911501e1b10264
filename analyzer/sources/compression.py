"""Compressed logs, recognised by their first bytes and unpacked as they are read: a few MiB in memory at a time."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from analyzer.errors import SourceError

# How much one step unpacks at most, so that a decompression bomb does not fill the memory.
_STEP_BYTES = 1 << 20
# How much is fed at once: what a damaged feed would have given is lost.
_FEED_BYTES = 16 * 1024
# zstandard's decoder cannot be told a limit for its output; it is fed so little that even the worst ratio stays bounded.
_ZSTD_FEED_BYTES = 2048
# The head of an xz file says how much memory unpacking takes, up to 4 GiB (`xz -9`: 65 MiB). zstandard itself stops at 128 MiB.
_MOST_MEMORY_BYTES = 128 << 20

# Gives the output and returns what stands behind the end of the member.
_Feed = Generator[bytes, None, bytes]


class BrokenArchiveError(Exception):
    """The compressed data is damaged or cut off; what came before that has been handed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A compression: its first bytes, its decoder (made anew for each member of the file), and how that is fed."""

    name: str
    magic: bytes
    decoder: Callable[[], Any]
    feed: Callable[[Any, bytes], _Feed]
    feed_bytes: int = _FEED_BYTES


def _gzip_decoder() -> Any:
    import zlib

    return zlib.decompressobj(wbits=31)


def _bzip2_decoder() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz_decoder() -> Any:
    import lzma

    return lzma.LZMADecompressor(memlimit=_MOST_MEMORY_BYTES)


def _zstd_decoder() -> Any:
    try:
        import zstandard
    except ImportError:
        raise SourceError("zstd needs an extra: pip install 'comfymeter[zstd]', or unpack the file first") from None
    return zstandard.ZstdDecompressor().decompressobj()


def _feed_zlib(decoder: Any, data: bytes) -> _Feed:
    while data and not decoder.eof:
        yield decoder.decompress(data, _STEP_BYTES)
        data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    return data


def _feed_buffered(decoder: Any, data: bytes) -> _Feed:
    """bz2 and lzma keep what they were fed and are asked for the rest of the output."""
    yield decoder.decompress(data, _STEP_BYTES)
    while not decoder.eof and not decoder.needs_input:
        yield decoder.decompress(b"", _STEP_BYTES)
    unused: bytes = decoder.unused_data
    return unused


def _feed_zstd(decoder: Any, data: bytes) -> _Feed:
    yield decoder.decompress(data)
    unused: bytes = decoder.unused_data
    return unused


CODECS: tuple[Codec, ...] = (
    Codec(name="gzip", magic=b"\x1f\x8b", decoder=_gzip_decoder, feed=_feed_zlib),
    Codec(name="zstd", magic=b"\x28\xb5\x2f\xfd", decoder=_zstd_decoder, feed=_feed_zstd, feed_bytes=_ZSTD_FEED_BYTES),
    Codec(name="xz", magic=b"\xfd7zXZ\x00", decoder=_xz_decoder, feed=_feed_buffered),
    Codec(name="bzip2", magic=b"BZh", decoder=_bzip2_decoder, feed=_feed_buffered),
)


def codec_of(start: bytes) -> Codec | None:
    """The compression of a file that starts with `start`; None for plain data."""
    return next((codec for codec in CODECS if start.startswith(codec.magic)), None)


def unpack(codec: Codec, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The content of compressed chunks, one member after the other; padding behind the last member is ignored.

    Raises `BrokenArchiveError` where the data is damaged or ends too early.
    """
    decoder = codec.decoder()
    for chunk in _sliced(chunks, codec.feed_bytes):
        while chunk:
            if decoder.eof:
                chunk = chunk.lstrip(b"\0")
                if not codec.magic.startswith(chunk[: len(codec.magic)]):
                    return
                decoder = codec.decoder() if chunk else decoder
            chunk = yield from _fed(codec, decoder, chunk)
    if not decoder.eof:
        raise BrokenArchiveError(f"the {codec.name} data ends too early")


def _fed(codec: Codec, decoder: Any, chunk: bytes) -> _Feed:
    try:
        return (yield from codec.feed(decoder, chunk)) if chunk else chunk
    except Exception as error:  # each library raises its own
        if "memory" in str(error).lower():
            most = f"{_MOST_MEMORY_BYTES >> 20} MiB"
            raise SourceError(
                f"the {codec.name} data asks for more than {most} of memory; unpack it yourself if you trust it"
            ) from error
        raise BrokenArchiveError(f"the {codec.name} data is damaged ({error})") from error


def _sliced(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]
