"""The runbooks of the alerts, as they are shipped: what an alert means and what to do about it."""

import re
from importlib.resources import files

_NAME = re.compile(r"[A-Za-z]+\.md")


def runbook(name: str) -> str | None:
    """The text of one, Markdown; None where there is none. `name`: as it was asked for, by anybody."""
    if not _NAME.fullmatch(name):
        return None
    page = files("dashboards") / "runbooks" / name
    return page.read_text(encoding="utf-8") if page.is_file() else None
