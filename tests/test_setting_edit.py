"""--apply: one duration changes, every other byte stays."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SettingsError
from analyzer.setting_edit import edit_duration

YAML = """\
# the backend's settings
comfyui:
  url: "http://127.0.0.1:8188"   # local
  timeout: 300  # seconds, see the incident
  retries: [1,   2, 3]

queue: {size: 4, timeout: 90s}
"""
TOML = """\
# the backend's settings
title   = "x"

[comfyui]
url = "http://127.0.0.1:8188"
timeout = 300   # seconds
[[servers]]
name = 'a'
"""

CASES = [
    ("yaml number", "a.yaml", YAML, "comfyui.timeout", "  timeout: 600  # seconds, see the incident", 300),
    ("yaml flow", "a.yml", YAML, "queue.timeout", "queue: {size: 4, timeout: 600s}", 90),
    ("toml number", "a.toml", TOML, "comfyui.timeout", "timeout = 600   # seconds", 300),
    ("yaml quoted", "a.yaml", "limit: '5m' # x\n", "limit", "limit: '10m' # x", 300),
    ("yaml float", "a.yaml", "limit: 300.0\n", "limit", "limit: 600.0", 300),
    ("yaml text of seconds", "a.yaml", 'limit: "300"\n', "limit", 'limit: "600"', 300),
    ("toml text", "a.toml", 'limit = "1h"\n', "limit", 'limit = "600s"', 3600),
    ("toml quotes", "a.toml", "limit = '5m'\n", "limit", None, 300),
]


@pytest.mark.parametrize(("name", "text", "key", "line", "old"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_only_the_value_changes(name: str, text: str, key: str, line: str | None, old: float) -> None:
    edit = edit_duration(text, name, key, 600)

    changed = [row for row in difflib.ndiff(text.splitlines(), edit.after.splitlines()) if row[0] in "+-"]
    assert edit.old_seconds == old
    assert len(changed) == 2
    if line is not None:
        assert changed[1] == f"+ {line}"


def test_windows_line_ends_stay() -> None:
    edit = edit_duration(YAML.replace("\n", "\r\n"), "a.yaml", "comfyui.timeout", 600)

    assert edit.after == YAML.replace("timeout: 300", "timeout: 600").replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("name", "text", "key", "words"),
    [
        ("a.yaml", YAML, "comfyui.time", "no key comfyui.time; there is url, timeout, retries"),
        ("a.yaml", YAML, "comfyui.url", "is no duration"),
        ("a.yaml", YAML, "comfyui", "is no duration"),
        ("a.yaml", YAML, "comfyui.timeout.x", "no key comfyui.timeout.x"),
        ("a.yaml", "a: true\n", "a", "is no duration"),
        ("a.yaml", "a: [\n", "a", "not valid YAML"),
        ("a.toml", "a = \n", "a", "not valid TOML"),
        ("a.toml", TOML, "servers", "is no duration"),
        ("a.json", "{}", "a", "only .yaml, .yml and .toml"),
        ("a.yaml", YAML, "", "is not a key"),
        ("a.yaml", "a: >-\n  300\nb: 1\n", "a", "by hand"),
        ("a.yaml", "", "a", "no key a; there is nothing"),
    ],
)
def test_what_is_refused_says_why(name: str, text: str, key: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        edit_duration(text, name, key, 600)

    assert words in str(caught.value)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


@given(st.integers(1, 100_000), st.sampled_from(["a.yaml", "a.toml"]))
def test_any_number_of_seconds_is_written_and_read_again(seconds: int, name: str) -> None:
    text, key = (YAML, "comfyui.timeout") if name == "a.yaml" else (TOML, "comfyui.timeout")

    edit = edit_duration(text, name, key, seconds)

    assert edit_duration(edit.after, name, key, 300).after == text
