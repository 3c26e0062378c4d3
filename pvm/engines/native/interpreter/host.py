"""The machine code of the interpreter in this process, and the functions of it that the host calls.

They are made by the worker, cached, and loaded once for all instances.
"""

from __future__ import annotations

from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

HOST_FUNCTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("heap.initialize", "void", ()),
    ("heap.allocate", "i64", ("i64", "i64")),
    ("heap.release", "i64", ("i64", "i64")),
    ("gc.collect", "i64", ("i64",)),
    ("gc.check", "i64", ()),
    ("gc.barrier", "void", ("i64", "i64")),
    ("task.create", "i64", ("i64",)),
    ("task.finish", "void", ("i64",)),
    ("task.abandon", "void", ("i64",)),
    ("task.block", "void", ()),
    ("scheduler.enter", "void", ("i64",)),
    ("scheduler.resume", "i64", ("i64",)),
    ("scheduler.next", "i64", ()),
    ("scheduler.retry", "i64", ()),
    ("scheduler.wake", "i64", ("i64",)),
    ("stack.grow", "i64", ("i64", "i64")),
    ("stack.skip", "i64", ("i64", "i64")),
    ("fuel.refresh", "void", ()),
    ("fuel.poll", "i64", ("i64", "i64")),
)
"""Functions of the runtime image that the host calls: IR types of the result and of the parameters behind the cage."""


class HostFunctions:
    """Those functions bound to one cage, as attributes: ``heap_allocate`` and so on, and ``enter``."""

    enter: Any
    heap_initialize: Any
    heap_allocate: Any
    heap_release: Any
    gc_collect: Any
    gc_check: Any
    gc_barrier: Any
    task_create: Any
    task_finish: Any
    task_abandon: Any
    task_block: Any
    scheduler_enter: Any
    scheduler_resume: Any
    scheduler_next: Any
    scheduler_retry: Any
    scheduler_wake: Any
    stack_grow: Any
    stack_skip: Any
    fuel_refresh: Any
    fuel_poll: Any

    def __init__(self, code: Any, cage: int) -> None:
        self._code = code
        self.bind(cage)

    def bind(self, cage: int) -> None:
        """Let them work on the cage at this address from now on."""
        from functools import partial

        self.enter = partial(self._code.function("enter", "i", "Q"), cage)
        for name, result, parameters in HOST_FUNCTIONS:
            types = "Q" + "q" * len(parameters)
            function = self._code.function(f"host.{name}", "" if result == "void" else "q", types)
            setattr(self, name.replace(".", "_"), partial(function, cage))
