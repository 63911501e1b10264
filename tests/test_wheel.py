"""The wheel in an environment of its own: nothing of the repository is beside it, and all that is promised is in it."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import jsonschema
import pytest

from tests.samples import SAMPLES
from tests.test_serve import fetched, free_port

pytest.importorskip("hatchling", reason="hatchling is not installed")
ROOT = Path(__file__).parents[1]
MAIN = "from analyzer.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made of what lies here."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the wheel. Dependencies are those of the tests' own environment, whose link to the repository is not followed:
    paths in a `.pth` file are not looked through for others."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    site = Path(paths["purelib"])
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    (site / "dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n{sysconfig.get_paths()['platlib']}\n")
    return Path(paths["scripts"]) / ("python.exe" if os.name == "nt" else "python")


def run(python: Path, folder: Path, *arguments: str, code: str = MAIN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-I", "-c", code, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_it_holds_the_packages_and_their_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"analyzer", "exporters", "dashboards"}
    kept = subprocess.run(
        ["git", "ls-files", "analyzer", "exporters", "dashboards"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if kept.returncode == 0:
        assert set(kept.stdout.split()) <= set(names)
    assert not [name for name in names if name.endswith((".pyc", ".db", ".log"))]
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_it_is_the_wheel_that_runs(python: Path, tmp_path: Path) -> None:
    code = "import analyzer, exporters, dashboards; print(*(each.__path__[0] for each in (analyzer, exporters, dashboards)), sep='\\n')"
    ended = run(python, tmp_path, code=code)
    assert ended.returncode == 0, ended.stderr
    assert all(Path(line).is_relative_to(python.parents[1]) for line in ended.stdout.splitlines())


def test_the_main_job(python: Path, tmp_path: Path) -> None:
    (tmp_path / "comfyui.log").write_bytes((SAMPLES / "incident.log").read_bytes())
    ended = run(
        python, tmp_path, "report", "comfyui.log", "--timeout", "300s", "-o", "x.html", "-o", "x.json", "--format", "text"
    )
    assert ended.returncode == 0, ended.stderr
    assert "303.88 s" in ended.stdout
    assert "plotly" in (tmp_path / "x.html").read_text(encoding="utf-8").lower()
    code = "from importlib.resources import files; print((files('analyzer') / 'schemas' / 'report-1.schema.json').read_text())"
    schema = json.loads(run(python, tmp_path, code=code).stdout)
    jsonschema.validate(json.loads((tmp_path / "x.json").read_text(encoding="utf-8")), schema)
    version = run(python, tmp_path, "--version").stdout
    assert version.startswith("comfymeter ")


@pytest.mark.parametrize("kit", ["dashboards", "alerts", "compose", "kubernetes", "config", "lnav", "systemd"])
def test_every_kit(python: Path, tmp_path: Path, kit: str) -> None:
    ended = run(python, tmp_path, "init", kit, "out")
    assert ended.returncode == 0, ended.stderr
    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()]


def test_the_demo(python: Path, tmp_path: Path) -> None:
    port = free_port()
    command = [str(python), "-I", "-c", MAIN, "demo", "--listen", f"127.0.0.1:{port}", "--quiet"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as child:
        try:
            url = f"http://127.0.0.1:{port}"
            fetched(f"{url}/-/ready", seconds=60.0)
            assert "comfyui_up" in fetched(f"{url}/probe?target=gpu-1")
            assert "<script>" in fetched(f"{url}/")
            assert "# ComfyUIServerDown" in fetched(f"{url}/runbooks/ComfyUIServerDown.md")
        finally:
            child.kill()
