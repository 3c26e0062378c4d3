"""Hypercalls on the process itself."""

from __future__ import annotations

from pvm.kernel.abi import hypercall
from pvm.kernel.task import ProcessExit, Task


@hypercall(0x0401, "process_exit(status: int)")
def process_exit(task: Task, status: int) -> None:
    """End the process; the low eight bits of `status` are its exit status."""
    raise ProcessExit(status & 0xFF)


@hypercall(0x0402, "process_id() -> int")
def process_id(task: Task) -> int:
    """The number of the process, which is virtual: the first one is 1."""
    return task.process.pid


@hypercall(0x0403, "process_arg_count() -> int")
def process_arg_count(task: Task) -> int:
    """The number of arguments, the program's name included."""
    return len(task.process.args)


@hypercall(0x0404, "process_arg(index: int) -> text")
def process_arg(task: Task, index: int) -> str | None:
    """An argument by its index, 0 being the program's name; null beyond the last."""
    args = task.process.args
    return args[index] if 0 <= index < len(args) else None


@hypercall(0x0405, "process_env(name: text) -> text")
def process_env(task: Task, name: str) -> str | None:
    """The value of an environment variable; null if it is not set."""
    return task.process.env.get(name)


@hypercall(0x0406, "process_env_count() -> int")
def process_env_count(task: Task) -> int:
    """The number of environment variables."""
    return len(task.process.env)


@hypercall(0x0407, "process_env_name(index: int) -> text")
def process_env_name(task: Task, index: int) -> str | None:
    """The name of an environment variable by its index, in order of names; null beyond the last."""
    names = task.process.env_names
    return names[index] if 0 <= index < len(names) else None


@hypercall(0x0408, "host_name() -> text")
def host_name(task: Task) -> str:
    """The name of the machine, which is virtual: always `pvm`."""
    return "pvm"
