"""What a kit is: files for other programs, by their places in a folder of the user's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources

from dashboards.alerts.document import RULES_FILE

RUNBOOKS = "runbooks"
# `comfymeter serve` has them there.
SERVED_RUNBOOKS = "http://127.0.0.1:9189/runbooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """`files`: texts by their places, given where the runbooks are; `then`: what to do with them, `#` stands for the folder."""

    name: str
    about: str
    files: Callable[[str], Mapping[str, str]]
    then: str


def shipped(path: str) -> str:
    """The text of a file of this package."""
    return resources.files("dashboards").joinpath(path).read_text(encoding="utf-8")


def folder(path: str, suffix: str, to: str) -> dict[str, str]:
    """All files of a folder of this package with this suffix, in the folder `to`; none where there is no such folder."""
    found = resources.files("dashboards").joinpath(path)
    names = sorted(file.name for file in found.iterdir() if file.name.endswith(suffix)) if found.is_dir() else []
    return {f"{to}/{name}": shipped(f"{path}/{name}") for name in names}


def grafana(to: str, runbooks: str) -> dict[str, str]:
    """The dashboards, in the folder `to`, with links to the runbooks where those are; without another place, at `serve`'s."""
    found = folder("grafana", ".json", to)
    if runbooks == RUNBOOKS:
        return found
    return {name: text.replace(SERVED_RUNBOOKS, runbooks.rstrip("/")) for name, text in found.items()}


def rules(runbooks: str) -> str:
    """The rules, with links to the runbooks where those are."""
    return shipped(RULES_FILE).replace(f"runbook_url: {RUNBOOKS}/", f"runbook_url: {runbooks.rstrip('/')}/")
