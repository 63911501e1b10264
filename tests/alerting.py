"""The shipped kit at work: real servers of ours, a real Prometheus and a real Alertmanager, in a quicker time."""

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from analyzer.recording.format import Stamper, Stream
from analyzer.recording.scribe import Scribe
from dashboards.kits.writing import run
from exporters.replay import Session, load_session
from exporters.replay.scaling import TextScaler
from exporters.replay.session import Kind
from tests.command import MAIN, command
from tests.scaled_rules import scaled
from tests.test_serve import free_port

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
_YAML = YAML(typ="safe", pure=True)
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A scrape job. `probed`: the server's name behind /probe; None: it is alone at /metrics."""

    name: str
    address: str
    probed: str | None = None

    def config(self) -> dict[str, Any]:
        if self.probed is None:
            return {"job_name": self.name, "static_configs": [{"targets": [self.address]}]}
        relabel = [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": self.address},
        ]
        return {
            "job_name": self.name,
            "metrics_path": "/probe",
            "static_configs": [{"targets": [self.probed]}],
            "relabel_configs": relabel,
        }


@contextmanager
def process(log: Path, *arguments: object) -> Iterator[None]:
    """A child while the block runs; what it says goes into a file."""
    with log.open("wb") as said:
        child = subprocess.Popen([str(argument) for argument in arguments], stdout=said, stderr=said)
    try:
        yield
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(10)
        child.kill()
        child.wait()


@contextmanager
def serving(folder: Path, name: str, *options: object) -> Iterator[str]:
    """`comfymeter serve` with these options; where it is."""
    address = f"127.0.0.1:{free_port()}"
    with process(folder / f"{name}.log", sys.executable, "-c", MAIN, "serve", "--no-gpu", "--listen", address, *options):
        ready(f"http://{address}/-/ready")
        yield address


@contextmanager
def alerting(folder: Path, jobs: Sequence[Job], webhook: str, factor: float) -> Iterator[str]:
    """Prometheus and Alertmanager with what `comfymeter init alerts` writes; where Prometheus is."""
    run("alerts", str(folder))
    here, other = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"

    def for_prometheus(config: dict[str, Any]) -> None:
        config["scrape_configs"] = [job.config() for job in jobs]
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [other]

    def for_alertmanager(config: dict[str, Any]) -> None:
        for receiver in config["receivers"]:
            for hook in receiver.get("webhook_configs", ()):
                hook["url"] = f"{webhook}/{receiver['name']}"

    _rewrite(folder / "comfymeter.rules.yml", factor)
    _rewrite(folder / "prometheus.yml", factor, for_prometheus)
    _rewrite(folder / "alertmanager.yml", factor, for_alertmanager)
    alertmanager = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={other}",
        "--cluster.listen-address=",
    ]
    prometheus = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address={here}",
    ]
    with (
        process(folder / "alertmanager.log", ALERTMANAGER, *alertmanager),
        process(folder / "prometheus.log", PROMETHEUS, *prometheus),
    ):
        ready(f"http://{other}/-/ready")
        ready(f"http://{here}/-/ready")
        yield f"http://{here}"


def _rewrite(path: Path, factor: float, change: Callable[[dict[str, Any]], None] = lambda document: None) -> None:
    document = scaled(_YAML.load(path.read_text(encoding="utf-8")), factor)
    change(document)
    with path.open("w", encoding="utf-8") as file:
        _YAML.dump(document, file)


def ready(url: str) -> None:
    """Waits until something answers."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            return
        assert time.monotonic() < end, f"{url} does not answer"
        time.sleep(0.1)


# --- what is played -------------------------------------------------------------------------------------------------


def first_run(name: str) -> Session:
    """A recorded session that ends before its second prompt."""
    session = load_session(name)
    second = min(one.at for one in session.happenings if one.prompt == 1)
    (life,) = session.lives
    return replace(
        session,
        happenings=tuple(one for one in session.happenings if one.at < second),
        lives=(replace(life, end=second),),
    )


def past(folder: Path, sessions: Sequence[str], stretch: float) -> str:
    """A history of these sessions, as if each had taken `stretch` times as long; where it is."""
    log, place = folder / "past.log", folder / "past.db"
    now = time.time() - 86400.0
    with log.open("wb") as file:
        for session in map(load_session, sessions):
            scribe, scaler = Scribe(Stream.ALL, Stamper()), TextScaler(1.0 / stretch)
            for one in session.happenings:
                if one.kind is Kind.WRITE:
                    file.write(scribe.feed(now + one.at * stretch, scaler.scale(one.at, one.text).encode()))
            now += session.lives[-1].end * stretch + 60.0
    ended = command("ingest", log, "--store", place)
    assert ended.returncode == 0, ended.stderr
    return str(place)


# --- what was told --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a receiver got: names of alerts that fire, and of those that do so no more."""

    receiver: str
    instance: str
    firing: tuple[str, ...]
    resolved: tuple[str, ...]
    texts: Mapping[str, str]


def messages(bodies: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Alertmanager's webhooks, in their order."""
    return [
        Message(
            receiver=body["receiver"],
            instance=body["commonLabels"].get("instance", ""),
            firing=_names(body, "firing"),
            resolved=_names(body, "resolved"),
            texts={alert["labels"]["alertname"]: alert["annotations"]["description"] for alert in body["alerts"]},
        )
        for body in bodies
    ]


def _names(body: Mapping[str, Any], status: str) -> tuple[str, ...]:
    return tuple(sorted(alert["labels"]["alertname"] for alert in body["alerts"] if alert["status"] == status))
