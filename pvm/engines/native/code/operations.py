"""The operations of internal code, derived from the instruction table.

An opcode becomes one operation for each *variant* of its immediate that makes a difference to machine code (the storage
of a field, the kind of an array, the shape of a type test), an integer opcode also one whose last operand is a small
constant (``.k``), and a comparison one that branches on it (``if.``, ``unless.``).  What stacks and locals do is gone:
operands are slots of the frame.

An instruction is a multiple of 8 bytes: the number of its operation in 16 bits, then its fields as ``Operation.fields``
places them.  Branch distances count bytes from the start of the instruction.  Numbers are good for one build only.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import product
from typing import NamedTuple

from pvm.engines.native.layout import HEADER_SIZE
from pvm.isa.instruction import Form, Opcode
from pvm.isa.table import BY_NAME, OPCODES
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Storage

WORD = 8
MAX_INLINE_ARGUMENTS = 5
"""Calls with more arguments list them in a loop."""


class Kind(Enum):
    """Kinds of field: what it is, bytes, whether signed."""

    SLOT = ("a slot of the frame that is read", 2, False)
    RESULT = ("a slot of the frame that is written", 2, False)
    SMALL = ("a constant", 2, True)
    BYTE = ("a number", 1, False)
    HALF = ("a number", 2, False)
    WORD = ("a number or an address", 4, False)
    DISTANCE = ("to a branch target, in bytes from the start of the instruction", 4, True)
    LONG = ("a constant", 8, True)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.value[1]

    @property
    def signed(self) -> bool:
        """Whether it is signed."""
        return self.value[2]


class Field(NamedTuple):
    """A field of an instruction, at a byte offset."""

    name: str
    kind: Kind
    offset: int


class Operation(NamedTuple):
    """One operation.

    ``opcode`` is the entry whose semantics it executes, None for what only internal code has.
    ``variant`` says what the entry's immediate is; ``constant`` that the last operand is the field
    ``constant``; ``test`` is ``if`` or ``unless`` where it branches on its truth.
    """

    number: int
    name: str
    fields: tuple[Field, ...]
    size: int
    opcode: Opcode | None = None
    variant: object = None
    constant: bool = False
    test: str = ""

    def field(self, name: str) -> Field:
        """The field of this name."""
        return next(field for field in self.fields if field.name == name)


class TypeShape(Enum):
    """How a type test is done."""

    INTERVAL = "class id in an interval: classes, strings, arrays, tasks"
    INTERFACE = "a table of what implements the interface"
    FUNCTION = "signature of a function value"
    ANY = "anything that is not null"


class LoopShape(NamedTuple):
    """The end of a loop as one operation: what the counter is increased by, if it is, and what it is compared with."""

    step: str
    """The opcode that adds a small constant to the first operand before; empty for none."""
    limit: str
    """``slot``, ``constant``, or ``size``: that of an array or a string in a slot."""


def lay_out(*specs: tuple[str, Kind], last: tuple[str, Kind] | None = None) -> tuple[tuple[Field, ...], int]:
    """Place fields behind the 16 bits of the operation, each aligned; ``last`` goes to the very end."""
    used = {0, 1}
    placed = []
    for name, kind in specs:
        size = kind.size
        offset = next(at for at in range(0, 4096, size) if used.isdisjoint(range(at, at + size)))
        used |= set(range(offset, offset + size))
        placed.append(Field(name, kind, offset))
    end = (max(used) + WORD) & -WORD
    if last is not None:
        size = last[1].size
        if not used.isdisjoint(range(end - size, end)):
            end += WORD
        placed.append(Field(last[0], last[1], end - size))
    return tuple(placed), end


BRANCH_FIELDS = (
    ("target", Kind.DISTANCE),
    ("taken_cost", Kind.HALF),
    ("fallen_cost", Kind.HALF),
    ("polls", Kind.HALF),
)
"""``polls`` has bits that say which of the blocks that are paid for are places where the task may be preempted."""
TAKEN_POLLS, FALLEN_POLLS, STEP_POLLS, OWN_POLLS = 1, 2, 4, 8
MAX_HALF = MAX_COST = 0xFFFF
DESCRIPTOR_POLL_BIT = 1 << 31
"""In the cost of a function's entry."""

