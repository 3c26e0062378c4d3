"""Where a program begins: the exported entry, exports to the host, the start function."""

from __future__ import annotations

from compiler.emit.context import Emission, FunctionContext
from compiler.emit.instances import is_void
from compiler.emit.lowering import boundary_signature
from compiler.emit.variables import StartPlan
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import NothingType, Type
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
    index = emission.functions.method(main, (), ())
    if emission.functions.signature(index) == ENTRY_SIGNATURE:
        return index
    return emission.functions.demand("entry", lambda: EntryPlan(emission, main, index))


def plan_start(emission: Emission) -> int | None:
    """Emit what is left, with the initialisers of everything reached; return the start function."""
    emission.variables.keep_user_variables()
    emission.functions.run()
    initializers = emission.variables.initializers()
    if not initializers:
        return None
    index = emission.functions.demand("start", lambda: StartPlan(emission, initializers))
    emission.functions.run()
    return index


class EntryPlan:
    """``main`` as the host calls it: no parameters, a status as the result."""

    def __init__(self, emission: Emission, main: FunctionSymbol, index: int) -> None:
        self._emission = emission
        self._main = main
        self._index = index
        self.name = "start of main"
        self.module = ""
        self.signature = ENTRY_SIGNATURE

    def emit(self) -> FunctionContext:
        """Emit the call of ``main``."""
        emission = self._emission
        status: Type = self._main.result
        f = FunctionContext(emission, self.signature, {}, status)
        if self._main.span is not None:
            f.at(self._main.span)
        if self._main.params:
            arguments = emission.functions.method(emission.program.core_functions["programArguments"], (), ())
            f.code.typed("call", (arguments,), (), emission.functions.signature(arguments).results)
        called = emission.functions.signature(self._index)
        f.code.typed("call", (self._index,), called.params, called.results)
        if isinstance(status, NothingType):
            f.code.op("unreachable")
        elif is_void(status):
            f.code.op("i64.const", 0)
        f.code.typed("return", (), self.signature.results, ())
        return f
