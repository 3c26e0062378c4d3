"""Binds imports: each becomes a Python function on machine values that translated code calls.

Runtime functions are called with their arguments, hypercalls and host functions also with the stack
budget of the caller.  Everything that can be wrong is found when the instance is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.engines.accounting import string_size
from pvm.engines.api import Bindings
from pvm.engines.linking import check_kernel_import, check_runtime_import, host_function
from pvm.engines.reference.boundary import from_guest, to_guest
from pvm.engines.reference.heap import Array, store_slice
from pvm.engines.reference.machine import Machine
from pvm.engines.reference.unwinding import BLOCKED
from pvm.errors import GuestError
from pvm.isa.types import Signature
from pvm.kernel.task import HypercallInfo, WouldBlock
from pvm.pbc.boundary import parse_boundary
from pvm.pbc.model import Import, ImportKind

_FAULT = 14


class ArraySpan:
    """A piece of a guest array for one hypercall."""

    __slots__ = ("_array", "_count", "_start")

    def __init__(self, array: Array, start: int, count: int) -> None:
        self._array = array
        self._start = start
        self._count = count

    def _checked(self) -> bytearray:
        data = self._array.data
        assert isinstance(data, bytearray)
        if not (0 <= self._start <= len(data) and 0 <= self._count <= len(data) - self._start):
            raise GuestError(_FAULT)
        return data

    def __len__(self) -> int:
        self._checked()
        return self._count

    def read(self) -> bytes:
        return bytes(self.view())

    def write(self, data: bytes) -> int:
        target = self._checked()
        size = min(len(data), self._count)
        store_slice(target, self._start, data[:size])
        return size

    def view(self) -> memoryview:
        return memoryview(self._checked())[self._start : self._start + self._count]


class Linker:
    """Makes the functions for the imports of one instance."""

    def __init__(self, machine: Machine, bindings: Bindings) -> None:
        self.machine = machine
        self.bindings = bindings
        self.functions = [self._link(declared) for declared in machine.module.imports]

    def function(self, index: int) -> Callable[..., Any]:
        """The function of an import."""
        return self.functions[index]

    def _link(self, declared: Import) -> Callable[..., Any]:
        match declared.kind:
            case ImportKind.RUNTIME:
                return self._runtime(declared)
            case ImportKind.KERNEL:
                return self._kernel(declared)
            case _:
                return self._host(declared)

    def _signature(self, declared: Import) -> Signature:
        return self.machine.module.signatures[declared.signature]

    def _runtime(self, declared: Import) -> Callable[..., Any]:
        check_runtime_import(declared.name, str(self._signature(declared)))
        return self.machine.runtime.functions[declared.name]

    def _kernel(self, declared: Import) -> Callable[..., Any]:
        info = check_kernel_import(self.bindings, declared.name, str(self._signature(declared)))
        kernel, task, machine = self.bindings.kernel, self.bindings.task, self.machine
        assert kernel is not None
        assert task is not None

        def hypercall(*arguments: Any) -> Any:
            machine.budget.check_clock()
            try:
                result = kernel.call(task, info, _marshal(info, arguments))
            except WouldBlock as wait:
                machine.scheduler.block(wait)
                return BLOCKED
            except GuestError as error:
                return -error.errno
            return self._text(result) if isinstance(result, str) else result

        return hypercall

    def _text(self, text: str) -> bytes:
        data = text.encode("utf-8", "replace")
        self.machine.account(string_size(len(data)))
        return data

    def _host(self, declared: Import) -> Callable[..., Any]:
        function = host_function(self.bindings, declared.name)
        boundary = parse_boundary(declared.boundary)
        machine, params, result = self.machine, boundary.params, boundary.result

        def call(*arguments: Any) -> Any:
            machine.budget.check_clock()
            values = [from_guest(param, value) for param, value in zip(params, arguments, strict=False)]
            outer, machine.host_depth = machine.host_depth, arguments[-1]
            try:
                returned = function(*values)
            finally:
                machine.host_depth = outer
            if result is None:
                return None
            return to_guest(result, returned, f"result of host function {declared.name}", machine.account)

        return call


def _marshal(info: HypercallInfo, arguments: tuple[Any, ...]) -> list[object]:
    values: list[object] = []
    rest = iter(arguments)
    for kind in info.params:
        value = next(rest)
        if kind == "string":
            values.append(value.decode("utf-8"))
        elif kind == "bytes":
            values.append(ArraySpan(value, next(rest), next(rest)))
        else:
            values.append(value)
    return values
