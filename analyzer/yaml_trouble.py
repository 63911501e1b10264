"""YAML texts, and what is wrong with one in a few words."""

from io import StringIO
from typing import Any


class NotYamlError(Exception):
    """What is wrong with a text, in one line; with the line of the file where the library knows it."""


def load_yaml(text: str, *, keep: bool = False) -> Any:
    """What a text says. `keep`: with all that is needed to write it again. Raises NotYamlError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    reader = YAML() if keep else YAML(typ="safe", pure=True)
    try:
        return reader.load(StringIO(text))
    except (YAMLError, ValueError, TypeError, IndexError, RecursionError) as error:
        # Numbers and dates that are none, and keys that are tables, come out of the library as they arise in it.
        raise NotYamlError(_words(error)) from error


def _words(error: Exception) -> str:
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    words = (str(problem or error).strip().splitlines() or [type(error).__name__])[0]
    return words if mark is None else f"line {mark.line + 1}: {words}"
