"""What `comfymeter doctor` prints: the checks for a terminal, as text or as JSON."""

from dataclasses import replace

from analyzer.doctor import Check, diagnose
from analyzer.errors import UsageError
from analyzer.renderers.base import Options
from analyzer.renderers.json_text import dumps
from analyzer.renderers.private import learn
from analyzer.report import Report

SCHEMA = "comfymeter.doctor/1"
FORMATS = ("terminal", "text", "json")


def render_diagnosis(name: str, report: Report, options: Options) -> str:
    """The checks in one of `FORMATS`; `text` is the terminal's without colours."""
    if name not in FORMATS:
        raise UsageError(f"{name} is not a format of this command; known are {' '.join(FORMATS)}.")
    learn(report, options.redactor)
    checks = diagnose(report)
    if name == "json":
        value = {
            "schema": SCHEMA,
            "generated_by": {"name": "comfymeter", "version": options.version},
            "checks": [_check(check) for check in checks],
        }
        return dumps(options.redactor.report_value(value), ascii_only=not options.unicode, indent=1) + "\n"
    from analyzer.renderers.terminal.doctor import render_checks

    return render_checks(checks, options if name == "terminal" else replace(options, color=False))


def _check(check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "status": check.status.value,
        "summary": check.summary,
        "meaning": check.meaning,
        "advice": check.advice,
        "sources": list(check.sources),
    }
