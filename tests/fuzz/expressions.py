"""Expressions: code that pushes one value of a type that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pvm.isa.instruction import Form, Opcode
from pvm.isa.table import OPCODES
from pvm.isa.types import (
    STRING,
    TASK,
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    Signature,
    ValueType,
    array_ref,
    class_ref,
    element_type,
    func_ref,
)
from pvm.pbc.model import ImportKind
from tests.fuzz import edges
from tests.fuzz.bodies import Body

_SPECS: dict[str, ValueType] = {str(prim): prim for prim in Prim}
_SPECS |= {"any?": RefType(HeapKind.ANY, nullable=True), "any": RefType(HeapKind.ANY, nullable=False), "string": STRING}
_SPECS |= {"task": TASK}


def _operators() -> dict[ValueType, list[tuple[Opcode, tuple[ValueType, ...]]]]:
    """By result: the opcodes without immediates whose operands have fixed types; new opcodes come in by themselves."""
    found: dict[ValueType, list[tuple[Opcode, tuple[ValueType, ...]]]] = {}
    for opcode in OPCODES:
        specs = [each.spec for each in (*opcode.effect.pops, *opcode.effect.pushes)]
        is_plain = opcode.form in {Form.SIMPLE, Form.TASK} and not opcode.immediates and not opcode.privileged
        if is_plain and len(opcode.effect.pushes) == 1 and all(spec in _SPECS for spec in specs):
            pops = tuple(_SPECS[each.spec] for each in opcode.effect.pops)
            found.setdefault(_SPECS[specs[-1]], []).append((opcode, pops))
    return found


OPERATORS = _operators()
SAFE_OPERATORS = {key: [each for each in value if not each[0].traps] for key, value in OPERATORS.items()}


class Expressions(Body):
    """Draws expressions."""

    def value(self, wanted: ValueType, depth: int) -> None:
        """Push a value of the type."""
        depths = self.depths
        self.budget -= 1
        if self.budget <= 0:
            depth = 0
        if isinstance(wanted, RefType):
            self.reference(wanted, depth)
        else:
            self.primitive(wanted, depth)
        self.cut(depths)
        self.push(wanted)

    def values(self, wanted: tuple[ValueType, ...], depth: int) -> None:
        """Push operands in order."""
        for each in wanted:
            self.value(each, depth)

    def use(self, wanted: tuple[ValueType, ...], mnemonic: str, *immediates: object, depth: int = 0) -> None:
        """Push operands and emit the instruction that pops them; what it pushes is the caller's business."""
        depths = self.depths
        self.values(wanted, depth)
        self.builder.emit(mnemonic, *immediates)
        self.cut(depths)

    # Primitives

    def primitive(self, wanted: Prim, depth: int) -> None:
        random = self.random
        own = self.locals_below(wanted)
        if depth <= 0 or random.random() < 0.15:
            if own and random.random() < 0.7:
                self.builder.local_get(random.choice(own))
            else:
                self.builder.emit(f"{wanted}.const", edges.constant(random, wanted))
            return
        table = OPERATORS if random.random() < 0.25 else SAFE_OPERATORS
        if random.random() < 0.45:
            opcode, pops = random.choice(table[wanted])
            self.use(pops, opcode.mnemonic, depth=depth - 1)
            return
        random.choice(_PRIMITIVE)(self, wanted, depth - 1)

    def small_index(self) -> None:
        """An index that mostly lies in a short array."""
        if self.random.random() < 0.8:
            self.builder.i64_const(self.random.randrange(4))
            self.push(Prim.I64)
        else:
            self.value(Prim.I64, 1)

    # Any type

    def constant(self, wanted: ValueType, depth: int) -> None:
        self.value(wanted, 0)

    def tee(self, wanted: ValueType, depth: int) -> None:
        """Pass the value through a local of exactly the type."""
        fitting = [each for each, type_ in enumerate(self.local_types) if type_ == wanted and each not in self.reserved]
        index = self.random.choice(fitting) if fitting and self.random.random() < 0.8 else self.new_local(wanted)
        self.value(wanted, depth)
        if self.random.random() < 0.5:
            self.builder.local_tee(index)
        else:
            self.builder.local_set(index)
            self.builder.local_get(index)
        if self.builder.is_reachable:
            self.initialised.add(index)

    def juggle(self, wanted: ValueType, depth: int) -> None:
        """The value after duplicating, swapping and dropping."""
        other = self.world.type()
        bank = "ref" if isinstance(wanted, RefType) else "prim"
        same = isinstance(other, RefType) == isinstance(wanted, RefType)
        match self.random.randrange(3):
            case 0 if same:
                self.value(other, depth)
                self.value(wanted, depth)
                self.builder.emit(f"{bank}.swap")
                self.drop(other)
            case 1:
                self.value(wanted, depth)
                self.value(other, depth)
                self.drop(other)
            case _:
                self.value(wanted, depth)
                self.builder.emit(f"{bank}.dup")
                self.builder.emit(f"{bank}.drop")

    def select(self, wanted: ValueType, depth: int) -> None:
        pops = (wanted, wanted, Prim.I32)
        if isinstance(wanted, RefType):
            self.use(pops, "ref.select", wanted, depth=depth)
        else:
            self.use(pops, "prim.select", depth=depth)

    def choose(self, wanted: ValueType, depth: int) -> None:
        """A value from either of two branches."""
        depths = self.depths
        self.value(Prim.I32, depth)
        self.cut(depths)
        other, end = self.join(), self.join(wanted)
        self.go(other, self.random.choice(("branch.if", "branch.unless")))
        self.value(wanted, depth)
        self.cut(depths)
        self.go(end)
        self.bind(other)
        self.value(wanted, depth)
        self.cut(depths)
        self.bind(end)

    def global_value(self, wanted: ValueType, depth: int) -> None:
        found = [index for index, (type_, _) in enumerate(self.world.globals) if self.world.is_below(type_, wanted)]
        if not found:
            self.value(wanted, depth)
            return
        self.builder.global_get(self.random.choice(found))

    def field(self, wanted: ValueType, depth: int) -> None:
        found = [
            (plan.index, number)
            for plan in self.world.classes
            for number, each in enumerate(plan.fields)
            if self.world.is_below(each.value_type, wanted)
        ]
        if not found:
            self.value(wanted, depth)
            return
        place = self.random.choice(found)
        self.use((class_ref(place[0]),), "field.get", place, depth=depth)

    def element(self, wanted: ValueType, depth: int) -> None:
        kinds = [kind for kind in ArrayKind if self.world.is_below(element_type(kind), wanted)]
        if not kinds:
            self.value(wanted, depth)
            return
        kind = self.random.choice(kinds)
        depths = self.depths
        self.value(array_ref(kind), depth)
        self.small_index()
        self.builder.array_get(kind)
        self.cut(depths)

    def call(self, wanted: ValueType, depth: int) -> None:
        calls = self.calls(lambda results: bool(results) and self.world.is_below(results[0], wanted))
        if not calls:
            self.value(wanted, depth)
            return
        self.random.choice(calls)(depth)

    def calls(self, fits: Callable[[tuple[ValueType, ...]], bool]) -> list[Callable[[int], None]]:
        """Ways to call something whose results fit; each takes the depth of the arguments."""
        world = self.world
        found: list[Callable[[int], None]] = [
            partial(self.call_function, each)
            for each in world.plain
            if (each > self.number or self.random.random() < 0.1) and fits(world.functions[each].results)
        ]
        found += [
            partial(self.call_import, index, kind, signature)
            for index, kind, signature in world.imports
            if fits(signature.results)
        ]
        found += [
            partial(self.call_method, plan.index, slot, "call")
            for plan in world.classes
            for slot, name in enumerate(plan.slots)
            if fits(world.shapes[name].results)
        ]
        found += [
            partial(self.call_value, index, "call")
            for index in world.func_signatures
            if fits(world.builder.signature_at(index).results)
        ]
        return found

    def call_function(self, function: int, depth: int) -> None:
        self.use(self.world.functions[function].params, "call", function, depth=depth)

    def call_import(self, index: int, kind: ImportKind, signature: Signature, depth: int) -> None:
        """Call an import with arguments that mostly mean something."""
        depths = self.depths
        for each in signature.params:
            if each == Prim.I64 and self.random.random() < 0.6:
                self.builder.i64_const(self.random.choice((0, 1, 2, 3, 4, 7, 16, 64, 0o102, -1)))
                self.push(each)
            elif each == STRING and self.random.random() < 0.7:
                self.builder.string_const(self.random.choice(edges.PATHS))
                self.push(each)
            else:
                self.value(each, depth - 1)
        self.builder.emit("call.runtime" if kind is ImportKind.RUNTIME else "hypercall", index)
        self.cut(depths)

    def call_method(self, class_: int, slot: int, verb: str, depth: int) -> None:
        plan = self.world.classes[class_]
        shape = self.world.shapes[plan.slots[slot]]
        how = "interface" if plan.is_interface else "virtual"
        self.use((class_ref(class_), *shape.params), f"{verb}.{how}", (class_, slot), depth=depth)

    def call_value(self, signature: int, verb: str, depth: int) -> None:
        params = self.world.builder.signature_at(signature).params
        self.use((*params, func_ref(signature)), f"{verb}.ref", signature, depth=depth)

    # References

    def reference(self, wanted: RefType, depth: int) -> None:
        random = self.random
        own = self.locals_below(wanted)
        if own and random.random() < (0.7 if depth <= 0 else 0.2):
            self.builder.local_get(random.choice(own))
        elif wanted.nullable and random.random() < (0.4 if depth <= 0 else 0.1):
            self.builder.ref_null()
        elif depth <= 0 or random.random() < 0.4:
            self.make(wanted, depth)
        else:
            random.choice(_REFERENCE)(self, wanted, depth - 1)

    def make(self, wanted: RefType, depth: int) -> None:
        """Make a new object of the type."""
        random = self.random
        match wanted.kind:
            case HeapKind.ANY:
                kinds = (
                    STRING,
                    array_ref(random.choice(tuple(ArrayKind))),
                    class_ref(random.randrange(self.world.class_count)),
                )
                self.make(random.choice(kinds), depth)
            case HeapKind.STRING:
                self.builder.string_const(edges.text(random))
            case HeapKind.TASK:
                if depth > 0 and random.random() < 0.4:
                    self.use((func_ref(0),), "task.spawn", depth=depth - 1)
                else:
                    self.builder.task_current()
            case HeapKind.ARRAY:
                self.builder.i64_const(random.choice((0, 1, 3, 4, 4, 4, 5, 17, 40)))
                self.builder.array_new(ArrayKind(wanted.index))
            case HeapKind.FUNC:
                self.make_function(wanted.index, depth)
            case _:
                self.make_object(wanted.index, depth)

    def make_function(self, signature: int, depth: int) -> None:
        world = self.world
        closures = world.closures.get(signature, [])
        if closures and depth > 0 and self.random.random() < 0.5:
            function = self.random.choice(closures)
            self.use((world.functions[function].params[0],), "closure.new", function, depth=depth - 1)
            return
        shape = world.builder.signature_at(signature)
        fitting = [each for each in (*world.plain, *world.thunks) if world.functions[each] == shape]
        self.builder.func_ref(self.random.choice(fitting))

    def make_object(self, class_: int, depth: int) -> None:
        made = self.world.concrete_below(class_)
        if not made:
            # The type has no values, so whatever is given must trap.
            self.builder.ref_null()
            self.builder.ref_cast(class_ref(class_))
            return
        chosen = self.random.choice(made)
        fields = self.world.classes[chosen].fields
        is_default = not any(each.type is not None and not each.type.nullable for each in fields)
        if is_default and self.random.random() < 0.5:
            self.builder.object_new_default(chosen)
        elif depth > 0 and self.random.random() < 0.6:
            self.use(tuple(each.value_type for each in fields), "object.new", chosen, depth=depth - 1)
        else:
            self.builder.call(self.world.factories[chosen])

    def factory(self, class_: int) -> None:
        """The whole code of a function that makes an object, of which others are made first."""
        depths = self.depths
        for each in self.world.classes[class_].fields:
            wanted = each.value_type
            if isinstance(wanted, RefType) and wanted.kind is HeapKind.CLASS and not wanted.nullable:
                self.builder.call(self.world.factories[wanted.index])
                self.push(wanted)
            else:
                self.value(wanted, 0)
        self.builder.object_new(class_)
        self.cut(depths)

    def cast(self, wanted: RefType, depth: int) -> None:
        """A value that is cast, or whose type is asked for, by one of the ways to do so."""
        depths = self.depths
        match self.random.randrange(5):
            case 0:
                self.use((wanted.with_null(nullable=True),), "ref.as_non_null", depth=depth)
            case 1:
                self.use((self.wider(wanted),), "ref.cast", wanted, depth=depth)
            case 2:
                self.value(wanted.with_null(nullable=True), depth)
                self.cut(depths)
                other, end = self.join(exact=True), self.join(wanted)
                self.go(other, "branch.null")
                self.go(end)
                self.bind(other)
                self.value(wanted, depth)
                self.cut(depths)
                self.bind(end)
            case 3:
                self.value(wanted.with_null(nullable=True), depth)
                self.cut(depths)
                end = self.join(wanted)
                self.go(end, "branch.non_null")
                self.value(wanted, depth)
                self.cut(depths)
                self.bind(end)
            case _:
                self.value(self.wider(wanted), depth)
                self.cut(depths)
                end = self.join(wanted)
                self.go(end, "branch.instance", wanted)
                self.builder.ref_drop()
                self.value(wanted, depth)
                self.cut(depths)
                self.bind(end)

    def wider(self, wanted: RefType) -> RefType:
        """A type from which a cast to the wanted one says something."""
        nullable = self.random.random() < 0.5
        if wanted.kind is HeapKind.CLASS and self.random.random() < 0.6:
            return class_ref(self.random.choice(sorted(self.world.classes[wanted.index].above)), nullable=nullable)
        return RefType(HeapKind.ANY, nullable)

    def copy(self, wanted: RefType, depth: int) -> None:
        """A string or array that an operation has been through."""
        if wanted.kind is not HeapKind.ARRAY:
            self.value(wanted, depth)
            return
        kind = ArrayKind(wanted.index)
        depths = self.depths
        self.value(array_ref(kind), depth)
        self.builder.ref_dup()
        self.push(array_ref(kind))
        self.small_index()
        if self.random.random() < 0.5:
            self.value(array_ref(kind), depth)
            self.small_index()
            self.small_index()
            self.builder.array_copy(kind)
        else:
            self.small_index()
            self.value(element_type(kind), depth)
            self.builder.array_fill(kind)
        self.cut(depths)

    def test(self, wanted: ValueType, depth: int) -> None:
        """A flag about a reference, for an i32 that is wanted."""
        if wanted is not Prim.I32:
            self.value(wanted, depth)
        elif self.random.random() < 0.5:
            self.use((self.world.ref(),), "ref.instance", self.world.ref(), depth=depth)
        else:
            self.use((self.world.ref(),), "ref.is_null", depth=depth)

    def size(self, wanted: ValueType, depth: int) -> None:
        if wanted is not Prim.I64:
            self.value(wanted, depth)
        else:
            self.use((array_ref(self.random.choice(tuple(ArrayKind))),), "array.size", depth=depth)


_ANY_TYPE: tuple[Callable[..., None], ...] = (
    Expressions.constant,
    Expressions.tee,
    Expressions.juggle,
    Expressions.select,
    Expressions.choose,
    Expressions.global_value,
    Expressions.field,
    Expressions.element,
    Expressions.call,
    Expressions.call,
)
_PRIMITIVE = (*_ANY_TYPE, Expressions.test, Expressions.size)
_REFERENCE = (*_ANY_TYPE, Expressions.cast, Expressions.cast, Expressions.cast, Expressions.copy)
