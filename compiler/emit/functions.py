"""The functions of the module, found by demand: a function is emitted because something names it.

A function gets its number when it is first named and its code later, in the order of numbers, so
that equal programs become equal bytes and emission never nests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol

from compiler.emit.calls import Callee, callee_of, has_body, invoke
from compiler.emit.closures import AdapterPlan, ThunkPlan
from compiler.emit.context import Emission, FunctionContext
from compiler.emit.instances import Keys
from compiler.emit.limits import MAX_CODE, check_count
from compiler.emit.pool import Names
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import FunctionType
from pvm.isa.types import Signature
from pvm.pbc.model import Function


class Plan(Protocol):
    """A function that is to be emitted."""

    name: str
    module: str
    """Before the name if another function has it; empty for functions of the emitter's own."""
    signature: Signature

    def emit(self) -> FunctionContext:
        """Make the code."""
        ...


class FunctionTable:
    """Numbers functions and emits them."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._numbers: dict[Hashable, int] = {}
        self._plans: list[Plan] = []
        self._names: list[str] = []
        self._unique = Names()
        self._pending: deque[Plan] = deque()
        self._done: list[FunctionContext] = []

    def demand(self, key: Hashable, make: Callable[[], Plan]) -> int:
        """Return the number of the function of a key; if it is new, plan it."""
        number = self._numbers.get(key)
        if number is None:
            plan = make()
            number = self._numbers[key] = len(self._plans)
            self._plans.append(plan)
            self._names.append(self._unique.take(plan.name, plan.module))
            self._pending.append(plan)
        return number

    def signature(self, number: int) -> Signature:
        """Return the signature of a function."""
        return self._plans[number].signature

    def method(self, function: FunctionSymbol, class_keys: Keys, keys: Keys) -> int:
        """Return the number of an instance of a function or method."""
        key = ("function", function, class_keys, keys)
        return self.demand(key, lambda: MethodPlan(self._emission, callee_of(function, class_keys, keys)))

    def adapter(self, source: FunctionType, target: FunctionType) -> int:
        """Return the function that captures a function value of one type to act as one of another."""
        return self.demand(("adapter", source, target), lambda: AdapterPlan(self._emission, source, target))

    def thunk(self) -> int:
        """Return the function that captures a function value to act as one without results."""
        return self.demand("thunk", lambda: ThunkPlan(self._emission))

    def run(self) -> None:
        """Emit everything that is planned, and what that names."""
        written = 0
        while self._pending:
            done = self._pending.popleft().emit()
            done.check_limits()
            written += done.code.item_count
            check_count("instructions of the program", written, MAX_CODE, done.code.span)
            self._done.append(done)

    def finish(self) -> tuple[Function, ...]:
        """Return the functions.

        Precondition: slots are numbered.
        """
        finished: list[Function] = []
        size = 0
        for name, f in zip(self._names, self._done, strict=True):
            function = f.finish(name)
            size += len(function.code)
            check_count("bytes of code", size, MAX_CODE, f.code.span)
            finished.append(function)
        return tuple(finished)


class MethodPlan:
    """An instance of a declared function."""

    def __init__(self, emission: Emission, callee: Callee) -> None:
        self._emission = emission
        self._callee = callee
        self.name = callee.name
        self.module = callee.function.module
        self.signature = emission.lowering.signature(list(callee.params), callee.result)

    def emit(self) -> FunctionContext:
        """Emit the body, or the instructions that stand for the function."""
        callee = self._callee
        f = FunctionContext(self._emission, self.signature, callee.mapping, callee.result, module=self.module)
        if has_body(callee.function):
            for slot, (param, type_) in enumerate(zip(callee.function.params, callee.params, strict=True)):
                f.parameter(param, slot, type_)
            f.body(self._emission.program.bodies.body(callee.function))
            return f
        if callee.function.span is not None:
            f.at(callee.function.span)
        for slot in range(len(callee.params)):
            f.code.get(slot)
        invoke(f, callee)
        f.return_top()
        return f
