"""The library's artefacts: a program needs no source of the library, and comes out as if it were compiled from it."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.check import check_program, compiling
from compiler.check.by_name import classes_of, functions_of
from compiler.diagnostics import Diagnostics, render_all
from compiler.driver import compile_source, emit_checked
from compiler.library import standard
from compiler.library.standard import KIND, StandardLibrary, standard_library
from compiler.syntax import cache
from compiler.syntax.source import SourceFile
from pvm import user_cache
from pvm.errors import CompileError
from pvm.pbc.writer import write_module

FOLDER = standard_library().folder
MODULES = standard_library().names()
GENERIC = """import json
import regex

enum Level { Low, High }

fun main() -> Int {
    let floats = [1.5, 2.5].map { it.toFloat32() }
    let byLevel = Map<Level, List<UInt16>>()
    byLevel.getOrPut(Level.High) { List<UInt16>() }.add(7)
    let queue = PriorityQueue<Int8> { a, b -> b < a }
    queue.add(3)
    for (level, numbers) in byLevel.entries() { println("${level} ${numbers} ${floats.size} ${queue.first()}") }
    println(json.parse("[1, 2]").toString() + " ${regex.Regex("a+").find("baa")}")
    return "a b".split(" ").size + floats.sortedBy { -it }.size
}
"""


@pytest.fixture
def fresh(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> StandardLibrary:
    """The library of a new process, with a cache of its own."""
    assert not own_cache.exists()
    library = StandardLibrary(FOLDER, b"toolchain")
    monkeypatch.setattr(standard, "standard_library", lambda: library)
    return library


def compiled(text: str, name: str = "main.peb") -> bytes:
    return write_module(compile_source(text, name))


def reported(text: str) -> str:
    """The errors of a program, as they are shown."""
    with pytest.raises(CompileError) as caught:
        compiled(text)
    return caught.value.rendered


def from_sources(text: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Compile without artefacts."""
    with monkeypatch.context() as patch:
        patch.setattr(StandardLibrary, "module", lambda *_: None)
        return compiled(text)


def restart(library: StandardLibrary, monkeypatch: pytest.MonkeyPatch) -> StandardLibrary:
    """Let what follows be another process."""
    again = StandardLibrary(library.folder, b"toolchain")
    monkeypatch.setattr(standard, "standard_library", lambda: again)
    return again


def entries(directory: Path) -> list[Path]:
    return sorted(directory.glob(f"{KIND}-*"))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_an_artefact_with_everything_in_it(name: str) -> None:
    artefact = standard_library().module(name)
    assert artefact is not None
    diagnostics = Diagnostics()
    text = "" if name == "core" else f"import {name} as it\n"
    program = check_program(SourceFile("main.peb", text + "fun main() {}\n"), diagnostics)
    session = program.bodies
    scopes = [scope for scope in session.order if scope.name == name]  # type: ignore[attr-defined]
    assert scopes
    assert all(scope.typed is not None for scope in scopes)
    with compiling():
        for scope in scopes:
            for function in functions_of(scope):
                if function.has_checked_body:
                    session.body(function)
            for symbol in classes_of(scope):
                if symbol.constructor is not None:
                    symbol.constructor()
            for variable in scope.variables:
                assert variable.type is not None
                assert variable.constant is not None or variable.initializer is not None
    assert diagnostics.error_count == 0


@pytest.mark.parametrize("name", ["programs/database", "programs/chess_perft", "programs/generic_containers"])
def test_programs_are_the_same_as_from_sources(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "lang" / f"{name}.peb").read_text(encoding="utf-8")
    assert compiled(text) == from_sources(text, monkeypatch)


def test_instances_that_nobody_used_before_are_the_same_as_from_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled(GENERIC) == from_sources(GENERIC, monkeypatch)


def test_diagnostics_are_the_same_as_from_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "[1].map(2)\n io.readText()\n List<Int>().lenght\n sqr(1)"
    text = f"import io\nclass Own : Exception(1) {{}}\nfun main() {{ {wrong} }}\n"
    with_artefacts = reported(text)
    with monkeypatch.context() as patch:
        patch.setattr(StandardLibrary, "module", lambda *_: None)
        assert reported(text) == with_artefacts


