"""All alert and recording rules, as data. `python -m dashboards` makes the rules file from them."""

from dashboards.alerts.base import Alert, Group, Recording, Scope, Severity
from dashboards.alerts.fleet import FLEET
from dashboards.alerts.gpu import GPU
from dashboards.alerts.limits import LIMITS
from dashboards.alerts.models import MODELS
from dashboards.alerts.runs import RUNS
from dashboards.alerts.server import SERVER
from dashboards.alerts.stalls import STALLS
from dashboards.alerts.watch import WATCH

GROUPS: tuple[Group, ...] = (RUNS, STALLS, SERVER, GPU, MODELS, LIMITS, WATCH, FLEET)
ALERTS: tuple[Alert, ...] = tuple(rule for group in GROUPS for rule in group.rules if isinstance(rule, Alert))
RECORDINGS: tuple[Recording, ...] = tuple(rule for group in GROUPS for rule in group.rules if isinstance(rule, Recording))

__all__ = ["ALERTS", "GROUPS", "RECORDINGS", "Alert", "Group", "Recording", "Scope", "Severity"]
