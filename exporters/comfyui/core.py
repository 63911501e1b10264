"""What to ask a server next, and what its answers and messages mean. Pure: it is handed every answer with its time.

The order of things: memory and versions show whether it answers at all; our own socket subscribes to the log and tells when the
queue changes; the buffer of the log fills in what came before; ended prompts are looked up in the history.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from exporters.comfyui import answers
from exporters.comfyui.agenda import Topic
from exporters.comfyui.health import Failure
from exporters.comfyui.pace import Pace
from exporters.comfyui.plan import TOPICS, next_question
from exporters.comfyui.questions import Answer, Ask, Question
from exporters.comfyui.resync import Resync
from exporters.comfyui.server import NEW, Server
from exporters.comfyui.wire import loads
from exporters.observations import JobsTold, Observation, Restarted, State

_MISSING = (404, 405, 501)
_WRONG = 400
# Where all of the newest ended prompts are new there may be more: so many times more are asked for, up to a bound.
_MORE, _MOST = 8, 2000
_TRIES = 3
# A longer queue is asked for less often: the server makes the answer out of all its prompts each time.
_LONG_QUEUE = 500
# A clock that goes back by more than this was set.
_SET_BACK_SECONDS = 1.0


class Core:
    """The state of one watched server. `log`: whether its log is wanted. `chance`: a number from 0 to 1.

    `zone_guess_seconds`: how far its local time may be from UTC.
    """

    def __init__(
        self, pace: Pace, *, log: bool = True, zone_guess_seconds: float = 0.0, chance: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._server = Server.new(pace, log=log, zone_guess_seconds=zone_guess_seconds, chance=chance)
        self._tries: dict[str, int] = {}
        self._told_from: float | None = None
        self._asked_at = 0.0

    # --- what to ask ---------------------------------------------------------------------------------------------

    def question(self, now: float) -> Question | None:
        """The next request; None: nothing is due before `next_at`."""
        if now < self._asked_at - _SET_BACK_SECONDS:
            self._server.clock_set_back()
        self._asked_at = now
        return next_question(self._server, now)

    def next_at(self) -> float:
        """When to come back for the next question, if nothing happens before."""
        return self._server.agenda.next_at() if self._server.is_up else self._server.health.probe_at

    # --- what is answered ----------------------------------------------------------------------------------------

    def answered(self, answer: Answer) -> list[Observation]:
        """What an answer tells."""
        before, now = self._server.health.state, answer.at
        change = self._server.health.answered(answer.status, now)
        said: list[Observation] = [change] if change else []
        if not self._server.is_up:
            return said
        if before is not State.UP:
            self._is_back(before, now)
        said += _MEANINGS[answer.question.ask](self, answer) if answer.status == 200 else self._refused(answer)
        return [*said, *self._settled(now)]

    def failed(self, question: Question, failure: Failure, now: float) -> list[Observation]:
        """No answer, or none that can be read."""
        if failure is Failure.TOO_MUCH and self._server.is_up and question.ask is not Ask.STATS:
            return [*self._too_much(question, now), *self._settled(now)]
        if topic := TOPICS.get(question.ask):
            self._server.agenda.retry(topic, now)
        change = self._server.health.failed(failure, now)
        return [change] if change else []

    def _too_much(self, question: Question, now: float) -> Iterator[Observation]:
        """The server is well, but this answer is longer than what is read: it does without, or waits for its next turn."""
        ask = question.ask
        if ask is Ask.HISTORY_OF:
            yield from self._looked_up(Answer(question=question, status=200, body=None, at=now, asked_at=now))
        elif ask is Ask.JOB:
            self._server.jobs.see_graph(None, question.subject)
        elif ask in (Ask.LOG_RING, Ask.SUBSCRIBE):
            self._server.can.lacks(ask, now)
            yield from self._server.log.no_ring(now) if ask is Ask.LOG_RING else ()
        if topic := TOPICS.get(ask):
            self._server.agenda.put_off(topic, now)
            self._heard(topic)

    def _is_back(self, before: State | None, now: float) -> None:
        self._server.agenda.at_once(*Topic)
        if before is State.DOWN and not self._server.jobs.first:
            self._begin_resync(now)

    def _refused(self, answer: Answer) -> Iterator[Observation]:
        """The endpoint is not there, or does not take this."""
        ask, now = answer.question.ask, answer.at
        if ask is Ask.ENDED_JOBS and answer.status == _WRONG and self._server.can.cancelled:
            self._server.can.cancelled = False
            self._server.agenda.at_once(Topic.ENDED)
        elif ask in (Ask.ENDED_JOBS, Ask.ACTIVE_JOBS):
            self._server.can.lacks(ask, now)
            self._server.agenda.at_once(Topic.ENDED, Topic.QUEUE)
        elif ask is Ask.JOB:
            self._server.jobs.see_graph(None, answer.question.subject)
        elif ask is Ask.HISTORY_OF:
            yield from self._not_looked_up(answer)
        elif answer.status in _MISSING or ask is Ask.SUBSCRIBE:
            self._server.can.lacks(ask, now)
            yield from self._server.log.no_ring(now) if ask is Ask.LOG_RING else ()
            self._heard(TOPICS.get(ask))
        elif topic := TOPICS.get(ask):
            self._server.agenda.retry(topic, now)

    def _stats(self, answer: Answer) -> Iterator[Observation]:
        yield answers.stats_of(answer.body, answer.at)

    def _counted(self, answer: Answer) -> Iterator[Observation]:
        if self._server.socket.differs(answers.count_of(answer.body), answer.at):
            self._server.agenda.wake(Topic.LOG, Topic.ENDED, Topic.QUEUE, now=answer.at)
        return iter(())

    def _ring(self, answer: Answer) -> Iterator[Observation]:
        subscribed_at = self._server.socket.subscribed_at
        joins = subscribed_at is not None and answer.asked_at >= subscribed_at
        yield from self._server.log.ring(answers.writes_of(answer.body), answer.at, joins_stream=joins)
        if self._server.resync and self._server.resync.log_goes_on is None:
            self._server.resync.log_goes_on = self._server.log.overlapped
        self._heard(Topic.LOG)

    def _is_subscribed(self, answer: Answer) -> Iterator[Observation]:
        self._server.socket.subscribed_at = answer.at
        self._server.agenda.at_once(Topic.LOG)
        return iter(())

    def _ended_jobs(self, answer: Answer) -> Iterator[Observation]:
        self._listed(self._server.jobs.see_list(answers.ended_jobs(answer.body)), answer.asked_at)
        return iter(())

    def _history(self, answer: Answer) -> Iterator[Observation]:
        new = self._server.jobs.see_history(answers.history_of(answer.body), answer.at)
        self._listed(0 if self._server.jobs.first else new, answer.asked_at)
        self._server.jobs.first = False
        return iter(())

    def _listed(self, new: int, asked_at: float) -> None:
        """Where all that was asked for was new, there may be more."""
        if self._server.limit <= new < _MOST:
            self._server.limit *= _MORE
            self._server.agenda.at_once(Topic.ENDED)
            return
        self._server.limit = NEW
        self._told_from = asked_at
        self._heard(Topic.ENDED)

    def _looked_up(self, answer: Answer) -> Iterator[Observation]:
        prompt_id = answer.question.subject
        found = next((one for one in answers.history_of(answer.body) if one.prompt.prompt_id == prompt_id), None)
        if self._server.resync and prompt_id == self._server.resync.witness:
            self._server.resync.remembers = found is not None
        self._server.jobs.looked_up(prompt_id, found, answer.at)
        return iter(())

    def _not_looked_up(self, answer: Answer) -> Iterator[Observation]:
        """The server fails over this one: a few times may be bad luck."""
        prompt_id = answer.question.subject
        tries = self._tries.pop(prompt_id, 0) + 1
        if tries >= _TRIES:
            yield from self._looked_up(answer)
        else:
            self._tries[prompt_id] = tries

    def _queue(self, answer: Answer) -> Iterator[Observation]:
        read = answers.queue_of if answer.question.ask is Ask.QUEUE else answers.active_jobs
        queue = read(answer.body)
        if self._server.socket.client_id is None:
            self._server.socket.count = sum(map(len, queue))
        wait = sum(map(len, queue)) / _LONG_QUEUE * self._server.pace.least
        self._server.agenda.put_off(Topic.QUEUE, answer.at, wait)
        yield from self._server.jobs.see_queue(queue, answer.at, answer.asked_at)
        self._heard(Topic.QUEUE)
        if self._server.jobs.to_look_up:
            # Others may have come and gone unseen before those that have left the queue.
            self._server.agenda.at_once(Topic.ENDED)

    def _job(self, answer: Answer) -> Iterator[Observation]:
        if self._server.jobs.see_graph(answers.job_prompt(answer.body), answer.question.subject):
            self._server.agenda.at_once(Topic.QUEUE)
        return iter(())

    # --- the same process? ---------------------------------------------------------------------------------------

    def _begin_resync(self, now: float) -> None:
        if self._server.resync:
            # What was heard already may be the first words of the new process.
            self._server.resync.waits_for |= {Topic.LOG, Topic.ENDED, Topic.QUEUE}
        else:
            self._server.resync = Resync(witness=self._server.jobs.newest_ended, refused=self._server.health.refused)
        if not self._server.can.has(Ask.LOG_RING, now):
            self._heard(Topic.LOG)
        self._server.agenda.at_once(Topic.LOG, Topic.ENDED, Topic.QUEUE)

    def _heard(self, topic: Topic | None) -> None:
        if self._server.resync and topic:
            self._server.resync.waits_for.discard(topic)

    def _settled(self, now: float) -> Iterator[Observation]:
        """Nothing is left to be looked up, and no older ends to be asked for."""
        if self._server.jobs.to_look_up or self._server.limit != NEW:
            return
        yield from self._server.jobs.tell()
        if self._server.resync and self._server.resync.complete:
            restarted, self._server.resync = self._server.resync.restarted, None
            self._server.health.refused = False
            if restarted:
                self._server.can.forget()
                yield Restarted(at=now)
        if self._told_from is not None:
            yield JobsTold(at=now, asked_at=self._told_from)
            self._told_from = None

    # --- the socket ----------------------------------------------------------------------------------------------

    def wants_socket(self, now: float) -> bool:
        """Whether to connect (again): the server answers."""
        return self._server.is_up and self._server.socket.client_id is None

    def is_deaf(self, now: float) -> bool:
        """Whether the socket tells nothing although the queue changes: to be closed and made anew."""
        return self._server.socket.is_deaf(now, self._server.pace.deaf)

    def socket_opened(self, client_id: str, now: float) -> None:
        """Our socket is connected under this id."""
        self._server.socket.opened(client_id)
        if self._server.can.has(Ask.LOG_RING, now):
            self._server.log.hold()
        if self._server.jobs.first:
            self._server.agenda.at_once(Topic.LOG, Topic.ENDED, Topic.QUEUE)
        else:
            self._begin_resync(now)

    def socket_closed(self) -> None:
        """It is gone."""
        self._server.socket.closed()
        self._server.log.closed()
        self._server.agenda.at_once(*Topic)

    def message(self, text: str, now: float) -> list[Observation]:
        """A text message."""
        try:
            message = loads(text)
        except (ValueError, RecursionError):
            return []
        data = message.get("data") if isinstance(message, Mapping) else None
        if not isinstance(data, Mapping):
            return []
        match message.get("type"):
            case "status":
                self._status(data, now)
            case "progress_state":
                self._server.jobs.nodes.message(data, now)
            case "logs":
                return list(self._server.log.stream(answers.writes_of(data), now))
        return []

    def _status(self, data: Mapping[str, Any], now: float) -> None:
        self._server.agenda.wake(Topic.LOG, Topic.QUEUE, now=now)
        if self._server.socket.told(answers.count_of(data.get("status"))):
            self._server.agenda.wake(Topic.ENDED, now=now)


_MEANINGS: dict[Ask, Callable[[Core, Answer], Iterator[Observation]]] = {
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
