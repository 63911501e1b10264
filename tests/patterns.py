"""All regular expressions of the project, how each is used, and texts that would make a careless one slow."""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import analyzer
import exporters
from analyzer.families import FAMILIES

# Python's own reader of expressions, which has no public name.
kinds, parser = importlib.import_module("re._constants"), importlib.import_module("re._parser")

Found = re.Pattern[str] | re.Pattern[bytes]
_PACKAGES = (analyzer, exporters)
# What makes a search go on behind its first find.
_SEARCHES = ("search", "sub", "subn", "split", "finditer", "findall", "scanner")
_ALWAYS = ("1", " ", ".", "a", "/", "\\", "[", "-", "1.", "a.", "a ", " 1", "\t", "\r", "=", '"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One expression. `searches`: it is looked for anywhere in a text. `starts`: beginnings of texts that it takes; `ends`: what its texts
    may end with."""

    name: str
    pattern: Found
    searches: bool
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ("\n!",)


def every() -> Iterator[Known]:
    """Those of all wordings, and those of every module, each once."""
    seen: set[int] = set()
    for family, wordings in FAMILIES:
        for wording in wordings:
            example = wording.example
            seen.add(id(wording.compiled.pattern))
            yield Known(
                name=f"{family}: {wording.template}",
                pattern=wording.compiled.pattern,
                searches=wording.floating,
                starts=("", example[: len(example) // 2]),
                ends=("!",),  # what a wording gets is one line, without white space at its ends
            )
    for module in _modules():
        for name, value in vars(module).items():
            for place, pattern in _within(value):
                if id(pattern) not in seen:
                    seen.add(id(pattern))
                    yield Known(
                        name=f"{module.__name__}.{name}{place}",
                        pattern=pattern,
                        searches=_is_searched(module, name),
                        starts=("",),
                    )


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = [one.name for package in _PACKAGES for one in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return tuple(importlib.import_module(name) for name in names if not name.endswith("__main__"))


def _within(value: Any, place: str = "") -> Iterator[tuple[str, Found]]:
    """Expressions in a value, in collections and in values with fields."""
    if isinstance(value, re.Pattern):
        yield place, value
    elif isinstance(value, tuple | list | frozenset | set):
        for number, item in enumerate(value):
            yield from _within(item, f"{place}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(item, f"{place}[{str(key)[:20]}]")
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        for name in value.__dataclass_fields__:
            yield from _within(getattr(value, name, None), f"{place}.{name}")


def _is_searched(module: ModuleType, name: str) -> bool:
    """Whether the code does anything else with it than to match it at a place: a private one in its own module."""
    modules = [module] if name.startswith("_") else _modules()
    text = "\n".join(Path(str(one.__file__)).read_text("utf-8") for one in modules)
    used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)", text)) - {"pattern"}
    used |= {"match"} if re.search(rf"\bshare\({re.escape(name)}\)", text) else set()
    return not used or bool(used & {*_SEARCHES})


def hostile(known: Known, length: int) -> Iterator[str | bytes]:
    """Texts of this length: each literal, each member of a class of the expression again and again, behind what it takes."""
    units = dict.fromkeys((*_units(known.pattern), *_ALWAYS))
    for unit in units:
        for start in known.starts:
            for end in known.ends:
                text = (start + unit * (length // len(unit)))[:length] + end
                yield text if isinstance(known.pattern.pattern, str) else text.encode("utf-8", "surrogateescape")


def _units(pattern: Found) -> Iterator[str]:
    """Literals as they stand in a row, one member of each class, and what is repeated."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    yield from _of_tree(parser.parse(text, pattern.flags & ~re.UNICODE))


def _of_tree(tree: Iterable[Any]) -> Iterator[str]:
    row = ""
    for kind, given in tree:
        if kind is kinds.LITERAL:
            row += chr(given)
            continue
        if row:
            yield row
            row = ""
        yield from _of_node(kind, given)
    if row:
        yield row


def _of_node(kind: Any, given: Any) -> Iterator[str]:
    if kind is kinds.IN:
        yield from (_member(one) for one in given[:4])
    elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        inner = list(_of_tree(given[2]))
        yield from inner
        yield "".join(inner)[:40] or "a"
    elif kind is kinds.SUBPATTERN:
        yield from _of_tree(given[3])
    elif kind is kinds.ATOMIC_GROUP:
        yield from _of_tree(given)
    elif kind is kinds.BRANCH:
        for branch in given[1][:12]:
            yield from _of_tree(branch)
    elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
        yield from _of_tree(given[1])


def _member(given: Any) -> str:
    kind, value = given
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.RANGE:
        return chr(value[0])
    return {kinds.CATEGORY_DIGIT: "1", kinds.CATEGORY_SPACE: " ", kinds.CATEGORY_WORD: "a"}.get(value, "x")
