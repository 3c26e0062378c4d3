"""Where a program begins: the exported entry, exports to the host, the start function."""

from __future__ import annotations

from compiler.emit.context import Emission, FunctionContext
from compiler.emit.lowering import boundary_signature
from compiler.emit.variables import StartPlan
from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import UNIT
from pvm.isa.types import Prim, Signature
from pvm.pbc.model import Export

ENTRY = "main"
ENTRY_SIGNATURE = Signature((), (Prim.I64,))
ENTRY_BOUNDARY = "() -> i64"


def plan_exports(emission: Emission) -> list[Export]:
    """Plan the functions that the host may call."""
    exports = [
        Export(function.export, emission.functions.method(function, (), ()), boundary_signature(function))
        for function in emission.program.exports
    ]
    main = emission.program.main
    if main is not None and not any(export.name == ENTRY for export in exports):
        exports.append(Export(ENTRY, _plan_main(emission, main), ENTRY_BOUNDARY))
    return exports


def _plan_main(emission: Emission, main: FunctionSymbol) -> int:
    is_plain = emission.program.at_end is None
    if is_plain and emission.lowering.signature([param.type for param in main.params], main.result) == ENTRY_SIGNATURE:
        return emission.functions.method(main, (), ())
    return emission.functions.demand(("entry",), lambda: EntryPlan(emission, main))


def plan_start(emission: Emission) -> int | None:
    """Emit what is left, with the initialisers of everything reached; return the start function."""
    emission.variables.keep_user_variables()
    emission.functions.run()
    initializers = emission.variables.initializers()
    show_arrays = emission.program.core_functions.get("showArrays")
    if emission.shows_arrays and show_arrays is not None:
        initializers.insert(0, emission.functions.method(show_arrays, (), ()))
    if not initializers:
        return None
    index = emission.functions.demand(("start",), lambda: StartPlan(emission, initializers))
    emission.functions.run()
    return index


class EntryPlan:
    """``main`` as the host calls it: no parameters, a status as the result.

    It has the body of ``main`` itself, so that stack traces begin with what the user wrote.
    """

    def __init__(self, emission: Emission, main: FunctionSymbol) -> None:
        self._emission = emission
        self._main = main
        self.name = main.name
        self.module = main.module
        self.signature = ENTRY_SIGNATURE
        self.origin = None

    def emit(self) -> FunctionContext:
        """Emit the body."""
        emission, main = self._emission, self._main
        f = FunctionContext(emission, self.signature, {}, main.result, is_entry=True, module=self.module)
        if main.span is not None:
            f.at(main.span)
        for param in main.params:
            arguments = emission.functions.method(emission.program.core_functions["programArguments"], (), ())
            f.code.typed("call", (arguments,), (), emission.functions.signature(arguments).results)
            f.define(param, param.type)
        f.body(self._body())
        return f

    def _body(self) -> hir.Expr:
        """The body of `main`, and what is done after it."""
        program = self._emission.program
        body, at_end = program.bodies.body(self._main), program.at_end
        if at_end is None:
            return body
        return hir.Try(body.span, body.type, body, (), hir.Call(body.span, UNIT, at_end, (), (), ()))
