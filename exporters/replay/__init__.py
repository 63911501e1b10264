"""Recorded sessions served as the real server did: HTTP and WebSocket, original or other timing, faults on demand."""

from exporters.replay.behaviour import Behaviour, Front
from exporters.replay.faults import Drop, Restart, Stall
from exporters.replay.server import ReplayServer
from exporters.replay.session import Session, load_session, session_names

__all__ = ["Behaviour", "Drop", "Front", "ReplayServer", "Restart", "Session", "Stall", "load_session", "session_names"]
