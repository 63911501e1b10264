"""For programs that send prompts: the recommended timeout of a workflow, from a `comfymeter serve`. Standard library only."""

import json
import math
from http.client import HTTPException
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

OWN_TIMEOUT_SECONDS = 2.0
_MOST_BYTES = 1 << 20


def timeout_for(
    workflow: str | None,
    *,
    url: str = "http://127.0.0.1:9189",
    default: float,
    target: str | None = None,
    authorization: str | None = None,
    own_timeout_seconds: float = OWN_TIMEOUT_SECONDS,
) -> float:
    """The recommended limit in seconds, of all workflows together if `workflow` is None; `default` whenever there is none: the
    exporter is away, slow, or has no evidence. `target`: which server, where several are watched. Never raises for an answer."""
    names = {"workflow": workflow, "target": target}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in names.items() if value is not None)
    request = Request(f"{url.rstrip('/')}/api/v1/timeout?{query}")
    if authorization is not None:
        request.add_header("Authorization", authorization)
    try:
        with urlopen(request, timeout=own_timeout_seconds) as response:
            told = json.loads(response.read(_MOST_BYTES))
        seconds = _recommended(told, workflow)
    except (OSError, ValueError, LookupError, TypeError, RecursionError, HTTPException):
        return default
    return seconds if seconds is not None else default


def _recommended(told: Any, workflow: str | None) -> float | None:
    row = told["overall"] if workflow is None else {one["workflow"]: one for one in told["workflows"]}[workflow]
    seconds = row["recommended_seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds <= 0:
        return None
    return float(seconds)
