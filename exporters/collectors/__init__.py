"""The collectors: one file each, and one failure each."""

from exporters.collectors.base import Collector
from exporters.collectors.gpu import GPU
from exporters.collectors.in_flight import IN_FLIGHT
from exporters.collectors.limits import LIMITS
from exporters.collectors.log import LOG
from exporters.collectors.models import MODELS
from exporters.collectors.own import OWN
from exporters.collectors.runs import RUNS
from exporters.collectors.server import SERVER

COLLECTORS: tuple[Collector, ...] = (SERVER, RUNS, MODELS, IN_FLIGHT, LIMITS, GPU, LOG, OWN)

__all__ = ["COLLECTORS", "Collector"]
