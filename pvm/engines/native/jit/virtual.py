"""Objects that are replaced by variables, and references to them: numbers that no object has as its address.

A variable that may hold such an object or null needs nothing else then: tests for null and of identity work as they
are.  Where compiled code is left, frames get real objects: each is made once, the first time that one is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pvm.engines.native import layout
from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.escape import OTHER, Plan, field_variable
from pvm.engines.native.jit.flows import ENVIRONMENT, NULL, Access, Field, Flows, Shape, Site
from pvm.engines.native.jit.lowering import JitLowering
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.llvm.heap import kind_of_storage
from pvm.engines.native.llvm.lowering import FALSE, IR_TYPES, TRUE
from pvm.engines.native.llvm.text import FunctionText
from pvm.isa.machine import Val
from pvm.isa.types import ArrayKind, HeapKind, RefType, Storage

NOTHING = Plan((), {}, {})
_PAIR = "{ i32, i32 }"


def reference(number: int) -> str:
    """The operand of a reference to a replaced object."""
    return str(8 * number + 8)


def _real(number: int) -> str:
    """The variable of the object that was made of a replaced one, null until then."""
    return f"%r{number}.real"


class _Depth:
    """How many ``with`` statements of it there are around."""

    __slots__ = ("depth",)

    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *exception: object) -> None:
        self.depth -= 1


class VirtualLowering(JitLowering):
    """Adds to the machine what it knows of objects that need not be."""

    place: tuple[int, int]

    def __init__(self, text: FunctionText, linkage: Linkage, plan: Plan) -> None:
        super().__init__(text, linkage)
        self.plan = plan
        self.flows = Flows()
        self._paths: dict[str, str] = {}
        self._identities: dict[str, frozenset[int]] = {}
        """Which replaced objects operands may be, by their text."""
        self._written: set[int] = set()
        """Those that some frame needs."""
        self._told = _Depth()
        """Where somebody else tells what is done with an object."""

    @contextmanager
    def writing(self, text: FunctionText) -> Iterator[None]:
        with self._told, super().writing(text):
            yield

    # Where references go

    def get(self, name: str, kind: str, node: str = "") -> Val:
        value = super().get(name, kind)
        if kind == "ref":
            self._come(node or self._node(name), self.raw(value))
        return value

    def name_activation(self, activation: Activation) -> None:
        """Let nodes be called by where an activation is."""
        self._paths[f"%{activation.prefix}"] = activation.path

    def name_result(self, variable: str, activation: Activation, offset: int) -> None:
        """The same for the result of a call."""
        self._paths[variable.partition(".")[0]] = f"{activation.path}@{offset}"

    def _node(self, variable: str) -> str:
        head, dot, rest = variable.partition(".")
        return f"{self._paths.get(head, head)}{dot}{rest}"

    def held(self, name: str, kind: str, node: str = "") -> Val:
        """The value of a variable for a frame, of which nothing is told unless there are objects to be made."""
        return self.get(name, kind, node) if self.plan.shapes else super().get(name, kind)

    def _come(self, node: str, operand: str) -> None:
        self.flows.go(node, operand)
        if node in self.plan.origins:
            self._identities[operand] = self.plan.origins[node]

    def set(self, name: str, value: Val, *nodes: str) -> None:
        super().set(name, value)
        if value.kind == "ref":
            for node in nodes or (self._node(name),):
                self.flows.go(self.raw(value), node)

    def select(self, condition: Val, a: Val, b: Val) -> Val:
        value = super().select(condition, a, b)
        if value.kind == "ref":
            found: frozenset[int] = frozenset()
            for each in (a, b):
                self.flows.go(self.raw(each), self.raw(value))
                found |= self._identity(each)
            if found != {OTHER}:
                self._identities[self.raw(value)] = found
        return value

    def escape(self, value: Val) -> None:
        """A value is kept by somebody, if it is a reference."""
        if value.kind == "ref" and not self._told.depth:
            self.flows.escaping[self.raw(value)] = None

    def _identity(self, value: Val) -> frozenset[int]:
        if self.raw(value) == NULL:
            return frozenset()
        return self._identities.get(self.raw(value), frozenset({OTHER}))

    def _replaced(self, value: Val) -> int | None:
        """The number of the replaced object that a reference is to, unless it is null."""
        found = self._identity(value)
        if len(found) != 1 or OTHER in found:
            return None
        (number,) = found
        self.flows.replaced.append((self.raw(value), number))
        return number

    def _examine(self, value: Val) -> None:
        if not self._told.depth:
            self.flows.examined[self.raw(value)] = None

    # Whoever does something else with an object keeps it

    def pointer(self, address: Val, offset: int | str = 0) -> str:
        self.escape(address)
        return super().pointer(address, offset)

    def store(self, storage: Storage, pointer: str, value: Val, aliases: str = "") -> None:
        self.escape(value)
        super().store(storage, pointer, value, aliases)

    def store_slot(self, pointer: str, value: Val, what: str = "slots") -> None:
        self.escape(value)
        super().store_slot(pointer, value, what)

    def store_reference(self, obj: Val, address: Val, value: Val, aliases: str = "") -> None:
        self.escape(value)
        super().store_reference(obj, address, value, aliases)

    def array_fill(self, kind: ArrayKind, array: Val, start: Val, count: Val, value: Val) -> None:
        self.escape(value)
        super().array_fill(kind, array, start, count, value)

    # Making

    def new_default(self, class_index: int) -> Val:
        shape = self._shape_of_class(class_index)
        number = self.plan.numbers.get(self._site())
        if number is not None:
            for storage, offset in shape.fields:
                self._set_field(number, offset, self._zero(storage))
            return self._made(shape, reference(number))
        made = super().new_default(class_index)
        return self._made(shape, self.raw(made))

    def new_object(self, class_index: int, values: Sequence[Val]) -> Val:
        site = self._site()
        number = self.plan.numbers.get(site)
        if number is None:
            with self._told:
                made = super().new_object(class_index, values)
            for field, value in enumerate(values):
                if value.kind == "ref":
                    self.flows.initialised.append((site, field, self.raw(value)))
            return made
        shape = self._shape_of_class(class_index)
        for (storage, offset), value in zip(shape.fields, values, strict=True):
            self._set_field(number, offset, self._narrowed(storage, value))
        made = self._made(shape, reference(number))
        self.classes[self.raw(made)] = class_index
        return made

    def new_closure(self, function: int, environment: Val | None) -> Val:
        fields = () if environment is None else ((Storage.REF, layout.CLOSURE_ENVIRONMENT),)
        header = layout.CLASS_FUNCTION if environment is None else layout.CLASS_CLOSURE
        shape = Shape(-1, function, 16, header, fields)
        site = self._site()
        number = self.plan.numbers.get(site)
        if number is not None:
            if environment is not None:
                self._set_field(number, layout.CLOSURE_ENVIRONMENT, environment)
            self.functions[reference(number)] = function
            return self._made(shape, reference(number))
        with self._told:
            made = super().new_closure(function, environment)
        self._made(shape, self.raw(made))
        if environment is not None:
            self.flows.initialised.append((site, 0, self.raw(environment)))
        return made

    def _site(self) -> Site:
        return Site(self.current.path, self.place[1])

    def _made(self, shape: Shape, operand: str) -> Val:
        number = self.plan.numbers.get(self._site())
        if number is not None:
            self._identities[operand] = frozenset({number})
        self.flows.make(operand, self._site(), shape, tuple(self._holders()))
        return Val(operand, "ref")

    def _holders(self) -> Iterator[str]:
        """What still holds references while an object is made, which is not there yet."""
        activation: Activation | None = self.current
        live = self.current.facts.live[self.place[1]]
        yield from map(self.raw, self.current.refs)
        while activation is not None:
            facts = activation.facts
            for number, kind in enumerate(facts.kinds):
                if kind == "ref" and live >> number & 1:
                    yield self._node(activation.local(number))
            if activation.parent is not None:
                assert activation.call is not None
                yield from (
                    waiting_node(activation.parent, at, activation.call.offset) for at in range(activation.waiting_refs)
                )
                live = activation.parent.facts.live_across(activation.call)
            activation = activation.parent

    def _shape_of_class(self, class_index: int) -> Shape:
        objects, declared = self.metadata.objects[class_index], self.metadata.verified.layouts[class_index]
        storages = (each.storage for each in declared.fields)
        fields = tuple(zip(storages, objects.offsets, strict=True))
        return Shape(class_index, -1, objects.size, self.metadata.class_ids[class_index], fields)

    # Fields

    def has_field(self, shape: Shape, field: Field) -> bool:
        """Whether objects have a field; where they have not, nobody comes."""
        if field == ENVIRONMENT:
            return shape.class_index < 0 and bool(shape.fields)
        return shape.class_index >= 0 and self.metadata.verified.hierarchy.is_subclass(shape.class_index, field[0])

    def field_load(self, field: Field, obj: Val) -> Val:
        number = self._replaced(obj)
        if number is None:
            with self._told:
                value = super().field_load(field, obj)
            if value.kind == "ref":
                self.flows.load(Access(self.raw(obj), field, self.raw(value)))
            else:
                self._examine(obj)
            return value
        storage, offset = self.field_place(field)
        if not self.has_field(self.plan.shapes[number], field):
            return self._zero(storage)
        assert isinstance(offset, int)
        return self.get(field_variable(number, offset), kind_of_storage(storage))

    def field_store(self, field: Field, obj: Val, value: Val) -> None:
        number = self._replaced(obj)
        if number is None:
            with self._told:
                super().field_store(field, obj, value)
            if value.kind == "ref":
                self.flows.stores.append(Access(self.raw(obj), field, self.raw(value)))
            else:
                self._examine(obj)
            return
        storage, offset = self.field_place(field)
        if self.has_field(self.plan.shapes[number], field):
            assert isinstance(offset, int)
            self._set_field(number, offset, self._narrowed(storage, value))

    def _set_field(self, number: int, offset: int, value: Val) -> None:
        self.set(field_variable(number, offset), value)

    def _narrowed(self, storage: Storage, value: Val) -> Val:
        """What a field gives back that a value was stored in."""
        if storage.size >= 4:
            return value
        bits = 8 * storage.size
        if storage in {Storage.U8, Storage.U16}:
            return self.zero_extend(value, bits)
        return self.sign_extend(value, bits)

    def _zero(self, storage: Storage) -> Val:
        match kind_of_storage(storage):
            case "ref":
                return self.null()
            case "f32":
                return self.f32(0.0)
            case "f64":
                return self.f64(0.0)
            case kind:
                return Val("0", kind)

    # Classes and functions

    def class_id(self, obj: Val) -> Val:
        number = self._replaced(obj)
        if number is not None:
            return Val(str(self.plan.shapes[number].header), "i32")
        self._examine(obj)
        with self._told:
            return super().class_id(obj)

    def is_instance(self, a: Val, target: RefType) -> Val:
        if target.kind is HeapKind.ANY:
            return super().is_instance(a, target)
        number = self._replaced(a)
        if number is None:
            self._examine(a)
            with self._told:
                return super().is_instance(a, target)
        if self._fits_type(self.plan.shapes[number], target):
            return TRUE if target.nullable else self.negate(self.is_null(a))
        return self.is_null(a) if target.nullable else FALSE

    def _fits_type(self, shape: Shape, target: RefType) -> bool:
        if target.kind is HeapKind.CLASS and shape.class_index >= 0:
            return self.metadata.verified.hierarchy.is_subclass(shape.class_index, target.index)
        if target.kind is not HeapKind.FUNC or shape.class_index >= 0:
            return False
        module = self.metadata.module
        signature = module.signatures[module.functions[shape.function].signature]
        if shape.fields:
            signature = signature._replace(params=signature.params[1:])
        return signature == module.signatures[target.index]

    def exact_class(self, value: Val) -> int | None:
        """The class of an object, if it is known."""
        number = self._replaced(value)
        if number is not None and self.plan.shapes[number].class_index >= 0:
            return self.plan.shapes[number].class_index
        return self.classes.get(self.raw(value))

    def exact_function(self, value: Val) -> int | None:
        """The function of a function value, if it is known."""
        number = self._replaced(value)
        if number is not None and self.plan.shapes[number].class_index < 0:
            return self.plan.shapes[number].function
        return self.functions.get(self.raw(value))

    def open_closure(self, closure: Val) -> tuple[str, Val]:
        """The address of a function value's descriptor (i64), and what it has captured, if it has."""
        number = self._replaced(closure)
        if number is not None:
            shape = self.plan.shapes[number]
            address = str(self.metadata.descriptor(shape.function))
            if not self.has_field(shape, ENVIRONMENT):
                return address, self.null()
            return address, self.get(field_variable(number, layout.CLOSURE_ENVIRONMENT), "ref")
        text = self.text
        with self._told:
            place = self.pointer(closure, layout.CLOSURE_FUNCTION)
        word = text.value(f"load i64, ptr {place}, align 8")
        captured = text.value(f"trunc i64 {text.value(f'lshr i64 {word}, 32')} to i32")
        self.flows.load(Access(self.raw(closure), ENVIRONMENT, captured))
        return text.value(f"and i64 {word}, 4294967295"), Val(captured, "ref")

    # Ways out

    def write_slot(self, pointer: str, value: Val) -> None:
        """Write a value into a frame: an object is made of a replaced one."""
        if value.kind == "ref" and self.plan.shapes:
            value = self._real(value)
        super().store_slot(pointer, value)

    def _real(self, value: Val) -> Val:
        found = self._identity(value) - {OTHER}
        self.flows.written.append((self.raw(value), found))
        for number in sorted(found):
            self._written.add(number)
            arguments = ["ptr %cage", f"i32 {value.raw}", f"i32 {self.get(_real(number), 'ref').raw}"]
            for storage, offset in self.plan.shapes[number].fields:
                field = self.get(field_variable(number, offset), kind_of_storage(storage))
                if field.kind == "ref":
                    field = self._real(field)
                arguments.append(f"{IR_TYPES[field.kind]} {field.raw}")
            pair = self.text.value(f"call {_PAIR} {_maker(number)}({', '.join(arguments)})")
            value = Val(self.text.value(f"extractvalue {_PAIR} {pair}, 0"), "ref")
            self.set(_real(number), Val(self.text.value(f"extractvalue {_PAIR} {pair}, 1"), "ref"))
        return value

    def virtual_bytes(self) -> int:
        """What the objects take that may be made where this function leaves."""
        return sum(self.plan.shapes[number].size for number in self._written)

    def initial_lines(self, *, calls: bool) -> list[str]:
        """What the function begins with.

        References in objects that are not there yet are null, since whoever may make those makes what they refer to.
        Objects are made behind the end of the nursery where it is full.  There is as much room as calls may use of the
        native stack, so a function that calls others uses as many bytes of that as its objects need.
        """
        lines = []
        for number in sorted(self._written):
            references = (offset for storage, offset in self.plan.shapes[number].fields if storage is Storage.REF)
            names = (_real(number), *(field_variable(number, offset) for offset in references))
            lines += [f"store i32 0, ptr {self.variable(name, 'ref')}" for name in names]
        if lines and calls:
            lines.append(f"%r.room = alloca [{self.virtual_bytes()} x i8], align 8")
            lines.append('call void asm sideeffect "", "r"(ptr %r.room)')
        return lines

    def define_makers(self) -> None:
        """Add the functions that make objects of replaced ones."""
        for number in sorted(self._written):
            self.text.module.define(self._define_maker(number))

    def _define_maker(self, number: int) -> str:
        shape, module = self.plan.shapes[number], self.text.module
        group = module.group('nounwind noinline cold "frame-pointer"="none" "no-builtins"')
        text = FunctionText(module)
        typed = [
            (IR_TYPES[kind_of_storage(storage)], storage, offset, f"%field{at}")
            for at, (storage, offset) in enumerate(shape.fields)
        ]
        wanted, other, make, done = "wanted", "other", "make", "done"
        text.branch(text.value(f"icmp eq i32 %value, {reference(number)}"), wanted, other)
        text.block(other)
        self._return_pair(text, "%value", "%real")
        text.block(wanted)
        text.branch(text.value("icmp eq i32 %real, 0"), make, done)
        text.block(make)
        top_at = text.value(f"getelementptr i8, ptr %cage, i64 {layout.control_word('nursery_top')}")
        top = text.value(f"load i64, ptr {top_at}, align 8")
        text.line(f"store i64 {text.value(f'add i64 {top}, {shape.size}')}, ptr {top_at}, align 8")
        start = text.value(f"getelementptr i8, ptr %cage, i64 {top}")
        words = {0: shape.header}
        if shape.class_index < 0:
            words[layout.CLOSURE_FUNCTION] = self.metadata.descriptor(shape.function)
        for word in range(0, shape.size, 8):
            place = text.value(f"getelementptr i8, ptr {start}, i64 {word}")
            text.line(f"store i64 {words.get(word, 0)}, ptr {place}, align 8")
        with self.writing(text):
            for _, storage, offset, name in typed:
                place = text.value(f"getelementptr i8, ptr {start}, i64 {offset}")
                self.store(storage, place, Val(name, kind_of_storage(storage)))
        made = text.value(f"trunc i64 {top} to i32")
        text.jump(done)
        text.block(done)
        found = text.value(f"phi i32 [ %real, %{wanted} ], [ {made}, %{make} ]")
        self._return_pair(text, found, found)
        parameters = ", ".join(
            ("ptr %cage", "i32 %value", "i32 %real", *(f"{type_} {name}" for type_, _, _, name in typed))
        )
        return f"define internal {_PAIR} {_maker(number)}({parameters}) {group} {{\n{text.finish()}\n}}"

    def _return_pair(self, text: FunctionText, first: str, second: str) -> None:
        half = text.value(f"insertvalue {_PAIR} poison, i32 {first}, 0")
        text.line(f"ret {_PAIR} {text.value(f'insertvalue {_PAIR} {half}, i32 {second}, 1')}")


def _maker(number: int) -> str:
    return f"@make.{number}"


def waiting_node(activation: Activation, position: int, place: int) -> str:
    """A reference operand that waits for a place in the code of its function, while something else runs."""
    return f"{activation.path}.r{position}@{place}"
