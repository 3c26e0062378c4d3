"""From a checked program to a module: wires the emitters together and runs them to the end."""

from __future__ import annotations

from compiler.emit import (
    calls,
    closures,
    conditions,
    construction,
    control,
    exceptions,
    expressions,
    generators,
)
from compiler.emit.classes import ClassTable
from compiler.emit.context import Emission, Emitter, Place
from compiler.emit.dispatch import Dispatch
from compiler.emit.entry import plan_exports, plan_start
from compiler.emit.functions import FunctionTable
from compiler.emit.journal import Journal
from compiler.emit.limits import MAX_CLASSES, check_count
from compiler.emit.lowering import Lowering
from compiler.emit.naming import Name, Naming
from compiler.emit.objects import Numbers, ObjectCode
from compiler.emit.objects import Place as KeptPlace
from compiler.emit.pool import Pool
from compiler.emit.replay import Keeper, Replay
from compiler.emit.variables import GlobalTable
from compiler.ir import hir
from compiler.syntax.source import Span
from pvm.isa.traps import TrapKind
from pvm.pbc.model import Feature, Module

_EMITTERS: dict[type[hir.Node], Emitter] = {
    hir.Constant: expressions.emit_constant,
    hir.LocalGet: expressions.emit_local_get,
    hir.LocalSet: expressions.emit_local_set,
    hir.GlobalGet: expressions.emit_global_get,
    hir.GlobalSet: expressions.emit_global_set,
    hir.FieldGet: expressions.emit_field_get,
    hir.FieldSet: expressions.emit_field_set,
    hir.Call: calls.emit_call,
    hir.VirtualCall: calls.emit_virtual_call,
    hir.CallValue: calls.emit_call_value,
    hir.New: construction.emit_new,
    hir.NewArray: expressions.emit_new_array,
    hir.Lambda: closures.emit_lambda,
    hir.FunctionValue: closures.emit_function_value,
    hir.Coerce: expressions.emit_coerce,
    hir.Cast: expressions.emit_cast,
    hir.IsInstance: conditions.emit_is_instance,
    hir.IsNull: conditions.emit_is_null,
    hir.NotNull: expressions.emit_not_null,
    hir.Identical: conditions.emit_identical,
    hir.And: conditions.emit_truth,
    hir.Or: conditions.emit_truth,
    hir.Not: conditions.emit_not,
    hir.Concat: expressions.emit_concat,
    hir.Block: control.emit_block,
    hir.If: control.emit_if,
    hir.Loop: control.emit_loop,
    hir.Labelled: control.emit_labelled,
    hir.Break: control.emit_break,
    hir.Continue: control.emit_continue,
    hir.Switch: control.emit_switch,
    hir.Return: control.emit_return,
    hir.Throw: exceptions.emit_throw,
    hir.Try: exceptions.emit_try,
    hir.Suspend: generators.emit_suspend,
    hir.Resumable: generators.emit_resumable,
}
_STATEMENTS: dict[type[hir.Node], Emitter] = {
    hir.Block: control.run_block,
    hir.If: control.run_if,
    hir.Switch: control.run_switch,
    hir.Try: exceptions.run_try,
}
_PLACES: dict[type[hir.Node], Place] = {
    hir.Constant: expressions.place_constant,
    hir.Lambda: closures.place_lambda,
    hir.FunctionValue: closures.place_function_value,
}


def emit(program: hir.Program, keeper: Keeper | None = None) -> Module:
    """Emit the module of a program, with the help of what was kept from earlier compilations.

    Precondition: the program was checked without errors, and Python's recursion limit has room for a
    dozen frames for each level of the tree.
    """
    emission = _prepare(program, keeper)
    exports = plan_exports(emission)
    throwable = _throwable(emission)
    traps = _trap_classes(emission)
    emission.functions.run()
    start = plan_start(emission)
    classes = emission.dispatch.definitions()
    check_count("classes", len(classes), MAX_CLASSES)
    functions = emission.functions.finish()
    pool = emission.pool
    if keeper is not None:
        emission.functions.keep(functions, _numbers(emission))
    return Module(
        name=program.name,
        strings=pool.strings,
        signatures=pool.signatures,
        classes=classes,
        imports=pool.imports,
        globals=tuple(pool.globals),
        functions=functions,
        exports=tuple(exports),
        files=pool.files,
        throwable=throwable,
        trap_classes=traps,
        start=start,
        attributes=pool.attributes,
        features=Feature.PRIVILEGED if program.is_privileged else Feature(0),
    )


class _Nothing:
    """Nothing was kept, and nothing is."""

    def find(self, name: Name) -> None:
        """Find nothing."""

    def position(self, file: str, place: KeptPlace) -> tuple[int, int]:
        """Do nothing: nothing is found."""
        raise AssertionError(file, place)

    def places(self, origin: Span) -> None:
        """Keep nothing."""

    def keep(self, name: Name, made: ObjectCode, origin: Span) -> None:
        """Keep nothing."""


def _numbers(emission: Emission) -> Numbers:
    pool = emission.pool
    return Numbers(
        pool.strings,
        pool.files,
        pool.import_notes,
        emission.variables.by_index(),
        emission.dispatch.by_number(),
        emission.classes.all,
        pool.signatures,
    )


def _prepare(program: hir.Program, keeper: Keeper | None = None) -> Emission:
    journal = Journal()
    pool = Pool(program.sources, journal)
    classes = ClassTable(program, journal)
    classes.lowering = Lowering(pool, classes, journal)
    emission = Emission(
        program,
        journal,
        pool,
        classes,
        classes.lowering,
        _EMITTERS,
        _STATEMENTS,
        _PLACES,
        keeper if keeper is not None else _Nothing(),
    )
    emission.dispatch = Dispatch(emission)
    emission.functions = FunctionTable(emission)
    emission.variables = GlobalTable(emission)
    emission.naming = Naming(pool, classes, emission.functions)
    emission.replay = Replay(emission, program.symbols)
    return emission


def _throwable(emission: Emission) -> int | None:
    if not any(symbol.is_throwable for symbol in emission.program.core.values()):
        return None
    root = emission.classes.throwable()
    emission.classes.lay_out(root)
    return root.index


def _trap_classes(emission: Emission) -> tuple[tuple[TrapKind, int], ...]:
    """Map the traps to their exceptions; the machine makes objects of these."""
    kinds = {kind.mnemonic: kind for kind in TrapKind}
    found: dict[TrapKind, int] = {}
    for symbol in emission.program.core.values():
        for trap in symbol.traps:
            instance = emission.classes.instance(symbol, ())
            emission.classes.instantiate(instance)
            found.setdefault(kinds[trap], instance.index)
    return tuple(sorted(found.items()))
