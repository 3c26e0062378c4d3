"""The functions of the module, found by demand: a function is emitted because something names it.

A function gets its number when it is first named and its code later, in the order of numbers, so
that equal programs become equal bytes and emission never nests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from compiler.emit.calls import Callee, callee_of, has_body, invoke
from compiler.emit.classes import ClassInstance
from compiler.emit.closures import AdapterPlan, FunctionValuePlan, ThunkPlan
from compiler.emit.construction import ConstructorPlan, constructor_name
from compiler.emit.context import Emission, FunctionContext
from compiler.emit.instances import Keys
from compiler.emit.journal import Entry
from compiler.emit.limits import MAX_CODE, check_count
from compiler.emit.naming import Name, function_type_name, method_name
from compiler.emit.objects import Dissection, Numbers
from compiler.emit.pool import Names
from compiler.emit.replay import KeptPlan, StaleError
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import FunctionType
from compiler.syntax.source import Span
from pvm.isa.types import Signature
from pvm.pbc.model import Function

KEPT = frozenset({"method", "lambda", "new", "value"})
"""Functions that are kept for other compilations."""
NAMED = KEPT | {"adapter", "thunk"}
"""Functions that code can mention, which are asked for by name."""


class Emitted(Protocol):
    """A function whose code is there; numbers that are known at the end are not in it yet."""

    @property
    def item_count(self) -> int:
        """How many instructions and labels there are."""
        ...

    @property
    def span(self) -> Span | None:
        """Where the last instructions come from."""
        ...

    def check_limits(self) -> None:
        """Refuse a function that no module can have."""
        ...

    def finish(self, name: str) -> Function:
        """Return the function."""
        ...


class Plan(Protocol):
    """A function that is to be emitted."""

    name: str
    module: str
    """Before the name if another function has it; empty for functions of the emitter's own."""
    signature: Signature

    @property
    def origin(self) -> Span | None:
        """Where the text is that it is made of; None for what is not kept."""
        ...

    def emit(self) -> Emitted:
        """Make the code."""
        ...


