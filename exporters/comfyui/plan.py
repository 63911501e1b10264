"""What to ask next, by what is known of the server and what is due."""

from exporters.comfyui import questions
from exporters.comfyui.agenda import Topic
from exporters.comfyui.questions import Ask, Question
from exporters.comfyui.server import NEW, Server

TOPICS = {
    Ask.STATS: Topic.STATS,
    Ask.COUNT: Topic.COUNT,
    Ask.LOG_RING: Topic.LOG,
    Ask.ENDED_JOBS: Topic.ENDED,
    Ask.HISTORY: Topic.ENDED,
    Ask.ACTIVE_JOBS: Topic.QUEUE,
    Ask.QUEUE: Topic.QUEUE,
}


def next_question(server: Server, now: float) -> Question | None:
    """The next request, whose topic is then no longer due; None: nothing is."""
    question = _next(server, now)
    if question and (topic := TOPICS.get(question.ask)):
        _take(server, topic, now)
    return question


def _next(server: Server, now: float) -> Question | None:
    if not server.is_up:
        return questions.STATS if now >= server.health.probe_at else None
    if server.socket.client_id and server.socket.subscribed_at is None and server.can.has(Ask.SUBSCRIBE, now):
        return questions.subscribe(server.socket.client_id)
    if _is_wanted(server, Topic.LOG, Ask.LOG_RING, now):
        return questions.LOG_RING
    if server.resync and server.resync.witness and server.resync.needs_witness:
        return questions.history_of(server.resync.witness)
    if server.jobs.to_look_up and not server.agenda.is_due(Topic.ENDED, now):
        return questions.history_of(next(iter(server.jobs.to_look_up)))
    return _next_list(server, now)


def _next_list(server: Server, now: float) -> Question | None:
    jobs = server.can.has(Ask.ACTIVE_JOBS, now)
    # What a dead process took along comes before what the new one has done.
    order = (Topic.QUEUE, Topic.ENDED) if server.resync and not server.jobs.to_look_up else (Topic.ENDED, Topic.QUEUE)
    if topic := next((topic for topic in order if server.agenda.is_due(topic, now)), None):
        return _list_of(server, topic, jobs=jobs)
    if jobs and (prompt_id := server.jobs.without_graph):
        return questions.job(prompt_id)
    if _is_wanted(server, Topic.COUNT, Ask.COUNT, now):
        return questions.COUNT
    return questions.STATS if _is_wanted(server, Topic.STATS, Ask.STATS, now) else None


def _list_of(server: Server, topic: Topic, *, jobs: bool) -> Question:
    if topic is Topic.QUEUE:
        return questions.ACTIVE_JOBS if jobs else questions.QUEUE
    if server.jobs.first:
        return questions.history(NEW)
    if jobs:
        return questions.ended_jobs(server.limit, cancelled=server.can.cancelled)
    return questions.history(server.limit)


def _is_wanted(server: Server, topic: Topic, ask: Ask, now: float) -> bool:
    """Whether it is time and the server can be asked that; what it lacks waits for its next turn."""
    if server.agenda.is_due(topic, now) and not server.can.has(ask, now):
        _take(server, topic, now)
    return server.agenda.is_due(topic, now)


def _take(server: Server, topic: Topic, now: float) -> None:
    told = server.socket.subscribed_at is not None if topic is Topic.LOG else server.socket.client_id is not None
    server.agenda.take(topic, now, told=told, busy=bool(server.socket.count))
