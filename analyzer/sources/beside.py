"""Sample files that lie beside a log: `run.log.vram.csv`, its packed and its rotated parts."""

import glob
import os
import re
from collections.abc import Iterable

from analyzer.sources.files import STDIN, local_file
from analyzer.sources.rotation import LogGroup, base_of, group_logs
from analyzer.sources.urls import is_url

SUFFIX = ".vram.csv"
_PARTS = re.compile(re.escape(SUFFIX) + r"(?:\.\d{1,3})?(?:\.(?:gz|xz|zst|bz2))?$")


def samples_beside(names: Iterable[str]) -> list[LogGroup]:
    """The sample files of logs of these names, parts that follow each other in one group. URLs and streams have none."""
    local = [name for name in names if name != STDIN and not is_url(name)]
    found = {path: local_file(path) for name in local for base in (name, base_of(name)) for path in _beside(base)}
    return group_logs(found.values())


def _beside(name: str) -> list[str]:
    return sorted(path for path in glob.glob(glob.escape(name + SUFFIX) + "*") if _PARTS.search(path) and os.path.isfile(path))
