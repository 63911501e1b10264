"""What an alert is, as data, and how figures get into its text."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`critical`: somebody has to act now. `warning`: somebody should look today. `info`: nobody is told, it is listed."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Scope(StrEnum):
    """What an alert is about: the run in flight, a ComfyUI server, all servers of a job, or comfymeter itself."""

    RUN = "run"
    SERVER = "server"
    FLEET = "fleet"
    WATCH = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alerting rule. `wait`: how long `expr` must hold (`for`); `keep`: how long it stays when it holds no more.

    `summary` and `description` are Prometheus's templates. `means` is for the documents: when it fires, in one plain sentence.
    """

    name: str
    expr: str
    severity: Severity
    scope: Scope
    means: str
    summary: str
    description: str
    wait: str = ""
    keep: str = ""

    @property
    def runbook(self) -> str:
        """Its page, beside the rules."""
        return f"runbooks/{self.name}.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording rule: what is asked for more than once, or over a long time."""

    name: str
    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated together, one after the other. `every`: how often, where that is not Prometheus's own interval."""

    name: str
    rules: tuple[Alert | Recording, ...]
    every: str = ""


SERVER = ("job", "instance")


def figure(words: str, expr: str, form: str = "humanizeDuration", *, of: tuple[str, ...] = SERVER) -> str:
    """Words with another figure of the alert's server at their `#`; nothing at all where there is no such figure.

    `expr`: `$` stands for the labels `of` the alert, as in `metric{$}`. `form`: the template function.
    """
    before, after = words.split("#")
    labels = "".join(f" $labels.{label}" for label in of) * expr.count("$")
    query = expr.replace("%", "%%").replace("$", ",".join(f"{label}=%q" for label in of)).replace('"', '\\"')
    return f'{{{{ with query (printf "{query}"{labels}) }}}}{before}{{{{ . | first | value | {form} }}}}{after}{{{{ end }}}}'
