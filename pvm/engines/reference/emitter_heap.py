"""The part of the emitter that keeps the symbolic state, and emits variables, heap and raw memory.

The state at a place in the code: an expression for each operand slot, and bounds that are known of
locals.  Before a statement changes what a waiting expression depends on, that expression is given a
variable (``settle``).  References go to the variable of their slot if it is free, so that stale
ones are overwritten soon: the memory limit counts what variables hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pvm.engines.accounting import CLOSURE_SIZE, array_size, object_size
from pvm.engines.reference.expression import (
    GLOBALS,
    HEAP,
    MAX_DEPTH,
    RANGES,
    Expr,
    Fact,
    Range,
    constant,
    kind_of,
    variable,
)
from pvm.engines.reference.heap import zero_of
from pvm.engines.reference.program import Program
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, MAX_ARRAY_LENGTH, ArrayKind, HeapKind, RefType, Storage
from pvm.verify.verified import VerifiedFunction

MANY_FIELDS = 24
LENGTH_BOUNDS = (0, MAX_ARRAY_LENGTH)
NARROW: dict[Storage, Range] = {
    Storage.I8: (-128, 127),
    Storage.U8: (0, 255),
    Storage.I16: (-32768, 32767),
    Storage.U16: (0, 65535),
}


class AlwaysTraps(Exception):
    """The instruction traps whatever happens, so what follows it must not be translated."""


class State:
    """Operand stacks and bounds of locals at one place; ``owed`` is fuel not yet taken from ``f``."""

    __slots__ = ("bounds", "owed", "prims", "refs")

    def __init__(
        self,
        prims: list[Expr] | None = None,
        refs: list[Expr] | None = None,
        bounds: dict[str, Range] | None = None,
        owed: int = 0,
    ) -> None:
        self.prims = [] if prims is None else prims
        self.refs = [] if refs is None else refs
        self.bounds = {} if bounds is None else bounds
        self.owed = owed

    def clone(self) -> State:
        """A copy for another path."""
        prims, refs = [each.clone() for each in self.prims], [each.clone() for each in self.refs]
        return State(prims, refs, dict(self.bounds), self.owed)

    def stack(self, kind: str) -> list[Expr]:
        """The stack of values of this kind."""
        return self.refs if kind == "ref" else self.prims


class HeapEmitter:
    """State, variables, heap, allocation and raw memory; ``lines`` takes statements at ``offset``."""

    def __init__(self, program: Program, function: VerifiedFunction, *, strict: bool) -> None:
        self.program = program
        self.module = program.module
        self.function = function
        self.strict = strict
        self.kinds = [kind_of(each) for each in function.local_types]
        self.lines: list[str] = []
        self.state = State()
        self.operands: list[Expr] = []
        self.taken: set[str] = set()
        self.proved: dict[tuple[str, str, str], Expr] = {}
        self.needs: dict[str, tuple[str, object]] = {}
        self.written_globals: set[str] = set()

    # State

    def begin(self, operands: Sequence[Expr]) -> None:
        """Start an instruction with these popped operands."""
        self.operands = list(operands)
        self.taken = set()
        self.proved = {}

    def line(self, text: str) -> None:
        """Add a statement."""
        self.lines.append(text)

    @property
    def sync(self) -> str:
        """The statement that stores the fuel budget for code outside of this function."""
        return f"F = f - {self.state.owed}" if self.state.owed else "F = f"

    def reload(self) -> None:
        """Take over the fuel budget after other code ran."""
        self.line("f = F")
        self.state.owed = 0

    def need(self, name: str, what: str, key: object) -> str:
        """Use a name that the namespace must hold; ``what`` and ``key`` say what it is."""
        self.needs[name] = (what, key)
        return name

    def used(self) -> set[str]:
        """Variables that waiting expressions depend on."""
        found = set(self.taken)
        for each in (*self.state.prims, *self.state.refs, *self.operands):
            found |= each.names
        return found

    def temporary(self) -> str:
        """A variable that nothing waiting depends on."""
        used = self.used()
        number = 0
        while f"t{number}" in used:
            number += 1
        self.taken.add(f"t{number}")
        return f"t{number}"

    def slot(self, kind: str, position: int) -> str:
        """The variable of an operand slot if nothing waiting depends on it, else a temporary."""
        name = f"r{position}" if kind == "ref" else f"p{position}"
        if name in self.used():
            return self.temporary()
        self.taken.add(name)
        return name

    def variable(self, name: str, kind: str, bounds: Range | None = None) -> Expr:
        """The value of a variable."""
        return variable(name, kind, bounds)

    def make(
        self,
        text: str,
        kind: str,
        operands: Iterable[Expr],
        *,
        atom: bool = False,
        bounds: Range | None = None,
        names: frozenset[str] = frozenset(),
    ) -> Expr:
        """An expression over operands; one that nests too deep goes to a variable."""
        depth = 0
        for each in operands:
            names |= each.names
            depth = max(depth, each.depth)
        made = Expr(text, kind, names, atom=atom, depth=depth + 1, bounds=bounds)
        if depth >= MAX_DEPTH:
            self.settle(made)
        return made

    def recast(self, a: Expr, kind: str) -> Expr:
        """The same text as a value of another kind that it is also right for."""
        made = a.clone()
        made.kind = kind
        return made

    def settle(self, value: Expr, position: int | None = None) -> None:
        """Evaluate an expression now, into a variable that the value then stands for."""
        if value.const is not None or (value.kind == "ref" and value.raw == "None"):
            return
        name = self.temporary() if position is None else self.slot(value.kind, position)
        self.line(f"{name} = {value.raw}")
        value.become(name)

    def invalidate(self, name: str, keep: Expr | None = None) -> None:
        """Settle what waits on the stacks and depends on ``name``, which is about to change."""
        for stack in (self.state.prims, self.state.refs):
            for position, each in enumerate(stack):
                if each is not keep and name in each.names:
                    self.settle(each, position)

    def settle_loads(self) -> None:
        """Before anything that may run other guest code."""
        self.invalidate(HEAP)
        self.invalidate(GLOBALS)

    def learn(self, facts: Iterable[Fact]) -> None:
        """Narrow what is known of variables."""
        for name, low, high in facts:
            if name[0] not in "lpt" or not name[1:].isdigit():
                continue
            for each in (*self.state.prims, *self.operands):
                if each.raw == name and each.kind in RANGES:
                    each.low, each.high = _narrowed((each.low, each.high), low, high)
            if name[0] == "l" and self.kinds[int(name[1:])] in RANGES:
                known = self.state.bounds.get(name, RANGES[self.kinds[int(name[1:])]])
                self.state.bounds[name] = _narrowed(known, low, high)

    def trap_if(self, condition: Expr, kind: TrapKind) -> None:
        if condition.const is not None:
            if condition.const:
                self.line(f"{self.sync}; raise TRAP({int(kind)})")
                raise AlwaysTraps
            return
        self.line(f"if {condition.raw}: {self.sync}; raise TRAP({int(kind)})")
        self.learn(condition.if_false)
        if condition.origin and condition.origin[0] == "overflow":
            _, operator, a, b, name, result, bounds = condition.origin
            self.proved[operator, a, b] = variable(name, result, bounds)  # type: ignore[index, arg-type]

    def charge(self, units: Expr) -> None:
        if units.const == 0:
            return
        owed = f" + {self.state.owed}" if self.state.owed else ""
        self.line(f"f -= {units.text}{owed}")
        self.state.owed = 0
        self.line("if f < 0: f = POLL(f)")

    # Variables

    def null(self) -> Expr:
        return Expr("None", "ref", atom=True)

    def string_const(self, index: int) -> Expr:
        return Expr(self.need(f"s{index}", "string", index), "ref", atom=True)

    def local_get(self, index: int) -> Expr:
        name = f"l{index}"
        return variable(name, self.kinds[index], self.state.bounds.get(name))

    def local_set(self, index: int, value: Expr) -> None:
        name = f"l{index}"
        self.invalidate(name, keep=value)
        if value.raw != name:
            self.line(f"{name} = {value.raw}")
        if value.kind in RANGES:
            self.state.bounds[name] = (value.low, value.high)
        if value.raw != "None":
            value.become(name)

    def global_get(self, index: int) -> Expr:
        declared = self.module.globals[index]
        names = frozenset((GLOBALS,)) if declared.mutable else frozenset[str]()
        return Expr(f"g{index}", kind_of(declared.type), names, atom=True)

    def global_set(self, index: int, value: Expr) -> None:
        self.invalidate(GLOBALS)
        self.written_globals.add(f"g{index}")
        self.line(f"g{index} = {value.raw}")

    # Heap

    def ref_eq(self, a: Expr, b: Expr) -> Expr:
        flag = self.make(f"{a.text} is {b.text}", "flag", (a, b))
        flag.negated = f"{a.text} is not {b.text}"
        return flag

    def is_null(self, a: Expr) -> Expr:
        return self.ref_eq(a, self.null())

    def is_instance(self, a: Expr, target: RefType) -> Expr:
        test = self._type_test(a, target)
        if target.kind is HeapKind.ANY:
            return constant(value=True, kind="flag") if target.nullable else self.make(test, "flag", (a,))
        if target.nullable:
            test = f"{a.text} is None or {test}"
        return self.make(test, "flag", (a,))

    def _type_test(self, a: Expr, target: RefType) -> str:
        match target.kind:
            case HeapKind.STRING:
                return f"type({a.raw}) is bytes"
            case HeapKind.TASK:
                return f"type({a.raw}) is TASK"
            case HeapKind.CLASS:
                return f"type({a.raw}) in {self.need(f'B{target.index}', 'below', target.index)}"
            case HeapKind.ARRAY:
                return f"type({a.raw}) is A{target.index}"
            case HeapKind.FUNC:
                return f"(type({a.raw}) is CLOSURE and {a.text}.signature == {target.index})"
            case _:
                return f"{a.text} is not None"

    def _field(self, place: tuple[int, int]) -> tuple[Storage, str, frozenset[str]]:
        declared = self.program.layouts[place[0]].fields[place[1]]
        names = frozenset((HEAP,)) if declared.mutable else frozenset[str]()
        return declared.storage, kind_of(declared.value_type), names

    def field_load(self, field: tuple[int, int], obj: Expr) -> Expr:
        storage, kind, names = self._field(field)
        return self.make(f"{obj.text}.f{field[1]}", kind, (obj,), atom=True, bounds=NARROW.get(storage), names=names)

    def field_store(self, field: tuple[int, int], obj: Expr, value: Expr) -> None:
        storage, _, _ = self._field(field)
        self.invalidate(HEAP)
        self.line(f"{obj.text}.f{field[1]} = {self._narrow(storage, value)}")

    def _narrow(self, storage: Storage, value: Expr) -> str:
        """Text of the value as a narrow field or element keeps it."""
        bounds = NARROW.get(storage)
        if bounds is None or (bounds[0] <= value.low and value.high <= bounds[1]):
            return value.raw
        if bounds[0] == 0:
            return f"{value.text} & {bounds[1]}"
        return f"P_sign_extend({value.raw}, {8 * storage.size})"

    def array_length(self, array: Expr) -> Expr:
        return self.make(f"len({array.text}.data)", "i64", (array,), atom=True, bounds=LENGTH_BOUNDS)

    def array_load(self, kind: ArrayKind, array: Expr, index: Expr) -> Expr:
        storage = ARRAY_STORAGE[kind]
        result = kind_of(storage.prim) if storage.prim is not None else "ref"
        text = f"{array.text}.data[{index.raw}]"
        return self.make(text, result, (array, index), atom=True, bounds=NARROW.get(storage), names=frozenset((HEAP,)))

    def array_store(self, kind: ArrayKind, array: Expr, index: Expr, value: Expr) -> None:
        self.invalidate(HEAP)
        self.line(f"{array.text}.data[{index.raw}] = {self._narrow(ARRAY_STORAGE[kind], value)}")

    def array_copy(self, kind: ArrayKind, to: Expr, at: Expr, source: Expr, start: Expr, count: Expr) -> None:
        self.invalidate(HEAP)
        self.line(self.sync)
        self.line(f"COPY(POLL_TIME, {to.raw}, {at.raw}, {source.raw}, {start.raw}, {count.raw})")

    def array_fill(self, kind: ArrayKind, array: Expr, start: Expr, count: Expr, value: Expr) -> None:
        self.invalidate(HEAP)
        self.line(self.sync)
        text = self._narrow(ARRAY_STORAGE[kind], value)
        self.line(f"FILL(POLL_TIME, {array.raw}, {start.raw}, {count.raw}, {text})")

    def string_length(self, string: Expr) -> Expr:
        return self.make(f"len({string.raw})", "i64", (string,), atom=True, bounds=LENGTH_BOUNDS)

    def string_load(self, string: Expr, index: Expr) -> Expr:
        # Behind a trap that always comes the string may be null itself, of which Python warns.
        text = "b''" if string.raw == "None" else string.text
        return self.make(f"{text}[{index.raw}]", "i32", (string, index), atom=True, bounds=(0, 255))

    def identity_hash(self, obj: Expr) -> Expr:
        made = self.make(f"IDENTITY({obj.raw})", "i64", (obj,), bounds=(0, 0xFFFFFFFF))
        self.settle(made)
        return made

    # Allocation

    def allocate(self, size: int) -> None:
        """Account bytes; traps before anything is made."""
        self.line(f"H -= {size}")
        self.line(f"if H < 0: {self.sync}; COLLECT()")

    def _target(self) -> str:
        return self.slot("ref", len(self.state.refs))

    def new_object(self, class_index: int, values: tuple[Expr, ...]) -> Expr:
        fields = self.program.layouts[class_index].fields
        texts = [self._narrow(each.storage, value) for each, value in zip(fields, values, strict=True)]
        return self._object(class_index, texts)

    def new_default(self, class_index: int) -> Expr:
        return self._object(class_index, [repr(value) for value in zero_of(self.program.layouts[class_index])])

    def _object(self, class_index: int, texts: list[str]) -> Expr:
        self.allocate(object_size(each.storage for each in self.program.layouts[class_index].fields))
        made_class = self.need(f"C{class_index}", "class", class_index)
        name = self._target()
        if len(texts) > MANY_FIELDS:
            self.line(f"{name} = MAKE({made_class}, ({', '.join(texts)}))")
        else:
            self.line(f"{name} = NEW({made_class})")
            for number, text in enumerate(texts):
                self.line(f"{name}.f{number} = {text}")
        return variable(name, "ref")

    def new_array(self, kind: ArrayKind, length: Expr) -> Expr:
        name = self._target()
        if length.const is not None and length.const <= 64:
            self.allocate(array_size(kind, int(length.const)))
            self.line(f"{name} = ARRAY(A{int(kind)}, {length.raw})")
        else:
            self.line(self.sync)
            self.line(f"{name} = BIG_ARRAY(A{int(kind)}, {length.raw})")
        return variable(name, "ref")

    def new_closure(self, function: int, environment: Expr | None) -> Expr:
        self.allocate(CLOSURE_SIZE)
        name = self._target()
        code = self.need(f"f{function}", "function", function)
        if environment is None:
            signature = self.module.functions[function].signature
            self.line(f"{name} = CLOSURE({code}, {function}, {signature})")
        else:
            signature = self.program.resolver.closure_signature(function)
            self.line(f"{name} = BIND({code}, {function}, {signature}, {environment.raw})")
        return variable(name, "ref")

    # Raw memory

    def memory_size(self) -> Expr:
        return Expr("MEMORY_SIZE", "i64", frozenset((HEAP,)), atom=True, depth=1, bounds=(0, 1 << 40))

    def memory_grow(self, size: Expr) -> Expr:
        self.invalidate(HEAP)
        made = self.make(f"GROW({size.raw})", "i64", (size,))
        self.settle(made)
        return made

    def memory_load(self, address: Expr, width: int, to: str, *, signed: bool) -> Expr:
        text = f"LOAD_FLOAT({address.raw}, {width})" if to[0] == "f" else f"LOAD_INT({address.raw}, {width}, {signed})"
        return self.make(text, to, (address,), atom=True, names=frozenset((HEAP,)))

    def memory_store(self, address: Expr, value: Expr, width: int) -> None:
        self.invalidate(HEAP)
        store = "STORE_FLOAT" if value.kind[0] == "f" else "STORE_INT"
        self.line(f"{store}({address.raw}, {value.raw}, {width})")

    def memory_copy(self, to: Expr, source: Expr, count: Expr) -> None:
        self.invalidate(HEAP)
        self.line(f"COPY_BYTES({to.raw}, {source.raw}, {count.raw})")

    def memory_fill(self, to: Expr, byte: Expr, count: Expr) -> None:
        self.invalidate(HEAP)
        self.line(f"FILL_BYTES({to.raw}, {byte.raw}, {count.raw})")


def _narrowed(known: Range, low: int, high: int) -> Range:
    """Both bounds hold; where they contradict, the code is dead and the old ones do."""
    both = (max(known[0], low), min(known[1], high))
    return both if both[0] <= both[1] else known
