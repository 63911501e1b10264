"""What a user should know about a log: the rules, in the order in which they speak."""

from analyzer.analysis import Analysis
from analyzer.findings import (
    client_limits,
    creep,
    double_load,
    failures,
    limits,
    load_time,
    memory,
    requests,
    savings,
    slowdown,
    startup,
    streaming,
    thrash,
    usability,
    vram,
)
from analyzer.findings.base import Finding, Rule, Severity

RULES: tuple[Rule, ...] = (
    client_limits.STILL,
    limits.OVER,
    client_limits.GAVE_UP,
    memory.FATAL,
    failures.FAILED,
    failures.CUT_OFF,
    limits.NEAR,
    vram.SHARED,
    double_load.RULE,
    thrash.THRASH,
    thrash.SLOW,
    streaming.STREAMED,
    load_time.DOMINATES_RULE,
    vram.THROTTLED,
    slowdown.RULE,
    creep.RULE,
    memory.SOFT,
    vram.FULL,
    memory.LEAK,
    requests.REJECTED,
    requests.UNRESOLVED,
    startup.FAILURES,
    startup.SLOW,
    usability.RULE,
    failures.INTERRUPTED,
    load_time.COLD_RULE,
    streaming.DYNAMIC,
    savings.RULE,
)

_WORST_FIRST = {severity: place for place, severity in enumerate((Severity.CRITICAL, Severity.WARNING, Severity.INFO))}


def find_all(analysis: Analysis) -> tuple[Finding, ...]:
    """What all rules find, worst first, then in the order of the rules."""
    found = (finding for rule in RULES for finding in rule.find(analysis))
    return tuple(sorted(found, key=lambda finding: _WORST_FIRST[finding.severity]))