# What the translator takes care of
_VANISHED = frozenset(
    """
    nop local.get local.set local.tee prim.drop prim.dup prim.swap ref.drop ref.dup ref.swap ref.null
    i32.const i64.const f32.const f64.const
    """.split()  # noqa: SIM905 - a list of words is easier to read
)
_INTEGERS = ("i32", "i64")


def _at(widths: tuple[str, ...], names: str) -> frozenset[str]:
    return frozenset(f"{width}.{name}" for width in widths for name in names.split())


COMMUTATIVE = _at(_INTEGERS, "add mul and or xor add_checked_s mul_checked_s eq ne")
_COMPARE = "eq ne lt_s le_s gt_s ge_s lt_u le_u gt_u ge_u"
_WITH_CONSTANT = COMMUTATIVE | _at(_INTEGERS, f"sub shl shr_s shr_u sub_checked_s div_s rem_s {_COMPARE}")
_FUSED = (
    _at(_INTEGERS, f"eqz {_COMPARE}")
    | _at(("f32", "f64"), "eq ne lt le gt ge")
    | {"ref.eq", "ref.is_null", "ref.instance"}
)
_OFFSET_WIDTHS = (("", Kind.HALF), (".wide", Kind.WORD))


class _Table:
    """Collects operations in order."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def add(
        self,
        name: str,
        *specs: tuple[str, Kind],
        last: tuple[str, Kind] | None = None,
        opcode: Opcode | None = None,
        variant: object = None,
        constant: bool = False,
        test: str = "",
    ) -> None:
        fields, size = lay_out(*specs, last=last)
        self.operations.append(Operation(len(self.operations), name, fields, size, opcode, variant, constant, test))


def _operands(opcode: Opcode) -> Iterator[tuple[str, Kind]]:
    if opcode.effect.pushes:
        assert len(opcode.effect.pushes) == 1, opcode.mnemonic
        yield "result", Kind.RESULT
    for number, _ in enumerate(opcode.effect.pops):
        yield f"operand{number}", Kind.SLOT


def _simple(table: _Table, opcode: Opcode) -> None:
    """The operation of an opcode without immediates that matter, and its forms."""
    operands = tuple(_operands(opcode))
    table.add(opcode.mnemonic, *operands, opcode=opcode)
    inputs = operands[1:]
    if opcode.mnemonic in _WITH_CONSTANT:
        table.add(f"{opcode.mnemonic}.k", *operands[:-1], ("constant", Kind.SMALL), opcode=opcode, constant=True)
    if opcode.mnemonic in _FUSED:
        for test in ("if", "unless"):
            name = f"{test}.{opcode.mnemonic}"
            table.add(name, *inputs, *BRANCH_FIELDS, opcode=opcode, test=test)
            if opcode.mnemonic in _WITH_CONSTANT:
                constant = (*inputs[:-1], ("constant", Kind.SMALL))
                table.add(f"{name}.k", *constant, *BRANCH_FIELDS, opcode=opcode, constant=True, test=test)


def _type_tests(table: _Table) -> None:
    """Casts and tests of types; ``nullable`` ones take null too."""
    shapes = {
        TypeShape.INTERVAL: (("low", Kind.WORD), ("count", Kind.WORD)),
        TypeShape.INTERFACE: (("row", Kind.WORD), ("interface", Kind.WORD)),
        TypeShape.FUNCTION: (("signature", Kind.WORD),),
        TypeShape.ANY: (),
    }
    for shape, fields in shapes.items():
        for nullable in (False, True):
            suffix = f"{shape.name.lower()}{'.null' if nullable else ''}"
            variant = (shape, nullable)
            opcode = BY_NAME["ref.instance"]
            operands = tuple(_operands(opcode))
            table.add(f"ref.instance.{suffix}", *operands, *fields, opcode=opcode, variant=variant)
            for test in ("if", "unless"):
                name = f"{test}.ref.instance.{suffix}"
                table.add(name, *operands[1:], *BRANCH_FIELDS, *fields, opcode=opcode, variant=variant, test=test)
            opcode = BY_NAME["ref.cast"]
            table.add(f"ref.cast.{suffix}", *_operands(opcode), *fields, opcode=opcode, variant=variant)


def _heap(table: _Table) -> None:
    for storage in Storage:
        for suffix, offset in _OFFSET_WIDTHS:
            for mnemonic in ("field.get", "field.set"):
                opcode = BY_NAME[mnemonic]
                specs = (*_operands(opcode), ("offset", offset))
                table.add(f"{mnemonic}.{storage}{suffix}", *specs, opcode=opcode, variant=storage)
            # Fields of a new object: no barrier
            specs = (("operand0", Kind.SLOT), ("operand1", Kind.SLOT), ("offset", offset))
            table.add(f"field.initialize.{storage}{suffix}", *specs, variant=storage)
        if storage is Storage.REF:
            for suffix, offset in _OFFSET_WIDTHS:
                table.add(f"field.initialize.saved{suffix}", ("operand0", Kind.SLOT), ("offset", offset))
    table.add("reference.save", ("operand0", Kind.SLOT))
    table.add("reference.forget")
    _objects(table)
    table.add("func.ref", ("result", Kind.RESULT), ("function", Kind.WORD))
    table.add("closure.new", ("result", Kind.RESULT), ("operand0", Kind.SLOT), ("function", Kind.WORD))
    for storage in dict.fromkeys(ARRAY_STORAGE.values()):
        for mnemonic in ("array.get", "array.set"):
            opcode = BY_NAME[mnemonic]
            table.add(f"{mnemonic}.{storage}", *_operands(opcode), opcode=opcode, variant=_kind_of(storage))
        for mnemonic in ("array.copy", "array.fill"):
            opcode = BY_NAME[mnemonic]
            table.add(f"{mnemonic}.{storage}", *_operands(opcode), opcode=opcode, variant=_kind_of(storage))
        opcode = BY_NAME["array.new"]
        kinds = _kind_of(storage)
        table.add(f"array.new.{storage}", *_operands(opcode), ("class", Kind.HALF), opcode=opcode, variant=kinds)


def _kind_of(storage: Storage) -> ArrayKind:
    """An array kind of the storage: all of them run the same code."""
    return next(kind for kind, known in ARRAY_STORAGE.items() if known is storage)


def _variables(table: _Table) -> None:
    for bank in ("prim", "ref"):
        table.add(f"move.{bank}", ("result", Kind.RESULT), ("operand0", Kind.SLOT))
        table.add(f"scratch.save.{bank}", ("operand0", Kind.SLOT))
        table.add(f"scratch.load.{bank}", ("result", Kind.RESULT))
        table.add(f"global.get.{bank}", ("result", Kind.RESULT), ("address", Kind.WORD))
        table.add(f"global.set.{bank}", ("operand0", Kind.SLOT), ("address", Kind.WORD))
    for name in ("prim.select", "ref.select"):
        table.add(name, *_operands(BY_NAME[name]), opcode=BY_NAME[name])
    table.add("constant.small", ("result", Kind.RESULT), ("constant", Kind.SMALL))
    table.add("constant", ("result", Kind.RESULT), ("constant", Kind.LONG))
    table.add("null", ("result", Kind.RESULT))
    table.add("string.const", ("result", Kind.RESULT), ("address", Kind.WORD))


CALLS = ("call", "call.virtual", "call.interface", "call.ref")
CALL_TARGETS = {
    "call": ("callee", Kind.WORD),  # address of the function's descriptor
    "call.virtual": ("slot", Kind.WORD),  # offset in the vtable, in bytes
    "call.interface": ("row", Kind.WORD),  # address of the selector's row in the dispatch table
    "call.ref": ("closure", Kind.SLOT),
}


def _calls(table: _Table) -> None:
    """Calls with their arguments in the order of the callee's slots; ``frame`` is the caller's size in words."""
    for mnemonic in CALLS:
        target = CALL_TARGETS[mnemonic]
        for count in range(MAX_INLINE_ARGUMENTS + 1):
            if count == 0 and mnemonic in {"call.virtual", "call.interface"}:
                continue
            arguments = tuple((f"operand{number}", Kind.SLOT) for number in range(count))
            name = f"{mnemonic}.{count}"
            table.add(name, *arguments, target, ("frame", Kind.HALF), last=("result", Kind.RESULT), variant=count)
        # The arguments follow as 16-bit slots, padded to whole words, then a word whose last field is the result
        table.add(f"{mnemonic}.many", ("count", Kind.HALF), target, ("frame", Kind.HALF), variant=-1)
        tail = mnemonic.replace("call", "tail.call") if mnemonic == "call" else mnemonic.replace("call", "tail")
        table.add(tail, ("count", Kind.HALF), target, ("frame", Kind.HALF), variant=-1)
    table.add("return.void")
    table.add("return.value", ("operand0", Kind.SLOT))


def _control(table: _Table) -> None:
    # The second one goes to a block where the task may be preempted
    table.add("jump", ("target", Kind.DISTANCE), ("taken_cost", Kind.HALF))
    table.add("jump.poll", ("target", Kind.DISTANCE), ("taken_cost", Kind.HALF))
    table.add("charge", ("cost", Kind.WORD), ("poll", Kind.HALF))
    for test in ("if", "unless"):
        table.add(f"{test}.true", ("operand0", Kind.SLOT), *BRANCH_FIELDS, test=test)
    # The entries follow, a word each: distance, cost, whether the task may be preempted there
    table.add("switch", ("operand0", Kind.SLOT), ("count", Kind.WORD))
    table.add("throw", ("operand0", Kind.SLOT))
    table.add("unreachable")
    # Functions that have no code yet point at this one, functions that have machine code at the other
    table.add("translate")
    table.add("native")
    # Where the outermost frame of an activation and of a task return to
    table.add("halt", last=("result", Kind.RESULT))
    table.add("task.end", last=("result", Kind.RESULT))
    # Where a task that was spawned begins: the scheduler goes there without an instruction
    table.add("task.start")


LOOP_STEPS = {"": "", "i64.add": ".add", "i64.add_checked_s": ".add_checked"}
LOOP_TESTS = ("i64.lt_s", "i64.le_s", "i64.gt_s", "i64.ge_s", "i64.ne")


def loop_operation(shape: LoopShape, test: str) -> str:
    """The name of the operation that ends a loop, which goes on while ``test`` holds."""
    suffix = {"slot": "", "constant": ".k", "size": ".size"}[shape.limit]
    return f"loop{LOOP_STEPS[shape.step]}.{test.partition('.')[2]}{suffix}"


def _loops(table: _Table) -> None:
    """A block that only compares and branches, for those who fall into it from above; it stands behind all the same.

    The costs of both edges contain ``own_cost``, that of the block, and ``step_cost``, if the step is a block too. That
    stands behind first then, and ``test_at`` bytes on the comparison; ``skipped`` bytes on is what comes after it.
    """
    for step in LOOP_STEPS:
        for test in LOOP_TESTS:
            for limit in ("slot", "constant", "size"):
                if limit == "size" and test != "i64.lt_s":
                    continue
                counter = (("operand0", Kind.SLOT), *((("step", Kind.SMALL),) if step else ()))
                bound = ("constant", Kind.SMALL) if limit == "constant" else ("operand1", Kind.SLOT)
                shape = LoopShape(step, limit)
                costs = (("step_cost", Kind.BYTE), ("own_cost", Kind.BYTE))
                places = (("test_at", Kind.HALF), ("skipped", Kind.HALF))
                fields = (*counter, bound, *BRANCH_FIELDS, *costs, *places)
                table.add(loop_operation(shape, test), *fields, opcode=BY_NAME[test], variant=shape)


MAX_FIRST_FIELDS = 4
MAX_MADE_FIELDS = 3
"""Fields that are stored by the operation that makes an object: references, and primitives of 8 bytes.

