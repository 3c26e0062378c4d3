"""Programs in HIR by hand: a small core library and short names for nodes.

``World`` holds a core with the classes and functions that the emitter relies on; a test adds
functions and classes, then ``run`` emits, verifies, and calls an export on the reference engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from compiler.emit import emit
from compiler.ir import hir
from compiler.ir.symbols import (
    ClassKind,
    ClassSymbol,
    Constructor,
    FieldSymbol,
    FunctionKind,
    FunctionSymbol,
    GlobalSymbol,
    LocalSymbol,
    TypeParameterSymbol,
)
from compiler.ir.types import (
    ANY,
    NOTHING,
    NULL,
    UNIT,
    ClassType,
    FunctionType,
    NullableType,
    ParameterType,
    Repr,
    Type,
)
from compiler.syntax.source import SourceFile, Span
from pvm.engines.api import Bindings, EngineLimits
from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import Trap
from pvm.pbc.model import ClassFlag, Module
from pvm.pbc.reader import read_module
from pvm.pbc.writer import write_module
from pvm.verify import verify

FILE = SourceFile("main.peb", "\n".join(f"line {number}" for number in range(1, 101)))
AT = Span(FILE, 0, 1)
Body = Callable[..., hir.Expr]


def at(line: int) -> Span:
    """A span on a line of the file."""
    start = FILE.line_starts[line - 1]
    return Span(FILE, start, start + 1)


def maybe(type_: Type) -> Type:
    return NullableType(type_)


class World:
    """A program under construction."""

    def __init__(self) -> None:
        self.core: dict[str, ClassSymbol] = {}
        self.core_functions: dict[str, FunctionSymbol] = {}
        self.bodies: dict[FunctionSymbol, Callable[[], hir.Expr]] = {}
        self.exports: list[FunctionSymbol] = []
        self.globals: list[GlobalSymbol] = []
        self.main: FunctionSymbol | None = None
        self._make_core()

    def body(self, function: FunctionSymbol) -> hir.Expr:
        return self.bodies[function]()

    # Declarations

    def function(
        self,
        name: str,
        params: Sequence[tuple[str, Type]],
        result: Type,
        body: Body | None = None,
        *,
        type_params: Sequence[TypeParameterSymbol] = (),
        owner: ClassSymbol | None = None,
        export: bool = False,
        **rest: Any,
    ) -> FunctionSymbol:
        """A function; ``body`` gets the parameters as expressions."""
        locals_ = [LocalSymbol(each, type_) for each, type_ in params]
        kind = FunctionKind.METHOD if params and params[0][0] == "this" else FunctionKind.FREE
        qualified = f"main.{owner.name}.{name}" if owner else f"main.{name}"
        symbol = FunctionSymbol(
            name, qualified, kind, "main", locals_, result, list(type_params), owner, span=AT, **rest
        )
        if body is not None:
            self.bodies[symbol] = lambda: body(*(get(local) for local in locals_))
        if owner is not None:
            owner.methods.append(symbol)
        if export:
            symbol.export = name
            self.exports.append(symbol)
        return symbol

    def cls(
        self,
        name: str,
        fields: Sequence[tuple[str, Type]] = (),
        *,
        superclass: ClassType | None = None,
        interfaces: Sequence[ClassType] = (),
        type_params: Sequence[TypeParameterSymbol] = (),
        super_arguments: Callable[..., list[hir.Expr]] | None = None,
        params: Sequence[tuple[str, Type]] | None = None,
        values: Callable[..., list[hir.Expr]] | None = None,
        init: Body | None = None,
        **rest: Any,
    ) -> ClassSymbol:
        """A class whose constructor takes its fields, unless ``params`` and ``values`` say otherwise."""
        if superclass is None and "Object" in self.core:
            superclass = ClassType(self.core["Object"])
        symbol = ClassSymbol(
            name, f"main.{name}", ClassKind.CLASS, "main", list(type_params), superclass, list(interfaces), **rest
        )
        symbol.fields = [FieldSymbol(each, symbol, type_, True, LocalSymbol(each, type_)) for each, type_ in fields]
        locals_ = [LocalSymbol(each, type_) for each, type_ in (fields if params is None else params)]
        gets = [get(local) for local in locals_]
        exprs = gets if values is None else values(*gets, *(get(field.init_local) for field in symbol.fields))
        constructor = Constructor(
            locals_,
            super_arguments(*gets) if super_arguments else [],
            list(zip(symbol.fields, exprs, strict=True)),
        )
        if init is not None:
            own = ClassType(symbol, tuple(ParameterType(each) for each in type_params))
            given = [("this", own), *((local.name, local.type) for local in locals_)]
            constructor.init = self.function("init", given, UNIT, init)
            constructor.init.qualified_name = f"main.{name}.init"
            constructor.init.owner = symbol
        symbol.constructor = lambda: constructor
        return symbol

    def interface(self, name: str, *, type_params: Sequence[TypeParameterSymbol] = (), **rest: Any) -> ClassSymbol:
        return ClassSymbol(name, f"main.{name}", ClassKind.INTERFACE, "main", list(type_params), **rest)

    # The core

    def builtin(self, name: str, representation: Repr, type_params: Sequence[TypeParameterSymbol] = ()) -> ClassSymbol:
        symbol = ClassSymbol(name, f"core.{name}", ClassKind.CLASS, "core", list(type_params), builtin=representation)
        self.core[name] = symbol
        return symbol

    def _make_core(self) -> None:
        self.object = self.builtin("Object", Repr.OBJECT)
        self.OBJECT = ClassType(self.object)
        for representation in Repr:
            if representation.is_primitive or representation is Repr.STRING:
                self.builtin(representation.value, representation)
        self.element = TypeParameterSymbol("T")
        self.array = self.builtin("Array", Repr.ARRAY, [self.element])
        self.INT, self.BOOL, self.STRING = (ClassType(self.core[each]) for each in ("Int", "Bool", "String"))
        self.FLOAT, self.INT32, self.UINT8 = (ClassType(self.core[each]) for each in ("Float", "Int32", "UInt8"))
        self._make_numbers()
        self._make_arrays()
        self._make_object()
        self._make_exceptions()

    def _make_numbers(self) -> None:
        for type_, prim in ((self.INT, "i64"), (self.INT32, "i32")):
            for name, word in (("plus", "add_checked_s"), ("minus", "sub_checked_s"), ("times", "mul_checked_s")):
                self._intrinsic(type_, name, f"{prim}.{word}", type_)
            self._intrinsic(type_, "div", f"{prim}.div_s", type_)
            self._intrinsic(type_, "rem", f"{prim}.rem_s", type_)
            for name, word in (("equals", "eq"), ("lt", "lt_s"), ("le", "le_s"), ("gt", "gt_s"), ("ge", "ge_s")):
                self._intrinsic(type_, name, f"{prim}.{word}", self.BOOL)
        this = [("this", self.INT)]
        self.function("toString", this, self.STRING, owner=self.core["Int"], runtime="string.from_i64")
        self.function("hash", this, self.INT, lambda n: n, owner=self.core["Int"])
        self.function("inv", this, self.INT, owner=self.core["Int"], intrinsic="i64.const:-1 i64.xor")
        text = [("this", self.STRING), ("other", self.STRING)]
        self.function("plus", text, self.STRING, owner=self.core["String"], runtime="string.concat")
        self.function("equals", text, self.BOOL, owner=self.core["String"], runtime="string.equals")
        self.function("toString", text[:1], self.STRING, lambda t: t, owner=self.core["String"])
        self.function("size", text[:1], self.INT, owner=self.core["String"], intrinsic="string.size")

    def _intrinsic(self, type_: ClassType, name: str, words: str, result: Type) -> None:
        self.function(name, [("this", type_), ("other", type_)], result, owner=type_.symbol, intrinsic=words)

    def _make_arrays(self) -> None:
        t = ParameterType(self.element)
        own = ClassType(self.array, (t,))
        self.function("size", [("this", own)], self.INT, owner=self.array, intrinsic="array.size")
        index = [("this", own), ("index", self.INT)]
        self.function("get", index, t, owner=self.array, intrinsic="array.get")
        self.function("set", [*index, ("value", t)], UNIT, owner=self.array, intrinsic="array.set")

    def _make_object(self) -> None:
        this = [("this", self.OBJECT)]
        other = [*this, ("other", maybe(ANY))]
        owner = {"owner": self.object, "is_open": True}
        self.equals = self.function("equals", other, self.BOOL, lambda a, b: same(self, a, b), **owner)
        self.hash = self.function("hash", this, self.INT, lambda _: self.int(7), **owner)
        self.to_string = self.function("toString", this, self.STRING, lambda _: self.text("object"), **owner)
        t = TypeParameterSymbol("T")
        box = self.cls("Box", [("value", ParameterType(t))], type_params=[t])
        self.core["Box"] = box
        own = ClassType(box, (ParameterType(t),))
        self.function(
            "toString",
            [("this", own)],
            self.STRING,
            lambda b: virtual(self.to_string, field(b, "value"), type_=self.STRING),
            owner=box,
            overrides=[self.to_string],
        )
        any_ = maybe(ANY)
        self.core_functions["anyToString"] = self.function(
            "anyToString", [("value", any_)], self.STRING, self._any_to_string
        )
        self.core_functions["anyEquals"] = self.function(
            "anyEquals", [("a", any_), ("b", any_)], self.BOOL, lambda a, b: same(self, a, b)
        )
        self.core_functions["anyHash"] = self.function("anyHash", [("a", any_)], self.INT, lambda _: self.int(1))

    def _any_to_string(self, value: hir.Expr) -> hir.Expr:
        is_null = hir.IsNull(AT, self.BOOL, value)
        is_object = hir.IsInstance(AT, self.BOOL, value, self.OBJECT)
        as_object = virtual(self.to_string, coerce(value, self.OBJECT), type_=self.STRING)
        text = if_(is_object, as_object, coerce(value, self.STRING), self.STRING)
        return if_(is_null, self.text("null"), text, self.STRING)

    def _make_exceptions(self) -> None:
        text = maybe(self.STRING)
        root = self.cls("Exception", [("message", text)], is_open=True, is_throwable=True)
        self.EXCEPTION = ClassType(root)
        self.core["Exception"] = root
        for name, traps in (
            ("ArithmeticError", ("integer-overflow", "divide-by-zero")),
            ("CastError", ("bad-cast",)),
            ("NullError", ("null-reference",)),
            ("IndexError", ("index-out-of-bounds",)),
        ):
            made = self.exception(name)
            made.symbol.traps = traps
            self.core[name] = made.symbol

    def exception(self, name: str, above: ClassType | None = None) -> ClassType:
        return ClassType(
            self.cls(
                name,
                superclass=above or self.EXCEPTION,
                params=[("message", maybe(self.STRING))],
                super_arguments=lambda message: [message],
                values=lambda _: [],
                is_open=True,
            )
        )

    # Values

    def int(self, value: int) -> hir.Expr:
        return hir.Constant(AT, self.INT, value)

    def bool(self, value: bool) -> hir.Expr:
        return hir.Constant(AT, self.BOOL, value)

    def text(self, value: str) -> hir.Expr:
        return hir.Constant(AT, self.STRING, value)

    def array_of(self, element: Type) -> ClassType:
        return ClassType(self.array, (element,))

    def op(self, left: hir.Expr, name: str, *right: hir.Expr) -> hir.Expr:
        """Call a method of a builtin class."""
        type_ = left.type
        assert isinstance(type_, ClassType)
        method = next(each for each in type_.symbol.methods if each.name == name)
        mapping = dict(zip(type_.symbol.type_params, type_.arguments, strict=True))
        result = mapping.get(method.result.symbol) if isinstance(method.result, ParameterType) else method.result
        return hir.Call(AT, result, method, type_.arguments, (), (left, *right))

    def program(self) -> hir.Program:
        return hir.Program(
            "test",
            self.main,
            self.exports,
            self.globals,
            self.core,
            self,
            self.core_functions,
            sources={"main.peb": FILE.text},
        )

    def module(self) -> Module:
        """Emit, write, read and verify."""
        module = emit(self.program())
        data = write_module(module)
        assert read_module(data) == module
        assert write_module(emit(self.program())) == data
        verify(module)
        return module

    def start(self, host: dict[str, Callable[..., Any]] | None = None) -> ReferenceEngine:
        bindings = Bindings(None, None, host or {})
        engine = ReferenceEngine(verify(self.module()), bindings, EngineLimits(fuel=1_000_000), strict=True)
        engine.run_start()
        return engine

    def run(self, name: str, *args: object, host: dict[str, Callable[..., Any]] | None = None) -> Any:
        """Call an export."""
        return self.start(host).call_export(name, args)

    def thrown(self, name: str, *args: object) -> str:
        """Call an export; the class and the message of what it throws."""
        with pytest.raises(Trap) as caught:
            self.run(name, *args)
        return f"{caught.value.exception}: {caught.value.message}"


# Nodes


def get(local: LocalSymbol) -> hir.Expr:
    return hir.LocalGet(AT, local.type, local)


def set_(local: LocalSymbol, value: hir.Expr) -> hir.Expr:
    return hir.LocalSet(AT, UNIT, local, value)


def block(*body: hir.Expr, type_: Type | None = None) -> hir.Expr:
    if type_ is None:
        type_ = body[-1].type if body else UNIT
    return hir.Block(AT, type_, body)


def if_(condition: hir.Expr, then: hir.Expr, otherwise: hir.Expr | None, type_: Type = UNIT) -> hir.Expr:
    return hir.If(AT, type_, condition, then, otherwise)


def ret(value: hir.Expr | None = None) -> hir.Expr:
    return hir.Return(AT, NOTHING, value)


def call(function: FunctionSymbol, *args: hir.Expr, type_: Type | None = None, types: Sequence[Type] = ()) -> hir.Expr:
    return hir.Call(AT, type_ or function.result, function, (), tuple(types), args)


def virtual(
    function: FunctionSymbol,
    *args: hir.Expr,
    type_: Type | None = None,
    owner: Sequence[Type] = (),
    types: Sequence[Type] = (),
) -> hir.Expr:
    return hir.VirtualCall(AT, type_ or function.result, function, tuple(owner), tuple(types), args)


def new(type_: ClassType, *args: hir.Expr) -> hir.Expr:
    return hir.New(AT, type_, args)


def coerce(value: hir.Expr, type_: Type) -> hir.Expr:
    return hir.Coerce(AT, type_, value)


def null(type_: Type = NULL) -> hir.Expr:
    return hir.Constant(AT, type_, None)


def find_field(type_: Type, name: str) -> FieldSymbol:
    assert isinstance(type_, ClassType)
    current: ClassType | None = type_
    while current is not None:
        for each in current.symbol.fields:
            if each.name == name:
                return each
        current = current.symbol.superclass
    raise LookupError(name)


def field(object_: hir.Expr, name: str, type_: Type | None = None) -> hir.Expr:
    found = find_field(object_.type, name)
    return hir.FieldGet(AT, type_ or found.type, object_, found)


def set_field(object_: hir.Expr, name: str, value: hir.Expr) -> hir.Expr:
    return hir.FieldSet(AT, UNIT, object_, find_field(object_.type, name), value)


def same(world: World, left: hir.Expr, right: hir.Expr) -> hir.Expr:
    return hir.Identical(AT, world.BOOL, left, right)


def loop(condition: hir.Expr | None, body: hir.Expr, target: hir.JumpTarget | None = None, **rest: Any) -> hir.Expr:
    return hir.Loop(AT, UNIT, target or hir.JumpTarget("loop"), condition, body, **rest)


def lambda_(
    params: Sequence[LocalSymbol],
    captures: Sequence[LocalSymbol],
    body: hir.Expr,
    result: Type,
    name: str = "f.lambda#1",
) -> hir.Expr:
    type_ = FunctionType(tuple(each.type for each in params), result)
    return hir.Lambda(AT, type_, tuple(params), tuple(captures), body, name)


def call_value(callee: hir.Expr, *args: hir.Expr) -> hir.Expr:
    assert isinstance(callee.type, FunctionType)
    return hir.CallValue(AT, callee.type.result, callee, args)


def try_(
    body: hir.Expr, *catches: tuple[LocalSymbol, hir.Expr], final: hir.Expr | None = None, type_: Type = UNIT
) -> hir.Expr:
    return hir.Try(AT, type_, body, tuple(hir.Catch(*each) for each in catches), final)


def throw(world: World, type_: ClassType, message: str) -> hir.Expr:
    return hir.Throw(AT, NOTHING, new(type_, coerce(world.text(message), maybe(world.STRING))))


# Modules


def classes_of(w: World) -> dict[str, ClassFlag]:
    """The classes of the module by name."""
    return {each.name: each.flags for each in w.module().classes}


def functions_of(w: World) -> list[str]:
    """The functions of the module in order."""
    return [each.name for each in w.module().functions]


def method(
    w: World,
    owner: ClassSymbol,
    name: str,
    result: Type,
    body: Body | None = None,
    *params: tuple[str, Type],
    **rest: Any,
) -> FunctionSymbol:
    """A method of a class."""
    own = ClassType(owner, tuple(ParameterType(each) for each in owner.type_params))
    return w.function(name, [("this", own), *params], result, body, owner=owner, **rest)
