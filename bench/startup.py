"""Start-up: CPU and wall time of a whole process that says hello, against other runtimes that do the same.

PVM is measured in the installation at hand, and in a plain one, not editable, that is made for it. Byte code of Python
is cached in a folder of the run, whatever the environment says: an installed package has it too.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pvm
from bench.options import Options
from bench.peers import ROOT, first_line, tool
from bench.report import Grid, Section
from bench.running import process
from bench.timing import Cost, interleave

HELLO = 'fun main() {\n    println("hello")\n}\n'
JAVA = 'public class Hello { public static void main(String[] a) { System.out.println("hello"); } }\n'
BASE = "python -c pass"
HELLO_PBC = "pvm run hello.pbc"
HELLO_COLD = "pvm run hello.peb, cache cold"
PLAIN = "plain installation, pvm run hello.pbc"
COLUMNS = ("CPU ms", "wall ms")


def tables(options: Options) -> list[Section]:
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as name:
        folder = Path(name)
        env = environment(folder)
        cases, notes = commands(folder)
        plain, plain_notes = plain_installation(folder)
        measured = {case: process(command, env=env) for case, command in cases.items()}
        measured |= {case: process(command, env=plain_environment(folder)) for case, command in plain.items()}
        found = interleave(measured, 5 if options.quick else 21)
        found[HELLO_COLD] = cold(folder, env, 2 if options.quick else 7)
    rows = [(case, figures(costs)) for case, costs in found.items()]
    java = next((values for case, values in rows if case == "java Hello"), None)
    against = [] if java is None else [over(name, values, java) for name, values in rows if name.startswith("p")]
    return [
        Grid("Start-up of hello, whole process", "", COLUMNS, rows, [*notes, *plain_notes]),
        Grid("Start-up, as a multiple of java", "", [column.split()[0] for column in COLUMNS], against),
    ]


def figures(costs: Sequence[Cost]) -> list[float | None]:
    """The medians in milliseconds."""
    return [statistics.median(cost.cpu for cost in costs) * 1e3, statistics.median(cost.wall for cost in costs) * 1e3]


def over(name: str, values: Sequence[float | None], base: Sequence[float | None]) -> tuple[str, Sequence[float | None]]:
    """Figures as multiples of those of the base."""
    return name, [value / other if value and other else None for value, other in zip(values, base, strict=True)]


def environment(folder: Path) -> dict[str, str]:
    """The environment of the processes: caches in the folder of the run."""
    return plain_environment(folder) | {
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONPATH": str(Path(pvm.__file__).parent.parent),
    }


def plain_environment(folder: Path) -> dict[str, str]:
    """The environment without anything that concerns Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"XDG_CACHE_HOME": str(folder / "cache")}


def commands(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """What is started, and a line for each peer that is not installed."""
    source, module = folder / "hello.peb", folder / "hello.pbc"
    source.write_text(HELLO, encoding="utf-8")
    module.write_bytes(pvm.compile(source).to_bytes())
    run = [*pvm_command(), "run"]
    instance = f"import pvm; pvm.Instance(pvm.Module.load({str(module)!r})).close()"
    found = {
        BASE: [sys.executable, "-c", "pass"],
        "python hello.py": [sys.executable, str(write(folder / "hello.py", 'print("hello")\n'))],
        "python -c 'import pvm'": [sys.executable, "-c", "import pvm"],
        "python, import pvm and Instance": [sys.executable, "-c", instance],
        HELLO_PBC: [*run, str(module)],
        "pvm run hello.peb, cache warm": [*run, str(source)],
    }
    missing = []
    if node := shutil.which("node"):
        found["node hello.js"] = [node, str(write(folder / "hello.js", 'console.log("hello")\n'))]
    else:
        missing.append("node left out: node not installed")
    if (java := shutil.which("java")) and (javac := shutil.which("javac")):
        tool(javac, "-d", str(folder), str(write(folder / "Hello.java", JAVA)))
        found["java Hello"] = [java, "-cp", str(folder), "Hello"]
    else:
        missing.append("java left out: java and javac not installed")
    if luajit := shutil.which("luajit"):
        found["luajit hello.lua"] = [luajit, str(write(folder / "hello.lua", 'print("hello")\n'))]
    else:
        missing.append("luajit left out: luajit not installed")
    return found, missing


def pvm_command() -> list[str]:
    """The script beside this interpreter, which is what people type; Python finds the module 3 ms later."""
    script = Path(sys.executable).with_name("pvm")
    return [str(script)] if script.exists() else [sys.executable, "-m", "pvm"]


def write(path: Path, content: str) -> Path:
    """Write a file; gives its path."""
    path.write_text(content, encoding="utf-8")
    return path


def cold(folder: Path, env: Mapping[str, str], rounds: int) -> list[Cost]:
    """A run of source when nothing of the standard library is in the cache."""
    case = process([*pvm_command(), "run", str(folder / "hello.peb")], env=env)

    def measure() -> Cost:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        return case()

    return interleave({HELLO_COLD: measure}, rounds)[HELLO_COLD]


def plain_installation(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """PVM without its developer tools in an environment of its own, not editable; or why there is none."""
    target, source = folder / "plain", folder / "source"
    for part in ("pvm", "compiler", "stdlib", "bin"):
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / part, source / part)
    venv.create(target, with_pip=True)
    python = str(target / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {}, [f"plain installation left out: {first_line(done.stderr)}"]
    pvm_script = str(target / "bin" / "pvm")
    return {
        "plain installation, python -c pass": [python, "-c", "pass"],
        PLAIN: [pvm_script, "run", str(folder / "hello.pbc")],
        "plain installation, pvm run hello.peb": [pvm_script, "run", str(folder / "hello.peb")],
    }, []
