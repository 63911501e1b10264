"""URLs of logs: told from paths, and shown without what lets somebody in."""

import pytest

from analyzer.sources import resolve
from analyzer.sources.urls import is_url, shown
from tests.command import command


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("s3://bucket/x.log", True),
        ("https://host/x.log", True),
        ("simplecache::s3://bucket/x.log", True),
        ("memory://x.log", True),
        (r"C:\logs\x.log", False),
        ("C:/logs/x.log", False),
        ("C://logs/x.log", False),
        (r"C:x.log", False),
        (r"\\server\share\x.log", False),
        (r"\\?\C:\logs\x.log", False),
        ("logs/a://b", False),
        ("12:30.log", False),
        ("-", False),
    ],
)
def test_drives_are_no_protocols(name: str, url: bool) -> None:
    assert is_url(name) is url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sftp://me:hush@host/x.log", "sftp://host/x.log"),
        ("sftp://me:hu@sh@host/x.log", "sftp://host/x.log"),
        ("https://hush@host/x.log", "https://host/x.log"),
        ("simplecache::sftp://me:hush@host/x.log", "simplecache::sftp://host/x.log"),
        ("https://host/x.log?day=3&X-Amz-Signature=hush&part=2", "https://host/x.log?day=3&X-Amz-Signature=***&part=2"),
        ("https://host/x.log?sv=2024&sig=hush%3D", "https://host/x.log?sv=2024&sig=***"),
        (f"https://host/x.log?q={'hush' * 8}", "https://host/x.log?q=***"),
        ("s3://bucket/x.log", "s3://bucket/x.log"),
        ("no URL at all: me@host", "no URL at all: me@host"),
        ("404, url=URL('https://u:hush@host/x?token=hush')", "404, url=URL('https://host/x?token=***')"),
    ],
)
def test_no_log_in_and_no_key_is_shown(url: str, told: str) -> None:
    assert shown(url) == told
    assert "hush" not in shown(url)


@pytest.mark.parametrize(
    "url",
    [
        "sftp://me:hush@127.0.0.1:1/x.log",
        "http://me:hush@127.0.0.1:1/x.log?token=hush",
        "memory://me:hush@nothing/x.log",
        "memory://me:hush@nothing/*.log",
        "nothing-such://me:hush@host/x.log",
    ],
)
def test_a_url_that_cannot_be_read_keeps_its_secrets(url: str) -> None:
    ended = command("report", url)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
    assert "hush" not in ended.stderr


def test_two_signed_links_to_one_object_are_one_log() -> None:
    (group,) = resolve(["https://host/x.log?sig=a", "https://host/x.log?sig=b"])
    assert [file.name for file in group.files] == ["https://host/x.log?sig=***"]


def test_the_report_names_a_source_without_its_log_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    code = """
import fsspec, sys
from analyzer.cli import main
text = b"got prompt\\nPrompt executed in 30.00 seconds\\n"
fsspec.filesystem("memory").pipe("me:hush@nothing/x.log", text)
main()
"""
    for form in ("json", "text", "markdown", "csv"):
        ended = command("report", "--no-redact", "--format", form, "memory://me:hush@nothing/x.log", code=code)
        assert ended.returncode == 0, ended.stderr
        assert "hush" not in ended.stdout + ended.stderr
        assert "nothing/x.log" in ended.stdout or form == "text"
