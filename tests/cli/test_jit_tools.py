"""What ``pvm run`` shows of the JIT: code, statistics, and names for profilers."""

from __future__ import annotations

import os
import struct
from itertools import pairwise
from pathlib import Path

import pytest

import pvm
from pvm.cli.application import run_command
from pvm.cli.running import compilation_rows
from pvm.engines.api import Compilation
from pvm.engines.native import profiling
from pvm.engines.native.interpreter import loading

SOURCE = """
class Counter(var n: Int) { fun add(k: Int) -> Int { n += k
    return n } }
class Other(var n: Int) { fun add(k: Int) -> Int = n + k }
fun main() { let c = Counter(1)
    println(c.add(2) + Other(1).add(3)) }
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "counter.peb"
    path.write_text(SOURCE)
    return str(path)


@pytest.mark.parametrize(
    ("kind", "line"), [("ir", "%a1.l0 = alloca"), ("optimised", "target datalayout"), ("asm", "\t.text")]
)
def test_code_is_shown_and_nothing_runs(program: str, kind: str, line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--dump", kind, "Counter.add", program]) == 0
    shown = capfd.readouterr().out
    assert line in shown
    assert "osr" not in shown
    assert "7" not in shown.splitlines()


def test_a_method_is_known_by_its_own_name(program: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--dump", "ir", "mian", program]) == 125
    assert "no function 'mian'; did you mean 'main'?" in capfd.readouterr().err
    assert run_command(["run", "--dump", "ir", "add", program]) == 125
    assert "several functions are called 'add': Counter.add, Other.add" in capfd.readouterr().err
    assert run_command(["run", "--dump", "asn", "main", program]) == 125


def test_statistics_name_the_jit(program: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--tier", "jit", "--stats", program]) == 0
    shown = capfd.readouterr().err
    for row in ("functions compiled", "time of the compiler", "time in the interpreter", "time of collections"):
        assert row in shown


def test_what_failed_is_in_the_statistics() -> None:
    failed = {f"f{number}": "the worker ended, status -9" for number in range(7)}
    rows = compilation_rows(Compilation(3, 1, 2, failed, 4096, 0.25, 10, 4), 2.0)
    assert rows == [
        ("functions compiled", "3, 1 by earlier runs, 2 waiting"),
        ("machine code", "4,096 bytes"),
        ("time of the compiler", "0.250 s, beside the program"),
        ("time in compiled functions", "0.800 s, estimated by 10 samples"),
        ("time in the interpreter", "1.200 s"),
        *[("not compiled", f"f{number}: the worker ended, status -9") for number in range(5)],
        ("not compiled", "and 2 more"),
    ]
    assert compilation_rows(None, 1.0) == []
    nothing = Compilation(0, 0, 0, {}, 0, 0.0, 10, 0, "can't start new thread")
    assert ("nothing more is compiled", "can't start new thread") in compilation_rows(nothing, 1.0)


def test_collections_are_timed() -> None:
    source = """@export fun fill(n: Int) -> Int { var last = [0]
        for i in 0..<n { last = [i, i] }
        return last.size }"""
    with pvm.Instance(pvm.compile(source=source), tier="interpreter") as instance:
        instance.call("fill", 400_000)
        collections = instance.statistics.collections
    assert collections is not None
    assert collections.minor > 2
    assert 0 < collections.longest <= collections.seconds


def test_a_map_names_functions_and_handlers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "perf.map"
    monkeypatch.setattr(profiling, "_create", lambda _: os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    monkeypatch.setattr(profiling, "_writers", [])
    profiling.profile("map")
    compile_main(monkeypatch)
    rows = [line.split(" ", 2) for line in path.read_text().splitlines()]
    names = {name for _, _, name in rows}
    assert {"main", "pvm i64.add", "pvm go.on", "pvm enter"} <= names
    ranges = sorted((int(start, 16), int(start, 16) + int(size, 16)) for start, size, _ in rows)
    assert all(first[1] <= second[0] for first, second in pairwise(ranges))


def test_a_jitdump_has_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(profiling, "_writers", [])
    Path(f"jit-{os.getpid()}.dump").symlink_to("elsewhere")  # is not followed
    profiling.profile("jitdump")
    compile_main(monkeypatch)
    data = Path(f"jit-{os.getpid()}.dump").read_bytes()
    assert not Path("elsewhere").exists()
    magic, version, at = struct.unpack_from("<III", data)
    assert (magic, version) == (0x4A695444, 1)
    names = {}
    while at < len(data):
        _, total, _, pid, _, _, _, size, _ = struct.unpack_from("<IIQIIQQQQ", data, at)
        name, _, code = data[at + 56 : at + total].partition(b"\0")
        assert (pid, len(code)) == (os.getpid(), size)
        names[name.decode()] = code
        at += total
    assert {"main", "pvm enter"} <= set(names)
    assert all(any(code) for code in names.values())


def compile_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the interpreter once more, and have a function compiled."""
    for name in ("_loaded", "_regions", "_keys"):
        monkeypatch.setattr(loading, name, [])
    with pvm.Instance(pvm.compile(source="fun main() {}"), tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        machine.program.promoted(machine._code).compile_all()
