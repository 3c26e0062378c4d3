"""Speed of the compiler, the reader and the verifier, in this process with warm caches."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pvm
from bench.options import Options
from bench.report import Row, Section, Table
from bench.timing import interleave, medians, timed
from pvm.pbc.reader import read_module
from pvm.verify import verify

SAMPLES = Path(__file__).parent.parent / "samples"


def tables(options: Options) -> list[Section]:
    rounds = 1 if options.quick else 5
    modules, refused = compiled_samples()
    found = medians(interleave({path.name: timed(partial(pvm.compile, path)) for path in modules}, rounds))
    rows = []
    for path in modules:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        seconds = found[path.name]
        rows.append(Row(path.name, seconds * 1e3, "ms", note=f"{lines} lines, {lines / seconds:,.0f} lines/s"))
    rows += [Row(name, None, "", note="does not compile") for name in refused]
    return [Table("Compiling the samples, with what they use of the library", rows), loading(modules, 3 * rounds)]


def compiled_samples() -> tuple[dict[Path, pvm.Module], list[str]]:
    """The modules of the samples, and the names of those that the compiler refuses."""
    modules: dict[Path, pvm.Module] = {}
    refused = []
    for path in sorted(SAMPLES.glob("*.peb")):
        try:
            modules[path] = pvm.compile(path)
        except pvm.CompileError:
            refused.append(path.name)
    return modules, refused


def loading(modules: dict[Path, pvm.Module], rounds: int) -> Table:
    """Reading and verifying the module of each sample."""
    rows = []
    for path, made in modules.items():
        data = made.to_bytes()
        module = read_module(data)
        steps = {"read": timed(partial(read_module, data)), "verify": timed(partial(verify, module))}
        found = medians(interleave(steps, rounds))
        code = sum(len(function.code) for function in module.functions)
        for step, size, what in (("read", len(data), "file"), ("verify", code, "code")):
            seconds = found[step]
            speed = f"{size:,} bytes of {what}, {size / seconds / 1e6:.2f} MB/s"
            rows.append(Row(f"{step} {path.stem}.pbc", seconds * 1e3, "ms", note=speed))
    return Table("Reading and verifying modules", rows)
