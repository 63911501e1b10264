"""Label values: short harmless text, and only so many different ones."""

from collections import Counter
from collections.abc import Iterable

from analyzer.renderers.short_text import ShortText

OTHER = "other"
UNKNOWN = "unknown"


class Capped:
    """The most frequent values of a label; all others are `other`."""

    def __init__(self, texts: Iterable[str | None], most: int, shorten: ShortText) -> None:
        self._shorten = shorten
        # By what is shown: two texts that are shortened or redacted to the same are one series.
        counted = Counter({value: count for value, count in Counter(map(self._shown, texts)).items() if value != UNKNOWN})
        self._kept = {value for value, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:most]}

    def __call__(self, text: str | None) -> str:
        shown = self._shown(text)
        return shown if shown in self._kept or shown == UNKNOWN else OTHER

    def _shown(self, text: str | None) -> str:
        return (text and self._shorten(text)) or UNKNOWN


def labelled(names: Iterable[str], values: Iterable[str]) -> str:
    """`{phase="sample"}`, or nothing."""
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
