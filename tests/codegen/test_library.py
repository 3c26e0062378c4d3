"""Every function of the standard library, in instances over each kind of key, passes the verifier.

Programs reach only a part of the library; this reaches all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import stdlib
from compiler.check import check_program, compiling
from compiler.check.declared import SourceClass
from compiler.check.session import Session
from compiler.check.subtyping import is_subtype
from compiler.diagnostics import Diagnostics
from compiler.emit import program as emitter
from compiler.emit.context import Emission
from compiler.emit.entry import plan_start
from compiler.emit.instances import ERASED
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, ClassSymbol, FunctionKind, TypeParameterSymbol
from compiler.ir.types import ClassType, Type, substitute
from compiler.syntax.source import SourceFile
from pvm.pbc.model import Module
from pvm.pbc.writer import write_module
from pvm.verify import verify


def fits(params: Sequence[TypeParameterSymbol], key: Type) -> bool:
    """Whether a key is what the bounds of type parameters ask for; what is erased stands for any object."""
    mapping: dict[TypeParameterSymbol, Type] = dict.fromkeys(params, key)
    wanted = [substitute(bound, mapping) for param in params for bound in param.bounds]
    return key == ERASED or all(is_subtype(key, each) for each in wanted)


def reach_class(emission: Emission, symbol: ClassSymbol, key: Type) -> None:
    keys = (key,) * len(symbol.type_params)
    if not fits(symbol.type_params, key):
        return
    is_made = symbol.kind is not ClassKind.INTERFACE and symbol.builtin is None and not symbol.is_abstract
    if is_made and symbol.constructor is not None:
        emission.classes.instantiate(emission.classes.instance(symbol, keys))
    for method in symbol.methods:
        if not method.is_abstract and fits(method.type_params, key):
            class_keys = keys if method.kind is FunctionKind.METHOD else ()
            emission.functions.method(method, class_keys, (key,) * len(method.type_params))


def classes_in(classes: list[SourceClass]) -> Iterator[SourceClass]:
    """Classes with those inside them, as the cases of enums are."""
    for symbol in classes:
        yield symbol
        yield from classes_in([item for item in symbol.statics.values() if isinstance(item, SourceClass)])


def everything(program: hir.Program, session: Session, key: Type) -> Module:
    emission = emitter._prepare(program)
    for module in session.order:
        for symbol in classes_in(module.classes):
            reach_class(emission, symbol, key)
        for function in module.functions:
            if fits(function.type_params, key):
                emission.functions.method(function, (), (key,) * len(function.type_params))
    throwable, traps = emitter._throwable(emission), emitter._trap_classes(emission)
    emission.functions.run()
    start = plan_start(emission)
    classes, functions = emission.dispatch.definitions(), emission.functions.finish()
    pool = emission.pool
    return Module(
        name="library",
        strings=pool.strings,
        signatures=pool.signatures,
        classes=classes,
        imports=pool.imports,
        globals=tuple(pool.globals),
        functions=functions,
        files=pool.files,
        throwable=throwable,
        trap_classes=traps,
        start=start,
    )


@pytest.mark.parametrize("name", ["Int", "UInt8", "Float", "Bool", "String", "Any"])
def test_every_function_verifies(name: str) -> None:
    diagnostics = Diagnostics()
    imports = "".join(f"import {path.stem}\n" for path in sorted(Path(stdlib.__path__[0]).glob("*.peb")))
    with compiling():
        program = check_program(SourceFile("main.peb", f"{imports}fun main() {{}}\n"), diagnostics)
        assert isinstance(program.bodies, Session)
        key = ERASED if name == "Any" else ClassType(program.core[name])
        module = everything(program, program.bodies, key)
    assert not diagnostics.has_errors
    write_module(module)
    verify(module)
    assert len(module.functions) > 800
