"""Start-up: the CPU time of a whole process that says hello, against other runtimes that do the same.

Byte code of Python is cached in a folder of the run, whatever the environment says: an installed
package has it too.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pvm
from bench.report import Row, Table
from bench.timing import Sample, interleave, process

HELLO = 'fun main() {\n    println("hello")\n}\n'
JAVA = 'public class Hello { public static void main(String[] a) { System.out.println("hello"); } }\n'
BASE = "python -c pass"
HELLO_PBC = "pvm run hello.pbc"
HELLO_PEB = "pvm run hello.peb, cache warm"
HELLO_COLD = "pvm run hello.peb, cache cold"
INSTANCE = "import pvm; Instance"


def tables(quick: bool) -> list[Table]:
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as name:
        folder = Path(name)
        env = environment(folder)
        cases, missing = commands(folder)
        rounds = 3 if quick else 15
        found = interleave({case: process(command, env=env) for case, command in cases.items()}, rounds)
        found[HELLO_COLD] = cold(folder, env, 2 if quick else 7)
    base = found[BASE].median
    rows = [Row(case, taken.median * 1e3, "ms", taken.median / base) for case, taken in found.items()]
    rows += [Row(case, None, "", note="not installed") for case in missing]
    return [Table("Start-up, CPU time of the process", rows, BASE)]


def environment(folder: Path) -> dict[str, str]:
    """The environment of the processes: caches in the folder of the run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONPATH": str(Path(pvm.__file__).parent.parent),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def commands(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """What is started, and the peers that are not installed."""
    source, module = folder / "hello.peb", folder / "hello.pbc"
    source.write_text(HELLO, encoding="utf-8")
    module.write_bytes(pvm.compile(source).to_bytes())
    run = [sys.executable, "-m", "pvm", "run"]
    instance = f"import pvm; pvm.Instance(pvm.Module.load({str(module)!r})).close()"
    found = {
        BASE: [sys.executable, "-c", "pass"],
        "python -c 'import pvm'": [sys.executable, "-c", "import pvm"],
        INSTANCE: [sys.executable, "-c", instance],
        HELLO_PBC: [*run, str(module)],
        HELLO_PEB: [*run, str(source)],
    }
    missing = []
    if node := shutil.which("node"):
        found["node -e"] = [node, "-e", 'console.log("hello")']
    else:
        missing.append("node")
    if (java := shutil.which("java")) and (javac := shutil.which("javac")):
        (folder / "Hello.java").write_text(JAVA, encoding="utf-8")
        process([javac, "-d", str(folder), str(folder / "Hello.java")], env=os.environ)()
        found["java Hello"] = [java, "-cp", str(folder), "Hello"]
    else:
        missing.append("java with javac")
    if luajit := shutil.which("luajit"):
        found["luajit -e"] = [luajit, "-e", 'print("hello")']
    else:
        missing.append("luajit")
    return found, missing


def cold(folder: Path, env: dict[str, str], rounds: int) -> Sample:
    """A run of source when nothing of the standard library is in the cache."""
    case = process([sys.executable, "-m", "pvm", "run", str(folder / "hello.peb")], env=env)

    def measure() -> float:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        return case()

    return interleave({HELLO_COLD: measure}, rounds)[HELLO_COLD]
