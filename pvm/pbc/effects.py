"""The stack effect of one instruction in one place: the table's notation with its words resolved.

The instruction table says ``object:owner -- value:field``; here that becomes
``ref class 3 -- i64``.  Operands stay in the table's order, in which each value goes to the stack
of its bank and the last of a stack is its top.  Letters remain ``TypeVariable``s, since only the
stack can say what they stand for.

Three instructions have another effect where they jump: ask ``resolve_taken`` for that one.
Resolving says nothing about permission: whether a field may be written or a class be instantiated
is for the verifier to say.  What cannot be resolved at all raises ``UnresolvedEffect``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form, Opcode, Operand
from pvm.isa.table import BY_NAME
from pvm.isa.types import (
    ANY,
    ANY_NULL,
    NULL,
    STRING,
    TASK,
    Bank,
    Prim,
    RefType,
    Signature,
    ValueType,
    array_ref,
    class_ref,
    element_type,
    func_ref,
)
from pvm.pbc.layout import ClassLayout
from pvm.pbc.model import Function, Module


class TypeVariable(NamedTuple):
    """A type that the stack decides: the same letter is the same type throughout one effect.

    ``P`` and ``Q`` are primitives, ``R`` and ``S`` references, ``anyarray`` an array of any kind.
    With ``non_null`` it is the non-null form of that type.
    """

    name: str
    non_null: bool = False

    @property
    def bank(self) -> Bank:
        """The stack of a value of this type."""
        return Bank.PRIM if self.name in {"P", "Q"} else Bank.REF

    def __str__(self) -> str:
        return {"P": "a primitive", "Q": "a primitive", "anyarray": "ref array"}.get(self.name, "a reference")


EffectItem = ValueType | TypeVariable
ANY_ARRAY = TypeVariable("anyarray", non_null=True)


class ResolvedEffect(NamedTuple):
    """Types popped and pushed, left to right."""

    pops: tuple[EffectItem, ...]
    pushes: tuple[EffectItem, ...]

    def __str__(self) -> str:
        return " ".join([*map(str, self.pops), "--", *map(str, self.pushes)])


class UnresolvedEffect(ValueError):
    """The immediates name nothing that has an effect; ``rule`` is the verifier rule that this breaks."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def item_bank(item: EffectItem) -> Bank:
    """The stack that an operand of this type lives on."""
    if isinstance(item, TypeVariable):
        return item.bank
    return Bank.REF if isinstance(item, RefType) else Bank.PRIM


_FIXED: dict[str, EffectItem] = {
    "i32": Prim.I32,
    "i64": Prim.I64,
    "f32": Prim.F32,
    "f64": Prim.F64,
    "any": ANY,
    "any?": ANY_NULL,
    "string": STRING,
    "task": TASK,
    "null": NULL,
    "anyarray": ANY_ARRAY,
    **{letter: TypeVariable(letter) for letter in "PQRS"},
    **{f"{letter}!": TypeVariable(letter, non_null=True) for letter in "RS"},
}

_FIXED_EFFECTS: dict[str, ResolvedEffect] = {}


class EffectResolver:
    """Resolves effects within one module; make one for a module and keep it.

    Precondition: indices in immediates are in range.
    """

    def __init__(self, module: Module, layouts: Sequence[ClassLayout]) -> None:
        self._module = module
        self._layouts = layouts
        self._signature_index: dict[Signature, int] = {}
        for index, signature in enumerate(module.signatures):
            self._signature_index.setdefault(signature, index)
        self._closures: dict[int, int | None] = {}

    def resolve(self, function: Function, opcode: Opcode, immediates: tuple[object, ...]) -> ResolvedEffect:
        """The effect where control falls through.

        Raises:
            UnresolvedEffect: the immediates name nothing that has an effect.
        """
        fixed = fixed_effect(opcode)
        if fixed is not None:
            return fixed
        words = _Words(self, function, opcode, immediates)
        return ResolvedEffect(words.items(opcode.effect.pops), words.items(opcode.effect.pushes))

    def resolve_taken(self, function: Function, opcode: Opcode, immediates: tuple[object, ...]) -> ResolvedEffect:
        """The effect where a branch goes to its label."""
        if opcode.form is not Form.BRANCH_REF:
            return self.resolve(function, opcode, immediates)
        if opcode is BY_NAME["branch.null"]:
            return ResolvedEffect((TypeVariable("R"),), ())
        if opcode is BY_NAME["branch.non_null"]:
            return ResolvedEffect((TypeVariable("R"),), (TypeVariable("R", non_null=True),))
        assert opcode is BY_NAME["branch.instance"], opcode.mnemonic
        type_ = immediates[1]
        assert isinstance(type_, RefType)
        return ResolvedEffect((TypeVariable("R"),), (type_,))

    def signature_of(self, function: Function, opcode: Opcode, immediates: tuple[object, ...]) -> Signature:
        """What an instruction calls, or what the function itself is for ``return``.

        For a virtual or interface method the receiver is the class of the immediate, which may be
        below the one that declares the slot.
        """
        names = [name for name, _ in opcode.immediates]
        if not names:
            return self._module.signatures[function.signature]
        value = immediates[0]
        if names[0] == "method":
            assert isinstance(value, tuple)
            class_index, slot = value
            declared = self._module.signatures[self._layouts[class_index].slots[slot].signature]
            return Signature((class_ref(class_index), *declared.params[1:]), declared.results)
        assert isinstance(value, int)
        if names[0] == "signature":
            return self._module.signatures[value]
        is_import = opcode.mnemonic in {"call.runtime", "hypercall"}
        table: Sequence[object] = self._module.imports if is_import else self._module.functions
        return self._module.signatures[table[value].signature]  # type: ignore[attr-defined]

    def closure_signature(self, function: int) -> int:
        """Index of the signature of a function value that has captured the first parameter.

        Raises:
            UnresolvedEffect: there is no such parameter, or the module lists no such signature.
        """
        index = self._module.functions[function].signature
        if index not in self._closures:
            signature = self._module.signatures[index]
            rest = Signature(signature.params[1:], signature.results)
            self._closures[index] = self._signature_index.get(rest) if signature.params else None
        found = self._closures[index]
        if found is None:
            signature = self._module.signatures[index]
            rest = Signature(signature.params[1:], signature.results)
            raise UnresolvedEffect("missing-signature", f"expected signature {rest} in the table, found none")
        return found

    def thunk(self) -> RefType:
        """``ref func`` without parameters and results.

        Raises:
            UnresolvedEffect: the module lists no such signature.
        """
        index = self._signature_index.get(Signature(()))
        if index is None:
            raise UnresolvedEffect("missing-signature", "expected signature () in the table, found none")
        return func_ref(index)

    def exception(self) -> RefType:
        """``ref class`` of the root of exceptions.

        Raises:
            UnresolvedEffect: the module names no such class.
        """
        if self._module.throwable is None:
            raise UnresolvedEffect("throwable", "expected a throwable class in the module, found none")
        return class_ref(self._module.throwable)


