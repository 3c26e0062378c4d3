"""Draws the tables of a verifiable module: classes, signatures, imports, globals, functions without code.

What the verifier demands of tables holds by construction.  A method name has one shape (parameters
after the receiver, result) in the whole module, so that methods which meet in a class always agree;
concrete classes implement whatever they inherit abstract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from pvm.isa.runtime import RUNTIME_FUNCTIONS
from pvm.isa.traps import TrapKind
from pvm.isa.types import (
    ANY,
    STRING,
    TASK,
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    Signature,
    Storage,
    ValueType,
    array_ref,
    class_ref,
    func_ref,
)
from pvm.kernel.hypercalls.table import HYPERCALLS
from pvm.pbc.boundary import BoundaryKind, BoundaryType
from pvm.pbc.builder import ModuleBuilder
from pvm.pbc.model import ClassFlag, Field, ImportKind, Method
from tests.fuzz import edges

METHOD_NAMES = ("m0", "m1", "m2", "m3")
TRAPS = tuple(TrapKind)
KERNEL_PARAMETERS: dict[str, tuple[ValueType, ...]] = {
    "i64": (Prim.I64,),
    "string": (STRING,),
    "bytes": (array_ref(ArrayKind.U8), Prim.I64, Prim.I64),
}
KERNEL_RESULTS: dict[str, tuple[ValueType, ...]] = {
    "i64": (Prim.I64,),
    "string?": (STRING.with_null(nullable=True),),
    "none": (),
}
_PRIMS = [Prim.I32, Prim.I64, Prim.I64, Prim.F32, Prim.F64]
_INTS = ("I8", "U8", "I16", "U16", "I32", "U32", "BOOL", "CHAR")


@dataclass(slots=True)
class ClassPlan:
    """A class while it is drawn: flattened facts beside the declaration."""

    index: int
    flags: ClassFlag
    superclass: int | None
    interfaces: tuple[int, ...]
    own_fields: list[Field]
    fields: list[Field]
    slots: list[str] = field(default_factory=list)
    """Names of virtual slots, for an interface those of all its methods."""
    slot_signatures: dict[str, int] = field(default_factory=dict)
    abstract: set[str] = field(default_factory=set)
    """Names of slots of a class that have no function."""
    promised: set[str] = field(default_factory=set)
    """Names of all methods of its interfaces; for an interface its own as well."""
    defaults: set[str] = field(default_factory=set)
    """Those of them that have a default."""
    above: set[int] = field(default_factory=set)
    """The class and everything above it."""

    @property
    def is_interface(self) -> bool:
        return bool(self.flags & ClassFlag.INTERFACE)

    @property
    def is_concrete(self) -> bool:
        return not self.flags & (ClassFlag.INTERFACE | ClassFlag.ABSTRACT)


class World:
    """The tables of one module; ``builder`` takes what is drawn."""

    def __init__(self, random: Random, size: int) -> None:
        self.random = random
        self.size = size
        self.builder = ModuleBuilder("fuzzed")
        self.classes: list[ClassPlan] = []
        self.has_exceptions = random.random() < 0.9
        is_narrow = random.random() < 0.3
        self.prims: list[Prim] = random.sample(_PRIMS, 1) if is_narrow else _PRIMS
        self.ref_kinds: list[int] = random.sample(range(9), 2) if is_narrow else list(range(9))
        """With few types, what is drawn meets more often: values flow further before they are dropped."""
        self.func_signatures: list[int] = []
        self.functions: list[Signature] = []
        self.factories: dict[int, int] = {}
        self.plain: list[int] = []
        """Functions that any code may call."""
        self.imports: list[tuple[int, ImportKind, Signature]] = []
        self.globals: list[tuple[ValueType, bool]] = []
        self.closures: dict[int, list[int]] = {}
        """By signature: functions that take a captured reference first."""
        self.shapes: dict[str, Signature] = {}
        self.draw()

    def draw(self) -> None:
        random = self.random
        self.builder.signature(Signature(()))
        self.class_count = random.randrange(1, 3 + self.size)
        for _ in range(random.randrange(3)):
            signature = self.builder.signature(Signature(self.types(3), self.results()))
            if signature and signature not in self.func_signatures:
                self.func_signatures.append(signature)
        self.draw_shapes()
        for index in range(self.class_count):
            self.builder.declare_class(random.choice(("C", "Box", "x.Y", "List<Int>")) + str(index))
            self.draw_class(index)
        self.define_classes()
        self.draw_traps()
        self.draw_imports()
        for number in range(random.randrange(1, 5)):
            self.draw_global(number)
        for number in range(random.randrange(1, 2 + self.size)):
            self.plain.append(self.function(f"f{number}", Signature(self.types(3), self.results())))
        self.draw_closures()
        self.draw_exports()

    # Types

    def prim(self) -> Prim:
        return self.random.choice(self.prims)

    def ref(self) -> RefType:
        random = self.random
        nullable = random.random() < 0.5
        match random.choice(self.ref_kinds):
            case 0:
                return ANY.with_null(nullable)
            case 1 | 2:
                return STRING.with_null(nullable)
            case 3 | 4:
                return array_ref(random.choice(tuple(ArrayKind)), nullable=nullable)
            case 5:
                return TASK.with_null(nullable)
            case 6 if self.func_signatures:
                return func_ref(random.choice(self.func_signatures), nullable=nullable)
            case _:
                return class_ref(random.randrange(self.class_count), nullable=nullable)

    def type(self) -> ValueType:
        return self.prim() if self.random.random() < 0.6 else self.ref()

    def types(self, most: int) -> tuple[ValueType, ...]:
        return tuple(self.type() for _ in range(self.random.randrange(most + 1)))

    def results(self) -> tuple[ValueType, ...]:
        return (self.type(),) if self.random.random() < 0.8 else ()

    def is_below(self, lower: ValueType, upper: ValueType) -> bool:
        """Subtyping, by the rules of the specification and not by the code under test."""
        if lower == upper:
            return True
        if isinstance(lower, Prim) or isinstance(upper, Prim):
            return False
        if lower.nullable and not upper.nullable:
            return False
        if upper.kind is HeapKind.ANY or lower.with_null(upper.nullable) == upper:
            return True
        both = lower.kind is HeapKind.CLASS and upper.kind is HeapKind.CLASS
        return both and upper.index in self.classes[lower.index].above

    def concrete_below(self, index: int) -> list[int]:
        """Classes that can be made and are at or below one."""
        return [each.index for each in self.classes if each.is_concrete and index in each.above]

    # Classes

    def draw_shapes(self) -> None:
        for name in METHOD_NAMES:
            self.shapes[name] = Signature(self.types(2), self.results())

    def draw_class(self, index: int) -> None:
        random = self.random
        if index == 0 and self.has_exceptions:
            fields = [
                Field("message", Storage.REF, STRING.with_null(nullable=True)),
                Field("trace", Storage.REF, array_ref(ArrayKind.I32, nullable=True)),
            ]
            self.classes.append(ClassPlan(0, ClassFlag.NONE, None, (), fields, fields, above={0}))
            return
        earlier = self.classes
        interfaces = tuple(each.index for each in earlier if each.is_interface and random.random() < 0.4)
        if random.random() < 0.3:
            plan = ClassPlan(index, ClassFlag.INTERFACE, None, interfaces, [], [])
        else:
            bases = [each.index for each in earlier if not each.flags & (ClassFlag.INTERFACE | ClassFlag.FINAL)]
            base = random.choice(bases) if bases and random.random() < 0.7 else None
            flags = random.choice((ClassFlag.NONE, ClassFlag.NONE, ClassFlag.ABSTRACT, ClassFlag.FINAL))
            own = self.draw_fields(index)
            inherited = [] if base is None else earlier[base].fields
            plan = ClassPlan(index, flags, base, interfaces, own, [*inherited, *own])
        plan.above = {index}.union(*(earlier[each].above for each in self.parents(plan)))
        self.classes.append(plan)

    def parents(self, plan: ClassPlan) -> tuple[int, ...]:
        return plan.interfaces if plan.superclass is None else (plan.superclass, *plan.interfaces)

    def draw_fields(self, index: int) -> list[Field]:
        out = []
        for number in range(self.random.randrange(4)):
            storage = self.random.choice(tuple(Storage))
            type_ = None
            if storage is Storage.REF:
                type_ = self.ref()
                is_makeable = type_.kind is not HeapKind.CLASS or any(
                    each.is_concrete for each in self.classes[: type_.index + 1] if each.index == type_.index
                )
                type_ = type_.with_null(type_.nullable or not is_makeable)
            out.append(Field(f"f{index}_{number}", storage, type_, self.random.random() < 0.7))
        return out

    def define_classes(self) -> None:
        for plan in self.classes:
            methods = self.draw_methods(plan)
            self.builder.define_class(
                plan.index,
                flags=plan.flags,
                superclass=plan.superclass,
                interfaces=plan.interfaces,
                fields=plan.own_fields,
                methods=methods,
            )
        for plan in self.classes:
            if plan.is_concrete:
                self.factories[plan.index] = self.function(f"new{plan.index}", Signature((), (class_ref(plan.index),)))

    def inherit(self, plan: ClassPlan) -> None:
        for each in self.parents(plan):
            above = self.classes[each]
            if plan.is_interface or each == plan.superclass:
                for name in above.slots:
                    if name not in plan.slot_signatures:
                        plan.slots.append(name)
                        plan.slot_signatures[name] = above.slot_signatures[name]
            if each == plan.superclass:
                plan.abstract |= above.abstract
            plan.promised |= above.promised
            plan.defaults |= above.defaults

    def draw_methods(self, plan: ClassPlan) -> list[Method]:
        random = self.random
        self.inherit(plan)
        chosen = [name for name in METHOD_NAMES if random.random() < 0.35]
        if plan.is_concrete:
            chosen += sorted((plan.abstract | plan.promised - set(plan.slots) - plan.defaults).difference(chosen))
        methods = []
        for name in chosen:
            signature = plan.slot_signatures.get(name)
            if signature is None:
                shape = self.shapes[name]
                signature = self.builder.signature(Signature((class_ref(plan.index), *shape.params), shape.results))
                plan.slots.append(name)
                plan.slot_signatures[name] = signature
            is_abstract = not plan.is_concrete and random.random() < 0.5
            methods.append(Method(name, signature, None if is_abstract else self.implementation(plan, name)))
            (plan.abstract.add if is_abstract else plan.abstract.discard)(name)
            if plan.is_interface and not is_abstract:
                plan.defaults.add(name)
        if plan.is_interface:
            plan.promised |= set(plan.slots)
        return methods

    def implementation(self, plan: ClassPlan, name: str) -> int:
        """A function whose receiver is the class or something above it."""
        shape = self.shapes[name]
        receiver: RefType = class_ref(plan.index)
        if self.random.random() < 0.15:
            receiver = self.random.choice(
                (ANY, receiver.with_null(nullable=True), class_ref(self.random.choice(sorted(plan.above))))
            )
        number = len(self.functions)
        return self.function(f"{name}.{plan.index}.{number}", Signature((receiver, *shape.params), shape.results))

    def draw_traps(self) -> None:
        if not self.has_exceptions:
            return
        self.builder.throwable = 0
        fitting = [
            each.index
            for each in self.classes
            if each.is_concrete
            and 0 in each.above
            and not any(item.type is not None and not item.type.nullable for item in each.fields)
        ]
        for kind in TRAPS:
            if self.random.random() < 0.5:
                self.builder.trap_classes[kind] = self.random.choice(fitting)

    # Functions and what is beside them

    def function(self, name: str, signature: Signature) -> int:
        self.functions.append(signature)
        return self.builder.declare_function(name, signature)

    def draw_closures(self) -> None:
        for number, index in enumerate(self.func_signatures):
            signature = self.builder.signature_at(index)
            self.plain.append(self.function(f"g{number}", signature))
            if self.random.random() < 0.7 and len(signature.params) < 4:
                captured = self.ref()
                whole = Signature((captured, *signature.params), signature.results)
                self.closures.setdefault(index, []).append(self.function(f"closure{number}", whole))
        thunk = self.builder.signature(Signature(()))
        self.thunks = [self.function(f"task{number}", Signature(())) for number in range(self.random.randrange(1, 3))]
        self.func_signatures.append(thunk)
        if self.random.random() < 0.4:
            captured = self.ref()
            self.closures.setdefault(thunk, []).append(self.function("task_with", Signature((captured,))))
        if self.random.random() < 0.3:
            self.builder.start = self.function("init", Signature(()))

    def draw_imports(self) -> None:
        for _ in range(self.random.randrange(5)):
            item = self.random.choice(RUNTIME_FUNCTIONS)
            self.add_import(ImportKind.RUNTIME, item.name, item.signature)
        calls = tuple(HYPERCALLS.values())
        for _ in range(self.random.randrange(5)):
            call = self.random.choice(calls)
            if call.name == "process_exit" and self.random.random() < 0.8:
                continue
            params = tuple(each for kind in call.params for each in KERNEL_PARAMETERS[kind])
            self.add_import(ImportKind.KERNEL, call.name, Signature(params, KERNEL_RESULTS[call.result]))
        for number in range(self.random.randrange(2)):
            given = tuple(self.boundary_type() for _ in range(self.random.randrange(3)))
            result = self.boundary_type() if self.random.random() < 0.7 else None
            self.add_host(f"host{number}", given, result)

    def add_host(self, name: str, params: tuple[BoundaryType, ...], result: BoundaryType | None) -> None:
        signature = Signature(tuple(each.value_type for each in params), () if result is None else (result.value_type,))
        self.add_import(ImportKind.HOST, name, signature, boundary_text(params, result))

    def add_import(self, kind: ImportKind, name: str, signature: Signature, boundary: str = "") -> None:
        index = self.builder.add_import(kind, name, signature, boundary)
        if all(index != each for each, _, _ in self.imports):
            self.imports.append((index, kind, signature))

    def boundary_type(self) -> BoundaryType:
        random = self.random
        match random.randrange(7):
            case 0 | 1:
                return BoundaryType(BoundaryKind[random.choice(_INTS)])
            case 2 | 3:
                return BoundaryType(
                    random.choice((BoundaryKind.I64, BoundaryKind.U64, BoundaryKind.F32, BoundaryKind.F64))
                )
            case 4:
                return BoundaryType(BoundaryKind.STRING, random.random() < 0.5)
            case 5:
                return BoundaryType(BoundaryKind.ANY, random.random() < 0.5)
            case _:
                element = random.choice(tuple(each for each in ArrayKind if each is not ArrayKind.REF))
                return BoundaryType(BoundaryKind.ARRAY, element=element)

    def draw_global(self, number: int) -> None:
        value_type = self.type()
        initial: int | float = 0
        if isinstance(value_type, RefType):
            value_type = value_type.with_null(nullable=True)
        else:
            initial = edges.constant(self.random, value_type)
        mutable = self.random.random() < 0.8
        self.builder.add_global(f"v{number}", value_type, mutable=mutable, initial=initial)
        self.globals.append((value_type, mutable))

    def draw_exports(self) -> None:
        for number in range(self.random.randrange(1, 4)):
            params = tuple(self.boundary_type() for _ in range(self.random.randrange(3) if number else 0))
            result = self.boundary_type() if self.random.random() < 0.8 else None
            signature = Signature(
                tuple(each.value_type for each in params), () if result is None else (result.value_type,)
            )
            name = "main" if not number else f"e{number}"
            function = self.function(name, signature)
            self.plain.append(function)
            self.builder.export(name, function, boundary_text(params, result))


def boundary_text(params: tuple[BoundaryType, ...], result: BoundaryType | None) -> str:
    """The canonical spelling of a boundary signature."""
    text = f"({', '.join(map(str, params))})"
    return text if result is None else f"{text} -> {result}"
