"""Files that users write: settings, targets, web configuration, run lists."""

from functools import partial

from analyzer.run_list import parse_run_list
from analyzer.setting_edit import edit_duration
from analyzer.settings import load_settings
from exporters.targets import load_targets
from exporters.web_config import load_web_config
from fuzz import seeds
from fuzz.base import Target, demand
from fuzz.files import written

_TOML = (
    'timeout = "300s"\ntimezone = "Europe/Berlin"\ntop = 20\ncolor = "auto"\nredact = true\nrisk = "1%"\nstore = "history.db"\n',
    '[workflows.Portrait]\nlimit = "5m"\nmodels = ["Flux"]\npasses = "2-4"\ndetects = true\nsignatures = ["graph:1"]\n',
    '[exclude]\nworkflows = ["x"]\noutcomes = ["cached", "error"]\nshorter_than = "2s"\n',
    "timeout = 300\ntop = 1_000\nrisk = 0.01\n",
)
_TARGETS = (
    "targets:\n- name: one\n  url: http://127.0.0.1:8188\n  timeout: 300s\n- {name: two, log: /x.log}\n",
    "targets:\n- name: a\n  url: https://h/p\n  user: u\n  password_env: PATH\n  insecure: true\n  ca_file: x\n",
    "targets: &a\n- &b {name: x, url: 'http://[::1]:1', token_file: /dev/null}\n- *b\n",
)
_WEB = (
    "basic_auth_users:\n  me: $2y$10$abcdefghijklmnopqrstuv\n",
    "tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n  client_auth_type: NoClientCert\n  min_version: TLS13\n",
    "tls_server_config: {}\nbasic_auth_users: {}\n",
)
_RUNS = (
    "workflow,duration_seconds,status,cold,at\nflux,12.5,success,true,2026-08-01T10:00:00\nflux,99,timeout,,\n",
    '{"workflow": "flux", "duration_seconds": 12.5, "status": "failed", "cold": false, "at": 1785578400}\n',
)
_EDITS = (
    "comfyui:\n  timeout: 300 # s\n  other: [1, 2]\n",
    "comfyui: {timeout: 5m}\n",
    "[comfyui]\ntimeout = 300\n",
    '[comfyui]\ntimeout = "300s" # why\n',
)


def _check_settings(data: bytes) -> None:
    settings = load_settings(str(written(data, "comfymeter.toml")))
    demand(settings.timeout is None or 0 < settings.timeout < float("inf"), f"timeout {settings.timeout}")
    hash(settings.naming)


def _check_targets(data: bytes) -> None:
    load_targets(str(written(data, "targets.yml")), {"PATH": "x"})


def _check_web_config(data: bytes) -> None:
    load_web_config(str(written(data, "web.yml")))


def _check_run_list(data: bytes) -> None:
    for run in parse_run_list(data.decode("utf-8", "replace").splitlines(keepends=True), "runs.csv"):
        demand(0 <= run.seconds < float("inf"), f"{run.seconds} seconds")


def _check_edit(data: bytes) -> None:
    """Another value for one key, the rest of the text as it was."""
    name = "x.toml" if seeds.choice(data, 2) else "x.yaml"
    edit_duration(data.decode("utf-8", "replace"), name, "comfyui.timeout", 420.0)


def _encoded(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


_ODD = (
    b"nan",
    b"inf",
    b"-inf",
    b"1e999",
    b"0x1F",
    b"1979-05-27T07:32:00Z",
    b"!!python/object:x",
    b"<<: *a",
    b"\xef\xbb\xbf",
    b"'''",
)

CONFIGS: tuple[Target, ...] = tuple(
    Target(
        name=name,
        what=what,
        seeds=partial(_encoded, *texts),
        check=check,
        most_bytes=2048,
        words=_ODD + seeds.words(_encoded(*texts)),
    )
    for name, what, texts, check in (
        ("settings", "comfymeter.toml", _TOML, _check_settings),
        ("targets-file", "the targets file of `serve`", _TARGETS, _check_targets),
        ("web-config", "the web configuration of `serve`", _WEB, _check_web_config),
        ("run-list", "durations as CSV or JSON lines", _RUNS, _check_run_list),
        ("setting-edit", "the file that `timeout --apply` changes", _EDITS, _check_edit),
    )
)
