"""Reports on every sample log and on every recorded session, in its plain form and in two forms with stamps."""

from functools import cache, partial

from analyzer import analyze
from analyzer.report import Question, Report, build_report
from tests.captures import SESSIONS, chunks
from tests.logs import read
from tests.samples import SAMPLES
from tests.test_captures import MESSAGES, as_bug_report, as_docker_logs, session_log

LIMIT_SECONDS = 5.0
_LOGS = {path.name: partial(analyze, str(path), timeout="300s") for path in sorted(SAMPLES.glob("*.log"))}


def _session(name: str, form: str) -> Report:
    arriving = chunks(name, MESSAGES.get(name))
    data = {"raw": partial(session_log, name), "bug-report": partial(as_bug_report, arriving)}.get(
        form, partial(as_docker_logs, arriving)
    )()
    return build_report([read(data, name=f"{name}.log")], Question(limit_seconds=LIMIT_SECONDS))


_SESSIONS = {f"{name} {form}": partial(_session, name, form) for name in SESSIONS for form in ("raw", "bug-report", "docker")}
EVERY = tuple(_LOGS | _SESSIONS)
STAMPED = (
    *("bug-report.log", "docker-json-file.log", "docker-logs-t.log", "long-runs-hours.log", "manager-windows.log"),
    *("model-thrash.log", "service-timeouts.log", "stamped-with-vram.log"),
    *(name for name in _SESSIONS if not name.endswith(" raw")),
)
UNSTAMPED = tuple(name for name in EVERY if name not in STAMPED)


@cache
def report_on(name: str) -> Report:
    """The report on one of `EVERY`."""
    return (_LOGS | _SESSIONS)[name]()
