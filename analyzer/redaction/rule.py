"""A rule: one form in which private text stands in a log, as data. Nothing here replaces anything."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a private text is; the value is the alias with its number to fill in."""

    USER = "user-{}"
    ORGANISATION = "org-{}"
    HOST = "host-{}"
    SHARE = "share-{}"
    ID = "id-{}"
    FILE = "file-{}"
    IMAGE = "image-{}"
    VIDEO = "video-{}"
    AUDIO = "audio-{}"
    LORA = "lora-{}"
    EMBEDDING = "embedding-{}"
    MAIL = "<mail-{}>"
    PHONE = "<phone-{}>"
    HARDWARE = "<mac-{}>"
    TOKEN = "<token-{}>"
    PROMPT = "<prompt-{}>"


# An alias of any kind, with the ending that file aliases keep.
ALIAS = re.compile(r"(?:user|org|host|share|id|file|image|video|audio|lora|embedding)-[0-9]+(?:\.[a-z0-9]+)?|<[a-z]+-[0-9]+>")

Keep = Callable[[re.Match[str]], bool]


def keep_none(_match: re.Match[str]) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One form of private text.

    `pattern`: its group `secret` is replaced, all around it stays. `example`: a line that holds it.
    `meaning`: one sentence. `keep`: says of a match that its text may stay. `within`: only lines that hold this.
    `learned`: the text is a name, to be replaced wherever it stands as a word.
    """

    name: str
    kind: Kind
    pattern: re.Pattern[str]
    example: str
    meaning: str
    keep: Keep = keep_none
    within: re.Pattern[str] | None = None
    learned: bool = False

    def __post_init__(self) -> None:
        for name in ("name", "example", "meaning"):
            if not getattr(self, name).strip():
                raise ValueError(f"rule {self.name!r}: {name} is empty")
        if "secret" not in self.pattern.groupindex:
            raise ValueError(f"rule {self.name!r}: the pattern has no group 'secret'")
