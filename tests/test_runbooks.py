"""Runbooks over HTTP, where the dashboards' links lead."""

import asyncio
from importlib.resources import files
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from exporters.server import Server


def asked(*names: str) -> list[tuple[int, str, str]]:
    """Status, type and text of each page."""

    def get(url: str) -> tuple[int, str, str]:
        try:
            with urlopen(url, timeout=10) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except HTTPError as error:
            return error.code, "", error.read().decode()

    async def ask() -> list[tuple[int, str, str]]:
        server = Server([])
        await server.start()
        try:
            return [await asyncio.to_thread(get, f"{server.url}/runbooks/{name}") for name in names]
        finally:
            await server.stop()

    return asyncio.run(ask())


def test_no_other_file_can_be_had() -> None:
    names = ("..%2Freading.py", "..%2F__init__.py", "%2Fetc%2Fpasswd", "ComfyUINothing.md", "a.b.md", ".md")
    assert {status for status, _, _ in asked(*names)} == {404}


def test_each_runbook_can_be_read() -> None:
    folder = files("dashboards") / "runbooks"
    if not folder.is_dir():
        pytest.skip("there are no runbooks yet")
    pages = {page.name: page.read_text(encoding="utf-8") for page in folder.iterdir() if page.name.endswith(".md")}
    assert asked(*pages) == [(200, "text/plain; charset=utf-8", text) for text in pages.values()]
