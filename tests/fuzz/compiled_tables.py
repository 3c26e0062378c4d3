"""The tables of modules that are drawn for compiled code: few types, so that what it takes for granted meets often.

Arrays of numbers and of references, objects with fields that change and fields that never do, methods with one to five
functions, function values, and helpers that are inlined, that are not, that throw, and that make everything move.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.traps import TrapKind
from pvm.isa.types import STRING, ArrayKind, Prim, Signature, Storage, array_ref, class_ref
from pvm.pbc.builder import FunctionBuilder, LabelRef, ModuleBuilder
from pvm.pbc.model import ClassFlag, Field, ImportKind, Method

INTS = array_ref(ArrayKind.I64)
BYTES = array_ref(ArrayKind.U8)
REFS = array_ref(ArrayKind.REF)
MAYBE_INTS = array_ref(ArrayKind.I64, nullable=True)
MAX_LOCALS_INLINED = 100
"""A function with more is called."""
UNARY = Signature((Prim.I64,), (Prim.I64,))
THUNK = Signature(())

ERROR, BOX, ASKED, CELL, SHAPE = range(5)
"""Classes by number; those below ``SHAPE`` follow."""
BOX_ITEMS, BOX_SIZE, BOX_OTHER, BOX_COUNT = ((BOX, number) for number in range(4))
CELL_COUNT, CELL_NARROW, CELL_OTHER = ((CELL, number) for number in range(3))
SHAPE_BOX, SHAPE_BY, SHAPE_SEEN, SHAPE_TALLY = ((SHAPE, number) for number in range(4))
MAYBE_CELL = class_ref(CELL, nullable=True)
SUM, KEPT, SPARE, HELD = range(4)
"""Globals: a number, an array that outlives a trap, another one, an object that somebody keeps."""


class Helper(NamedTuple):
    """A function that anything may call."""

    index: int
    signature: Signature


class Tables:
    """The tables of one module, and the helpers whose code does not vary."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.builder = ModuleBuilder("compiled")
        self.unary = self.builder.signature(UNARY)
        self.thunk = self.builder.signature(THUNK)
        self.helpers: list[Helper] = []
        self.values: list[int] = []
        """Functions of signature UNARY that function values are made of."""
        self.bound: list[int] = []
        """Functions that take a captured array before that."""
        self.tasks: list[int] = []
        self.own: list[int] = []
        """Functions that only one other function calls."""
        self.shapes: list[int] = []
        """Classes that have objects, all of them shapes."""
        self.methods: dict[int, int] = {}
        """Functions of methods, whose code is to be drawn, and the class of their receivers."""
        self._classes()
        for name, type_ in (("sum", Prim.I64), ("kept", MAYBE_INTS), ("spare", MAYBE_INTS), ("held", MAYBE_CELL)):
            self.builder.add_global(name, type_)
        self.digest = self.function("digest", Signature((MAYBE_INTS,), (Prim.I64,)))
        write_digest(self.builder.function(self.digest))
        for name, text in _HELPERS.items():
            write(self.helper(name, UNARY), text)
        write(self.helper("behind", Signature((INTS, Prim.I64), (Prim.I64,))), _BEHIND)
        write(self.helper("written", Signature((INTS, Prim.I64), (Prim.I64,))), _WRITTEN)
        write_sought(self.builder, self.helper("sought", Signature((INTS, Prim.I64), (Prim.I64,))))
        write(self.builder.function(self.function("touch", TOUCH)), _TOUCH)
        renewed = self.builder.function(self.function("renewed", TOUCH))
        renewed.local(class_ref(CELL))
        write(renewed, _RENEWED)
        write(self.builder.function(self.function("perhaps", Signature((Prim.I64,), (MAYBE_CELL,)))), _PERHAPS)
        roomy = self.helper("roomy", UNARY)
        for _ in range(MAX_LOCALS_INLINED):
            roomy.local(Prim.I64)
        write(roomy, _HELPERS["twice"])
        write(self.helper("grown", Signature((INTS, Prim.I64), (INTS,))), _GROWN)
        self.plunges = [self._plunge("plunge", 30, _PLUNGE), self._plunge("sink", MAX_LOCALS_INLINED, _SINK)]
        unary = [each.index for each in self.helpers if each.signature == UNARY]
        self.values += random.sample(unary, random.choice((1, 1, 2, 4)))
        self.throws = random.random() < 0.5
        """Whether functions throw themselves, too."""

    def function(self, name: str, signature: Signature) -> int:
        """Declare a function."""
        return self.builder.declare_function(name, signature)

    def _plunge(self, name: str, locals_: int, text: str) -> int:
        """A function that calls itself, with frames of some size, some hundred deep: often that is too deep."""
        index = self.function(name, UNARY)
        code = self.builder.function(index)
        for _ in range(locals_):
            code.local(Prim.I64)
        write(code, text)
        return index

    def helper(self, name: str, signature: Signature) -> FunctionBuilder:
        """Declare one that anything may call from now on; its code."""
        index = self.function(name, signature)
        self.add_helper(index, signature)
        return self.builder.function(index)

    def add_helper(self, index: int, signature: Signature) -> None:
        """Let anything call a function from now on."""
        self.helpers.append(Helper(index, signature))

    def _classes(self) -> None:
        builder, random = self.builder, self.random
        for name in ("Error", "Box", "Asked", "Cell", "Shape"):
            builder.declare_class(name)
        message = Field("message", Storage.REF, STRING.with_null(nullable=True))
        trace = Field("trace", Storage.REF, array_ref(ArrayKind.I32, nullable=True))
        builder.define_class(ERROR, fields=(message, trace))
        builder.throwable = ERROR
        # Of an error that nobody catches, the class says what it was.
        caught = (each for each in TrapKind if each is not TrapKind.OUT_OF_MEMORY and random.random() < 0.85)
        builder.trap_classes = dict.fromkeys(caught, ERROR)
        items = Field("items", Storage.REF, INTS, mutable=False)
        size = Field("size", Storage.I64, mutable=False)
        other, count = Field("other", Storage.REF, MAYBE_INTS), Field("count", Storage.I64)
        builder.define_class(BOX, fields=(items, size, other, count))
        get = builder.signature(Signature((class_ref(SHAPE), Prim.I64), (Prim.I64,)))
        ask = builder.signature(Signature((class_ref(ASKED), Prim.I64), (Prim.I64,)))
        builder.define_class(ASKED, flags=ClassFlag.INTERFACE, methods=(Method("ask", ask, None),))
        narrow, next_ = Field("narrow", Storage.U8), Field("other", Storage.REF, MAYBE_CELL)
        builder.define_class(CELL, fields=(count, narrow, next_))
        box = Field("box", Storage.REF, class_ref(BOX), mutable=False)
        by = Field("by", Storage.I64, mutable=False)
        seen = Field("seen", Storage.REF, class_ref(SHAPE, nullable=True))
        builder.define_class(
            SHAPE,
            flags=ClassFlag.ABSTRACT,
            interfaces=(ASKED,),
            fields=(box, by, seen, Field("tally", Storage.I64)),
            methods=(Method("get", get, None), Method("ask", get, None)),
        )
        for number in range(random.choice((1, 2, 2, 3, 4, 5, 7))):
            self._shape(number, get)
        self.leaf = builder.declare_class("Leaf")
        builder.define_class(self.leaf, superclass=CELL, fields=(Field("extra", Storage.I64, mutable=False),))
        self.wide = builder.declare_class("Wide")
        storages = (Storage.I8, Storage.U16, Storage.I16, Storage.I32, Storage.F32, Storage.F64)
        fields = [Field(str(each), each) for each in storages]
        fixed, array = Field("fixed", Storage.I64, mutable=False), Field("array", Storage.REF, INTS, mutable=False)
        builder.define_class(self.wide, fields=(*fields, fixed, array))

    def _shape(self, number: int, signature: int) -> None:
        owner, random = self.builder.declare_class(f"Shape{number}"), self.random
        superclass = random.choice((SHAPE, SHAPE, *self.shapes))
        names = [name for name in ("get", "ask") if superclass == SHAPE or random.random() < 0.6]
        methods = []
        for name in names:
            function = self.function(f"{name}{number}", Signature((class_ref(owner), Prim.I64), (Prim.I64,)))
            self.methods[function] = owner
            methods.append(Method(name, signature, function))
        self.builder.define_class(owner, superclass=superclass, methods=methods)
        self.shapes.append(owner)


