"""Hypothesis profiles (the default is repeatable and quick, `long` searches), and what several modules need."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from analyzer.history import Store

settings.register_profile("default", max_examples=60, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=6000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def store(tmp_path: Path) -> "Iterator[Store]":
    """An empty history."""
    from analyzer.history import open_store  # SQLAlchemy, which most modules do without

    opened = open_store(str(tmp_path / "history.db"))
    yield opened
    opened.close()
