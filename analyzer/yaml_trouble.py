"""What is wrong with a YAML text, in a few words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruamel.yaml.error import YAMLError


def yaml_trouble(error: "YAMLError") -> str:
    """One line; with the line of the file where the library knows it."""
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    words = str(problem or error).strip().splitlines()[0]
    return words if mark is None else f"line {mark.line + 1}: {words}"
