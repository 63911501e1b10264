"""`comfymeter timeout`: from logs, a run list and a history; formats, limits, what-ifs, --apply."""

import json
import stat
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from analyzer.advising import Answer, answer_for_runs, change_named
from analyzer.runs.model import ClientGaveUp, Outcome, Run, Start
from tests.builders import run
from tests.command import command
from tests.samples import SAMPLES

INCIDENT, MODES, SOAK = SAMPLES / "incident.log", SAMPLES / "incident-modes.csv", SAMPLES / "capture-soak.log"


def as_json(*arguments: object) -> dict[str, object]:
    ended = command("timeout", *arguments, "--format", "json")
    assert ended.returncode == 0, ended.stderr
    loaded: dict[str, object] = json.loads(ended.stdout)
    return loaded


def answer(*runs: Run, in_force: float | None = None, what_ifs: tuple[str, ...] = ()) -> Answer:
    found = answer_for_runs(runs, (), risk=0.01, limits={}, limit_in_force=in_force, what_ifs=what_ifs)
    assert found is not None
    return found


# --- the incident ---------------------------------------------------------------------------------------------------

# The reference's own table for its reconstruction: what is shown for 1 %, P(> 300 s), P(> 600 s).
MODES_TABLE = {
    "Portrait": (540, 0.49, 0.006),
    "Product": (780, 0.94, 0.03),
    "Hybrid": (840, 0.98, 0.05),
    "FLUX Fill": (480, 0.06, 0.003),
    "Qwen Edit": (420, 0.03, 0.002),
}


def test_the_incidents_modes_are_rated_as_in_the_reference() -> None:
    found = as_json("--runs", MODES, "--limit", "300s", "--limit", "600s")

    rows = {row["workflow"]: row for row in found["workflows"]}  # type: ignore[attr-defined]
    assert set(rows) == set(MODES_TABLE)
    for name, (shown, at_300, at_600) in MODES_TABLE.items():
        assert rows[name]["recommended_seconds"] == shown
        assert rows[name]["risk_at"]["300"] == pytest.approx(at_300, abs=0.02)
        assert rows[name]["risk_at"]["600"] == pytest.approx(at_600, abs=0.006)


@pytest.mark.parametrize("stopped", [False, True], ids=["finished by the server", "stopped at the client's limit"])
def test_the_incidents_run_asks_for_more_than_it_took(stopped: bool) -> None:
    gave_up = ClientGaveUp(limit_seconds=300.0, line=10)
    outcome = Outcome.INTERRUPTED if stopped else Outcome.SUCCESS
    advice = answer(run(duration_seconds=303.88, start=Start.COLD, client_timeout=gave_up, outcome=outcome)).advice

    assert (advice.overall.finished, advice.overall.censored) == ((0, 1) if stopped else (1, 0))
    assert advice.overall.recommended_seconds is not None
    assert advice.overall.recommended_seconds > 303.88


# --- formats --------------------------------------------------------------------------------------------------------


def test_json_is_the_contract() -> None:
    found = as_json(SOAK, "--limit", "client=10s", "--risk", "5%")

    assert found["schema"] == "comfymeter.timeout/1"
    assert found["risk"] == 0.05
    assert {"workflow", "n", "finished", "censored", "cold", "quantile_seconds", "recommended_seconds", "grade", "reason"} <= set(
        found["overall"]  # type: ignore[call-overload]
    )
    assert {room["limit"] for room in found["limits"]} == {"client"}  # type: ignore[attr-defined]


def test_yaml_says_the_same_as_json(tmp_path: Path) -> None:
    ended = command("timeout", SOAK, "-o", tmp_path / "x.yaml", "-o", tmp_path / "x.json", "-o", tmp_path / "x.md", "-q")

    assert ended.returncode == 0
    assert YAML(typ="safe").load(tmp_path / "x.yaml") == json.loads((tmp_path / "x.json").read_text())
    assert "| workflow | runs |" in (tmp_path / "x.md").read_text()


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_fits_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    ended = command("timeout", SOAK, "--limit", "client=10s", "--what-if", "keep-loaded", "--steps", "10")

    assert ended.returncode == 0
    assert max(map(len, ended.stdout.splitlines())) <= width
    assert "What if" in ended.stdout


