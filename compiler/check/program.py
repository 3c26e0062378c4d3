"""The checker's entrance: from the text of a program to its typed HIR.

The user's modules are checked from end to end; of the library only what these mention is, when the emitter
asks for it.  The emitter must therefore run before the diagnostics are final.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.boundaries import check_boundary, check_export_names, check_main
from compiler.check.by_name import NamedSymbols
from compiler.check.completion import Completion
from compiler.check.declared import (
    FunctionGroup,
    Property,
    SourceClass,
    SourceFunction,
    SourceGlobal,
    TypeScope,
)
from compiler.check.dispatch import expression_table
from compiler.check.functions import check_test
from compiler.check.inheritance import check_class, check_distinct
from compiler.check.modules import Loader, ModuleScope, Sources
from compiler.check.session import Session
from compiler.check.type_resolution import resolve_alias
from compiler.check.units import Memory, check_units, work_of
from compiler.diagnostics import Diagnostics
from compiler.ir import hir
from compiler.ir.symbols import ClassSymbol, FunctionSymbol, GlobalSymbol
from compiler.syntax import ast
from compiler.syntax.source import SourceFile

RECURSION_LIMIT = 60_000


@contextmanager
def compiling() -> Iterator[None]:
    """Give the compiler what it needs of the host while it works.

    Trees of the greatest depth that the parser hands out need deep recursion.  Hardly anything that a
    compilation makes dies before its end, so the collector of cycles would only slow it down (by half).
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_LIMIT))
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
        if collects:
            gc.enable()


def check_program(
    file: SourceFile,
    diagnostics: Diagnostics,
    *,
    folder: Path | None = None,
    modules: Mapping[str, str] | None = None,
    memory: Memory | None = None,
) -> hir.Program:
    """Check a program whose main module is ``file``; its other modules are in ``folder`` or ``modules``.

    ``modules`` maps names such as ``shapes.peb`` to texts.  What ``memory`` knows is not checked again, tests
    included: those are not in the program then.  If ``diagnostics`` has errors afterwards, the
    result must not be emitted.
    """
    from compiler.library.standard import standard_library

    Body.table = expression_table()
    session = Session(diagnostics, Completion())
    session.memory = memory
    session.library = standard_library()
    sources = Sources(folder, session.library.folder, modules)
    session.sources = sources
    name = Path(file.name).stem or "main"
    with compiling():
        loader = Loader(session, sources)
        loader.load_core()
        main_module = loader.load_main(file, name)
        user_modules = [module for module in session.order if module.is_user]
        if session.has_syntax_errors:
            # What could not be read is missing everywhere: more reports would be about that.
            return make_program(session, name, None, user_modules)
        if memory is not None:
            memory.begin(session)
        check_modules(session, user_modules)
        main = _find_main(main_module)
    program = make_program(session, name, main, user_modules)
    program.tests = main_module.checked_tests
    return program


def check_modules(session: Session, modules: list[ModuleScope]) -> None:
    """Check the user's modules from end to end."""
    for module in modules:
        _check_declarations(module)
    session.run_deferred()
    check_export_names(function for module in modules for function in module.functions)
    for module in modules:
        _check_bodies(module)
    session.effects = {}
    session.run_deferred()
    _learn_deferred(session, modules)
    _warn_unused_imports(modules)


def _learn_deferred(session: Session, modules: list[ModuleScope]) -> None:
    """What was deferred belongs to the declarations of the module that it is about."""
    if session.memory is None:
        return
    for module in modules:
        file = module.tree.span.file.name
        effects = [effect for effect in session.effects if effect[0] == "tasks" or effect[1] == file]
        session.memory.learn(session.memory.unit(module.tree.span.first()), effects, is_clean=True)


def _check_declarations(module: ModuleScope) -> None:
    """Complete everything that is declared, so that what is wrong is reported whether used or not."""
    for alias in module.aliases:
        resolve_alias(alias)
    for symbol in list(_all_classes(module.classes)):
        _complete_class(symbol)
    for function in module.functions:
        _ = function.signature
        _check_free_function(function)
    for entity in module.declared.values():
        if isinstance(entity, FunctionGroup) and len(entity.functions) > 1:
            check_distinct(entity.functions)
    for variable in module.variables:
        _ = variable.type
    for symbol in _all_classes(module.classes):
        check_class(symbol)


def _all_classes(classes: list[SourceClass]) -> Iterator[SourceClass]:
    for symbol in classes:
        yield symbol
        yield from _all_classes([item for item in symbol.statics.values() if isinstance(item, SourceClass)])


