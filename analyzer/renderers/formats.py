"""What the commands beside `report` share when they print: names of formats, JSON, text without colours."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from analyzer.errors import UsageError
from analyzer.renderers.base import Options
from analyzer.renderers.clean import encodable

# `text` is the terminal's without colours.
FORMATS = ("terminal", "text", "json")


def check_format(name: str, known: Iterable[str] = FORMATS) -> None:
    """Raises UsageError for a format that a command does not have: better before a gigabyte has been read than after."""
    names = tuple(known)
    if name not in names:
        raise UsageError(f"{name} is not a format of this command; known are {' '.join(names)}")


def unknown_suffix(target: str, known: Iterable[str]) -> UsageError:
    """The error for a file whose name tells no format."""
    return UsageError(f"{target}: the suffix does not name a format; known are {' '.join(known)}")


def json_document(value: Any, options: Options) -> str:
    """A JSON-like value as it may be passed on."""
    return encodable(json.dumps(options.redactor.report_value(value), ensure_ascii=not options.unicode, indent=1)) + "\n"


def uncoloured(name: str, options: Options) -> Options:
    """The options for `terminal`, or for `text`."""
    return options if name == "terminal" else replace(options, color=False)
