"""Log text as a name, a label or an attribute: redacted, on one line, short."""

from collections.abc import Callable
from functools import lru_cache

from analyzer.renderers.base import Options
from analyzer.renderers.clean import clean, clip

ShortText = Callable[[str], str]
# A report repeats most of its words.
_REMEMBERED = 4096


def short_text(options: Options, most: int = 200) -> ShortText:
    """A function from log text to at most `most` harmless characters."""

    @lru_cache(maxsize=_REMEMBERED)
    def shorten(text: str) -> str:
        return clip(clean(options.redactor.text(clip(text, most * 4))), most)

    return shorten
