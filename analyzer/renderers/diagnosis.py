"""What `comfymeter doctor` prints: the checks for a terminal, as text or as JSON."""

from analyzer.doctor import Check, diagnose
from analyzer.renderers.base import Options
from analyzer.renderers.formats import check_format, json_document, uncoloured
from analyzer.renderers.private import learn
from analyzer.report import Report
from analyzer.vram.facts import GpuFacts

SCHEMA = "comfymeter.doctor/1"


def render_diagnosis(name: str, report: Report, options: Options, facts: GpuFacts | None = None) -> str:
    """The checks in one of `formats.FORMATS`. `facts`: see `diagnose`."""
    check_format(name)
    learn(report, options.redactor)
    checks = diagnose(report, facts)
    if name == "json":
        value = {
            "schema": SCHEMA,
            "generated_by": {"name": "comfymeter", "version": options.version},
            "checks": [_check(check) for check in checks],
        }
        return json_document(value, options)
    from analyzer.renderers.terminal.doctor import render_checks

    return render_checks(checks, uncoloured(name, options))


def _check(check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "status": check.status.value,
        "summary": check.summary,
        "meaning": check.meaning,
        "advice": check.advice,
        "sources": list(check.sources),
    }
