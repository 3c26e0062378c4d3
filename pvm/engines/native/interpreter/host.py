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
    ("call.begin", "i64", ("i64", "i64", "i64", "i64")),
    ("call.end", "void", ("i64",)),
    ("task.abandon", "void", ("i64",)),
    ("task.block", "void", ()),
    ("scheduler.enter", "void", ("i64",)),
    ("scheduler.next", "i64", ()),
    ("scheduler.retry", "i64", ()),
    ("scheduler.wake", "i64", ("i64",)),
    ("stack.skip", "i64", ("i64", "i64")),
    ("fuel.refresh", "void", ()),
    ("fuel.poll", "i64", ("i64", "i64")),
)
"""Functions of the runtime image that the host calls: IR types of the result and of the parameters behind the cage."""


_SIGNATURES = {
    name: ("" if result == "void" else "q", "Q" + "q" * len(types)) for name, result, types in HOST_FUNCTIONS
}
_ATTRIBUTES = {name.replace(".", "_"): name for name in _SIGNATURES}


class HostFunctions:
    """Those functions bound to one cage, as attributes: ``heap_allocate`` and so on, and ``enter`` and ``invoke``.

    Each is bound when it is first asked for: an instance needs few of them.
    """

    enter: Any
    invoke: Any
    heap_initialize: Any
    heap_allocate: Any
    heap_release: Any
    gc_collect: Any
    gc_check: Any
    gc_barrier: Any
    call_begin: Any
    call_end: Any
    task_abandon: Any
    task_block: Any
    scheduler_enter: Any
    scheduler_next: Any
    scheduler_retry: Any
    scheduler_wake: Any
    stack_skip: Any
    fuel_refresh: Any
    fuel_poll: Any

    def __init__(self, code: Any, cage: int) -> None:
        self._code = code
        self._cage = cage
        self._bound: list[str] = []

    def bind(self, cage: int) -> None:
        """Let them work on the cage at this address from now on."""
        self._cage = cage
        for attribute in self._bound:
            delattr(self, attribute)
        self._bound.clear()

    def __getattr__(self, attribute: str) -> Any:
        from functools import partial

        if attribute in {"enter", "invoke"}:
            function = self._code.function(attribute, "i", "Q")
        elif attribute in _ATTRIBUTES:
            name = _ATTRIBUTES[attribute]
            function = self._code.function(f"host.{name}", *_SIGNATURES[name])
        else:
            raise AttributeError(attribute)
        bound = partial(function, self._cage)
        setattr(self, attribute, bound)
        self._bound.append(attribute)
        return bound
