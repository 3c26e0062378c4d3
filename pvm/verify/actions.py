"""What each instruction does to the stacks, once its immediates are found to be permitted.

An ``Action`` is an effect split by stack and in numbers of types.  It is made once for an opcode
and its immediates, in all functions of a module together; making it is where indices are tested and
where permission (privilege, mutability, instantiation, kinds of dispatch) is refused.  Whatever
depends on the function itself (locals, labels, results) is left to ``pvm.verify.functions``.

``PLANS`` says for each opcode how the inner loop finds the action: by the opcode alone, which is
only for effects that never change and immediates that cannot be wrong, or by more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any

from pvm.isa.instruction import Form, Imm, Opcode
from pvm.isa.table import OPCODES
from pvm.isa.types import Bank, HeapKind, RefType
from pvm.pbc.effects import (
    EffectItem,
    EffectResolver,
    ResolvedEffect,
    TypeVariable,
    UnresolvedEffect,
    fixed_effect,
    item_bank,
)
from pvm.pbc.layout import ClassLayout
from pvm.pbc.literals import shown
from pvm.pbc.model import Feature, Function, ImportKind, Module
from pvm.verify.limits import MAX_REMEMBERED
from pvm.verify.rules import BY_LABEL, Broken, Rule
from pvm.verify.states import Cell, State, StateTable
from pvm.verify.types import TypeTable

Item = int | TypeVariable


class Plan(IntEnum):
    """How the inner loop finds the action of an opcode."""

    FIXED = 0
    KEYED = 1
    LOCAL_GET = 2
    LOCAL_SET = 3
    LOCAL_TEE = 4
    CONTROL = 5


_LOCAL_PLANS = {"local.get": Plan.LOCAL_GET, "local.set": Plan.LOCAL_SET, "local.tee": Plan.LOCAL_TEE}
_STRAIGHT = frozenset({Form.SIMPLE, Form.ALLOCATE, Form.CALL, Form.HYPERCALL, Form.TASK})
_CONSTANTS = frozenset({Imm.I32, Imm.I64, Imm.F32, Imm.F64})


def _plan(opcode: Opcode, effects: dict[ResolvedEffect, int]) -> tuple[int, int]:
    if opcode.form not in _STRAIGHT:
        return Plan.CONTROL, opcode.code
    if opcode.mnemonic in _LOCAL_PLANS:
        return _LOCAL_PLANS[opcode.mnemonic], opcode.code
    fixed = fixed_effect(opcode)
    harmless = not opcode.privileged and all(kind in _CONSTANTS for _, kind in opcode.immediates)
    if fixed is None or not harmless:
        return Plan.KEYED, opcode.code
    return Plan.FIXED, effects.setdefault(fixed, opcode.code)


def _plans() -> dict[int, tuple[int, int]]:
    effects: dict[ResolvedEffect, int] = {}
    return {opcode.code: _plan(opcode, effects) for opcode in OPCODES}


PLANS: dict[int, tuple[int, int]] = _plans()
"""By code: the plan, and a number that opcodes of one fixed effect share."""


class Action:
    """Pops, tops first, and pushes, bottoms first, of each stack."""

    __slots__ = ("pop_prims", "pop_refs", "push_prims", "push_refs")

    def __init__(self, types: TypeTable, pops: Sequence[EffectItem], pushes: Sequence[EffectItem]) -> None:
        self.pop_prims, self.pop_refs = _split(types, reversed(pops))
        self.push_prims, self.push_refs = _split(types, pushes)


def _split(types: TypeTable, items: Iterable[EffectItem]) -> tuple[list[Item], list[Item]]:
    prims: list[Item] = []
    refs: list[Item] = []
    for item in items:
        number = item if isinstance(item, TypeVariable) else types.number(item)
        (prims if item_bank(item) is Bank.PRIM else refs).append(number)
    return prims, refs


class ActionTable:
    """Makes the actions of one module, and applies them to states."""

    def __init__(
        self, module: Module, layouts: Sequence[ClassLayout], types: TypeTable, states: StateTable, *, privileged: bool
    ) -> None:
        self.module = module
        self.layouts = layouts
        self.types = types
        self.states = states
        self.effects = EffectResolver(module, layouts)
        self.privileged = privileged and bool(module.features & Feature.PRIVILEGED)
        self._actions: dict[tuple[object, ...], Action] = {}

    def of(self, function: Function, opcode: Opcode, immediates: tuple[Any, ...], key: tuple[object, ...]) -> Action:
        """The action of an instruction where it falls through; ``key`` determines it.

        Raises:
            Broken: an index names nothing, or the instruction is not permitted.
        """
        action = self._actions.get(key)
        if action is None:
            self._permit(opcode, immediates)
            action = self._make(self.effects.resolve, function, opcode, immediates)
            self._remember(key, action)
        return action

    def taken(self, function: Function, opcode: Opcode, immediates: tuple[Any, ...], key: tuple[object, ...]) -> Action:
        """The action of a branch on a reference where it jumps; ``of`` has permitted it."""
        action = self._actions.get(key)
        if action is None:
            action = self._make(self.effects.resolve_taken, function, opcode, immediates)
            self._remember(key, action)
        return action

    def local(self, plan: int, number: int) -> Action:
        """The action of getting, setting or teeing a local of a type."""
        value = self.types.type(number)
        pops = () if plan == Plan.LOCAL_GET else (value,)
        pushes = () if plan == Plan.LOCAL_SET else (value,)
        return Action(self.types, pops, pushes)

    def apply(self, state: State, action: Action) -> State:
        """The state after an action.

        Raises:
            Broken: an operand is missing or of another type.
        """
        bound: dict[str, int] = {}
        prims, refs = state.prims, state.refs
        for item in action.pop_prims:
            prims = self._pop_prim(prims, item, bound)
        for item in action.pop_refs:
            refs = self._pop_ref(refs, item, bound)
        for item in action.push_prims:
            prims = self.states.push(prims, bound[item.name] if isinstance(item, TypeVariable) else item)
        for item in action.push_refs:
            refs = self.states.push(refs, self._bound_ref(item, bound) if isinstance(item, TypeVariable) else item)
        return self.states.state(prims, refs)

    def _remember(self, key: tuple[object, ...], action: Action) -> None:
        if len(self._actions) >= MAX_REMEMBERED:
            self._actions.clear()
        self._actions[key] = action

    def _make(
        self, resolve: Callable[..., ResolvedEffect], function: Function, opcode: Opcode, immediates: tuple[Any, ...]
    ) -> Action:
        try:
            effect = resolve(function, opcode, immediates)
        except UnresolvedEffect as error:
            raise Broken(BY_LABEL[error.rule], error.message) from None
        return Action(self.types, effect.pops, effect.pushes)

    # Operands

    def _expected(self, item: Item) -> str:
        return str(item) if isinstance(item, TypeVariable) else self.types.text(item)

    def _pop(self, stack: Cell, item: Item, name: str) -> Cell:
        if stack.below is None:
            message = f"expected {self._expected(item)} on the {name} stack, found nothing"
            raise Broken(Rule.STACK_UNDERFLOW, message)
        return stack.below

    def _pop_prim(self, stack: Cell, item: Item, bound: dict[str, int]) -> Cell:
        below = self._pop(stack, item, "primitive")
        expected = bound.setdefault(item.name, stack.top) if isinstance(item, TypeVariable) else item
        if stack.top != expected:
            raise self.types.mismatch(expected, stack.top)
        return below

    def _pop_ref(self, stack: Cell, item: Item, bound: dict[str, int]) -> Cell:
        below = self._pop(stack, item, "reference")
        if not isinstance(item, TypeVariable):
            if not self.types.is_subtype(stack.top, item):
                raise self.types.mismatch(item, stack.top)
        elif item.name == "anyarray":
            self._check_array(self.types.ref(stack.top))
        else:
            bound[item.name] = stack.top
        return below

    def _check_array(self, found: RefType) -> None:
        is_array = found.kind in {HeapKind.ARRAY, HeapKind.NONE}
        if is_array and not found.nullable:
            return
        rule = Rule.NULL_OPERAND if is_array else Rule.STACK_TYPE
        raise Broken(rule, f"expected ref array, found {self.types.text_of(found)}")

    def _bound_ref(self, item: TypeVariable, bound: dict[str, int]) -> int:
        number = bound[item.name]
        return self.types.number(self.types.ref(number).with_null(nullable=False)) if item.non_null else number

    # Permission

    def _permit(self, opcode: Opcode, immediates: tuple[Any, ...]) -> None:
        if opcode.privileged and not self.privileged:
            raise Broken(Rule.PRIVILEGED_OPCODE, f"expected an opcode for programs, found {opcode.mnemonic}")
        for (name, kind), value in zip(opcode.immediates, immediates, strict=True):
            self._check_immediate(name, kind, value)
        check = _PERMISSIONS.get(opcode.mnemonic)
        if check is not None:
            check(self, immediates[0])

    def _check_immediate(self, name: str, kind: Imm, value: Any) -> None:
        match kind:
            case Imm.FUNC:
                check_index(value, len(self.module.functions), "function")
            case Imm.IMPORT:
                check_index(value, len(self.module.imports), "import")
            case Imm.CLASS:
                check_index(value, len(self.module.classes), "class")
            case Imm.FIELD:
                check_index(value[0], len(self.module.classes), "class")
                check_index(value[1], len(self.layouts[value[0]].fields), "field")
            case Imm.METHOD:
                check_index(value[0], len(self.module.classes), "class")
                check_index(value[1], len(self.layouts[value[0]].slots), "slot")
            case Imm.SIG:
                check_index(value, len(self.module.signatures), "signature")
            case Imm.GLOBAL:
                check_index(value, len(self.module.globals), "global")
            case Imm.STRING:
                check_index(value, len(self.module.strings), "string")
            case Imm.REF_TYPE:
                self.types.declare(value)
            case _:
                assert kind in _UNINDEXED, name

    def class_name(self, index: int) -> str:
        """Name of a class, for messages."""
        return shown(self.module.classes[index].name)

    def _is_concrete(self, index: int) -> None:
        layout = self.layouts[index]
        if not layout.is_concrete:
            kind = "interface" if layout.is_interface else "abstract class"
            message = f"expected a class that can be instantiated, found {kind} {self.class_name(index)}"
            raise Broken(Rule.ABSTRACT_INSTANTIATED, message)

    def _is_defaultable(self, index: int) -> None:
        self._is_concrete(index)
        for field in self.layouts[index].fields:
            if field.type is not None and not field.type.nullable:
                message = (
                    f"expected every field of {self.class_name(index)} to have a default, "
                    f"found {shown(field.name)}: {self.types.text_of(field.type)}"
                )
                raise Broken(Rule.NOT_DEFAULTABLE, message)

    def _is_mutable_field(self, pair: tuple[int, int]) -> None:
        field = self.layouts[pair[0]].fields[pair[1]]
        if not field.mutable:
            message = f"expected a mutable field, found {self.class_name(pair[0])}.{shown(field.name)}"
            raise Broken(Rule.IMMUTABLE_FIELD, message)

    def _is_mutable_global(self, index: int) -> None:
        found = self.module.globals[index]
        if not found.mutable:
            raise Broken(Rule.IMMUTABLE_GLOBAL, f"expected a mutable global, found {shown(found.name)}")

    def _is_class(self, pair: tuple[int, int]) -> None:
        if self.layouts[pair[0]].is_interface:
            raise Broken(Rule.DISPATCH_KIND, f"expected a class, found interface {self.class_name(pair[0])}")

    def _is_interface(self, pair: tuple[int, int]) -> None:
        if not self.layouts[pair[0]].is_interface:
            raise Broken(Rule.DISPATCH_KIND, f"expected an interface, found class {self.class_name(pair[0])}")

    def _is_runtime(self, index: int) -> None:
        found = self.module.imports[index]
        if found.kind is not ImportKind.RUNTIME:
            message = f"expected a runtime import, found {found.kind.name.lower()} import {shown(found.name)}"
            raise Broken(Rule.IMPORT_KIND, message)

    def _is_outside(self, index: int) -> None:
        found = self.module.imports[index]
        if found.kind is ImportKind.RUNTIME:
            message = f"expected a kernel or host import, found runtime import {shown(found.name)}"
            raise Broken(Rule.IMPORT_KIND, message)


_UNINDEXED = _CONSTANTS | {Imm.ARRAY_KIND, Imm.LABEL, Imm.LABELS}
_PERMISSIONS: dict[str, Callable[[ActionTable, Any], None]] = {
    "object.new": ActionTable._is_concrete,  # noqa: SLF001 - a table of the class's own checks
    "object.new_default": ActionTable._is_defaultable,  # noqa: SLF001
    "field.set": ActionTable._is_mutable_field,  # noqa: SLF001
    "global.set": ActionTable._is_mutable_global,  # noqa: SLF001
    "call.virtual": ActionTable._is_class,  # noqa: SLF001
    "tail.virtual": ActionTable._is_class,  # noqa: SLF001
    "call.interface": ActionTable._is_interface,  # noqa: SLF001
    "tail.interface": ActionTable._is_interface,  # noqa: SLF001
    "call.runtime": ActionTable._is_runtime,  # noqa: SLF001
    "hypercall": ActionTable._is_outside,  # noqa: SLF001
}


def check_index(value: int, count: int, what: str) -> None:
    """Refuse an index that names nothing.

    Raises:
        Broken: it is not below ``count``.
    """
    if not 0 <= value < count:
        raise Broken(Rule.INDEX_RANGE, f"expected an index of {what} below {count}, found {value}")
