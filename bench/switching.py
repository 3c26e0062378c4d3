"""What it costs to switch between tasks: two that hand a number to and fro over channels without room."""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path

from bench import peers
from bench.options import Options
from bench.peers import LUA, Case, build_java, build_pebble, is_stale, java, present_tiers, script, tier_case, tool
from bench.report import Row, Section, Table
from bench.running import BenchmarkFailure, run
from bench.suite import PROGRAMS, Program, Sizes

PINGPONG = Program("pingpong", "PingPong", Sizes(100, 20_000, 100_000), "hand-overs between two tasks")
TIERS = ("interpreter", "jit")
TIMEOUT = 120.0


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(options.tiers or TIERS)
    build_pebble(PINGPONG.name)
    others, missing = runtimes()
    rows = [row(case, options) for case in (*map(tier_case, tiers), *others)]
    rows += [Row(note, None, "") for note in (*notes, *missing)]
    return [Table("Ping-pong over channels, a switch", rows)]


def row(case: Case, options: Options) -> Row:
    """The time of a switch: a round has two."""
    size = PINGPONG.sizes.quick if options.quick else PINGPONG.sizes.full
    if case.name == "pvm reference":
        size = PINGPONG.sizes.tiny
    try:
        runs = [run(case, PINGPONG, 6, size, timeout=TIMEOUT) for _ in range(1 if options.quick else 3)]
    except BenchmarkFailure as failure:
        return Row(case.name, None, "", note=str(failure))
    return Row(case.name, statistics.median(each.time(least=options.least) for each in runs) / (2 * size), "us")


def runtimes() -> tuple[list[Case], list[str]]:
    """What there is to compare with: goroutines, coroutines of Python, node and Lua, threads of Java."""
    found, missing = [Case("Python asyncio", script(sys.executable, folder="python", suffix="py"), warms=False)], []
    if shutil.which("go"):
        found.append(Case("Go goroutines", lambda program: [str(build_go(program.name))], warms=False))
    else:
        missing.append("Go left out: go not installed")
    if shutil.which("node"):
        found.append(Case("node promises", script("node", folder="javascript", suffix="js"), warms=True))
    else:
        missing.append("node left out: node not installed")
    if shutil.which("luajit"):
        found.append(Case("luajit coroutines", script("luajit", folder="lua", suffix="lua"), warms=True, folder=LUA))
    else:
        missing.append("luajit left out: luajit not installed")
    if shutil.which("java") and shutil.which("javac"):
        build_java()
        found.append(Case("java threads", java(), warms=True))
    else:
        missing.append("java left out: java and javac not installed")
    return found, missing


def build_go(name: str) -> Path:
    """Compile a Go program, unless it is compiled."""
    source, target = PROGRAMS / "go" / f"{name}.go", peers.BUILD / "go" / name
    if is_stale(target, [source]):
        target.parent.mkdir(parents=True, exist_ok=True)
        tool("go", "build", "-o", str(target), str(source))
    return target
