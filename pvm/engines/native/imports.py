"""Binds the imports of one instance that are not the runtime image's: hypercalls and host functions.

Each becomes a function from the bits of its argument slots to those of its result.  Everything that can be wrong is
found when the instance is made.
"""

from __future__ import annotations

from pvm.engines.api import Bindings
from pvm.engines.linking import check_kernel_import, host_function
from pvm.engines.native.linked import LinkedImport, LinkedSignature
from pvm.engines.native.slots import slot_bits, slot_value
from pvm.errors import GuestError
from pvm.kernel.task import HypercallInfo
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvm.engines.native.heap import GuestHeap
    from pvm.engines.native.machine import Machine

    Bound = Callable[[list[int]], int]
    """From the bits of the arguments to those of the result, 0 if there is none."""

_FAULT = 14


class ArraySpan:
    """A piece of a guest array for one hypercall, during which nothing moves."""

    __slots__ = ("_address", "_count", "_heap", "_start")

    def __init__(self, heap: GuestHeap, address: int, start: int, count: int) -> None:
        self._heap = heap
        self._address = address
        self._start = start
        self._count = count

    def view(self) -> memoryview:
        found = self._heap.span(self._address, self._start, self._count)
        if found is None:
            raise GuestError(_FAULT)
        return found

    def __len__(self) -> int:
        return len(self.view())

    def read(self) -> bytes:
        return bytes(self.view())

    def write(self, data: bytes) -> int:
        target = self.view()
        size = min(len(data), len(target))
        target[:size] = data[:size]
        return size


class Linker:
    """Makes the functions for the imports of one instance.

    Raises:
        LinkError: an import has no provider or another signature.
    """

    def __init__(self, machine: Machine, bindings: Bindings) -> None:
        self.machine = machine
        self.bindings = bindings
        self.functions: list[Bound | None] = [self._link(each) for each in machine.program.linked.imports]

    def _link(self, declared: LinkedImport) -> Bound | None:
        signature = self.machine.program.linked.signatures[declared.signature]
        match declared.kind:
            case "runtime":
                return None
            case "kernel":
                return self._kernel(declared, signature)
            case _:
                return self._host(declared, signature)

    def _kernel(self, declared: LinkedImport, signature: LinkedSignature) -> Bound:
        info = check_kernel_import(self.bindings, declared.name, declared.declared)
        kernel, task, machine = self.bindings.kernel, self.bindings.task, self.machine
        assert kernel is not None
        assert task is not None

        def hypercall(arguments: list[int]) -> int:
            if machine.deadline is not None:
                machine.check_clock()
            try:
                result = kernel.call(task, info, self._marshal(info, signature, arguments))
            except GuestError as error:
                return slot_bits(signature.result, -error.errno) if signature.result else 0
            if isinstance(result, str):
                return machine.heap.new_string(result.encode("utf-8", "replace"))
            return 0 if result is None or signature.result is None else slot_bits(signature.result, result)

        return hypercall

    def _marshal(self, info: HypercallInfo, signature: LinkedSignature, arguments: list[int]) -> list[object]:
        heap = self.machine.heap
        rest = (slot_value(type_, bits) for type_, bits in zip(signature.params, arguments, strict=True))
        values: list[object] = []
        for kind in info.params:
            value = int(next(rest))
            if kind == "string":
                values.append(heap.text(value).decode("utf-8"))
            elif kind == "bytes":
                values.append(ArraySpan(heap, value, int(next(rest)), int(next(rest))))
            else:
                values.append(value)
        return values

    def _host(self, declared: LinkedImport, signature: LinkedSignature) -> Bound:
        from pvm.engines.native.values import inward, outward
        from pvm.pbc.boundary import parse_boundary

        function = host_function(self.bindings, declared.name)
        boundary = parse_boundary(declared.boundary)
        machine, heap = self.machine, self.machine.heap
        convert = [outward(heap, param, type_) for param, type_ in zip(boundary.params, signature.params, strict=True)]
        result, result_type = boundary.result, signature.result
        back = None if result is None else inward(heap, result)
        where = f"result of host function {declared.name}"

        def call(arguments: list[int]) -> int:
            if machine.deadline is not None:
                machine.check_clock()
            values = [to_python(bits) for to_python, bits in zip(convert, arguments)]  # noqa: B905 - the verifier counted
            machine.hosting += 1
            try:
                returned = function(*values)
            finally:
                machine.hosting -= 1
            return 0 if back is None or result_type is None else slot_bits(result_type, back(returned, where))

        return call