def write(code: FunctionBuilder, text: str, **types: object) -> None:
    """Emit instructions by their text, of numbers, array kinds, functions and labels; ``@name:`` is a label.

    A name may also be that of a type.
    """
    labels: dict[str, LabelRef] = {}

    def immediate(word: str) -> object:
        if "," in word:
            return [immediate(each) for each in word.split(",")]
        if word[0] == "@":
            return labels.setdefault(word[1:], code.label(backward=True))
        if word in types:
            return types[word]
        if word in ArrayKind.__members__:
            return ArrayKind[word]
        if word.replace(".", "").isdigit() and "." in word:
            return tuple(map(int, word.split(".")))
        return int(word) if word.lstrip("-").isdigit() else word

    for line in filter(None, map(str.strip, text.split(";"))):
        if line[-1] == ":":
            code.bind(immediate(line[:-1]))  # type: ignore[arg-type] # a label
        else:
            mnemonic, *words = line.split()
            code.emit(mnemonic, *map(immediate, words))


def write_digest(code: FunctionBuilder) -> None:
    """A number that depends on all that is in an array."""
    at, total, items = code.local(Prim.I64), code.local(Prim.I64), code.local(INTS)
    write(
        code,
        f"""local.get 0; branch.non_null @some; i64.const -1; return; @some:; local.set {items};
        i64.const 0; local.set {at}; i64.const 0; local.set {total}; jump @test;
        @next:; local.get {total}; i64.const 31; i64.mul; local.get {items}; local.get {at}; array.get I64; i64.xor;
        local.set {total}; local.get {at}; i64.const 1; i64.add; local.set {at};
        @test:; local.get {at}; local.get {items}; array.size; i64.lt_s; branch.if @next; local.get {total}; return""",
    )


