"""Beginnings and ends of long texts that leave no part of a word: half a key is not recognised as one, nor half a name."""

# So much of a longer word is enough to know it by.
_TELLING = 64


def beginning(text: str, most: int, *, mark: str = "") -> str:
    """At most `most` characters of `text`, and the mark where something is missing. A word is cut only where it is long."""
    if len(text) <= most:
        return text
    kept = text[:most]
    start = max(kept.rfind(" "), kept.rfind("\t")) + 1
    if start and not text[most].isspace() and most - start < _TELLING:
        kept = kept[:start]
    return kept.rstrip() + mark


def end(text: bytes, most: int) -> bytes:
    """The last words of `text`, at most `most` bytes; of a longer word its beginning."""
    if len(text) <= most:
        return text
    tail = text[-most:]
    if not text[-most - 1 : -most].isspace():
        _, _, tail = tail.partition(b" ")
    return tail or text[text.rfind(b" ") + 1 :][:most]
