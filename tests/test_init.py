"""`comfymeter init`: what is written, what is never overwritten, and that other programs take it."""

import json
import os
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from analyzer.cli.init import KINDS
from analyzer.errors import ComfymeterError, UsageError
from analyzer.settings import _KEYS, Settings, load_settings, parse_settings
from analyzer.settings_values import _EXCLUDE_KEYS, _RULE_KEYS
from dashboards.alerts import ALERTS
from dashboards.kits import KITS, Kit
from dashboards.kits.writing import run, write_all
from exporters.commands.demo import SERVERS
from tests.command import command
from tests.test_imports import imported

PACKAGE = Path(str(resources.files("dashboards")))
each_kit = pytest.mark.parametrize("kit", KITS, ids=lambda kit: kit.name)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def accepted(*arguments: object, **given: Any) -> str:
    ended = subprocess.run([str(one) for one in arguments], capture_output=True, text=True, check=False, **given)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return f"{ended.stdout}{ended.stderr}"


def documents(path: Path) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(path.read_text(encoding="utf-8")))


def written(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


# --- writing --------------------------------------------------------------------------------------------------------


@each_kit
def test_all_files_are_written_and_told(kit: Kit, tmp_path: Path) -> None:
    place = tmp_path / "new" / "folder"
    *told, following = run(kit.name, str(place)).splitlines()
    assert {str(Path(line).relative_to(place)) for line in told} == written(place)
    assert following.startswith("Next: ")
    assert "#/" not in following
    for text in kit.files("runbooks").values():
        assert text.endswith("\n")


@each_kit
def test_nothing_is_overwritten_unless_that_is_wanted(kit: Kit, tmp_path: Path) -> None:
    run(kit.name, str(tmp_path))
    first, *others = sorted(tmp_path / name for name in written(tmp_path))
    first.write_text("mine")
    for other in others:
        other.unlink()
    with pytest.raises(ComfymeterError, match=rf"{re.escape(first.name)} would be overwritten .* nothing was written"):
        run(kit.name, str(tmp_path))
    assert written(tmp_path) == {str(first.relative_to(tmp_path))}
    assert first.read_text() == "mine"
    run(kit.name, str(tmp_path), force=True)
    assert first.read_text() != "mine"
    assert len(written(tmp_path)) == len(others) + 1


def test_what_comes_next_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    place = tmp_path / "my files"
    assert f"'{place}'/alertmanager.yml" in run("alerts", str(place)).splitlines()[-1]
    assert f"cd '{place}/c' &&" in run("compose", str(place / "c")).splitlines()[-1]
    assert "\x1b" not in run("config", str(tmp_path / "a\x1b[31mb"))


def test_the_command_says_what_it_did_and_what_it_refuses(tmp_path: Path) -> None:
    ended = command("init", "config", tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[0] == str(tmp_path / "comfymeter.toml")
    again = command("init", "config", tmp_path)
    assert again.returncode == 1
    assert (
        again.stderr == f"comfymeter: {tmp_path}: comfymeter.toml would be overwritten (--force does that); nothing was written\n"
    )
    assert command("init", "config", tmp_path, "--force", "--quiet").stdout == ""
    wrong = command("init", "everything", tmp_path)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert ", ".join(kit.name for kit in KITS) == KINDS


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/out", "link/out"])
def test_no_file_leaves_the_folder(name: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(ComfymeterError, match="leads out of"):
        write_all(root, {"fine": "a", name: "b"}, force=True)
    assert not (tmp_path / "out").exists()
    assert written(root) == set()


def test_a_link_in_a_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").symlink_to(tmp_path / "mine")
    with pytest.raises(ComfymeterError, match="would be overwritten"):
        write_all(root, {"a": "new"}, force=False)
    write_all(root, {"a": "new"}, force=True)
    assert (tmp_path / "mine").read_text() == "mine"
    assert (root / "a").read_text() == "new"


def test_a_folder_in_a_files_place_stays(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(ComfymeterError, match="is a folder; nothing was written"):
        write_all(tmp_path, {"b": "new", "a": "new"}, force=True)
    assert not (tmp_path / "b").exists()


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ComfymeterError, match="cannot be written"):
        write_all(tmp_path / "file" / "folder", {"a": "new"}, force=False)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ComfymeterError, match="cannot be written"):
        run("config", str(tmp_path))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", 'https://a"b', "https://a\nb", "runbooks"])
def test_a_link_to_runbooks_is_an_address(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--runbooks"):
        run("alerts", str(tmp_path), runbooks=url)
    assert written(tmp_path) == set()


def test_the_command_imports_only_what_it_needs(tmp_path: Path) -> None:
    assert imported(("init", "alerts", str(tmp_path)), "numpy", "pandas", "aiohttp", "prometheus_client", "promql_parser") == []


# --- alerts ---------------------------------------------------------------------------------------------------------


def test_prometheus_and_alertmanager_take_their_configurations(tmp_path: Path) -> None:
    run("alerts", str(tmp_path))
    accepted(tool("promtool"), "check", "config", tmp_path / "prometheus.yml")
    accepted(tool("amtool"), "check-config", tmp_path / "alertmanager.yml")
    assert (tmp_path / "comfymeter.rules.yml").read_text() == (PACKAGE / "prometheus/comfymeter.rules.yml").read_text()
    assert {file.stem for file in (tmp_path / "runbooks").iterdir()} == {alert.name for alert in ALERTS}


def test_the_example_for_many_servers_is_a_configuration_too(tmp_path: Path) -> None:
    run("alerts", str(tmp_path))
    file = tmp_path / "prometheus.yml"
    lines = file.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if "- job_name: comfyui" in line)
    file.write_text("\n".join(line.replace("# ", "", 1) if number >= begin else line for number, line in enumerate(lines)))
    accepted(tool("promtool"), "check", "config", file)
    assert [job["job_name"] for job in documents(file)[0]["scrape_configs"]] == ["comfymeter", "comfyui"]


def test_alerts_link_to_runbooks_where_those_are_published(tmp_path: Path) -> None:
    run("alerts", str(tmp_path), runbooks="https://wiki.example/comfy/")
    text = (tmp_path / "comfymeter.rules.yml").read_text()
    assert set(re.findall(r"runbook_url: (\S+)", text)) == {f"https://wiki.example/comfy/{alert.name}.md" for alert in ALERTS}
    accepted(tool("promtool"), "check", "rules", tmp_path / "comfymeter.rules.yml")


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [
        ("ComfyUIRunNearTimeout", "team"),
        ("ComfyUIRunStalledIdle", "on-call"),
        ("ComfyUIServerDown", "on-call"),
        ("ComfyUIOutOfMemory", "team"),
        ("ComfyUIRestarted", "nobody"),
        ("ComfymeterLabelOverflow", "nobody"),
        ("ComfyUIRunsFailingFast", "on-call"),
    ],
)
def test_alerts_reach_whom_they_should(alert: str, receiver: str) -> None:
    found = next(one for one in ALERTS if one.name == alert)
    labels = (f"alertname={alert}", f"severity={found.severity}", f"scope={found.scope}", "job=a", "instance=b")
    told = accepted(
        tool("amtool"), "config", "routes", "test", "--config.file", PACKAGE / "kits/alerts/alertmanager.yml", *labels
    )
    assert told.split()[0] == receiver


def test_what_inhibits_is_there() -> None:
    rules = documents(PACKAGE / "kits/alerts/alertmanager.yml")[0]["inhibit_rules"]
    names = {name for rule in rules for one in (*rule["source_matchers"], *rule["target_matchers"]) for name in _named(one)}
    assert names <= {alert.name for alert in ALERTS}
    scopes = {scope for rule in rules for one in rule["target_matchers"] if one.startswith("scope") for scope in _values(one)}
    assert scopes <= {alert.scope.value for alert in ALERTS}


def _named(matcher: str) -> list[str]:
    return _values(matcher) if matcher.startswith("alertname") else []


def _values(matcher: str) -> list[str]:
    return matcher.partition("=")[2].strip('~"').split("|")


# --- dashboards and compose -----------------------------------------------------------------------------------------


def test_grafana_finds_its_dashboards(tmp_path: Path) -> None:
    run("dashboards", str(tmp_path))
    assert {file.name for file in tmp_path.glob("comfymeter/*")} == {file.name for file in PACKAGE.glob("grafana/*.json")}
    for file in tmp_path.glob("comfymeter/*.json"):
        assert json.loads(file.read_text())["title"]
    (source,) = documents(tmp_path / "provisioning/datasources/comfymeter.yaml")
    assert (source["apiVersion"], source["datasources"][0]["type"]) == (1, "prometheus")
    (provider,) = documents(tmp_path / "provisioning/dashboards/comfymeter.yaml")
    assert provider["providers"][0]["type"] == "file"


@pytest.fixture
def compose(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    run("compose", str(tmp_path))
    (document,) = documents(tmp_path / "compose.yaml")
    return tmp_path, document


def test_every_file_that_compose_mounts_is_there(compose: tuple[Path, dict[str, Any]]) -> None:
    folder, document = compose
    for service in document["services"].values():
        for volume in service["volumes"]:
            source, target, *_ = volume.split(":")
            assert target.startswith("/")
            if not source.startswith("."):
                assert source in document["volumes"]
            elif source != "./grafana/dashboards" or list(PACKAGE.glob("grafana/*.json")):
                assert (folder / source).exists(), source


def test_the_parts_of_compose_find_each_other(compose: tuple[Path, dict[str, Any]]) -> None:
    folder, document = compose
    services = document["services"]
    inner = {name: {port.split(":")[-1] for port in service["ports"]} for name, service in services.items()}
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert set(service.get("depends_on", ())) <= set(services)
    (config,) = documents(folder / "prometheus/prometheus.yml")
    (source,) = documents(folder / "grafana/datasource.yaml")
    (job,) = config["scrape_configs"]
    assert job["static_configs"][0]["targets"] == [server.name for server in SERVERS]
    targets = [job["relabel_configs"][-1]["replacement"]]
    targets += [config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0]]
    targets += [source["datasources"][0]["url"].removeprefix("http://")]
    assert [target.split(":")[0] for target in targets] == ["comfymeter", "alertmanager", "prometheus"]
    assert all(target.split(":")[1] in inner[target.split(":")[0]] for target in targets)
    assert services["comfymeter"]["command"][-1].endswith(f":{targets[0].split(':')[1]}")
    (provider,) = documents(folder / "grafana/provider.yaml")
    path = provider["providers"][0]["options"]["path"]
    assert any(volume.split(":")[1] == path for volume in services["grafana"]["volumes"])


def test_prometheus_and_alertmanager_take_those_of_compose(compose: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = compose
    accepted(tool("promtool"), "check", "config", folder / "prometheus/prometheus.yml")
    accepted(tool("amtool"), "check-config", folder / "alertmanager/alertmanager.yml")


def test_the_commands_of_the_kits_are_commands(compose: tuple[Path, dict[str, Any]]) -> None:
    """What containers and units run is understood; `--help` after it shows that without running it."""
    folder, document = compose
    demo = document["services"]["comfymeter"]["command"]
    serve = re.search(r"# command: \[(serve.*)\]", (folder / "compose.yaml").read_text())
    assert serve
    patch = documents(PACKAGE / "kits/kubernetes/deployment-patch.yaml")[0]
    container = patch["spec"]["template"]["spec"]["containers"][0]
    given = [demo, [word.strip(' "') for word in serve[1].split(",")], container["args"]]
    given += [line.split("comfymeter ")[1].split() for line in _exec_starts()]
    for arguments in given:
        assert command(*arguments[: arguments.index("--") if "--" in arguments else None], "--help").returncode == 0, arguments


def _exec_starts() -> list[str]:
    texts = [file.read_text() for file in sorted(PACKAGE.glob("kits/systemd/*.service"))]
    return [line for text in texts for line in text.splitlines() if line.startswith("ExecStart=")]


# --- the other kits -------------------------------------------------------------------------------------------------


def test_kubernetes_gets_the_same_rules(tmp_path: Path) -> None:
    run("kubernetes", str(tmp_path))
    (rule,) = documents(tmp_path / "prometheusrule.yaml")
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["spec"] == documents(PACKAGE / "prometheus/comfymeter.rules.yml")[0]
    service, monitor = documents(tmp_path / "servicemonitor.yaml")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]
    (patch,) = documents(tmp_path / "deployment-patch.yaml")
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    assert service["spec"]["ports"][0]["targetPort"] == container["ports"][0]["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        one["name"] for one in patch["spec"]["template"]["spec"]["volumes"]
    }


def test_the_settings_file_is_valid_as_it_is_and_with_everything_on(tmp_path: Path) -> None:
    run("config", str(tmp_path))
    file = tmp_path / "comfymeter.toml"
    assert load_settings(str(file)) == Settings()
    setting = re.compile(r"^# (?=\w+ = |\[)", re.MULTILINE)
    text = setting.sub("", file.read_text())
    settings = parse_settings(text, "comfymeter.toml")
    assert all(getattr(settings, name) is not None for name in Settings.__dataclass_fields__)
    for key in (*_KEYS, *_RULE_KEYS, *_EXCLUDE_KEYS):
        assert re.search(rf"^(?:{key} = |\[{key}[.\]])", text, re.MULTILINE), key


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    run("systemd", str(tmp_path))
    verify = tool("systemd-analyze")
    for file in sorted(tmp_path.glob("*.service")):
        ended = subprocess.run([verify, "verify", str(file)], capture_output=True, text=True, check=False)
        complaints = [line for line in ended.stderr.splitlines() if file.name in line]
        assert complaints == []


@pytest.fixture
def lnav(tmp_path: Path) -> tuple[str, dict[str, str]]:
    program = tool("lnav")
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    run("lnav", str(tmp_path / "kit"))
    accepted(program, "-i", tmp_path / "kit" / "comfyui.json", env=home)
    return program, home


def test_lnav_takes_the_format(lnav: tuple[str, dict[str, str]]) -> None:
    program, home = lnav
    accepted(program, "-C", env=home)


@pytest.mark.parametrize(
    ("log", "query", "rows"),
    [
        ("stamped-with-vram.log", "select count(*) from comfyui_log where log_level = 'error'", ["2"]),
        ("stamped-with-vram.log", "select seconds from comfyui_ends limit 2", ["8.68", "5.83"]),
        ("manager-windows.log", "select count(*) > 50 from comfyui_log where log_level = 'info'", ["1"]),
    ],
)
def test_lnav_reads_logs_with_it(lnav: tuple[str, dict[str, str]], log: str, query: str, rows: list[str]) -> None:
    program, home = lnav
    told = accepted(program, "-n", "-c", f";{query}", "-c", ":write-csv-to -", Path("sample_logs") / log, env=home)
    assert told.split()[-len(rows) :] == rows


def test_dashboards_link_to_runbooks_where_those_are_published(tmp_path: Path) -> None:
    run("dashboards", str(tmp_path / "as-shipped"))
    run("dashboards", str(tmp_path / "elsewhere"), runbooks="https://wiki.example/comfy/")
    shipped, elsewhere = ((tmp_path / name / "comfymeter/overview.json").read_text() for name in ("as-shipped", "elsewhere"))
    assert "http://127.0.0.1:9189/runbooks" in shipped
    assert elsewhere == shipped.replace("http://127.0.0.1:9189/runbooks", "https://wiki.example/comfy")
