"""Runs a module on the JIT, whose code counts fuel and looks at the counter, only looks, or does neither.

A process of its own, as ``pvm run`` would be: ``python -m bench.accounted MODE MODULE [ARGS...]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pvm
from pvm.engines.native.debug import Debug, debugging


def main() -> int:
    mode, path, *arguments = sys.argv[1:]
    module = pvm.Module.load(Path(path))
    kernel = pvm.Kernel(stdout=pvm.INHERIT, stderr=pvm.INHERIT)
    with debugging(Debug(eager=True, fuel=mode)), pvm.Instance(module, kernel=kernel, tier="jit") as instance:
        return instance.run([module.name, *arguments])


if __name__ == "__main__":
    sys.exit(main())
