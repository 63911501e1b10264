"""URLs of logs, and how they are shown: without what lets somebody in."""

import re

# Two letters at least: `C://logs` is a drive. fsspec chains protocols: `simplecache::s3://…`.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:::[A-Za-z][A-Za-z0-9+.-]*)*://")
_LOGIN = re.compile(r"(?<=://)[^/?#\s'\"]*@")
# A signed link is a key. What is long is none of a query's usual values.
_SECRET = re.compile(
    r"(?<=[?&])([^=&#?\s'\"]*(?:key|sig|token|secret|passw|auth|cred|session)[^=&#?\s'\"]*|[^=&#?\s'\"]+(?==[^&#\s'\")]{24}))=[^&#\s'\")]+",
    re.IGNORECASE,
)


def is_url(name: str) -> bool:
    return _URL.match(name) is not None


def shown(text: str) -> str:
    """A URL, or a message that may hold some, without log-ins and keys."""
    return _SECRET.sub(r"\1=***", _LOGIN.sub("", text))
