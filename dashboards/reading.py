"""The dashboards as they are committed: their panels, what they ask of Prometheus, and the values of variables put into it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

Json = dict[str, Any]
_LABEL_VALUES = re.compile(r"label_values\((?P<series>.*), (?P<label>\w+)\)")


class Asker(StrEnum):
    """Who asks."""

    PANEL = "panel"
    MARK = "annotation"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """PromQL of a dashboard. `title`: of the panel, annotation or variable. `instant`: of one moment, else over time.

    `label`: of a variable, whose values are those of this label in the series of `expr`.
    """

    dashboard: str
    asker: Asker
    title: str
    expr: str
    instant: bool = False
    label: str = ""

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.dashboard}: {self.asker} {self.title!r}"


def dashboards() -> dict[str, Json]:
    """All of them by the names of their files."""
    folder = files(__package__) / "grafana"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return {file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8")) for file in found}


def panels(dashboard: Json) -> Iterator[Json]:
    """Without the rows, which only have titles."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def variables(dashboard: Json) -> list[Json]:
    """The variables, the data source among them."""
    found: list[Json] = dashboard["templating"]["list"]
    return found


def questions(name: str, dashboard: Json) -> Iterator[Question]:
    """All that a dashboard asks."""
    for panel in panels(dashboard):
        for target in panel.get("targets", ()):
            instant = bool(target.get("instant"))
            yield Question(dashboard=name, asker=Asker.PANEL, title=panel["title"], expr=target["expr"], instant=instant)
    for mark in dashboard["annotations"]["list"]:
        yield Question(dashboard=name, asker=Asker.MARK, title=mark["name"], expr=mark["expr"])
    for variable in variables(dashboard):
        if variable["type"] == "query":
            found = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            if found is None:
                raise ValueError(f"{name}: the variable {variable['name']} does not ask for label values")
            series, label = found["series"], found["label"]
            yield Question(dashboard=name, asker=Asker.VARIABLE, title=variable["name"], expr=series, instant=True, label=label)


def everything_asked() -> list[Question]:
    """All questions of all dashboards."""
    return [question for name, dashboard in dashboards().items() for question in questions(name, dashboard)]


def put_in(text: str, values: Mapping[str, str]) -> str:
    """A text with the values of variables in it; longer names first, since `$__range` begins like `$__range_s`."""
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${{{name}}}", values[name]).replace(f"${name}", values[name])
    return text