def test_no_source_of_the_library_is_opened(fresh: StandardLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = compiled(GENERIC)
    restart(fresh, monkeypatch)
    opened: list[str] = []
    original = Path.read_text

    def read_text(path: Path, *args: object, **named: object) -> str:
        opened.append(str(path))
        return original(path, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "read_text", read_text)
    assert compiled(GENERIC) == expected
    assert [path for path in opened if path.endswith(".peb")] == []


def test_programs_compile_where_the_sources_are_gone(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    for path in FOLDER.rglob("*.peb"):
        copy = folder / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    library = StandardLibrary(folder, b"toolchain")
    monkeypatch.setattr(standard, "standard_library", lambda: library)
    assert {artefact.name for artefact in library.make_all()} == set(MODULES)
    expected = compiled(GENERIC)
    for path in folder.rglob("*.peb"):
        path.unlink()
    restart(library, monkeypatch)
    assert compiled(GENERIC) == expected
    assert "did you mean `add`?" in reported("fun main() { List<Int>().ad(1) }\n")


def test_only_what_is_imported_is_made(fresh: StandardLibrary, own_cache: Path) -> None:
    compiled('fun main() { println("hello") }\n')
    few = len(entries(own_cache))
    fresh.make_all()
    assert 0 < few < len(entries(own_cache)) == len(MODULES)


def test_any_damage_is_made_over(fresh: StandardLibrary, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(1)
    expected = compiled(GENERIC)
    for number in range(5):
        path = draw.choice(entries(own_cache))
        before = path.read_bytes()
        data = bytearray(before)
        if number % 3:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(5)
        else:
            del data[draw.randrange(len(data)) :]
        path.write_bytes(data)
        restart(fresh, monkeypatch)
        assert compiled(GENERIC) == expected
        assert len(path.read_bytes()) == len(before)


def test_an_entry_of_another_form_counts_as_missing(
    fresh: StandardLibrary, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = compiled(GENERIC)
    forms: list[object] = [None, {}, {"bodies": {}}]
    for form in forms:
        for path in entries(own_cache):
            cache.store(KIND, path.name.partition("-")[2], form)
        restart(fresh, monkeypatch)
        assert compiled(GENERIC) == expected


def test_a_cache_that_cannot_be_written_costs_only_time(
    fresh: StandardLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = compiled(GENERIC)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PVM_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert user_cache.cache_directory() is None
    restart(fresh, monkeypatch)
    assert compiled(GENERIC) == expected


def test_a_module_that_the_program_hides_is_still_the_librarys_for_the_library(tmp_path: Path) -> None:
    (tmp_path / "path.peb").write_text("pub fun join() -> Int = 1\n")
    text = "import path\nimport io\nimport std.path as paths\nfun main() -> Int { return path.join() }\n"
    main = text.replace("return", 'println(io.exists("x") == (paths.join("a", "b") == "ab"))\n    return')
    program = check_program(SourceFile("main.peb", main), diagnostics := Diagnostics(), folder=tmp_path)
    assert render_all(diagnostics) == ""
    module = emit_checked(program, diagnostics)
    assert any(function.name.startswith("std.path.") or function.name == "join" for function in module.functions)


def test_a_library_with_an_error_is_reported_where_it_is_used(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in FOLDER.rglob("*.peb"):
        copy = tmp_path / "library" / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / "library" / "wrong.peb").write_text("pub fun right() -> Int = 1\npub fun wrong() -> Int = true\n")
    library = StandardLibrary(tmp_path / "library", b"toolchain")
    monkeypatch.setattr(standard, "standard_library", lambda: library)
    assert library.module("wrong") is None
    compiled("import wrong\nfun main() -> Int = wrong.right()\n")
    assert "wrong.peb:2" in reported("import wrong\nfun main() -> Int = wrong.wrong()\n")


def test_the_command_makes_all_of_them(own_cache: Path) -> None:
    command = [sys.executable, "-m", "compiler.library"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{len(MODULES)} modules")
    assert len(entries(own_cache)) == len(MODULES)
