"""Node times from `progress_state` messages, which observers get for prompts that were sent without a client id."""

from collections.abc import Mapping
from typing import Any

from analyzer.runs.graph_signature import GraphFacts
from analyzer.runs.model import NodeTime

_MOST_PROMPTS = 8
_RUNNING, _FINISHED = "running", "finished"


class NodeTimes:
    """When the nodes of the newest prompts began and ended, by the arrival of the messages."""

    def __init__(self) -> None:
        self._began: dict[str, dict[str, float]] = {}
        self._ended: dict[str, dict[str, float]] = {}

    def message(self, data: Mapping[str, Any], at: float) -> None:
        """A snapshot of a prompt's nodes."""
        prompt_id, nodes = data.get("prompt_id"), data.get("nodes")
        if not isinstance(prompt_id, str) or not isinstance(nodes, Mapping):
            return
        began, ended = self._began.setdefault(prompt_id, {}), self._ended.setdefault(prompt_id, {})
        for key, node in nodes.items():
            state = node.get("state") if isinstance(node, Mapping) else None
            if state in (_RUNNING, _FINISHED):
                began.setdefault(str(key), at)
            if state == _FINISHED:
                ended.setdefault(str(key), at)
        while len(self._began) > _MOST_PROMPTS:
            oldest = next(iter(self._began))
            del self._began[oldest], self._ended[oldest]

    def of(self, prompt_id: str, graph: GraphFacts | None) -> tuple[NodeTime, ...] | None:
        """The times of a prompt's nodes in the order in which they began; None where none were told."""
        began, ended = self._began.pop(prompt_id, {}), self._ended.pop(prompt_id, {})
        classes = graph.classes if graph else {}
        times = [
            NodeTime(class_type=classes.get(key, key.partition(".")[0]), seconds=ended[key] - at)
            for key, at in began.items()
            if key in ended
        ]
        return tuple(times) or None
