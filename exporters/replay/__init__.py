"""Recorded sessions served as the real server did: HTTP and WebSocket, original or other timing, faults on demand."""

from exporters.replay.behaviour import (
    AS_RECORDED,
    BEFORE_CREATE_TIME,
    BEFORE_JOBS,
    BEFORE_LOG_STREAM,
    BEFORE_LOGS,
    NEWER,
    Behaviour,
    Front,
)
from exporters.replay.faults import Drop, Restart, Stall
from exporters.replay.server import ReplayServer
from exporters.replay.session import Session, load_session, session_names

__all__ = [
    "AS_RECORDED",
    "BEFORE_CREATE_TIME",
    "BEFORE_JOBS",
    "BEFORE_LOGS",
    "BEFORE_LOG_STREAM",
    "NEWER",
    "Behaviour",
    "Drop",
    "Front",
    "ReplayServer",
    "Restart",
    "Session",
    "Stall",
    "load_session",
    "session_names",
]
