"""Whether bytes are a text log at all, and if not what they are."""

# First bytes of files that people hand in by mistake.
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "an image, audio or video file (RIFF)"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"Rar!\x1a\x07", "a rar archive: unpack it first"),
    (b"\x7fELF", "a program (ELF)"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"LPKSHHRH", "a systemd journal: export it with `journalctl --file FILE -o json`"),
    (b"PAR1", "a Parquet file"),
)
_TAR_MAGIC, _TAR_AT = b"ustar", 257
# The only text form with binary parts: systemd's journal export.
_EXPORT = (b"__CURSOR=", b"__REALTIME_TIMESTAMP=")
# Control characters that logs have no use for, NUL among them; a stray one occurs, one in fifty bytes does not.
_STRANGE = bytes({*range(0x20), 0x7F} - set(b"\t\n\r\b\f\x1b\x1a"))
_STRANGE_SHARE = 0.02


def not_text(start: bytes) -> str | None:
    """What a file that starts with `start` is, where it is no text; None for text. `start` is not UTF-16."""
    for magic, kind in _KINDS:
        if start.startswith(magic):
            return kind
    if start[_TAR_AT : _TAR_AT + len(_TAR_MAGIC)] == _TAR_MAGIC:
        return "a tar archive: unpack it first"
    strange = len(start) - len(start.translate(None, _STRANGE))
    if strange > _STRANGE_SHARE * len(start) and not start.startswith(_EXPORT):
        return "not text"
    return None
