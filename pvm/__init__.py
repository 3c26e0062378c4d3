"""PVM: a process-level virtual machine that runs untrusted programs inside Python.

Compile or load a module, make an instance of it under limits and with the files, clock and host
functions that you grant, run it or call its exports::

    import pvm

    module = pvm.compile(source="@export fun twice(x: Int) -> Int = 2 * x")
    with pvm.Instance(module, limits=pvm.Limits(memory="64M", timeout=1.0)) as instance:
        assert instance.call("twice", 21) == 42

Everything that PVM raises on purpose is below ``PvmError``.  Names are imported when first used, so
that ``import pvm`` costs next to nothing.
"""

from __future__ import annotations

from pvm.typed import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pvm.embed.compiling import compile  # noqa: A004 - the public name is fixed
    from pvm.embed.instance import Instance
    from pvm.embed.limits import Limits
    from pvm.embed.module import Module
    from pvm.embed.spawn import PIPE, Completed, Guest, GuestLimits, spawn, spawn_async, start
    from pvm.embed.system import system_mounts
    from pvm.engines.api import Statistics
    from pvm.errors import (
        AssemblyError,
        CompileError,
        ContainmentError,
        Exhaustion,
        FormatError,
        GuestError,
        GuestExit,
        LinkError,
        PvmError,
        TraceFrame,
        Trap,
        UsageError,
        VerifyError,
    )
    from pvm.kernel import CAPTURE, INHERIT, HostDir, Kernel, MemDir, Quotas, TarDir, Usage
    from pvm.kernel.network import Destination, Network, Published

_HOMES = {
    "pvm.embed.compiling": ("compile",),
    "pvm.embed.instance": ("Instance",),
    "pvm.embed.limits": ("Limits",),
    "pvm.embed.module": ("Module",),
    "pvm.embed.spawn": ("PIPE", "Completed", "Guest", "GuestLimits", "spawn", "spawn_async", "start"),
    "pvm.embed.system": ("system_mounts",),
    "pvm.engines.api": ("Statistics",),
    "pvm.errors": (
        "AssemblyError",
        "CompileError",
        "ContainmentError",
        "Exhaustion",
        "FormatError",
        "GuestError",
        "GuestExit",
        "LinkError",
        "PvmError",
        "TraceFrame",
        "Trap",
        "UsageError",
        "VerifyError",
    ),
    "pvm.kernel.network": ("Destination", "Network", "Published"),
    "pvm.kernel": ("CAPTURE", "INHERIT", "HostDir", "Kernel", "MemDir", "Quotas", "TarDir", "Usage"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CAPTURE",
    "INHERIT",
    "PIPE",
    "AssemblyError",
    "CompileError",
    "Completed",
    "ContainmentError",
    "Destination",
    "Exhaustion",
    "FormatError",
    "Guest",
    "GuestError",
    "GuestExit",
    "GuestLimits",
    "HostDir",
    "Instance",
    "Kernel",
    "Limits",
    "LinkError",
    "MemDir",
    "Module",
    "Network",
    "Published",
    "PvmError",
    "Quotas",
    "Statistics",
    "TarDir",
    "TraceFrame",
    "Trap",
    "Usage",
    "UsageError",
    "VerifyError",
    "__version__",
    "compile",
    "spawn",
    "spawn_async",
    "start",
    "system_mounts",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module 'pvm' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # with what it imports it takes 0.3 ms of every start

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
