"""What machine code is made for: an architecture and a level of it, found out without loading LLVM.

The levels are few, so that a machine shares its code with most others: x86-64-v2 is the least (rounding and bit counts
are single instructions there), v3 has three-operand forms and shifts that keep the flags.  Objects are ELF with the
System V conventions whatever the operating system, since nothing but ``loader`` ever reads them.
"""

from __future__ import annotations

import os
import sys

from pvm.typed import NamedTuple

_V2 = frozenset({"cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"})
_V3 = _V2 | {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}
_CPUINFO = "/proc/cpuinfo"
_HEAD = 8192


class Target(NamedTuple):
    """An architecture: what LLVM is asked for, and the size that mapped parts are rounded up to."""

    triple: str
    cpu: str
    page: int

    @property
    def architecture(self) -> str:
        """``x86_64`` or ``aarch64``."""
        return self.triple.partition("-")[0]


STACK_POINTERS = {"x86_64": "rsp", "aarch64": "sp"}
"""The register by architecture."""

X86_64_V2 = Target("x86_64-unknown-linux-gnu", "x86-64-v2", 1 << 12)
X86_64_V3 = Target("x86_64-unknown-linux-gnu", "x86-64-v3", 1 << 12)
AARCH64 = Target("aarch64-unknown-linux-gnu", "generic", 1 << 16)


def host_target() -> Target | None:
    """The target of this process, or None if there is no native engine for it."""
    if sys.platform == "win32" or sys.maxsize < 1 << 32:
        return None
    match os.uname().machine:
        case "x86_64" | "amd64":
            return x86_level(_flags()) if sys.platform == "linux" else X86_64_V2
        case "aarch64" | "arm64":
            return AARCH64
    return None


def x86_level(flags: frozenset[str]) -> Target | None:
    """The highest level whose features are all there."""
    if flags >= _V3:
        return X86_64_V3
    return X86_64_V2 if flags >= _V2 else None


def _flags() -> frozenset[str]:
    """Features of the first processor; the file is made as it is read, so only its head is."""
    try:
        with open(_CPUINFO, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib is not loaded on the way to a run
            head = file.read(_HEAD)
    except OSError:
        return frozenset()
    for line in head.split(b"\n"):
        if line.startswith(b"flags"):
            return frozenset(line.partition(b":")[2].decode("ascii", "replace").split())
    return frozenset()
