"""Fixtures of tests that compile in a worker, and keep what it made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pvm.engines.native import program as programs
from pvm.engines.native.interpreter.loading import interpreter_code
from tests.conftest import end_background


@pytest.fixture
def loaded_interpreter() -> None:
    """The interpreter, from the cache of the user."""
    interpreter_code()


@pytest.fixture
def own_cache(loaded_interpreter: None, own_cache: Path) -> Path:
    """A cache with nothing in it, for an interpreter that is loaded already."""
    own_cache.mkdir(mode=0o700)
    return own_cache


@pytest.fixture
def own_worker(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker of our own, no program that is known, and a cache that has no code of these functions."""
    monkeypatch.setattr(programs, "_PROGRAMS", {})
    yield
    end_background()