class FunctionTable:
    """Numbers functions and emits them."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._numbers: dict[Name, int] = {}
        self._plans: list[Plan] = []
        self._names: list[str] = []
        self._unique = Names()
        self._pending: deque[Plan] = deque()
        self._done: list[Emitted] = []
        self._number_names: list[Name] = []
        self._named: dict[Name, object] = {}
        self._journals: list[tuple[Entry, ...]] = []

    def demand(self, name: Name, make: Callable[[], Plan], of: object = None) -> int:
        """Return the number of a function; if it is new, plan it, from what was kept if possible.

        ``of`` is what the name is the name of: two things of one name would be one function.
        """
        assert of is None or self._named.setdefault(name, of) is of, f"two functions are called {name}"
        number = self._numbers.get(name)
        if number is None:
            with self._emission.journal.answering():
                plan = self._kept(name) or make()
            number = self._numbers[name] = len(self._plans)
            self._plans.append(plan)
            self._names.append(self._unique.take(plan.name, plan.module))
            self._pending.append(plan)
        self._emission.journal.note("function", number)
        return number

    def name(self, number: int) -> Name | None:
        """Return the name by which a function can be asked for in other programs."""
        if len(self._number_names) < len(self._numbers):
            self._number_names = list(self._numbers)
        name = self._number_names[number]
        return name if name[0] in NAMED else None

    def _kept(self, name: Name) -> KeptPlan | None:
        found = self._emission.keeper.find(name) if name[0] in KEPT else None
        if found is None:
            return None
        part, kept = found
        # The name of a class is one of its own in each program.
        shown = constructor_name(self._emission.replay.instance(name[1])) if name[0] == "new" else kept.name
        return KeptPlan(self._emission, part, kept, shown)

    def demand_named(self, name: Name) -> int:
        """Return the number of a function that kept code calls.

        Raises:
            StaleError: there is no such function.
        """
        number = self._numbers.get(name)
        if number is not None:
            return number
        return self.demand(name, lambda: self._plan(name))

    def _plan(self, name: Name) -> Plan:
        """Plan a function by its name alone."""
        emission = self._emission
        replay = emission.replay
        match name:
            case ("method", module, qualified, class_keys, keys):
                function = replay.function(module, qualified)
                return MethodPlan(emission, callee_of(function, replay.keys(class_keys), replay.keys(keys)))
            case ("value", module, qualified, class_keys, keys, type_):
                function = replay.function(module, qualified)
                callee = callee_of(function, replay.keys(class_keys), replay.keys(keys))
                return FunctionValuePlan(emission, callee, replay.function_type(type_))
            case ("new", instance):
                return ConstructorPlan(emission, replay.instance(instance))
            case ("adapter", source, target):
                return AdapterPlan(emission, replay.function_type(source), replay.function_type(target))
            case ("thunk",):
                return ThunkPlan(emission)
            case _:
                raise StaleError(name)

    def signature(self, number: int) -> Signature:
        """Return the signature of a function."""
        return self._plans[number].signature

    def method(self, function: FunctionSymbol, class_keys: Keys, keys: Keys) -> int:
        """Return the number of an instance of a function or method."""
        name = method_name(function, class_keys, keys)
        return self.demand(name, lambda: MethodPlan(self._emission, callee_of(function, class_keys, keys)), function)

    def value(self, callee: Callee, type_: FunctionType) -> int:
        """Return the function that calls a named function as a value of an erased type."""
        _, *named = method_name(callee.function, callee.class_keys, callee.keys)
        name = ("value", *named, function_type_name(type_))
        return self.demand(name, lambda: FunctionValuePlan(self._emission, callee, type_))

    def constructor(self, instance: ClassInstance) -> int:
        """Return the function that makes the objects of a class."""
        name = ("new", self._emission.naming.of_class(instance))
        return self.demand(name, lambda: ConstructorPlan(self._emission, instance))

    def adapter(self, source: FunctionType, target: FunctionType) -> int:
        """Return the function that captures a function value of one type to act as one of another."""
        name = ("adapter", function_type_name(source), function_type_name(target))
        return self.demand(name, lambda: AdapterPlan(self._emission, source, target))

    def thunk(self) -> int:
        """Return the function that captures a function value to act as one without results."""
        return self.demand(("thunk",), lambda: ThunkPlan(self._emission))

    def run(self) -> None:
        """Emit everything that is planned, and what that names."""
        written = 0
        while self._pending:
            self._emission.journal.begin()
            done = self._pending.popleft().emit()
            done.check_limits()
            written += done.item_count
            check_count("instructions of the program", written, MAX_CODE, done.span)
            self._done.append(done)
            self._journals.append(self._emission.journal.entries())

    def finish(self) -> tuple[Function, ...]:
        """Return the functions.

        Precondition: slots are numbered.
        """
        finished: list[Function] = []
        size = 0
        for name, f in zip(self._names, self._done, strict=True):
            function = f.finish(name)
            size += len(function.code)
            check_count("bytes of code", size, MAX_CODE, f.span)
            finished.append(function)
        return tuple(finished)

    def keep(self, functions: tuple[Function, ...], numbers: Numbers) -> None:
        """Keep the functions that were emitted and not kept before.

        Precondition: they are finished.
        """
        keeper = self._emission.keeper
        for number, (plan, done, function) in enumerate(zip(self._plans, self._done, functions, strict=True)):
            name = self.name(number)
            places = None if plan.origin is None or name is None else keeper.places(plan.origin)
            if name is None or plan.origin is None or places is None:
                continue
            dissection = Dissection(self._emission.naming, numbers, self._journals[number])
            made = dissection.run(function, (plan.name, plan.module), plan.signature, done.item_count, places)
            if made is not None:
                keeper.keep(name, made, plan.origin)


class MethodPlan:
    """An instance of a declared function."""

    def __init__(self, emission: Emission, callee: Callee) -> None:
        self._emission = emission
        self._callee = callee
        self.name = callee.name
        self.module = callee.function.module
        self.signature = emission.lowering.signature(list(callee.params), callee.result)

    @property
    def origin(self) -> Span | None:
        """The body, or what the function is made of."""
        return self._callee.function.place

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
