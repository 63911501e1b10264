"""A file that each input takes the place of."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


def written(data: bytes, name: str) -> Path:
    """The file with this content."""
    path = _folder() / name
    path.unlink(missing_ok=True)  # what still has the old one open must not see this one
    path.write_bytes(data)
    return path


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="comfymeter-fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
