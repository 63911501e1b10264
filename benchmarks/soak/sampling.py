"""Memory, descriptors and threads of processes, from /proc (Linux)."""

import asyncio
import csv
import os
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.soak.verdict import Sample

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def look(pid: int, at: float) -> Sample:
    """Raises OSError where the process is gone."""
    folder = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
    return Sample(
        at=at,
        rss_bytes=int((folder / "statm").read_text().split()[1]) * _PAGE,
        files=len(os.listdir(folder / "fd")),
        threads=int(status["Threads"]),
    )


class Sampling:
    """`pids`: processes by name. `file`: samples are appended to it as CSV. `samples`: all so far."""

    def __init__(self, pids: Mapping[str, int], file: Path, every_seconds: float) -> None:
        self._pids, self._file, self._every_seconds = pids, file, every_seconds
        self._began = time.monotonic()
        self.samples: dict[str, list[Sample]] = {name: [] for name in pids}

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    async def run(self) -> None:
        """Samples until it is cancelled. Raises OSError when a process is gone."""
        with self._file.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["seconds", "process", "rss_bytes", "files", "threads"])
            while True:
                at = self.seconds
                for name, pid in self._pids.items():
                    sample = look(pid, at)
                    self.samples[name].append(sample)
                    rows.writerow([f"{at:.1f}", name, sample.rss_bytes, sample.files, sample.threads])
                file.flush()
                await asyncio.sleep(self._every_seconds)
