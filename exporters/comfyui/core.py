"""What to ask a server next, and what its answers and messages mean. Pure: it is handed every answer with its time.

The order of things: memory and versions show whether it answers at all; our own socket subscribes to the log and tells when the
queue changes; the buffer of the log fills in what came before; ended prompts are looked up in the history.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from exporters.comfyui import answers, questions
from exporters.comfyui.agenda import Agenda, Topic
from exporters.comfyui.health import Failure, Health
from exporters.comfyui.job_book import JobBook
from exporters.comfyui.log_book import LogBook
from exporters.comfyui.pace import Pace
from exporters.comfyui.questions import Ask, Question
from exporters.comfyui.resync import Resync
from exporters.comfyui.server_clock import ServerClock
from exporters.observations import JobsTold, Observation, Restarted, State

_TOPICS = {
    Ask.STATS: Topic.STATS,
    Ask.COUNT: Topic.COUNT,
    Ask.LOG_RING: Topic.LOG,
    Ask.ENDED_JOBS: Topic.ENDED,
    Ask.HISTORY: Topic.ENDED,
    Ask.ACTIVE_JOBS: Topic.QUEUE,
    Ask.QUEUE: Topic.QUEUE,
}
_MISSING = (404, 405, 501)
_WRONG = 400
# How many ended prompts are asked for: when we come, then each time; all of them new means that there may be more.
_PAST, _NEW, _MORE, _MOST = 16, 16, 8, 2000
_TRIES = 3
_JOBS = (Ask.ENDED_JOBS, Ask.ACTIVE_JOBS, Ask.JOB)


class Core:
    """The state of one watched server. `log`: whether its log is wanted. `chance`: a number from 0 to 1.

    `zone_guess_seconds`: how far its local time may be from UTC.
    """

    def __init__(
        self, pace: Pace, *, log: bool = True, zone_guess_seconds: float = 0.0, chance: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.health = Health(pace, chance)
        self._pace = pace
        self._agenda = Agenda(pace)
        self._log = LogBook(ServerClock(zone_guess_seconds))
        self._jobs = JobBook()
        self._unwanted: dict[Ask, float] = {} if log else dict.fromkeys((Ask.LOG_RING, Ask.SUBSCRIBE), float("inf"))
        self._missing = dict(self._unwanted)
        self._cancelled = True
        self._limit = _NEW
        self._tries: dict[str, int] = {}
        self._client_id: str | None = None
        self._subscribed = False
        self._count: int | None = None
        self._deaf_since: float | None = None
        self._resync: Resync | None = None
        self._told_from: float | None = None

    # --- what to ask ---------------------------------------------------------------------------------------------

    def question(self, now: float) -> Question | None:
        """The next request; None: nothing is due before `next_at`."""
        question = self._next(now)
        if question and (topic := _TOPICS.get(question.ask)):
            self._take(topic, now)
        return question

    def next_at(self) -> float:
        """When to come back for the next question, if nothing happens before."""
        return self._agenda.next_at() if self.health.state is State.UP else self.health.probe_at

    def _next(self, now: float) -> Question | None:
        if self.health.state is not State.UP:
            return questions.STATS if now >= self.health.probe_at else None
        if self._client_id and not self._subscribed and self._has(Ask.SUBSCRIBE, now):
            return questions.subscribe(self._client_id)
        if self._wanted(Topic.LOG, Ask.LOG_RING, now):
            return questions.LOG_RING
        if self._resync and self._resync.witness and self._resync.needs_witness:
            return questions.history_of(self._resync.witness)
        if self._jobs.to_look_up:
            return questions.history_of(self._jobs.to_look_up[0])
        return self._next_list(now)

    def _next_list(self, now: float) -> Question | None:
        jobs = self._has(Ask.ACTIVE_JOBS, now)
        if self._due(Topic.ENDED, now):
            if self._jobs.first:
                return questions.history(_PAST)
            return questions.ended_jobs(self._limit, cancelled=self._cancelled) if jobs else questions.history(self._limit)
        if self._due(Topic.QUEUE, now):
            return questions.ACTIVE_JOBS if jobs else questions.QUEUE
        if jobs and (prompt_id := self._jobs.without_graph):
            return questions.job(prompt_id)
        if self._wanted(Topic.COUNT, Ask.COUNT, now):
            return questions.COUNT
        return questions.STATS if self._wanted(Topic.STATS, Ask.STATS, now) else None

    def _due(self, topic: Topic, now: float) -> bool:
        return self._agenda.is_due(topic, now)

    def _wanted(self, topic: Topic, ask: Ask, now: float) -> bool:
        """Whether it is time and the server can be asked that; what it lacks waits for its next turn."""
        if self._due(topic, now) and not self._has(ask, now):
            self._take(topic, now)
        return self._due(topic, now)

    def _take(self, topic: Topic, now: float) -> None:
        self._agenda.take(topic, now, told=self._client_id is not None, busy=bool(self._count))

    def _has(self, ask: Ask, now: float) -> bool:
        return self._missing.get(ask, 0.0) <= now

    # --- what is answered ----------------------------------------------------------------------------------------

    def answered(self, question: Question, status: int, body: object, now: float, asked_at: float) -> list[Observation]:
        """An answer: its status and its JSON (None: none)."""
        before = self.health.state
        change = self.health.answered(status, now)
        said: list[Observation] = [change] if change else []
        if self.health.state is not State.UP:
            return said
        if before is not State.UP:
            self._is_back(before, now)
        if status == 200:
            said += _MEANINGS[question.ask](self, question, body, now, asked_at)
        else:
            said += self._refused(question, status, now)
        return [*said, *self._settled(now)]

    def failed(self, question: Question, failure: Failure, now: float) -> list[Observation]:
        """No answer, or none that can be read."""
        if topic := _TOPICS.get(question.ask):
            self._agenda.retry(topic, now)
        change = self.health.failed(failure, now)
        return [change] if change else []

    def _is_back(self, before: State | None, now: float) -> None:
        self._agenda.at_once(*Topic)
        if before is State.DOWN and not self._jobs.first:
            self._begin_resync(now)

    def _refused(self, question: Question, status: int, now: float) -> Iterator[Observation]:
        """The endpoint is not there, or does not take this."""
        topic = _TOPICS.get(question.ask)
        if question.ask is Ask.ENDED_JOBS and status == _WRONG and self._cancelled:
            self._cancelled = False
            self._agenda.at_once(Topic.ENDED)
        elif question.ask in _JOBS and question.ask is not Ask.JOB:
            self._missing |= dict.fromkeys(_JOBS, now + self._pace.retry_missing)
            self._agenda.at_once(Topic.ENDED, Topic.QUEUE)
        elif question.ask is Ask.JOB:
            self._jobs.see_graph(None, question.subject)
        elif question.ask is Ask.HISTORY_OF:
            yield from self._not_looked_up(question, now)
        elif status in _MISSING:
            self._missing[question.ask] = now + self._pace.retry_missing
            yield from self._log.no_ring(now) if question.ask is Ask.LOG_RING else ()
            self._heard(topic)
        elif topic:
            self._agenda.retry(topic, now)

    def _stats(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        yield answers.stats_of(body, now)

    def _counted(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        count = answers.count_of(body)
        if count == self._count or count is None:
            self._deaf_since = None
        else:
            self._deaf_since = self._deaf_since if self._deaf_since is not None else now
            self._agenda.wake(Topic.LOG, Topic.ENDED, Topic.QUEUE, now=now)
        return iter(())

    def _ring(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        yield from self._log.ring(answers.writes_of(body), now)
        if self._resync and self._resync.log_goes_on is None:
            self._resync.log_goes_on = self._log.overlapped
        self._heard(Topic.LOG)

    def _is_subscribed(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        self._subscribed = True
        self._agenda.at_once(Topic.LOG)
        return iter(())

    def _ended_jobs(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        self._listed(self._jobs.see_list(answers.ended_jobs(body)), asked_at)
        return iter(())

    def _history(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        ended = list(answers.history_of(body))
        finished = list(self._jobs.see_history(ended, now))
        self._listed(bool(ended) and len(finished) == len(ended) and not self._jobs.first, asked_at)
        self._jobs.first = False
        yield from finished

    def _listed(self, all_new: bool, asked_at: float) -> None:
        """Where all of the newest were unknown, older ones may be too."""
        if all_new and self._limit < _MOST:
            self._limit *= _MORE
            self._agenda.at_once(Topic.ENDED)
            return
        self._limit = _NEW
        self._told_from = asked_at
        self._heard(Topic.ENDED)

    def _looked_up(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        found = next((one for one in answers.history_of(body) if one.prompt.prompt_id == question.subject), None)
        if self._resync and question.subject == self._resync.witness:
            self._resync.remembers = found is not None
        yield from self._jobs.looked_up(question.subject, found, now)

    def _not_looked_up(self, question: Question, now: float) -> Iterator[Observation]:
        """The server fails over this one: a few times may be bad luck."""
        tries = self._tries.pop(question.subject, 0) + 1
        if tries >= _TRIES:
            yield from self._looked_up(question, None, now, now)
        else:
            self._tries[question.subject] = tries

    def _queue(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        queue = answers.queue_of(body) if question.ask is Ask.QUEUE else answers.active_jobs(body)
        if self._client_id is None:
            self._count = sum(map(len, queue))
        yield from self._jobs.see_queue(queue, now, asked_at)
        self._heard(Topic.QUEUE)

    def _job(self, question: Question, body: object, now: float, asked_at: float) -> Iterator[Observation]:
        if self._jobs.see_graph(answers.job_prompt(body), question.subject):
            self._agenda.at_once(Topic.QUEUE)
        return iter(())

    # --- the same process? ---------------------------------------------------------------------------------------

    def _begin_resync(self, now: float) -> None:
        if self._resync:
            # What was heard already may be the first words of the new process.
            self._resync.waits_for |= {Topic.LOG, Topic.ENDED, Topic.QUEUE}
        else:
            self._resync = Resync(witness=self._jobs.newest_ended, refused=self.health.refused)
        if not self._has(Ask.LOG_RING, now):
            self._heard(Topic.LOG)
        self._agenda.at_once(Topic.LOG, Topic.ENDED, Topic.QUEUE)

    def _heard(self, topic: Topic | None) -> None:
        if self._resync and topic:
            self._resync.waits_for.discard(topic)

    def _settled(self, now: float) -> Iterator[Observation]:
        """Nothing is left to be looked up."""
        if self._jobs.to_look_up:
            return
        if self._resync and self._resync.complete:
            restarted, self._resync = self._resync.restarted, None
            self.health.refused = False
            if restarted:
                self._missing = dict(self._unwanted)
                self._cancelled = True
                yield Restarted(at=now)
        if self._told_from is not None:
            yield JobsTold(at=now, asked_at=self._told_from)
            self._told_from = None

    # --- the socket ----------------------------------------------------------------------------------------------

    def wants_socket(self, now: float) -> bool:
        """Whether to connect (again): the server answers."""
        return self.health.state is State.UP and self._client_id is None

    def is_deaf(self, now: float) -> bool:
        """Whether the socket tells nothing although the queue changes: to be closed and made anew."""
        return self._deaf_since is not None and now - self._deaf_since > self._pace.deaf

    def socket_opened(self, client_id: str, now: float) -> None:
        """Our socket is connected under this id."""
        self._client_id, self._subscribed, self._deaf_since = client_id, False, None
        if self._has(Ask.LOG_RING, now):
            self._log.hold()
        if self._jobs.first:
            self._agenda.at_once(Topic.LOG, Topic.ENDED, Topic.QUEUE)
        else:
            self._begin_resync(now)

    def socket_closed(self) -> None:
        """It is gone."""
        self._client_id, self._subscribed, self._count, self._deaf_since = None, False, None, None
        self._log.closed()
        self._agenda.at_once(*Topic)

    def message(self, text: str, now: float) -> list[Observation]:
        """A text message."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return []
        data = message.get("data") if isinstance(message, Mapping) else None
        if not isinstance(data, Mapping):
            return []
        match message.get("type"):
            case "status":
                self._status(data, now)
            case "progress_state":
                self._jobs.nodes.message(data, now)
            case "logs":
                return list(self._log.stream(answers.writes_of(data), now))
        return []

    def _status(self, data: Mapping[str, Any], now: float) -> None:
        count = answers.count_of(data.get("status"))
        ended = self._count is not None and count is not None and count < self._count
        self._count, self._deaf_since = count, None
        self._agenda.wake(Topic.LOG, Topic.QUEUE, now=now)
        if ended:
            self._agenda.wake(Topic.ENDED, now=now)


_Meaning = Callable[[Core, Question, object, float, float], Iterator[Observation]]
_MEANINGS: dict[Ask, _Meaning] = {
    Ask.STATS: Core._stats,
    Ask.COUNT: Core._counted,
    Ask.LOG_RING: Core._ring,
    Ask.SUBSCRIBE: Core._is_subscribed,
    Ask.ENDED_JOBS: Core._ended_jobs,
    Ask.HISTORY: Core._history,
    Ask.HISTORY_OF: Core._looked_up,
    Ask.ACTIVE_JOBS: Core._queue,
    Ask.JOB: Core._job,
    Ask.QUEUE: Core._queue,
}