def write_sought(builder: ModuleBuilder, code: FunctionBuilder) -> None:
    """Make a table of the numbers of an array, of 16 to 128 slots, put another one in, and look for both."""
    names = ("fill_numbers", "replace_number", "find_number")
    fill, replace, find = (
        builder.add_import(ImportKind.RUNTIME, name, RUNTIME_BY_NAME[name].signature)
        for name in map("table.{}".format, names)
    )
    slots, filled = code.local(array_ref(ArrayKind.I32)), code.local(Prim.I64)
    write(
        code,
        f"""i64.const 16; local.get 1; i64.const 3; i64.and; i64.shl; array.new I32; local.set {slots};
        local.get {slots}; local.get 0; local.get 0; i64.const 0; local.get 0; array.size; call.runtime {fill};
        local.set {filled}; local.get {slots}; i64.const 0; local.get 1; i32.const 0; local.get {filled}; i32.wrap_i64;
        call.runtime {replace}; local.get {slots}; local.get 0; local.get 0; local.get 1; call.runtime {find};
        local.get {slots}; local.get 0; local.get 0; local.get 0; i64.const 0; array.get I64; call.runtime {find};
        i64.const 8; i64.shl; i64.xor; return""",
    )


_PLUNGE = """local.get 0; i64.const 255; i64.and; i64.eqz; branch.if @end; i64.const 2; array.new I64; local.get 0;
    call written; local.get 0; i64.const 1; i64.sub; call plunge; i64.xor; return; @end:; local.get 0; return"""
_SINK = """local.get 0; i64.const 255; i64.and; i64.eqz; branch.if @end;
    local.get 0; i64.const 1; i64.sub; call sink; i64.const 3; i64.mul; return; @end:; local.get 0; return"""
"""The same without anything that is inlined."""
_HELPERS = {
    # Never inlined as a whole, since it calls itself.
    "deep": """local.get 0; i64.const 7; i64.and; i64.eqz; branch.if @end;
        local.get 0; local.get 0; i64.const 1; i64.sub; call deep; i64.add; return; @end:; local.get 0; return""",
    # Makes garbage, so that everything moves.
    "churn": """i64.const 1; local.get 0; i64.const 3; i64.and; i64.shl; i64.const 12; i64.mul; array.new I64;
        array.size; local.get 0; i64.xor; return""",
    "thrower": """local.get 0; i64.const 3; i64.and; i64.eqz; branch.if @bad; local.get 0; call deep; return;
        @bad:; ref.null; ref.null; object.new 0; throw""",
    "twice": "local.get 0; i64.const 1; i64.shl; return",
}
"""Code of helpers that take and give a number."""
_GROWN = """local.get 1; i64.const 3; i64.and; i64.eqz; branch.if @end;
    local.get 1; i64.const 7; i64.and; array.new I64; local.get 1; i64.const 1; i64.sub; call grown; return;
    @end:; local.get 0; return"""
"""Another array, of a function that is not inlined."""
_BEHIND = """local.get 1; call deep; local.get 0; array.size; i64.xor; local.get 0; local.get 1; i64.const 1; i64.and;
    array.get I64; i64.add; return"""
"""What is known of a parameter is used behind a call."""
TOUCH = Signature((class_ref(CELL), Prim.I64), (Prim.I64,))
_TOUCH = """local.get 0; local.get 0; field.get 3.0; local.get 1; i64.xor; field.set 3.0; local.get 0; field.get 3.0;
    return"""
"""An object is looked at, and changed."""
_RENEWED = """local.get 0; local.set 2; local.get 2; field.get 3.0; local.get 1; i32.const 5; ref.null; object.new 3;
    local.set 2; local.get 2; field.get 3.0; i64.const 3; i64.mul; i64.xor; return"""
"""A local has an object of the caller, then one of its own."""
_PERHAPS = """local.get 0; i64.const 3; i64.and; i64.eqz; branch.if @none; local.get 0; local.get 0; i32.wrap_i64;
    ref.null; object.new 3; return; @none:; ref.null; return"""
"""An object, or nothing."""
_WRITTEN = """local.get 0; array.size; local.get 1; i64.add; local.set 1; local.get 1; i64.const 3; i64.and;
    array.new I64; local.set 0; local.get 0; array.size; local.get 1; i64.xor; return"""
"""Parameters are written, after something is known of what they were."""
