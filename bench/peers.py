"""What the programs run on: the tiers of PVM that there are, and the other runtimes that are installed.

Every case is a command that takes the number of iterations and the problem size, and prints what `parse` reads.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pvm
from bench.suite import PROGRAMS, SUITE, Program

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "bench"
TIERS = ("reference", "interpreter", "jit")
PVM = (sys.executable, "-m", "pvm", "run")
# What the programs may allocate: the default of `pvm run` is meant for code that nobody trusts.
MEMORY = "4G"
C_FLAGS = ("-O3", "-std=c11", "-D_POSIX_C_SOURCE=200809L")


class Case(NamedTuple):
    """A runtime, with what it needs: ``warms`` says that it compiles while it runs and needs time for that."""

    name: str
    command: Callable[[Program], list[str]]
    warms: bool
    folder: Path = ROOT


class Peer(NamedTuple):
    """Another runtime: the executables it needs, and how its version is asked for."""

    case: Case
    tools: tuple[str, ...]
    version: tuple[str, ...]


def script(*command: str, folder: str, suffix: str) -> Callable[[Program], list[str]]:
    """The command for programs that are run from their source."""
    return lambda program: [*command, str(PROGRAMS / folder / f"{program.name}.{suffix}")]


def java(*options: str) -> Callable[[Program], list[str]]:
    """The command for compiled Java."""
    return lambda program: ["java", *options, "-cp", str(BUILD / "java"), program.java]


LUA = PROGRAMS / "lua"
PEERS = (
    Peer(Case("CPython", script(sys.executable, folder="python", suffix="py"), warms=False), (), ()),
    Peer(Case("java -Xint", java("-Xint"), warms=False), ("java", "javac"), ("java", "-version")),
    Peer(
        Case("luajit -joff", script("luajit", "-joff", folder="lua", suffix="lua"), warms=False, folder=LUA),
        ("luajit",),
        ("luajit", "-v"),
    ),
    Peer(Case("java", java(), warms=True), ("java", "javac"), ("java", "-version")),
    Peer(Case("node", script("node", folder="javascript", suffix="js"), warms=True), ("node",), ("node", "--version")),
    Peer(
        Case("luajit", script("luajit", folder="lua", suffix="lua"), warms=True, folder=LUA),
        ("luajit",),
        ("luajit", "-v"),
    ),
    Peer(
        Case("pypy", script("pypy3", folder="python", suffix="py"), warms=True),
        ("pypy3",),
        ("pypy3", "--version"),
    ),
    Peer(
        Case("C -O3", lambda program: [str(BUILD / "c" / program.name)], warms=False),
        ("gcc",),
        ("gcc", "--version"),
    ),
)


def module_path(program: Program) -> Path:
    """Where the module of a program is, once it is built."""
    return BUILD / "pbc" / f"{program.name}.pbc"


def tier_case(tier: str) -> Case:
    """A tier of PVM, which runs a module that is compiled before the clock starts."""
    return Case(
        f"pvm {tier}",
        lambda program: [*PVM, "--tier", tier, "--memory", MEMORY, str(module_path(program))],
        warms=tier == "jit",
    )


def present_tiers(wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """The tiers that PVM has, as it says itself, and a line for each that it has not."""
    present, missing = [], []
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as folder:
        module = Path(folder) / "hello.pbc"
        module.write_bytes(pvm.compile(source="fun main() { }").to_bytes())
        for tier in wanted:
            done = subprocess.run([*PVM, "--tier", tier, str(module)], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                present.append(tier)
            else:
                missing.append(f"tier {tier} left out: {first_line(done.stderr)}")
    return present, missing


def present_peers(wanted: Sequence[str]) -> tuple[list[Peer], list[str]]:
    """The peers that are installed, of those that are wanted or of all, and a line for each that is not."""
    present, missing = [], []
    for peer in PEERS:
        if wanted and peer.case.name not in wanted:
            continue
        lacking = [tool for tool in peer.tools if shutil.which(tool) is None]
        if lacking:
            missing.append(f"{peer.case.name} left out: {' and '.join(lacking)} not installed")
        else:
            present.append(peer)
    return present, missing


def version_of(peer: Peer) -> str:
    """What the peer says of itself."""
    if not peer.version:
        return f"Python {sys.version.split()[0]}"
    done = subprocess.run(peer.version, capture_output=True, text=True, check=False)
    return first_line(done.stdout or done.stderr)


def first_line(text: str) -> str:
    """The first line of an output, without the name of the command."""
    line = text.strip().partition("\n")[0]
    return line.removeprefix("pvm: ") or "no reason given"


def build(peers: Sequence[Peer], programs: Sequence[Program], *, tiers: bool = True) -> None:
    """Compile what runs compiled, as far as it is not compiled yet.

    Raises:
        RuntimeError: a compiler fails.
    """
    tools = {tool for peer in peers for tool in peer.tools}
    if "javac" in tools:
        build_java()
    for program in programs:
        if "gcc" in tools:
            build_c(program)
        if tiers:
            build_pebble(program.name)


def build_java() -> None:
    """Compile all Java classes."""
    folder = BUILD / "java"
    sources = sorted((PROGRAMS / "java").glob("*.java"))
    if is_stale(folder / f"{SUITE[0].java}.class", sources):
        folder.mkdir(parents=True, exist_ok=True)
        tool("javac", "-d", str(folder), *map(str, sources))


def build_c(program: Program) -> None:
    """Compile a C program."""
    source = PROGRAMS / "c"
    target = BUILD / "c" / program.name
    sources = [source / f"{program.name}.c", source / "harness.c", source / "harness.h"]
    if is_stale(target, sources):
        target.parent.mkdir(parents=True, exist_ok=True)
        tool("gcc", *C_FLAGS, "-o", str(target), *map(str, sources[:2]), "-lm")


def build_pebble(name: str) -> Path:
    """Compile a Pebble program; always, since the compiler may have changed."""
    target = BUILD / "pbc" / f"{name}.pbc"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pvm.compile(PROGRAMS / "pebble" / f"{name}.peb").to_bytes())
    return target


def is_stale(target: Path, sources: Sequence[Path]) -> bool:
    """Whether a file is older than what it is made from, or not there."""
    return not target.exists() or target.stat().st_mtime < max(source.stat().st_mtime for source in sources)


def tool(*command: str) -> None:
    """Run a compiler.

    Raises:
        RuntimeError: it fails.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr}")
