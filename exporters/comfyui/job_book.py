"""Prompts from their first sight to their end, each end told once; what a server does not tell by itself is to be looked up."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from exporters.comfyui.answers import Ended, Queue
from exporters.comfyui.node_times import NodeTimes
from exporters.observations import JobFinished, JobLost, QueuedPrompt, QueueSeen

# Ids of prompts whose end was told; the server itself remembers 10,000.
_MOST_KNOWN = 12_000


class JobBook:
    """`to_look_up`: prompts whose end is not known yet, or not in full, in their order.

    `first`: nothing has been told; what is over is past.
    """

    def __init__(self) -> None:
        self.first = True
        self.to_look_up: dict[str, None] = {}
        self.nodes = NodeTimes()
        self._queued: dict[str, QueuedPrompt] = {}
        self._running: set[str] = set()
        self._listed: dict[str, Ended] = {}
        self._ended: dict[str, float | None] = {}
        self._again: dict[str, float | None] = {}
        self._asked: set[str] = set()
        self._to_tell: list[JobFinished | JobLost] = []

    @property
    def newest_ended(self) -> str | None:
        """The id of the prompt whose end was told last."""
        return next(reversed(self._ended), None)

    @property
    def without_graph(self) -> str | None:
        """A running prompt whose graph has not been seen."""
        return next((key for key in self._running if self._queued[key].graph is None and key not in self._asked), None)

    def see_queue(self, queue: Queue, at: float, asked_at: float) -> Iterator[QueueSeen]:
        """What runs and waits now; who has gone since is to be looked up."""
        running, pending = (tuple(map(self._with_graph, part)) for part in queue)
        now = {prompt.prompt_id: prompt for prompt in (*running, *pending)}
        self._look_up(key for key in self._queued if key not in now)
        for key in now.keys() & self._ended.keys():
            # A client has used its id again; until this run ends the history has the earlier one.
            self._again[key] = self._ended.pop(key)
        self._queued |= now
        self._running |= {prompt.prompt_id for prompt in running}
        yield QueueSeen(at=at, asked_at=asked_at, running=running, pending=pending)

    def see_graph(self, prompt: QueuedPrompt | None, prompt_id: str) -> QueuedPrompt | None:
        """A prompt's graph was asked for; the prompt with it, if there is one."""
        self._asked = (self._asked & self._running) | {prompt_id}
        known = self._queued.get(prompt_id)
        if prompt is None or known is None:
            return None
        self._queued[prompt_id] = replace(known, graph=prompt.graph)
        return self._queued[prompt_id]

    def see_list(self, ended: Iterable[Ended]) -> int:
        """Which prompts have ended; the unknown ones are to be looked up. How many, if all were unknown."""
        listed = list(ended)
        unknown = [one for one in listed if one.prompt.prompt_id not in self._ended]
        self._listed |= {one.prompt.prompt_id: one for one in unknown}
        self._look_up(one.prompt.prompt_id for one in sorted(unknown, key=lambda one: one.ended_at or 0.0))
        return len(listed) if len(unknown) == len(listed) else 0

    def see_history(self, ended: Iterable[Ended], at: float) -> int:
        """Prompts that have ended, in full. How many, if none of them has been told yet."""
        listed = list(ended)
        for one in listed:
            self._end(one, at)
        untold = {end.prompt.prompt_id for end in self._to_tell}
        return len(listed) if all(one.prompt.prompt_id in untold for one in listed) else 0

    def tell(self) -> list[JobFinished | JobLost]:
        """The ends found since the last call, in their order; lost ones, which have no time, first."""
        told, self._to_tell = self._to_tell, []
        return sorted(told, key=lambda end: end.ended_at or 0.0 if isinstance(end, JobFinished) else 0.0)

    def looked_up(self, prompt_id: str, found: Ended | None, at: float) -> None:
        """What the history says of a prompt; None: nothing."""
        self.to_look_up.pop(prompt_id, None)
        ended = found or self._listed.get(prompt_id)
        if ended is not None:
            self._end(ended, at)
        elif (prompt := self._queued.pop(prompt_id, None)) and prompt_id not in self._ended:
            was_running = prompt_id in self._running
            self._running.discard(prompt_id)
            self._to_tell.append(JobLost(at=at, prompt=prompt, was_running=was_running))

    def _end(self, ended: Ended, at: float) -> None:
        key = ended.prompt.prompt_id
        if key in self._again and self._again[key] == ended.ended_at:
            return
        known = self._queued.pop(key, None)
        self._running.discard(key)
        self._listed.pop(key, None)
        self._again.pop(key, None)
        if key in self._ended:
            return
        self._ended[key] = ended.ended_at
        while len(self._ended) > _MOST_KNOWN:
            del self._ended[next(iter(self._ended))]
        prompt = ended.prompt if known is None else _together(known, ended.prompt)
        finished = JobFinished(
            at=at,
            prompt=prompt,
            outcome=ended.outcome,
            started_at=ended.started_at,
            ended_at=ended.ended_at,
            failure=ended.failure,
            cached_nodes=ended.cached_nodes,
            nodes=self.nodes.of(key, prompt.graph),
            past=self.first,
        )
        self._to_tell.append(finished)

    def _look_up(self, keys: Iterable[str]) -> None:
        self.to_look_up |= dict.fromkeys(key for key in keys if key not in self._ended)

    def _with_graph(self, prompt: QueuedPrompt) -> QueuedPrompt:
        known = self._queued.get(prompt.prompt_id)
        return prompt if known is None else _together(known, prompt)


def _together(earlier: QueuedPrompt, later: QueuedPrompt) -> QueuedPrompt:
    """What either says."""
    return QueuedPrompt(
        prompt_id=later.prompt_id,
        number=later.number if later.number is not None else earlier.number,
        create_time=later.create_time or earlier.create_time,
        graph=later.graph or earlier.graph,
    )