def _complete_class(symbol: SourceClass) -> None:
    _ = symbol.superclass
    for member in list(symbol.instance.values()):
        if isinstance(member, Property):
            _ = member.type
    for method in symbol.methods:
        assert isinstance(method, SourceFunction)
        _ = method.signature
    for entity in symbol.statics.values():
        if isinstance(entity, FunctionGroup):
            for function in entity.functions:
                _ = function.signature
                _check_free_function(function)
            check_distinct(entity.functions)
        elif isinstance(entity, SourceGlobal):
            _ = entity.type
        elif hasattr(entity, "resolved"):
            resolve_alias(entity)  # type: ignore[arg-type]


def _check_free_function(function: SourceFunction) -> None:
    node = function.node
    if not isinstance(node, ast.Function):
        return
    has_own_body = bool(function.host or function.intrinsic or function.runtime or function.kernel)
    if not node.has_body and not has_own_body:
        function.session.diagnostics.error(
            code.WRONG_BODY, node.name.span, f"the function `{function.name}` has no body"
        )
    elif node.has_body and has_own_body:
        function.session.diagnostics.error(
            code.WRONG_BODY, node.name.span, f"`{function.name}` is done by the host and cannot have a body"
        )
    if function.host or function.export:
        check_boundary(function)


def _check_bodies(module: ModuleScope) -> None:
    session = module.session
    check_units(session, work_of(module, check_written_body))
    check_units(session, ((test.body.span, partial(_check_test, module, test)) for test in module.tests))


def _check_test(module: ModuleScope, test: ast.Test) -> None:
    module.checked_tests.append(check_test(module.session, TypeScope(module), test))


def check_written_body(function: SourceFunction) -> None:
    """Check a function's body and the defaults of its parameters, if it has any."""
    session = function.session
    for info in function.signature.params:
        if info.default is not None and info.default.function is not None:
            session.body(info.default.function)
    if function.has_checked_body:
        session.body(function)


def _warn_unused_imports(modules: list[ModuleScope]) -> None:
    for module in modules:
        for name, item in module.imported.items():
            if not item.is_used and not _extends(item.entity):
                module.session.diagnostics.warning(
                    code.UNUSED_IMPORT, item.span, f"`{name}` is imported but never used"
                )


def _extends(entity: object) -> bool:
    """An import of a module may serve its extension functions alone."""
    return isinstance(entity, ModuleScope) and bool(entity.extensions)


def _find_main(module: ModuleScope) -> FunctionSymbol | None:
    found = module.declared.get("main")
    if not isinstance(found, FunctionGroup):
        return None
    check_main(found.functions[0])
    return found.functions[0]


def make_program(
    session: Session, name: str, main: FunctionSymbol | None, user_modules: list[ModuleScope]
) -> hir.Program:
    """Return what the emitter needs of a session."""
    core: dict[str, ClassSymbol] = {}
    functions: dict[str, FunctionSymbol] = {}
    for key, entity in session.core.items():
        if isinstance(entity, SourceClass):
            core[key] = entity
        elif isinstance(entity, FunctionGroup):
            functions[key] = entity.functions[0]
    exports: list[FunctionSymbol] = [
        function for module in user_modules for function in module.functions if function.export
    ]
    return hir.Program(
        name=name,
        main=main,
        at_end=session.core_function("reportFailedTasks") if session.uses_tasks else None,
        exports=exports,
        globals=GlobalOrder(session),
        core=core,
        core_functions=functions,
        bodies=session,
        symbols=NamedSymbols(session),
        sources={(file := module.tree.span.file).name: file.text for module in user_modules},
        looked_up=session.sources.looked_up if session.sources is not None else [],
        is_privileged=session.is_privileged,
    )


class GlobalOrder:
    """The variables of a program in the order of their initialisation; finds out when it is read.

    Checking a library body can bring in further enum cases and static properties.  The order is that of modules and
    texts, and does not depend on what was checked first.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def __iter__(self) -> Iterator[GlobalSymbol]:
        session = self._session
        numbers = {id(module): number for number, module in enumerate(session.order)}

        def place(variable: SourceGlobal) -> tuple[int, int]:
            assert variable.span is not None
            return numbers[id(variable.scope.module)], variable.span.start

        yield from sorted(session.case_objects.values(), key=place)
        static = sorted(session.globals, key=place)
        yield from (item for item in static if item.scope.module.is_system)
        for module in session.order:
            if module.is_user:
                yield from (item for item in static if item.scope.module is module)
            yield from module.variables
