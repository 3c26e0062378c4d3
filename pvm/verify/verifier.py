"""The whole proof: tables first, because code is checked against them, then each function."""

from __future__ import annotations

from pvm.errors import VerifyError
from pvm.pbc.layout import ClassLayout, layouts
from pvm.pbc.model import Feature, Module
from pvm.pbc.subtyping import Hierarchy
from pvm.verify.actions import ActionTable, check_index
from pvm.verify.classes import MethodCheck, check_class_shapes
from pvm.verify.functions import verify_function
from pvm.verify.limits import MAX_CODE
from pvm.verify.rules import Broken, Rule
from pvm.verify.states import StateTable
from pvm.verify.tables import (
    check_exceptions,
    check_exports,
    check_function_tables,
    check_globals,
    check_imports,
    check_signatures,
)
from pvm.verify.types import TypeTable
from pvm.verify.verified import VerifiedModule


def verify(module: Module, *, privileged: bool = False) -> VerifiedModule:
    """Prove that a module is safe to run, whatever it does.

    ``privileged`` is for the loader of the runtime image alone: it allows the module's feature
    ``PRIVILEGED``, without which privileged opcodes are refused in any case.

    Raises:
        VerifyError: the module breaks a rule; nothing of it may run.
    """
    types = TypeTable(module)
    try:
        class_layouts = _check_tables(module, types, privileged=privileged)
    except Broken as broken:
        raise VerifyError("", 0, broken.rule.label, broken.message) from None
    states = StateTable(types)
    actions = ActionTable(module, class_layouts, types, states, privileged=privileged)
    functions = tuple(verify_function(actions, index) for index in range(len(module.functions)))
    states.clear()
    return VerifiedModule(module, class_layouts, functions, types.hierarchy)


def _check_tables(module: Module, types: TypeTable, *, privileged: bool) -> tuple[ClassLayout, ...]:
    if module.features & Feature.PRIVILEGED and not privileged:
        raise Broken(Rule.PRIVILEGED_OPCODE, "expected a module for programs, found a privileged one")
    size = sum(len(function.code) for function in module.functions)
    if size > MAX_CODE:
        raise Broken(Rule.LIMITS, f"expected at most {MAX_CODE} bytes of code, found {size}")
    check_signatures(module, types)
    for function in module.functions:
        check_index(function.signature, len(module.signatures), "signature")
    check_class_shapes(module, types)
    types.hierarchy = Hierarchy(module.classes)
    class_layouts = layouts(module)
    MethodCheck(module, class_layouts, types).check()
    check_imports(module)
    check_globals(module, types)
    check_exports(module)
    check_exceptions(module, class_layouts, types)
    for function in module.functions:
        check_function_tables(module, function)
    return class_layouts
