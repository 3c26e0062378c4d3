"""Fixtures of tests that compile in a worker, and keep what it made."""

from __future__ import annotations

from pathlib import Path

import pytest

from pvm.engines.native import program as programs
from pvm.engines.native.interpreter.loading import interpreter_code
from pvm.engines.native.jit import background as background_module


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it; the interpreter is loaded from that of the user."""
    interpreter_code()
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("PVM_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def own_worker(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of our own, no program that is known, and a cache that has no code of these functions."""
    monkeypatch.setattr(background_module, "_background", [])
    monkeypatch.setattr(programs, "_PROGRAMS", {})
