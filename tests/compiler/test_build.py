"""Compiled programs are kept, and only as long as nothing that they depend on has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import build, driver
from pvm.errors import CompileError
from pvm.pbc.reader import read_module

MAIN = b"import shapes\n\nfun main() -> Int = shapes.corners()\n"
SHAPES = "pub fun corners() -> Int = 3\n"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> list[str]:
    """Names of the programs that were really compiled, with a cache of this test's own."""
    # The real one changes with any file of the compiler, which somebody may be editing.
    monkeypatch.setattr(build, "toolchain_digest", lambda: b"toolchain")
    compiled: list[str] = []
    original = driver.compile_tracked

    def counted(data: bytes, name: str, **keywords: object) -> object:
        compiled.append(name)
        return original(data, name, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(driver, "compile_tracked", counted)
    return compiled


def test_second_build_is_kept(compilations: list[str], tmp_path: Path) -> None:
    first = build.build_bytes(b"fun main() {}\n", "a.peb", tmp_path)
    assert build.build_bytes(b"fun main() {}\n", "a.peb", tmp_path) == first
    assert compilations == ["a.peb"]
    assert read_module(first).name == "a"


def test_changed_main_or_import_is_compiled_again(compilations: list[str], tmp_path: Path) -> None:
    (tmp_path / "shapes.peb").write_text(SHAPES)
    build.build_bytes(MAIN, "main.peb", tmp_path)
    build.build_bytes(MAIN, "main.peb", tmp_path)
    assert len(compilations) == 1
    (tmp_path / "shapes.peb").write_text(SHAPES.replace("3", "4"))
    build.build_bytes(MAIN, "main.peb", tmp_path)
    assert len(compilations) == 2
    build.build_bytes(MAIN + b"// more\n", "main.peb", tmp_path)
    assert len(compilations) == 3


def test_new_file_that_hides_the_library_counts(compilations: list[str], tmp_path: Path) -> None:
    program = b"import math\n\nfun main() -> Int = math.gcd(12, 18)\n"
    kept = build.build_bytes(program, "main.peb", tmp_path)
    (tmp_path / "math.peb").write_text("pub fun gcd(a: Int, b: Int) -> Int = a - b\n")
    assert build.build_bytes(program, "main.peb", tmp_path) != kept
    assert len(compilations) == 2


def test_other_toolchain_does_not_share(
    compilations: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build.build_bytes(b"fun main() {}\n", "a.peb", tmp_path)
    monkeypatch.setattr(build, "toolchain_digest", lambda: b"another")
    build.build_bytes(b"fun main() {}\n", "a.peb", tmp_path)
    assert len(compilations) == 2


def test_damaged_entries_are_compiled_again(compilations: list[str], tmp_path: Path) -> None:
    first = build.build_bytes(b"fun main() {}\n", "a.peb", tmp_path)
    entries = sorted((tmp_path / "cache").glob(f"{build.KIND}-*"))
    assert len(entries) == 1
    content = entries[0].read_bytes()
    for at in range(0, len(content), 97):
        entries[0].write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert build.build_bytes(b"fun main() {}\n", "a.peb", tmp_path) == first
    assert len(compilations) == 1 + len(range(0, len(content), 97))


def test_programs_with_errors_are_not_kept(compilations: list[str], tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(CompileError):
            build.build_bytes(b"fun main() { x }\n", "a.peb", tmp_path)
    assert len(compilations) == 2


def test_warnings_are_reported_where_the_text_is_new(compilations: list[str], tmp_path: Path) -> None:
    reported: list[int] = []
    for text in (b"fun main() { let a = 1 }\n", b"fun main() { let a = 1 }\n", b"fun main() { let b = 2 }\n"):
        build.build_bytes(text, "main.peb", tmp_path, report=lambda found: reported.append(len(found)))
    assert (reported, len(compilations)) == ([1, 1], 2)
