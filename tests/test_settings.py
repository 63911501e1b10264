"""comfymeter.toml: what is accepted, what is refused and how."""

from pathlib import Path

import pytest

from analyzer.errors import SettingsError
from analyzer.runs.model import Outcome
from analyzer.settings import Settings, load_settings, parse_settings
from analyzer.workflows import Exclusion, WorkflowRule


def test_all_keys() -> None:
    text = 'timeout = "5m"\ntimezone = "Europe/Berlin"\ntop = 20\ncolor = "never"\nredact = false\n'

    assert parse_settings(text, "x.toml") == Settings(timeout=300, timezone="Europe/Berlin", top=20, color="never", redact=False)


WORKFLOWS = """
risk = "0.5%"
store = "history.db"

[workflows.Portrait]
limit = "400s"
models = "Flux"
passes = "2-4"
detects = true

[workflows."FLUX Fill"]
bars = ["Tiles"]
signatures = ["model:Flux|passes:1"]

[exclude]
workflows = ["Test"]
outcomes = ["cached"]
shorter_than = "2s"
"""


def test_workflows_and_exclusions() -> None:
    settings = parse_settings(WORKFLOWS, "x.toml")

    assert (settings.risk, settings.store) == (0.005, "history.db")
    assert settings.workflows == (
        WorkflowRule(name="Portrait", limit_seconds=400, models=("Flux",), passes=(2, 4), detects=True),
        WorkflowRule(name="FLUX Fill", bars=("Tiles",), signatures=("model:Flux|passes:1",)),
    )
    assert settings.exclude == Exclusion(workflows=("Test",), outcomes=(Outcome.CACHED,), shorter_than_seconds=2)
    assert settings.naming.limits() == {"Portrait": 400}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timeut = 5", "unknown key 'timeut'; known keys are timeout"),
        ("timeout = 'soon'", "x.toml: timeout: 'soon' is not a duration"),
        ("timeout = true", "timeout"),
        ("timezone = 'Mars/Base'", "not a time zone"),
        ("timezone = 3", "must be text"),
        ("top = 0", "whole number from 1"),
        ("top = true", "whole number from 1"),
        ("color = 'red'", "auto, always or never"),
        ("redact = 'yes'", "true or false"),
        ("top = ", "not valid TOML"),
        ("store = 3", "must be text"),
        ("risk = 'much'", "a risk"),
        ("risk = 2", "a risk"),
        ("[workflows.X]\npasses = 'many'", "workflows: X.passes"),
        ("[workflows.X]\nmodel = 'Flux'", "X: unknown key 'model'; known keys are limit, models"),
        ("workflows = 3", "must be a table"),
        ("[exclude]\noutcomes = ['bad']", "outcomes are success, cached"),
    ],
)
def test_errors_name_file_and_key(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=r"x\.toml") as caught:
        parse_settings(text, "x.toml")

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_default_file_may_be_missing_but_a_named_one_may_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None) == Settings()

    with pytest.raises(SettingsError, match="cannot read"):
        load_settings("other.toml")

    Path("comfymeter.toml").write_text("top = 3\n")
    assert load_settings(None).top == 3


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "comfymeter.toml"
    path.write_bytes(b'\xef\xbb\xbftimeout = "5m"\n')

    assert load_settings(str(path)).timeout == 300
