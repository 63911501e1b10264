"""What kind of run a prompt's graph asks for: node classes, wiring and rough sizes, whatever the seed, text, files and node ids.

Every node gets a mark made of its class, its telling numbers and the marks of the nodes that feed it; the signature is made of
all marks. So renumbering a graph, or listing its nodes in another order, changes nothing.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

# Inputs whose numbers decide how much work a node does; of pixels the product counts, so that portrait and landscape are one.
_PIXELS = ("width", "height")
_TELLING = frozenset(
    {"steps", "batch_size", "length", "video_frames", "num_frames", "frames", "megapixels", "upscale_by", "scale_by"}
)
_PREFIX, _DIGITS = "graph:", 16
# Graphs are other people's input.
_MOST_NODES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFacts:
    """What is kept of a graph; the graph itself holds people's prompts. `classes`: the class of each node that can run."""

    signature: str
    classes: Mapping[str, str]


def graph_facts(graph: object, outputs: Iterable[object] | None = None) -> GraphFacts | None:
    """The facts of a prompt's graph in API form; None where it is none.

    `outputs`: the nodes asked for; what they do not need does not count.
    """
    if not isinstance(graph, Mapping) or not graph or len(graph) > _MOST_NODES:
        return None
    nodes = {str(key): node for key, node in graph.items() if isinstance(node, Mapping)}
    needed = _needed(nodes, outputs)
    marks = _marks({key: nodes[key] for key in nodes if key in needed})
    whole = hashlib.sha256("\n".join(sorted(marks.values())).encode()).hexdigest()
    return GraphFacts(signature=_PREFIX + whole[:_DIGITS], classes={key: _class(nodes[key]) for key in marks})


def graph_signature(graph: object, outputs: Iterable[object] | None = None) -> str | None:
    """The signature alone."""
    facts = graph_facts(graph, outputs)
    return facts.signature if facts else None


def _needed(nodes: Mapping[str, Mapping[str, Any]], outputs: Iterable[object] | None) -> set[str]:
    """The outputs and all that feeds them; every node where no output is known."""
    wanted = [str(output) for output in outputs or () if str(output) in nodes]
    if not wanted:
        return set(nodes)
    needed: set[str] = set()
    while wanted:
        key = wanted.pop()
        if key not in needed:
            needed.add(key)
            wanted += [source for source, _ in _links(nodes[key], nodes).values()]
    return needed


def _marks(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The mark of each node, sources first. Without recursion: chains may be long, and a broken graph may have circles."""
    marks: dict[str, str] = {}
    under_way: set[str] = set()
    stack = list(nodes)
    while stack:
        key = stack[-1]
        links = _links(nodes[key], nodes)
        missing = [source for source, _ in links.values() if source not in marks and source not in under_way]
        if key in marks or not missing:
            stack.pop()
            if key not in marks:
                marks[key] = _mark(nodes[key], links, marks)
        else:
            under_way.add(key)
            stack += missing
    return marks


def _mark(node: Mapping[str, Any], links: Mapping[str, tuple[str, int]], marks: Mapping[str, str]) -> str:
    parts = [_class(node)]
    parts += sorted(f"{name}<{marks.get(source, '')}.{slot}" for name, (source, slot) in links.items())
    parts += sorted(_sizes(_inputs(node)))
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()


def _sizes(inputs: Mapping[str, Any]) -> Iterable[str]:
    for name in _TELLING & inputs.keys():
        if bucket := _bucket(inputs[name]):
            yield f"{name}~{bucket}"
    sides = [inputs[name] for name in _PIXELS if _is_number(inputs.get(name))]
    if len(sides) == len(_PIXELS) and (bucket := _bucket(math.prod(sides))):
        yield f"pixels~{bucket}"


def _bucket(value: object) -> str | None:
    """The nearest power of two."""
    if not _is_number(value) or value <= 0:
        return None
    return f"2^{round(math.log2(value))}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _class(node: Mapping[str, Any]) -> str:
    return str(node.get("class_type", ""))


def _inputs(node: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = node.get("inputs")
    return inputs if isinstance(inputs, Mapping) else {}


def _links(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Inputs that come from another node: `[id, output]`."""
    links = {}
    for name, value in _inputs(node).items():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int) and str(value[0]) in nodes:
            links[str(name)] = (str(value[0]), value[1])
    return links
