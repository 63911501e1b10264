"""comfymeter.toml: what is accepted, what is refused and how."""

from pathlib import Path

import pytest

from analyzer.errors import SettingsError
from analyzer.settings import Settings, load_settings, parse_settings


def test_all_keys() -> None:
    text = 'timeout = "5m"\ntimezone = "Europe/Berlin"\ntop = 20\ncolor = "never"\nredact = false\n'

    assert parse_settings(text, "x.toml") == Settings(timeout=300, timezone="Europe/Berlin", top=20, color="never", redact=False)


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
