"""``pvm cache`` shows what is kept between runs and removes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pvm import user_cache
from pvm.cli.application import run_command
from pvm.cli.commands.cache import KINDS, age_text, size_text
from pvm.user_cache import MAX_SIZE

KEYS = [f"{number:064x}" for number in range(4)]


@pytest.fixture(autouse=True)
def directory(own_cache: Path) -> Path:
    return own_cache


def test_an_empty_cache(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["cache"]) == 0
    assert capfd.readouterr().out == f"{directory}\nempty\n"


def test_kinds_are_shown_the_largest_first(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    user_cache.store("hot", KEYS[0], b"x" * 3000)
    user_cache.store("hot", KEYS[1], b"x" * 3000)
    user_cache.store("linked", KEYS[2], b"x" * 100)
    user_cache.store("unheard", KEYS[3], b"x")
    (directory / "somebody's file").write_text("stays")
    assert run_command(["cache"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == str(directory)
    assert [line.split()[:2] for line in lines[2:]] == [["hot", "2"], ["linked", "1"], ["unheard", "1"], ["all", "4"]]
    total = sum(path.stat().st_size for path in directory.glob("*-*"))
    assert size_text(total) in lines[-1]
    assert "hot functions" in lines[2]


def test_a_directory_that_others_can_read_is_not_used(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    directory.mkdir(mode=0o755)
    (directory / f"hot-{KEYS[0]}").write_bytes(b"planted")
    assert run_command(["cache"]) == 0
    assert "not used" in capfd.readouterr().out
    assert run_command(["cache", "clear"]) == 0
    assert (directory / f"hot-{KEYS[0]}").exists()


def test_clearing(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number, kind in enumerate(("hot", "linked", "tables")):
        user_cache.store(kind, KEYS[number], b"body")
    (directory / ".hot-12-half").write_bytes(b"half written")
    (directory / "notes").write_text("stays")
    assert run_command(["cache", "clear", "hot"]) == 0
    assert capfd.readouterr().out.startswith("2 entries removed, ")
    assert user_cache.load("hot", KEYS[0]) is None
    assert user_cache.load("linked", KEYS[1]) == b"body"
    assert run_command(["cache", "clear"]) == 0
    assert [path.name for path in directory.iterdir()] == ["notes"]
    user_cache.store("hot", KEYS[0], b"again")
    assert user_cache.load("hot", KEYS[0]) == b"again"


def test_unknown_kinds_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    user_cache.store("hot", KEYS[0], b"body")
    assert run_command(["cache", "clear", "hot", "hut"]) == 125
    assert capfd.readouterr().err.startswith("pvm: no kind 'hut' of entries; there are: artefact, ")
    assert user_cache.load("hot", KEYS[0]) == b"body"


def test_the_help_says_the_bound(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["cache", "--help"]) == 0
    assert f"at most {MAX_SIZE >> 20} MiB of each kind" in " ".join(capfd.readouterr().out.split())


def test_every_kind_is_explained() -> None:
    root = Path(__file__).parents[2]
    sources = [*(root / "pvm").rglob("*.py"), *(root / "compiler").rglob("*.py")]
    users = [path for path in sources if "user_cache" in path.read_text(encoding="utf-8")]
    assert len(users) > 5
    for kind in KINDS:
        assert any(f'"{kind}"' in path.read_text(encoding="utf-8") for path in sources if path.name != "cache.py"), kind


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB"), (3 << 30, "3.0 GiB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(("hours", "text"), [(0.5, "now"), (1, "1 h ago"), (47, "47 h ago"), (72, "3 d ago")])
def test_ages(hours: float, text: str) -> None:
    assert age_text(3600 * hours) == text
