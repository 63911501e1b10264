"""What holds for every document that people or programs get to see."""

import re
import unicodedata
from html.parser import HTMLParser

from fuzz.base import demand

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_FORBIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def check_text(text: str, *, also: str = "\n") -> None:
    """No character that a screen obeys or does not show, apart from line ends and our own colours."""
    odd = {one for one in set(_COLOURS.sub("", text)) - set(also) if not one.isascii() or ord(one) < 32 or ord(one) == 127}
    obeyed = [one for one in odd if unicodedata.category(one) in _FORBIDDEN]
    demand(not obeyed, f"a terminal would obey {obeyed!r}")


class _Page(HTMLParser):
    """The elements, attributes and scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts = self.comments = 0
        self.links: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.scripts += tag == "script"
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "action", "formaction", "xlink:href", "srcdoc"):
                self.links.add(value or "")

    def handle_comment(self, data: str) -> None:
        self.comments += 1


class Vocabulary:
    """The elements and attributes of pages of harmless logs; there is no other way into a page."""

    def __init__(self, pages: list[str]) -> None:
        known = [_Page(page) for page in pages]
        self._tags = frozenset().union(*(page.tags for page in known))
        self._attributes = frozenset().union(*(page.attributes for page in known))
        self._comments = max(page.comments for page in known)

    def check(self, text: str) -> None:
        """Raises where a page has what no harmless one has."""
        page = _Page(text)
        demand(page.tags <= self._tags, f"unknown elements {page.tags - self._tags}")
        demand(page.attributes <= self._attributes, f"unknown attributes {page.attributes - self._attributes}")
        demand(page.comments <= self._comments, "a comment comes from the log")
        outside = [link for link in page.links if not link.startswith("#") and "javascript" in link.lower()]
        demand(not outside, f"links {outside}")
