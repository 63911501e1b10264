"""Lines whose UTF-8 was read as a Western code page (`í¸ì§‘` for `편집`): ftfy repairs those that nothing else takes."""

# Capital-A-tilde to y-umlaut are what the lead bytes of UTF-8 turn into; in UTF-8 again they all start with this byte.
_SUSPECT = b"\xc3"
# ftfy costs tens of microseconds a line; a log full of accented prose must not be slowed down by it.
MOST_TRIES = 2000
_LONGEST = 2000


class Repairer:
    """Repairs single lines, up to so many tries."""

    def __init__(self) -> None:
        self._tries = 0

    def repair(self, text: bytes) -> bytes | None:
        """`text` with its wrong decoding undone as far as its bytes survived; None where there is nothing to mend."""
        if _SUSPECT not in text or len(text) > _LONGEST or self._tries >= MOST_TRIES:
            return None
        self._tries += 1
        from ftfy import TextFixerConfig, fix_encoding  # 80 ms of import that few logs need

        config = TextFixerConfig(explain=False, replace_lossy_sequences=True)
        fixed = fix_encoding(text.decode("utf-8", "replace"), config).encode()
        return fixed if fixed != text else None
