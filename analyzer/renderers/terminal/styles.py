"""The few colours and what they mean: red is broken, yellow wants a look, green is fine, dim is background. Phases have the
palette's."""

from analyzer.findings.base import Severity
from analyzer.runs.model import Outcome, Verdict

BAD, LOOK, GOOD, QUIET = "red", "yellow", "green", "dim"

SEVERITIES = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold"}
OUTCOMES = {
    Outcome.SUCCESS: "",
    Outcome.CACHED: QUIET,
    Outcome.ERROR: BAD,
    Outcome.OOM: BAD,
    Outcome.INTERRUPTED: LOOK,
    Outcome.CUT_OFF: LOOK,
    Outcome.UNKNOWN: LOOK,
}
VERDICTS = {Verdict.OVER: BAD, Verdict.NEAR: LOOK, Verdict.OK: GOOD, Verdict.UNKNOWN: ""}
STATUSES = {"ok": GOOD, "warn": "bold yellow", "fail": "bold red"}
