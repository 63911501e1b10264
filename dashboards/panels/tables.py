"""Tables: a row for each server, workflow or GPU, joined from several queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import dashboard

from dashboards.panels import looks
from dashboards.panels.target import DATASOURCE, Ask, letter, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a query gives each row. `steps`: the value has the colour of its step; `bar`: and a bar as long as its share of 1."""

    title: str
    expr: str
    unit: str
    steps: looks.Steps = ()
    bar: bool = False
    meanings: Mapping[int, tuple[str, str]] | None = None
    decimals: int | None = None

    def look(self) -> list[dashboard.DynamicConfigValue]:
        """Its cells."""
        found = {"unit": self.unit} | ({"decimals": self.decimals} if self.decimals is not None else {})
        values = [dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in found.items()]
        if self.steps:
            steps = [{"value": value, "color": color} for value, color in self.steps]
            values.append(dashboard.DynamicConfigValue(id_val="thresholds", value={"mode": "absolute", "steps": steps}))
        if self.meanings:
            values.append(dashboard.DynamicConfigValue(id_val="mappings", value=looks.words(self.meanings)))
        if self.bar:
            values += [dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in (("min", 0), ("max", 1))]
            values.append(_cells({"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}))
        elif self.meanings:
            values.append(_cells({"type": "color-background", "mode": "basic"}))
        elif self.steps:
            values.append(_cells({"type": "color-text"}))
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A label that tells rows apart. `url`: where its cells lead."""

    label: str
    title: str
    url: str = ""

    def look(self) -> list[dashboard.DynamicConfigValue]:
        """Its cells."""
        link = {"title": "${__value.text}", "url": self.url, "targetBlank": False}
        return [dashboard.DynamicConfigValue(id_val="links", value=[link])] if self.url else []


def grid(
    title: str,
    description: str,
    keys: Sequence[Key],
    columns: Sequence[Column],
    *,
    width: int = 24,
    height: int = 7,
    nothing: str = "",
    hidden: Sequence[str] = (),
) -> table.Panel:
    """A row for each combination of the keys. `hidden`: labels that are not shown."""
    panel = table.Panel().title(title).description(description).datasource(DATASOURCE).height(height).span(width)
    panel = panel.unit(looks.COUNT).filterable(False).show_header(True)
    for place, column in enumerate(columns):
        panel = panel.with_target(rows(Ask(expr=column.expr), place)).override_by_name(column.title, column.look())
    for key in keys:
        if look := key.look():
            panel = panel.override_by_name(key.title, look)
    for name, options in _transformations(keys, columns, hidden):
        panel = panel.with_transformation(dashboard.DataTransformerConfig(id_val=name, options=options))
    return panel.no_value(nothing) if nothing else panel


def _transformations(
    keys: Sequence[Key], columns: Sequence[Column], hidden: Sequence[str]
) -> tuple[tuple[str, dict[str, object]], ...]:
    """All queries as one table, its columns in order and by their titles."""
    # With one query only its value has no letter.
    values = ["Value"] if len(columns) == 1 else [f"Value #{letter(place)}" for place in range(len(columns))]
    names = {key.label: key.title for key in keys} | dict(zip(values, (column.title for column in columns), strict=True))
    organized = {
        "excludeByName": dict.fromkeys(("Time", "__name__", *hidden), True),
        "indexByName": {name: place for place, name in enumerate(names)},
        "renameByName": names,
    }
    return ("merge", {}), ("organize", organized)


def _cells(options: Mapping[str, str]) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue(id_val="custom.cellOptions", value=dict(options))
