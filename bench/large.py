"""What a program of 2,000 lines costs to compile: from nothing, and when one function has changed.

Each case is a fresh ``pvm compile`` process.  Byte code of Python is cached, as in an installed package; the caches
of PVM are empty (cold), or hold the build before the change.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pvm
from bench import large_program
from bench.options import Options
from bench.report import Row, Section, Table
from bench.running import process
from bench.startup import HELLO, HELLO_PBC, environment
from bench.timing import Cost, cpu_medians, interleave

COLD_BAR = 2.0
CHANGE_BAR = 0.5
LARGER_BAR = 1.0
PACKAGES = 5
HELLO_BAR = 2
BODY = "        let row = List<Cell"
"""The line of the program before which the changed function gets others."""


def tables(options: Options) -> list[Section]:
    rounds = 2 if options.quick else 9
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as name:
        folder = Path(name)
        env = environment(folder)
        one, many = large_program.as_one_file(), large_program.as_modules()
        lines = len(one.splitlines())
        programs = {
            "one file": (write(folder / "one", {"main.peb": one}), "main.peb"),
            f"{len(many)} modules": (write(folder / "many", many), "database.peb"),
        }
        cases: dict[str, Callable[[], Cost]] = {}
        for what, (program, changed) in programs.items():
            cases[f"{what}, cold"] = cold(program, folder / "cache", env)
            cases[f"{what}, nothing changed"] = compiling(program, env)
            cases[f"{what}, one function changed"] = one_changed(program, program / changed, env)
        bars = {case: COLD_BAR if "cold" in case else CHANGE_BAR for case in cases}
        packages = large_program.as_packages(PACKAGES)
        size = sum(text.count("\n") for text in packages.values())
        larger = f"{size:,} lines in {len(packages)} modules, one function changed"
        folder_of_larger = write(folder / "larger", packages)
        cases[larger] = one_changed(folder_of_larger, folder_of_larger / "part0" / "database.peb", env)
        bars[larger] = LARGER_BAR
        found = cpu_medians(interleave(cases, rounds))
    rows = []
    for case, taken in found.items():
        bar = bars[case]
        verdict = "met" if taken < bar else "MISSED"
        rows.append(Row(case, taken * 1e3, "ms", note=f"bar {bar * 1e3:.0f} ms: {verdict}"))
    return [Table(f"pvm compile of {lines:,} lines, CPU time of the process", rows), hello(rounds)]


def hello(rounds: int) -> Table:
    """A program that says hello, from source that was compiled before and from its module."""
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as name:
        folder = Path(name)
        programs = [folder / "hello.peb", folder / "hello.pbc"]
        programs[0].write_text(HELLO, encoding="utf-8")
        programs[1].write_bytes(pvm.compile(programs[0]).to_bytes())
        cases = {
            f"pvm run {path.name}": process([sys.executable, "-m", "pvm", "run", str(path)], env=environment(folder))
            for path in programs
        }
        found = cpu_medians(interleave(cases, 2 * rounds))
    base = found[HELLO_PBC]
    rows = [Row(case, taken * 1e3, "ms", taken / base) for case, taken in found.items()]
    verdict = "met" if rows[0].against is not None and rows[0].against <= HELLO_BAR else "MISSED"
    rows[0] = rows[0]._replace(note=f"bar {HELLO_BAR} times: {verdict}")
    return Table("Hello from source, warm, against hello from its module; CPU time of the process", rows, HELLO_PBC)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a program into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def compiling(program: Path, env: Mapping[str, str]) -> Callable[[], Cost]:
    """A process that compiles the program in a folder."""
    command = [sys.executable, "-m", "pvm", "compile", str(program / "main.peb"), "-o", str(program / "main.pbc")]
    return process(command, env=env)


def cold(program: Path, cache: Path, env: Mapping[str, str]) -> Callable[[], Cost]:
    """A compilation without any cache; what is there is put aside meanwhile."""
    command = compiling(program, {**env, "XDG_CACHE_HOME": str(cache.with_name("cold"))})

    def measure() -> Cost:
        shutil.rmtree(cache.with_name("cold"), ignore_errors=True)
        return command()

    return measure


def one_changed(program: Path, file: Path, env: Mapping[str, str]) -> Callable[[], Cost]:
    """A compilation after a line was put into one function, which shifts all lines behind it."""
    text = file.read_text(encoding="utf-8")
    place = text.index(BODY)
    command = compiling(program, env)
    count = 0

    def measure() -> Cost:
        nonlocal count
        file.write_text(text, encoding="utf-8")
        command()
        count += 1
        changed = f'        if cells.size == {count} {{\n            println("changed {count}")\n        }}\n'
        file.write_text(text[:place] + changed + text[place:], encoding="utf-8")
        return command()

    return measure
