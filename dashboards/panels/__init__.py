"""The dashboards as code. A dashboard is a file and a row here; what is committed in `grafana/` is made from them.

Needs the Grafana Foundation SDK, which only developers have; the command itself ships the JSON.
"""

from dashboards.panels.board import Board
from dashboards.panels.gpu import GPU
from dashboards.panels.history import HISTORY
from dashboards.panels.overview import OVERVIEW
from dashboards.panels.run import RUN

BOARDS: tuple[Board, ...] = (OVERVIEW, RUN, GPU, HISTORY)

__all__ = ["BOARDS", "Board"]
