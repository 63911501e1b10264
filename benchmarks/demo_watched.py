"""`comfymeter demo` as a process, a real Prometheus that scrapes its servers by their names, and what it can be asked."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from exporters.commands.demo import SERVERS

PROMETHEUS = shutil.which("prometheus")
_MAIN = "from analyzer.cli import main; main()"
_PATIENCE_SECONDS = 30.0
_CONFIG = """
global: {{scrape_interval: {every}, scrape_timeout: {every}, evaluation_interval: {every}}}
rule_files: [{rules}]
scrape_configs:
  - job_name: comfyui
    metrics_path: /probe
    static_configs: [{{targets: [{names}]}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "{address}"}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series over time, or of one moment: its labels and its values by Unix seconds."""

    labels: Mapping[str, str]
    values: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """One that runs. `url`: where."""

    url: str

    def over_time(self, expr: str, *, start: float, end: float, step: float) -> list[Series]:
        """Values at each step. Raises ValueError with what Prometheus has against it."""
        found = self._ask("query_range", query=expr, start=f"{start:.3f}", end=f"{end:.3f}", step=f"{step:g}")
        return [_series(one["metric"], one["values"]) for one in found["result"]]

    def now(self, expr: str, at: float) -> list[Series]:
        """Values of a moment. Raises ValueError as above."""
        found = self._ask("query", query=expr, time=f"{at:.3f}")
        if found["resultType"] == "scalar":
            return [_series({}, [found["result"]])]
        return [_series(one["metric"], [one["value"]]) for one in found["result"]]

    def _ask(self, what: str, **asked: str) -> Any:
        request = Request(f"{self.url}/api/v1/{what}", data=urlencode(asked).encode())
        try:
            with urlopen(request, timeout=30) as response:
                return json.loads(response.read())["data"]
        except URLError as error:
            said = json.loads(error.read())["error"] if hasattr(error, "read") else error
            raise ValueError(f"{said}: {asked['query']}") from None


def _series(labels: Mapping[str, str], values: Sequence[Any]) -> Series:
    return Series(labels=labels, values=[(float(at), float(value)) for at, value in values])


@contextmanager
def demo_watched(folder: Path, *, stretch: float, every: str, rules: Path | None = None) -> Iterator[Prometheus]:
    """The demo, `stretch` times as long as it was recorded, scraped `every` so often; `folder`: for what Prometheus keeps."""
    with _demo(stretch) as address, _prometheus(folder, address, every, rules) as prometheus:
        yield prometheus


@contextmanager
def _demo(stretch: float) -> Iterator[str]:
    address = f"127.0.0.1:{_free_port()}"
    command = [sys.executable, "-c", _MAIN, "demo", "--stretch", str(stretch), "--listen", address, "--quiet"]
    with _running(command, f"http://{address}/-/ready"):
        yield address


@contextmanager
def _prometheus(folder: Path, address: str, every: str, rules: Path | None) -> Iterator[Prometheus]:
    names = ", ".join(server.name for server in SERVERS)
    config = _CONFIG.format(every=every, names=names, address=address, rules=f'"{rules.absolute()}"' if rules else "")
    (folder / "prometheus.yml").write_text(config)
    here = f"127.0.0.1:{_free_port()}"
    options = (f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}")
    with _running([str(PROMETHEUS), *options, f"--web.listen-address={here}"], f"http://{here}/-/ready"):
        yield Prometheus(url=f"http://{here}")


@contextmanager
def _running(command: Sequence[str], ready: str) -> Iterator[None]:
    """A process, from when it answers on."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(ready, child)
        yield
    finally:
        child.terminate()
        child.wait(_PATIENCE_SECONDS)


def _wait(url: str, child: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and child.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