def resolve_effect(
    module: Module, layouts: Sequence[ClassLayout], function: Function, instruction: Instruction
) -> ResolvedEffect:
    """Resolve a single effect; whoever resolves many keeps an ``EffectResolver``."""
    return EffectResolver(module, layouts).resolve(function, instruction.opcode, instruction.immediates)


def fixed_effect(opcode: Opcode) -> ResolvedEffect | None:
    """The effect of an opcode for which it is the same everywhere, else None."""
    return _FIXED_EFFECTS.get(opcode.mnemonic)


def _fix(operands: tuple[Operand, ...]) -> tuple[EffectItem, ...] | None:
    items = tuple(_FIXED.get(operand.spec) for operand in operands)
    return None if None in items else items  # type: ignore[return-value]


for _opcode in BY_NAME.values():
    _pops, _pushes = _fix(_opcode.effect.pops), _fix(_opcode.effect.pushes)
    if _pops is not None and _pushes is not None:
        _FIXED_EFFECTS[_opcode.mnemonic] = ResolvedEffect(_pops, _pushes)


class _Words:
    """The words of the notation, for one instruction."""

    def __init__(
        self, resolver: EffectResolver, function: Function, opcode: Opcode, immediates: tuple[object, ...]
    ) -> None:
        self.resolver = resolver
        self.function = function
        self.opcode = opcode
        self.immediates = immediates
        self.module = resolver._module  # noqa: SLF001 - the other half of the class
        self.layouts = resolver._layouts  # noqa: SLF001

    def items(self, operands: tuple[Operand, ...]) -> tuple[EffectItem, ...]:
        found: list[EffectItem] = []
        for operand in operands:
            fixed = _FIXED.get(operand.spec)
            if fixed is not None:
                found.append(fixed)
            else:
                found.extend(_RESOLVERS[operand.spec](self))
        return tuple(found)

    def index(self) -> int:
        value = self.immediates[0]
        assert isinstance(value, int)
        return value

    def signature(self) -> Signature:
        return self.resolver.signature_of(self.function, self.opcode, self.immediates)

    def local(self) -> tuple[EffectItem, ...]:
        params = self.module.signatures[self.function.signature].params
        index = self.index()
        return (params[index] if index < len(params) else self.function.locals[index - len(params)],)

    def owner(self) -> tuple[EffectItem, ...]:
        return (class_ref(self.pair()[0]),)

    def field(self) -> tuple[EffectItem, ...]:
        class_index, number = self.pair()
        return (self.layouts[class_index].fields[number].value_type,)

    def pair(self) -> tuple[int, int]:
        value = self.immediates[0]
        assert isinstance(value, tuple)
        return value

    def func(self) -> tuple[EffectItem, ...]:
        is_function = self.opcode.immediates[0][0] == "function"
        return (func_ref(self.module.functions[self.index()].signature if is_function else self.index()),)

    def closure(self) -> tuple[EffectItem, ...]:
        return (func_ref(self.resolver.closure_signature(self.index())),)

    def captured(self) -> tuple[EffectItem, ...]:
        signature = self.module.signatures[self.module.functions[self.index()].signature]
        if not signature.params or not isinstance(signature.params[0], RefType):
            found = str(signature.params[0]) if signature.params else "no parameters"
            raise UnresolvedEffect("closure-environment", f"expected a reference as first parameter, found {found}")
        return (signature.params[0],)

    def array_kind(self) -> object:
        return self.immediates[0]

    def ref_type(self) -> tuple[EffectItem, ...]:
        value = self.immediates[0]
        assert isinstance(value, RefType)
        return (value,)


_RESOLVERS: dict[str, Callable[[_Words], tuple[EffectItem, ...]]] = {
    "type": _Words.ref_type,
    "local": _Words.local,
    "global": lambda words: (words.module.globals[words.index()].type,),
    "field": _Words.field,
    "element": lambda words: (element_type(words.array_kind()),),  # type: ignore[arg-type]
    "owner": _Words.owner,
    "class": lambda words: (class_ref(words.index()),),
    "array": lambda words: (array_ref(words.array_kind()),),  # type: ignore[arg-type]
    "thunk": lambda words: (words.resolver.thunk(),),
    "func": _Words.func,
    "closure": _Words.closure,
    "captured": _Words.captured,
    "params": lambda words: words.signature().params,
    "results": lambda words: words.signature().results,
    "fields": lambda words: tuple(field.value_type for field in words.layouts[words.index()].fields),
    "exception": lambda words: (words.resolver.exception(),),
}
