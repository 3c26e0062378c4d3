"""Linux programs: native, in PVM and under proot, by wall time, since what is compared is mostly waiting for answers.

Each figure is the least of several rounds that alternate between the three.  PVM's are of ``pvm.spawn`` in a Python
process that runs already; start-up from the shell is a row of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pvm
from bench.options import Options
from bench.report import Row, Section, Table

SYSTEM_PATH = "/usr/bin:/bin"
FOLDERS, FILES = 50, 40
MODULES = (
    "argparse ast asyncio bisect bz2 calendar collections csv dataclasses datetime decimal email enum fnmatch "
    "fractions functools glob gzip hashlib heapq hmac html http.client inspect itertools json logging lzma "
    "multiprocessing operator os pathlib random re secrets shutil socket sqlite3 ssl statistics struct subprocess "
    "tarfile tempfile threading typing unittest uuid xml.etree.ElementTree zipfile"
)
COUNT_LOOP = "i=0; while [ $i -lt {} ]; do {}; i=$((i+1)); done"


class Job(NamedTuple):
    """A program with its arguments; ``limit`` is the ratio to native that is aimed at, 0 if there is none."""

    name: str
    command: Sequence[str]
    limit: float


def jobs(quick: bool) -> list[Job]:
    """What is measured; ``@`` stands for the folder with the data."""
    loops, forks = (100_000, 20) if quick else (1_000_000, 100)
    imports = f"import {', '.join(MODULES.split())}"
    return [
        Job("start of a static program", ["busybox", "true"], 0),
        Job("loop in the shell", ["busybox", "sh", "-c", COUNT_LOOP.format(loops, ":")], 1.02),
        Job("sha256 of 200 MB", ["sha256sum", "@/large"], 1.1),
        Job("find, 2,000 files", ["find", "@/tree", "-type", "f", "-size", "+1"], 5),
        Job("grep -r, 2,000 files", ["grep", "-r", "nothing", "@/tree"], 2),
        Job(f"{forks} fork and exec", ["busybox", "sh", "-c", COUNT_LOOP.format(forks, "/bin/busybox true")], 3),
        Job("python3, 50 imports", ["python3", "-c", imports], 1.5),
    ]


def tables(options: Options) -> list[Section]:
    quick = options.quick
    if sys.platform != "linux":
        return [Table("Linux programs", [Row("not on this system", None, "")])]
    rows = []
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # programs that root starts run as nobody, who may not look into root's own folders
        make_data(folder, 20 if quick else 200)
        with pvm.Kernel(pvm.system_mounts() | {str(folder): pvm.HostDir(folder)}) as kernel:
            try:
                pvm.spawn("/bin/sh", ["sh", "-c", ":"], kernel=kernel)
            except pvm.PvmError as error:
                return [Table("Linux programs", [Row("not run here", None, "", note=str(error))])]
            for job in jobs(quick):
                rows += measured(job, folder, kernel, 3 if quick else 7)
        rows += from_shell(3 if quick else 7)
    return [Table("Linux programs, least wall time", rows, "native")]


def make_data(folder: Path, megabytes: int) -> None:
    """A tree of small files and a large one."""
    for outer in range(FOLDERS):
        below = folder / "tree" / f"d{outer}"
        below.mkdir(parents=True)
        for inner in range(FILES):
            (below / f"f{inner}.txt").write_text(f"line {outer} {inner}\n" * 200)
    with (folder / "large").open("wb") as file:
        file.truncate(megabytes << 20)


def measured(job: Job, folder: Path, kernel: pvm.Kernel, rounds: int) -> list[Row]:
    """The rows of a job."""
    program = shutil.which(job.command[0], path=SYSTEM_PATH)
    if program is None:
        return [Row(job.name, None, "", note=f"{job.command[0]} is not installed")]
    command = [program, *(part.replace("@", str(folder)) for part in job.command[1:])]
    cases: dict[str, Callable[[], object]] = {
        "native": lambda: run_outside(command),
        "pvm": lambda: run_inside(kernel, command),
    }
    if proot := shutil.which("proot"):
        cases["proot"] = lambda: run_outside([proot, "-r", "/", *command])
    least = fastest(cases, rounds)
    base = least["native"]
    goal = f"aim: {job.limit:g}" if job.limit else ""
    return [
        Row(f"{job.name}, {case}", seconds * 1e3, "ms", seconds / base, goal if case == "pvm" else "")
        for case, seconds in least.items()
    ]


def fastest(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least seconds of each case."""
    least = dict.fromkeys(cases, float("inf"))
    for _ in range(rounds):
        for name, case in cases.items():
            started = time.perf_counter()
            case()
            least[name] = min(least[name], time.perf_counter() - started)
    return least


def run_outside(command: Sequence[str]) -> None:
    """Run a program on the host."""
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def run_inside(kernel: pvm.Kernel, command: Sequence[str]) -> None:
    """Run a program in PVM.

    Raises:
        RuntimeError: it does not end by itself.
    """
    done = pvm.spawn(command[0], command, kernel=kernel, stdout=None, stderr=None)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{command[0]} ended with {done}")


def from_shell(rounds: int) -> list[Row]:
    """Start-up of ``pvm run`` with a static program."""
    busybox = shutil.which("busybox")
    if busybox is None:
        return []
    cases = {
        "native": lambda: run_outside([busybox, "true"]),
        "pvm run": lambda: run_outside([sys.executable, "-m", "pvm", "run", os.path.realpath(busybox), "true"]),
    }
    least = fastest(cases, rounds)
    more = (least["pvm run"] - least["native"]) * 1e3
    return [Row("start of a static program from the shell", more, "ms", note="more than native; aim: 150")]
