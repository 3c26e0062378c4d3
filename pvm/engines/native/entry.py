"""Exports of one instance, ready to be called with Python values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pvm.engines.boundary import argument_count
from pvm.engines.native.heap import HeapFull
from pvm.engines.native.machine import OutOfRange
from pvm.engines.native.values import inward, is_reference, outward
from pvm.isa.traps import TrapKind
from pvm.pbc.boundary import BoundaryKind, parse_boundary

if TYPE_CHECKING:
    from pvm.engines.native.machine import Machine


_PLAIN = {BoundaryKind.I64: int, BoundaryKind.F64: float}


class Entry:
    """An export: converters of its arguments and its result, and the function.

    Args:
        machine: the instance.
        name: the export.
        function: its function.
        boundary: its boundary signature.
    """

    __slots__ = ("_arguments", "_machine", "_name", "_outward", "_plain", "_references", "_target")

    def __init__(self, machine: Machine, name: str, function: int, boundary: str) -> None:
        parsed = parse_boundary(boundary)
        linked = machine.program.linked
        result = linked.signatures[linked.functions[function].signature].result
        heap = machine.heap
        self._machine = machine
        self._name = name
        self._target = machine.target(function)
        self._arguments = [
            (inward(heap, param), f"{name}: argument {number}") for number, param in enumerate(parsed.params, 1)
        ]
        self._references = [number for number, param in enumerate(parsed.params) if is_reference(param)]
        self._plain = tuple(_PLAIN.get(param.kind) for param in parsed.params)
        """The Python types whose values are machine values as they are, if they are in range."""
        self._outward = None if parsed.result is None or result is None else outward(heap, parsed.result, result)

    def __call__(self, args: Sequence[object]) -> Any:
        """Call it.

        Raises:
            UsageError: the arguments do not fit.
        """
        if tuple(map(type, args)) == self._plain and self._machine.is_direct():
            try:
                bits = self._machine.call(self._target, args)  # type: ignore[arg-type] # they are numbers
                return None if self._outward is None else self._outward(bits)
            except OutOfRange:
                pass  # the converter says which one
        if len(args) != len(self._arguments):
            argument_count(len(args), len(self._arguments), self._name)
        try:
            if len(self._references) < 2:
                values = [convert(value, where) for (convert, where), value in zip(self._arguments, args, strict=True)]
            else:
                values = self._kept(args)
        except HeapFull:
            self._machine.exceptions.end_by(TrapKind.OUT_OF_MEMORY)
        bits = self._machine.call(self._target, values)
        return None if self._outward is None else self._outward(bits)

    def _kept(self, args: Sequence[object]) -> list[int | float]:
        """Machine values of arguments of which several are objects: making one may move another."""
        heap = self._machine.heap
        handles: dict[int, int] = {}
        values: list[int | float] = []
        try:
            for number, ((convert, where), value) in enumerate(zip(self._arguments, args, strict=True)):
                made = convert(value, where)
                if number in self._references:
                    handles[number] = heap.keep(int(made))
                values.append(made)
            for number, handle in handles.items():
                values[number] = heap.resolve(handle)
        finally:
            for handle in handles.values():
                heap.release(handle)
        return values
