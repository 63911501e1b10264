"""Which files of a set say nothing of their own: empty ones, and copies that another file begins with.

Rotation by copying leaves an `x.log.1` that `x.log` still begins with, and `gzip -k` an `x.log.gz`. The names do not tell: after
`gzip x.log` the server writes a new `x.log`, and the packed file is the older part.
"""

from contextlib import closing, suppress
from dataclasses import replace

from analyzer.errors import SourceError
from analyzer.sources.compression import BrokenArchiveError
from analyzer.sources.files import LogFile
from analyzer.sources.rotation import LogGroup
from analyzer.sources.unpacked import contents, first_bytes, unpacked

# Parts of one log rarely begin alike for so long; those that do are compared to the end.
_HEAD_BYTES = 4096


def without_copies(group: LogGroup) -> LogGroup:
    """The set without the files that another one begins with; of equal ones the last stays. What cannot be read stays too."""
    files = group.files
    if len(files) == 1:
        return group
    heads = [_head(file) for file in files]

    def begins_with(whole: int, start: int) -> bool:
        one, other = heads[whole], heads[start]
        return one is not None and other is not None and one.startswith(other) and _begins_with(files[whole], files[start])

    def is_copy(place: int) -> bool:
        others = (other for other in range(len(files)) if other != place and begins_with(other, place))
        return any(place < other or not begins_with(place, other) for other in others)

    return replace(group, files=tuple(file for place, file in enumerate(files) if not is_copy(place)))


def _head(file: LogFile) -> bytes | None:
    """The first bytes, as far as they can be read; None where none can."""
    head = b""
    try:
        with closing(file.opener()) as reader:
            for chunk in first_bytes(unpacked(reader), _HEAD_BYTES):
                head += chunk
    except (BrokenArchiveError, OSError, SourceError):
        return head or None
    return head


def _begins_with(whole: LogFile, start: LogFile) -> bool:
    rest = b""
    with suppress(OSError, SourceError), closing(contents(whole)) as chunks, closing(contents(start)) as wanted:
        for part in wanted:
            while len(rest) < len(part) and (chunk := next(chunks, b"")):
                rest += chunk
            if not rest.startswith(part):
                return False
            rest = rest[len(part) :]
        return True
    return False  # gone since its head was read: who opens it says so
