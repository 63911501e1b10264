"""Which comfymeter this is."""

from functools import cache
from importlib import metadata


@cache
def installed_version() -> str:
    """The version of comfymeter that makes a document."""
    try:
        return metadata.version("comfymeter")
    except metadata.PackageNotFoundError:
        return "unknown"