def test_a_report_and_the_answer_have_the_same_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    answered, reported = (
        next(line.split() for line in command(verb, SOAK).stdout.splitlines() if line.startswith("  workflow "))
        for verb in ("timeout", "report")
    )

    assert answered == ["workflow", "runs", "unfinished", "cold", "median", "quantile", "worst", "timeout", "between", "evidence"]
    assert reported == [title for title in answered if title != "quantile"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "give logs, or --store URL, or --runs FILE"),
        ((INCIDENT, "--runs", MODES), 2, "give logs, or"),
        ((INCIDENT, "--risk", "maybe"), 2, "--risk"),
        ((INCIDENT, "--limit", "client=soon"), 2, "--limit"),
        ((INCIDENT, "--what-if", "magic"), 2, "no what-if; known are keep-loaded"),
        ((INCIDENT, "--format", "pdf"), 2, "known are terminal"),
        ((INCIDENT, "-o", "x.pdf"), 2, "known are .json"),
        (("--runs", "nowhere.csv"), 1, "nowhere.csv"),
        (("--store", "nowhere.db"), 1, "nowhere.db: no such history"),
        ((INCIDENT, "--workflow", "none"), 4, "no run"),
        ((INCIDENT, "--apply", "nowhere.yaml:a.b"), 1, "nowhere.yaml"),
        ((INCIDENT, "--apply", "nowhere.yaml"), 2, "must be FILE:KEY"),
    ],
)
def test_errors_are_one_line(arguments: tuple[object, ...], code: int, words: str) -> None:
    ended = command("timeout", *arguments)

    assert ended.returncode == code
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1


# --- the limit in force, what-ifs -------------------------------------------------------------------------------------


def test_a_limit_is_raised_at_once_and_lowered_late() -> None:
    runs = [
        run(number, duration_seconds=100.0 + number % 7, start=Start.COLD if number % 5 else Start.WARM)
        for number in range(1, 31)
    ]

    assert answer(*runs, in_force=60.0).keep_seconds == answer(*runs).advice.overall.recommended_seconds
    assert answer(*runs, in_force=160.0).keep_seconds == 160.0
    assert (answer(*runs, in_force=3600.0).keep_seconds or 0) < 3600.0


def test_a_what_if_that_the_log_cannot_answer_is_not_known() -> None:
    ended = command("timeout", SOAK, "--what-if", "keep-loaded", "--workflow", "Flux")

    assert "not known" in ended.stdout  # no stamps: nobody knows what the loads took


@pytest.mark.parametrize("name", ["steps-0", "steps-x", "without-nothing", "without-", "keep"])
def test_unknown_what_ifs_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no what-if"):
        change_named(name, ())


# --- --apply and --store ----------------------------------------------------------------------------------------------


def test_apply_shows_first_and_writes_only_with_yes(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("comfyui:\n  timeout: 300  # seconds\n  url: x\n")
    config.chmod(0o640)

    shown = command("timeout", INCIDENT, "--apply", f"{config}:comfyui.timeout")
    assert "-  timeout: 300  # seconds\n+  timeout: 960  # seconds" in shown.stdout
    assert "300" in config.read_text()

    written = command("timeout", INCIDENT, "--apply", f"{config}:comfyui.timeout", "--yes")
    assert written.returncode == 0
    assert config.read_text() == "comfyui:\n  timeout: 960  # seconds\n  url: x\n"
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize(("now", "then"), [("16m", "16m"), ("18m", "18m"), ("100s", "960s")])
def test_apply_raises_at_once_and_lowers_late(tmp_path: Path, now: str, then: str) -> None:
    """What stands in the file is the limit in force: it is not lowered by a single run."""
    config = tmp_path / "config.yaml"
    config.write_text(f"timeout: {now}\n")

    found = as_json(INCIDENT, "--apply", f"{config}:timeout", "--yes")

    assert config.read_text() == f"timeout: {then}\n"
    assert found["in_force_seconds"] == {"16m": 960, "18m": 1080, "100s": 100}[now]
    assert found["keep_seconds"] == (1080 if now == "18m" else 960)


@pytest.mark.parametrize("given", [("--runs", MODES), ("--store",)], ids=["list", "history"])
def test_a_limit_in_force_is_kept_or_changed_whatever_the_source(tmp_path: Path, given: tuple[object, ...]) -> None:
    if given == ("--store",):
        assert command("ingest", SOAK, "--store", tmp_path / "history.db", "-q").returncode == 0
        given = ("--store", tmp_path / "history.db")

    low, high = as_json(*given, "--timeout", "2s"), as_json(*given, "--timeout", "50h")

    recommended = low["overall"]["recommended_seconds"]  # type: ignore[index]
    assert low["keep_seconds"] == recommended
    assert high["keep_seconds"] == recommended


def test_from_a_history(tmp_path: Path) -> None:
    store = tmp_path / "history.db"
    assert command("ingest", SOAK, "--store", store, "-q").returncode == 0

    from_store, from_log = as_json("--store", store), as_json(SOAK)

    assert from_store["workflows"] == from_log["workflows"]


def test_workflows_of_the_settings_have_names_and_limits(tmp_path: Path) -> None:
    config = tmp_path / "comfymeter.toml"
    config.write_text('[workflows.Portrait]\ndetects = true\nlimit = "9s"\n[exclude]\nshorter_than = "1s"\n')

    found = as_json(SOAK, "--config", config)

    assert "Portrait" in {row["workflow"] for row in found["workflows"]}  # type: ignore[attr-defined]
    assert {room["limit_seconds"] for room in found["limits"]} == {9}  # type: ignore[attr-defined]
