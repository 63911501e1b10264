"""What a PromQL expression asks for, and which labels its result has: for tests of rules and of dashboards.

`check` raises AssertionError for a metric that the catalogue lacks, and for a label that a series at that place does not have.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql

from exporters.metrics import METRICS, Kind

TARGET = frozenset({"job", "instance"})
_OF_HISTOGRAM = ("_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A selector: a metric's name and the labels it is selected by."""

    metric: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Labels by the names that may be asked for; `recorded`: expressions of recording rules by their names."""

    recorded: Mapping[str, str] = field(default_factory=dict)

    def labels(self, name: str) -> frozenset[str]:
        if name in self.recorded:
            return check(self.recorded[name], self)
        assert name in LABELS, f"{name} is not in the catalogue"
        return LABELS[name]


def _labels() -> Iterator[tuple[str, frozenset[str]]]:
    yield "up", TARGET
    for metric in METRICS:
        if metric.kind is Kind.HISTOGRAM:
            for suffix in _OF_HISTOGRAM:
                yield metric.name + suffix, TARGET.union(metric.labels, {"le"} if suffix == "_bucket" else ())
        else:
            yield metric.name, TARGET.union(metric.labels)


LABELS = dict(_labels())


def metrics_used(expr: str) -> list[Used]:
    """All selectors of an expression."""
    return list(_selectors(promql.parse(expr)))


def check(expr: str, catalogue: Catalogue) -> frozenset[str]:
    """The labels of an expression's result."""
    return _result(promql.parse(expr), catalogue)


def _selectors(node: Any) -> Iterator[Used]:
    match node:
        case promql.VectorSelector():
            yield Used(metric=node.name or "", labels=frozenset(one.name for one in node.matchers.matchers))
        case promql.MatrixSelector():
            yield from _selectors(node.vector_selector)
        case promql.BinaryExpr():
            yield from _selectors(node.lhs)
            yield from _selectors(node.rhs)
        case promql.Call():
            for argument in node.args:
                yield from _selectors(argument)
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from _selectors(node.expr)


def _result(node: Any, catalogue: Catalogue) -> frozenset[str]:
    match node:
        case promql.VectorSelector():
            labels = catalogue.labels(node.name or "")
            for matcher in node.matchers.matchers:
                _has(labels, [matcher.name], node)
            return labels
        case promql.MatrixSelector():
            return _result(node.vector_selector, catalogue)
        case promql.AggregateExpr():
            return _aggregated(node, _result(node.expr, catalogue))
        case promql.BinaryExpr():
            return _joined(node, _result(node.lhs, catalogue), _result(node.rhs, catalogue))
        case promql.Call():
            return _called(node, [_result(argument, catalogue) for argument in node.args])
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _result(node.expr, catalogue)
        case _:
            return frozenset()


def _aggregated(node: Any, labels: frozenset[str]) -> frozenset[str]:
    if node.modifier is None:
        return frozenset()
    _has(labels, node.modifier.labels, node)
    if node.modifier.type == promql.AggModifierType.By:
        return frozenset(node.modifier.labels)
    return labels.difference(node.modifier.labels)


def _joined(node: Any, left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    how = str(node.op)
    scalar = _is_scalar(node.lhs) or _is_scalar(node.rhs)
    if scalar:
        return left | right
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        assert how == "or" or left == right, f"{node}: {sorted(left)} is joined with {sorted(right)}"
        return left | right
    _has(left, matching.labels, node)
    _has(right, matching.labels, node)
    if how in ("and", "unless"):
        return left
    if how == "or":
        return left | right
    many_to_one = node.modifier.card == promql.VectorMatchCardinality.ManyToOne
    return left.union(node.modifier.group_labels or ()) if many_to_one else frozenset(matching.labels)


def _called(node: Any, arguments: list[frozenset[str]]) -> frozenset[str]:
    labels = frozenset[str]().union(*arguments)
    match node.func.name:
        case "histogram_quantile":
            _has(labels, ["le"], node)
            return labels - {"le"}
        case "label_replace":
            return labels | {node.args[1].val}
        case "absent":
            return frozenset()
        case _:
            return labels


def _is_scalar(node: Any) -> bool:
    match node:
        case promql.NumberLiteral():
            return True
        case promql.Call():
            return str(node.func.name) in ("time", "scalar", "vector")
        case promql.ParenExpr() | promql.UnaryExpr():
            return _is_scalar(node.expr)
        case promql.BinaryExpr():
            return _is_scalar(node.lhs) and _is_scalar(node.rhs)
        case _:
            return False


def _has(labels: frozenset[str], wanted: "list[str] | Any", node: Any) -> None:
    missing = set(wanted) - labels
    assert not missing, f"{node}: no label {', '.join(sorted(missing))} there, only {', '.join(sorted(labels))}"
