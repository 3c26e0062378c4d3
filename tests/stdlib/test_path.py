"""Paths against those of Python."""

from __future__ import annotations

import posixpath
import random
from pathlib import PurePosixPath

import pytest

import pvm
from tests.stdlib.library import failure, instance


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("calendar_calls", engine)


def random_path(dice: random.Random) -> str:
    parts = ["a", "b.txt", "..", ".", "", ".x", "c.tar.gz", "é.", "/"]
    return "/".join(dice.choice(parts) for _ in range(dice.randrange(6)))


def single(path: str) -> str:
    """Return a path of which Python keeps two leading slashes with one."""
    return "/" + path.lstrip("/") if path.startswith("/") else path


def test_against_python(running: pvm.Instance) -> None:
    dice = random.Random(1)
    for _ in range(300):
        path, other = single(random_path(dice)), single(random_path(dice))
        pure = PurePosixPath(path)
        assert running.call("normalize", path) == posixpath.normpath(path), path
        if other:
            joined = running.call("join", path, other, "")
            assert joined == posixpath.join(path, other)
        assert running.call("name", path) == pure.name, path
        assert running.call("parent", path) == str(pure.parent), path
        assert running.call("extension", path) == pure.suffix.removeprefix("."), path
        assert running.call("stem", path) == pure.stem, path
        if pure.name not in {"", ".."}:
            assert PurePosixPath(running.call("withExtension", path, "md")) == pure.with_suffix(".md"), path
            assert PurePosixPath(running.call("withExtension", path, "")) == pure.with_suffix(""), path


def test_relative(running: pvm.Instance) -> None:
    dice = random.Random(2)
    for _ in range(200):
        path, folder = "/" + random_path(dice).lstrip("/"), "/" + random_path(dice).lstrip("/")
        assert running.call("relative", path, folder) == posixpath.relpath(path, folder)
    assert running.call("relative", "a/b", "a/c/d") == "../../b"
    assert running.call("relative", "../a", "../b") == "../a"
    assert running.call("relative", "", ".") == "."
    wanted = 'ArgumentError: the way out of "../b" is not known'
    assert failure(lambda: running.call("relative", "a", "../b")) == wanted
    wanted = 'ArgumentError: one of "/a" and "b" is absolute, the other is not'
    assert failure(lambda: running.call("relative", "/a", "b")) == wanted


def test_by_hand(running: pvm.Instance) -> None:
    assert running.call("join", "", "a", "b/") == "a/b/"
    assert running.call("join", "a/", "", "b") == "a/b"
    assert running.call("join", "a", "/b", "c") == "/b/c"
    assert running.call("normalize", "//a") == "/a"
    assert running.call("normalize", "/../..") == "/"
    assert running.call("withExtension", "./a.txt", "md") == "./a.md"
    for path in ("", "/", "..", "a/.."):
        assert failure(lambda: running.call("withExtension", path, "md")).startswith("ArgumentError: the path")  # noqa: B023 (called at once)
