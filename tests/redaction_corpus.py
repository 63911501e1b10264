"""Log lines with secrets: what no shared document may say, and what it must go on saying. They stand in `redaction_corpus.txt`.

There a heading `## …` says what somebody could do with the secrets of the lines below it. In a line `«…»` marks what is private,
all else must survive word for word. `{40}` stands for 40 letters and digits like a real key's, `{x40}` for hexadecimal ones, `{d10}`
for decimal ones, `{A16}` for capitals: whole keys in a file would alarm whoever scans it.
"""

import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MARK = re.compile(r"«([^»]*)»")
_FILL = re.compile(r"\{([xdA]?)(\d{1,3})\}")
_LETTERS = {
    "": string.ascii_letters + string.digits,
    "x": "0123456789abcdef",
    "d": string.digits,
    "A": string.ascii_uppercase + string.digits,
}
# So many characters in a row are no accident; of other scripts fewer.
_PIECE, _SIGNS = 10, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A line as a log has it. `secrets` must go, `survives` must stay, in this order. `why`: what somebody could do with it."""

    why: str
    line: str
    secrets: tuple[str, ...]
    survives: tuple[str, ...]

    def pieces(self) -> list[str]:
        """Parts of the secrets of which none may be left: also a half of a key tells too much."""
        return [piece for secret in self.secrets for piece in _pieces(secret)]


def _pieces(secret: str) -> list[str]:
    size = _PIECE if secret.isascii() else _SIGNS
    starts = range(0, max(1, len(secret) - size + 1), (size + 1) // 2)
    pieces = [secret[start : start + size] for start in starts] if len(secret) > size else [secret]
    return [piece for piece in pieces if secret.isascii() or not piece.isascii()]


def _planted(why: str, marked: str) -> Planted:
    letters = random.Random(marked)
    text = _FILL.sub(lambda fill: _filled(fill, letters), marked)
    return Planted(
        why=why,
        line=_MARK.sub(r"\1", text),
        secrets=tuple(dict.fromkeys(_MARK.findall(text))),
        survives=tuple(part for part in _MARK.split(text)[::2] if part),
    )


def _filled(fill: re.Match[str], letters: random.Random) -> str:
    """Random letters; with a digit, a capital and a small letter where there is a choice, as in real keys."""
    body = letters.choices(_LETTERS[fill[1]], k=int(fill[2]))
    for place, letter in enumerate("a7Q" if not fill[1] else ""):
        body[place + 1] = letter
    return "".join(body)


def _corpus(text: str) -> Iterator[Planted]:
    why = ""
    for line in text.split("\n"):
        if line.startswith("## "):
            why = line.removeprefix("## ")
        elif line and not line.startswith("# "):
            yield _planted(why, line)


CORPUS: tuple[Planted, ...] = tuple(_corpus(Path(__file__).with_suffix(".txt").read_text("utf-8")))
