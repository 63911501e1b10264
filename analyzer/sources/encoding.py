"""Any text encoding to UTF-8, chunk by chunk.

Most logs are ASCII for a long while, so the question is put off until the first byte beyond ASCII; nothing is read
ahead for it. UTF-8 passes unchanged, with whatever invalid bytes a broken program or a cut left in it.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

# What Windows programs write into a pipe, by the system's language; gb18030 contains cp936.
_LEGACY = ("cp949", "gb18030", "cp932", "cp1252")
_SAMPLE_BYTES = 16 * 1024
_HIGH = re.compile(rb"[\x80-\xff]+")
_WIDE = re.compile("[^\x00-\x7f\ufffd]")


class Utf8Chunks:
    """Iterates over chunks as UTF-8; `encoding` is the name of what they were, known once they have been read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.encoding = "utf-8"
        self._chunks = iter(chunks)

    def __iter__(self) -> Iterator[bytes]:
        first = next(self._chunks, b"")
        if unicode := utf16_of(first):
            yield from self._decode(unicode, first.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE))
        elif first.startswith(codecs.BOM_UTF8):
            yield first.removeprefix(codecs.BOM_UTF8)
            yield from self._chunks
        else:
            yield from self._after_ascii(first)

    def _after_ascii(self, chunk: bytes | None) -> Iterator[bytes]:
        tail = b""
        while chunk is not None:
            data = tail + chunk
            encoding = None if data.isascii() else guess(data)
            if encoding == "utf-8":
                yield data
                yield from self._chunks
                return
            if encoding:
                yield from self._decode(encoding, data)
                return
            # Nothing beyond ASCII, or only the first bytes of a character whose rest comes with the next chunk.
            tail = data[len(data.rstrip(_HIGH_BYTES)) :]
            if ready := data[: len(data) - len(tail)]:
                yield ready
            chunk = next(self._chunks, None)
        if tail:
            yield tail

    def _decode(self, encoding: str, data: bytes) -> Iterator[bytes]:
        self.encoding = encoding
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        yield decoder.decode(data).encode("utf-8", "replace")
        for chunk in self._chunks:
            yield decoder.decode(chunk).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")


_HIGH_BYTES = bytes(range(0x80, 0x100))


def utf16_of(start: bytes) -> str | None:
    """`utf-16-le` or `utf-16-be` by the byte order mark, or by NULs in every other place; None for all else."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    even, odd = start[:4096:2], start[1:4096:2]
    if len(odd) < 4:
        return None
    nuls = even.count(0) / len(even), odd.count(0) / len(odd)
    if max(nuls) < 0.5 or min(nuls) > 0.05:
        return None
    return "utf-16-le" if nuls[1] > nuls[0] else "utf-16-be"


def guess(data: bytes) -> str | None:
    """The encoding of text with bytes beyond ASCII; None where all of them may be the start of a cut UTF-8 character."""
    sample = _sample(data)
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    wide, wrong = len(_WIDE.findall(text)), text.count("\ufffd")
    if not wide and not wrong:
        return None
    return "utf-8" if wrong * 2 <= wide else _legacy(sample)


def _sample(data: bytes) -> bytes:
    """The first lines that are not ASCII."""
    lines, size, end = list[bytes](), 0, 0
    while size < _SAMPLE_BYTES and (found := _HIGH.search(data, end)):
        start = data.rfind(b"\n", end, found.start()) + 1 or end
        end = data.find(b"\n", found.end()) + 1 or len(data)
        lines.append(data[start:end][-_SAMPLE_BYTES:])
        size += len(lines[-1])
    return b"".join(lines)


def _legacy(sample: bytes) -> str:
    # Two-byte encodings have their bytes in pairs; letters with accents stand alone among ASCII ones.
    if all(len(run) == 1 for run in _HIGH.findall(sample)) and _decodes(sample, "cp1252"):
        return "cp1252"
    from charset_normalizer import from_bytes  # 50 ms to import, and hardly any log needs it

    best = from_bytes(sample, cp_isolation=list(_LEGACY)).best()
    if best is not None and best.encoding in _LEGACY:
        return best.encoding
    return next((name for name in _LEGACY if _decodes(sample, name)), "latin-1")


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True
