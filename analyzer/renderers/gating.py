"""What `comfymeter check` prints and writes: a line per gate, JSON, and JUnit XML for CI."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from analyzer.findings.phrases import percent
from analyzer.gates import GateResult

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gate_lines(results: Sequence[GateResult]) -> str:
    """One line per gate, those that are broken first."""
    ordered = sorted(results, key=lambda result: result.passed)
    return "\n".join(f"{'ok    ' if result.passed else 'BROKEN'}  {_sentence(result)}" for result in ordered)


def gate_json(results: Sequence[GateResult]) -> str:
    rows = [
        {
            "gate": result.name,
            "passed": result.passed,
            "wanted": result.wanted,
            "measured": result.measured,
            "detail": result.detail,
        }
        for result in results
    ]
    return json.dumps({"schema": "comfymeter.check/1", "passed": all(row["passed"] for row in rows), "gates": rows}, indent=1)


def gate_junit(results: Sequence[GateResult]) -> str:
    """JUnit XML as CI servers read it: a test case per gate."""
    broken = sum(not result.passed for result in results)
    suite = ET.Element("testsuite", name="comfymeter check", tests=str(len(results)), failures=str(broken), errors="0")
    for result in results:
        case = ET.SubElement(suite, "testcase", classname="comfymeter.check", name=result.name)
        if not result.passed:
            ET.SubElement(case, "failure", message=_clean(_sentence(result))).text = _clean(result.detail)
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'


def _sentence(result: GateResult) -> str:
    measured = "nothing to measure it by" if result.measured is None else _figure(result.measured, result.unit)
    return f"{result.name}: {measured}, wanted at most {_figure(result.wanted, result.unit)}; {result.detail}"


def _figure(value: float, unit: str) -> str:
    return f"{value:.2f} {unit}" if unit else percent(value)


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