Either they are the first ones of the object, primitives before references, or the operation has their offsets.
"""


class MadeShape(NamedTuple):
    """The fields that an object is made with; offsets if they are the first ones."""

    storages: tuple[Storage, ...]
    offsets: tuple[int, ...] = ()

    @property
    def operation(self) -> str:
        """The name of the operation."""
        letters = "".join("r" if storage is Storage.REF else "p" for storage in self.storages)
        return f"object.make.{letters}{'' if self.offsets else '.at'}"


def first_fields(primitives: int, references: int) -> MadeShape:
    """The shape of so many fields that are the first ones of an object."""
    storages = (Storage.I64,) * primitives + (Storage.REF,) * references
    sizes = [storage.size for storage in storages]
    return MadeShape(storages, tuple(HEADER_SIZE + sum(sizes[:at]) for at in range(len(sizes))))


def _objects(table: _Table) -> None:
    table.add("object.allocate", ("result", Kind.RESULT), ("class", Kind.WORD), ("size", Kind.WORD))
    counts = range(1, MAX_FIRST_FIELDS + 1)
    shapes = [first_fields(count - references, references) for count in counts for references in range(count + 1)]
    for count in range(1, MAX_MADE_FIELDS + 1):
        shapes += map(MadeShape, product((Storage.I64, Storage.REF), repeat=count))
    for shape in shapes:
        count = len(shape.storages)
        slots = [(f"operand{number}", Kind.SLOT) for number in range(count)]
        offsets = [] if shape.offsets else [(f"offset{number}", Kind.HALF) for number in range(count)]
        head = (("result", Kind.RESULT), ("class", Kind.WORD), ("size", Kind.HALF))
        table.add(shape.operation, *head, *slots, *offsets, variant=shape)


DIVISIONS = ("i64.div_s", "i64.rem_s")


def _divisions(table: _Table) -> None:
    """Divisions by constants of 2 and more: by powers of two with a mask, by others as ``divisors`` says."""
    for mnemonic in DIVISIONS:
        operands = tuple(_operands(BY_NAME[mnemonic]))[:-1]
        shift = (("shift", Kind.HALF),) if mnemonic == "i64.div_s" else ()
        table.add(f"{mnemonic}.power", *operands, *shift, ("mask", Kind.LONG), opcode=BY_NAME[mnemonic])
        fields = (("addend", Kind.SMALL), ("magic", Kind.LONG), ("divisor", Kind.LONG), ("shift", Kind.HALF))
        table.add(f"{mnemonic}.by", *operands, *fields, opcode=BY_NAME[mnemonic])


def _services(table: _Table) -> None:
    """What the host or the runtime image does.  Operands follow as in calls."""
    table.add("hypercall", ("count", Kind.HALF), ("import", Kind.WORD), variant=-1)
    for name in ["current", "yield", "park", "lock", "unlock"]:
        fields = (("result", Kind.RESULT),) if name == "current" else ()
        table.add(f"task.{name}", *fields)
    table.add("task.unpark", ("operand0", Kind.SLOT))
    table.add("task.spawn", ("result", Kind.RESULT), ("operand0", Kind.SLOT))
    table.add("task.finished", ("result", Kind.RESULT), ("operand0", Kind.SLOT))


def _runtime(table: _Table) -> None:
    from pvm.isa.runtime import RUNTIME_FUNCTIONS

    for function in RUNTIME_FUNCTIONS:
        operands = tuple((f"operand{number}", Kind.SLOT) for number, _ in enumerate(function.signature.params))
        results = (("result", Kind.RESULT),) if function.signature.results else ()
        table.add(f"runtime.{function.name}", *results, *operands, variant=function)


_SPECIAL = frozenset({"prim.select", "ref.select", "string.const", "global.get", "global.set"})


def _build() -> tuple[Operation, ...]:
    table = _Table()
    _control(table)
    _calls(table)
    _variables(table)
    _heap(table)
    _type_tests(table)
    _services(table)
    _loops(table)
    _divisions(table)
    _runtime(table)
    for opcode in OPCODES:
        is_plain = opcode.form is Form.SIMPLE and not opcode.immediates and not opcode.privileged
        if is_plain and opcode.mnemonic not in _VANISHED | _SPECIAL:
            _simple(table, opcode)
    return tuple(table.operations)


OPERATIONS: tuple[Operation, ...] = _build()
BY_OPERATION: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}
