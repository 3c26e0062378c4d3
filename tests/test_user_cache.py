"""The cache of the user gives back what it was given or nothing, whatever is done to its files."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import pytest

from pvm import user_cache

KEY, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
KIND = "native"
BODY = b"code" * 30


@pytest.fixture
def directory(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = own_cache / "deep"
    monkeypatch.setattr(user_cache, "EVICT_EVERY", 1)
    monkeypatch.setenv("PVM_CACHE_DIR", str(path))
    return path


def entry(directory: Path, key: str = KEY) -> Path:
    return directory / f"native-{key}"


def test_round_trip(directory: Path) -> None:
    assert user_cache.load(KIND, KEY) is None
    user_cache.store(KIND, KEY, BODY)
    assert user_cache.load(KIND, KEY) == BODY
    assert user_cache.load(KIND, OTHER) is None
    assert user_cache.load("linked", KEY) is None
    assert directory.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in directory.iterdir()] == [f"native-{KEY}"]
    assert entry(directory).stat().st_mode & 0o777 == 0o600


def test_every_damage_is_noticed(directory: Path) -> None:
    user_cache.store(KIND, KEY, BODY)
    data = entry(directory).read_bytes()
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        entry(directory).write_bytes(damaged)
        assert user_cache.load(KIND, KEY) is None, position
        entry(directory).write_bytes(data[:position])
        assert user_cache.load(KIND, KEY) is None, position
    entry(directory).write_bytes(data)
    assert user_cache.load(KIND, KEY) == BODY


def test_an_entry_counts_for_its_key_only(directory: Path) -> None:
    user_cache.store(KIND, KEY, BODY)
    entry(directory).rename(entry(directory, OTHER))
    assert user_cache.load(KIND, OTHER) is None


def test_odd_entries_count_as_missing(directory: Path, tmp_path: Path) -> None:
    user_cache.store(KIND, KEY, BODY)
    outside = tmp_path / "outside"
    entry(directory).rename(outside)
    entry(directory).symlink_to(outside)
    assert user_cache.load(KIND, KEY) is None
    entry(directory).unlink()
    entry(directory).mkdir()
    assert user_cache.load(KIND, KEY) is None
    user_cache.store(KIND, KEY, BODY)
    assert [path.name for path in directory.iterdir()] == [f"native-{KEY}"]


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707, 0o777])
def test_a_directory_that_others_may_enter_is_not_used(directory: Path, mode: int) -> None:
    user_cache.store(KIND, KEY, BODY)
    directory.chmod(mode)
    assert user_cache.cache_directory() is None
    assert user_cache.load(KIND, KEY) is None
    user_cache.store(KIND, OTHER, BODY)
    assert [path.name for path in directory.iterdir()] == [f"native-{KEY}"]


def test_a_directory_of_somebody_else_is_not_used(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_cache.store(KIND, KEY, BODY)
    monkeypatch.setattr(os, "getuid", lambda: directory.stat().st_uid + 1)
    assert user_cache.load(KIND, KEY) is None


@pytest.mark.parametrize("place", ["/dev/null", "/dev/null/cache", "/proc/cache", "a\0b", ""])
def test_without_a_directory_nothing_is_kept(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_cache, "cache_location", lambda: place or None)
    user_cache.store(KIND, KEY, BODY)
    assert user_cache.load(KIND, KEY) is None


def test_a_full_disk_costs_speed_only(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    user_cache.store(KIND, KEY, BODY)
    assert list(directory.iterdir()) == []


def test_entries_not_used_for_longest_go_first(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"{number:064x}" for number in range(5)]
    for number, key in enumerate(keys):
        user_cache.store(KIND, key, BODY)
        stamp = time.time() - 100_000 + number
        os.utime(entry(directory, key), (stamp, stamp))
    assert user_cache.load(KIND, keys[0]) == BODY
    size = entry(directory, keys[0]).stat().st_size
    monkeypatch.setattr(user_cache, "MAX_SIZE", 3 * size)
    user_cache.store(KIND, KEY, BODY)
    assert {path.name for path in directory.iterdir()} == {f"native-{key}" for key in (KEY, keys[0], keys[4])}


def test_what_was_left_behind_half_written_goes(directory: Path) -> None:
    user_cache.store(KIND, KEY, BODY)
    old, new, foreign = directory / ".native-1-a", directory / ".native-2-b", directory / ".tables-x"
    for path in (old, new, foreign):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    os.utime(foreign, (0, 0))
    user_cache.store(KIND, OTHER, BODY)
    assert not old.exists()
    assert new.exists()
    assert foreign.exists()


def test_what_is_too_large_is_not_kept(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_cache, "_MAX_ENTRY", 100)
    user_cache.store(KIND, KEY, BODY)
    assert list(directory.iterdir()) == []


def test_who_reaches_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / ".cache" / "pvm").mkdir(parents=True)
    (tmp_path / "link").symlink_to(home)
    monkeypatch.delenv("PVM_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))
    reaching = ["/", home, home / ".cache", home / ".cache" / "pvm", home / ".cache" / "pvm" / "x", tmp_path / "link"]
    assert [path for path in reaching if not user_cache.reaches_cache(path)] == []
    apart = [home / "data", home / ".cache" / "other", home / ".cache" / "pvm2", tmp_path / "hom", "/tmp/elsewhere"]
    assert [path for path in apart if user_cache.reaches_cache(path)] == []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert not user_cache.reaches_cache(home)
    assert user_cache.reaches_cache(tmp_path / "xdg" / "pvm")
    monkeypatch.setenv("PVM_CACHE_DIR", str(home / "data"))
    assert user_cache.reaches_cache(home)


def test_where_the_directory_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PVM_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert user_cache.cache_directory() == str(tmp_path / "xdg" / "pvm")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert user_cache.cache_directory() == str(tmp_path / "home" / ".cache" / "pvm")


def test_one_process_at_a_time_has_a_turn(directory: Path) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0 if user_cache.take_turn("something") and user_cache.take_turn("another") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with (directory / "something.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not user_cache.take_turn("something")
    assert user_cache.survey() == []


def test_what_is_being_done_can_be_asked(directory: Path) -> None:
    assert user_cache.turn("something") is None
    begun, end = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end[1])
        taken = user_cache.take_turn("something", "with this")
        os.write(begun[1], b".")
        os.read(end[0], 1)
        os._exit(0 if taken else 1)
    os.read(begun[0], 1)
    assert user_cache.turn("something") == "with this"
    assert user_cache.turn("another") is None
    for descriptor in (*end, *begun):
        os.close(descriptor)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert user_cache.turn("something") is None
    assert (directory / "something.lock").exists()


def test_an_entry_that_is_written_anew_can_be_told(directory: Path) -> None:
    assert user_cache.written("kind", "key") is None
    user_cache.store("kind", "key", b"first")
    first = user_cache.written("kind", "key")
    assert first is not None
    assert user_cache.written("kind", "key") == first
    user_cache.store("kind", "key", b"other")
    assert user_cache.written("kind", "key") not in {None, first}
    assert directory.exists()


def test_without_a_directory_nobody_has_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVM_CACHE_DIR", "/dev/null/cache")
    assert not user_cache.take_turn("something")
    assert user_cache.turn("something") is None
    assert user_cache.written("kind", "key") is None
