"""Characters: what nobody sees, and what names are made of in any script.

Python's `\\w` lacks the vowel signs of Indian scripts and the accents that stand apart.
"""

import re
import string

_WORD = string.ascii_letters + string.digits + "_"
# Controls, spaces, punctuation, arrows, lines beyond ASCII: where a name ends. Joiners (U+200C, U+200D) are inside names.
_NO_NAME = (
    "\\s\x80-\x9f\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u2010-\u2027\u2030-\u205e\u2190-\u27bf"
    "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\ufffd"
)

# Terminal sequences go first (CSI, OSC, others), so that nothing of `\x1b[31m` stays.
_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?|\x9b[0-?]*[ -/]*[@-~]")
# Control and direction characters, and what takes no room; tab and line ends are not among them.
HIDDEN_CHARACTERS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"[{HIDDEN_CHARACTERS}]")


def visible(text: str) -> str:
    """`text` without what nobody sees: it could stand inside a name or a key and hide it."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub("", _SEQUENCES.sub("", text))


def letters_and(more: str) -> str:
    """A character class: letters, digits, signs and marks of all scripts, the underscore, and the ASCII characters `more`."""
    others = "".join(chr(code) for code in range(128) if chr(code) not in _WORD + more)
    return f"[^{re.escape(others)}{_NO_NAME}]"
