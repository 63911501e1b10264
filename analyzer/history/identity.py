"""Which log a file is: the one that it begins with.

A log that grew begins with the bytes that were read before, a rotated or packed one has the same bytes under another name. So a
log's identity is the hash of what was read of it, and a file is looked at once to see which known hashes it begins with.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPrint:
    """A file's size and hash, and the hashes of its beginnings of the sizes that were asked about."""

    size: int
    sha256: str
    beginnings: dict[int, str] = field(default_factory=dict)

    def begins_with(self, size: int, sha256: str) -> bool:
        return self.beginnings.get(size) == sha256


def fingerprint(blocks: Iterable[bytes], sizes: Iterable[int]) -> LogPrint:
    """Hashes a file, and its beginnings of these sizes on the way."""
    wanted = sorted({size for size in sizes if size > 0}, reverse=True)
    hasher, position, beginnings = hashlib.sha256(), 0, dict[int, str]()
    for block in blocks:
        start = 0
        while wanted and wanted[-1] <= position + len(block):
            end = wanted.pop() - position
            hasher.update(block[start:end])
            start = end
            beginnings[position + end] = hasher.hexdigest()
        hasher.update(block[start:])
        position += len(block)
    return LogPrint(size=position, sha256=hasher.hexdigest(), beginnings=beginnings)
