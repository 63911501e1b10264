"""Mutations that keep JSON what it is: values are put in other places, of other kinds, too large, too deep."""

import json
import random
from typing import Any

from fuzz.base import Mutate

# Numbers as text: JSON's grammar knows no bounds, and Python reads NaN and Infinity.
_NUMBERS = (
    "0",
    "-1",
    "1e999",
    "-1e999",
    "NaN",
    "1" + "0" * 400,
    "-1" + "0" * 30,
    "1e308",
    "1785578400123",
    "0.1",
    "9223372036854775808",
)
_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "x",
    "\ud800",
    "\x00\x1b[31m",
    "<zqx>",
    [],
    {},
    [[]],
    {"": None},
    "1e5",
    "nan",
    "🎈" * 50,
)
_MARK = "@@number@@"
_LEAVES_PLAIN = 0.3


def mutate_lines(data: bytes, most_bytes: int, seed: int, mutate: Mutate, *, named: bool) -> bytes:
    """An input of lines with one JSON value changed, or as the plain mutation has it. `named`: a name stands before each."""
    chance = random.Random(seed)
    if chance.random() < _LEAVES_PLAIN:
        return mutate(data, most_bytes)
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    name, _, rest = lines[place].partition(b" ") if named else (b"", b"", lines[place])
    changed = mutate_json(rest, chance)
    if changed is None:
        return mutate(data, most_bytes)
    lines[place] = name + b" " + changed if named else changed
    if chance.random() < 0.2:
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    made = b"\n".join(lines)
    return made if len(made) <= most_bytes else mutate(data, most_bytes)


def mutate_json(text: bytes, chance: random.Random) -> bytes | None:
    """Another JSON text; None where there is none to begin with."""
    try:
        value = json.loads(text)
        places = list(_places(value))
        number = None
        for _ in range(chance.randint(1, 3)):
            number = _change(chance.choice(places), places, chance) or number
        made = json.dumps(value)
    except (ValueError, RecursionError, IndexError):
        return None
    return made.replace(f'"{_MARK}"', number or "0").encode()


def _places(value: Any) -> Any:
    """Every container and key in it."""
    stack = [value]
    while stack:
        one = stack.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            stack.append(one[key])


def _change(place: tuple[Any, Any], places: list[tuple[Any, Any]], chance: random.Random) -> str | None:
    """Changes a place; the number that its mark stands for."""
    holder, key = place
    if (isinstance(holder, list) and key >= len(holder)) or (isinstance(holder, dict) and key not in holder):
        return None
    kind = chance.randrange(5)
    if kind == 0:
        holder[key] = _MARK
        return chance.choice(_NUMBERS)
    if kind == 1:
        other, other_key = chance.choice(places)
        if (isinstance(other, dict) and other_key in other) or (isinstance(other, list) and other_key < len(other)):
            holder[key] = json.loads(json.dumps(other[other_key]))
    elif kind == 2:
        del holder[key]
    elif kind == 3 and isinstance(holder, list):
        holder.insert(key, json.loads(json.dumps(holder[key])))
    else:
        holder[key] = chance.choice(_VALUES)
    return None
