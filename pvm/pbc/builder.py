"""Builds modules in memory: what the compiler and the tests make code with.

Interning, label numbers, offsets, and the states of labels are the builder's work.  Emission in
unreachable code (after a jump, with no label since) is ignored, so callers need not track it.
Misuse raises ``UsageError``; the result is as well formed as its input, and the verifier judges it.
The same calls give the same module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pvm.errors import UsageError
from pvm.isa.encoding import encode_instruction
from pvm.isa.instruction import Imm, Opcode
from pvm.isa.table import BY_NAME, OPCODES
from pvm.isa.traps import TrapKind
from pvm.isa.types import RefType, Signature, ValueType, class_ref
from pvm.pbc.label_stacks import Stacks, StackTracker
from pvm.pbc.label_state import Range, default_locals, split_mask
from pvm.pbc.model import (
    ClassDef,
    ClassFlag,
    Export,
    Feature,
    Field,
    Function,
    Global,
    Handler,
    Import,
    ImportKind,
    Label,
    Method,
    Module,
    Position,
)

_BY_IDENT = {opcode.ident: opcode for opcode in OPCODES}


class LabelRef:
    """A label of one function; states that are None are found by the builder.

    ``backward`` says that it may be bound where control cannot come from above (a loop entered
    from below).
    """

    __slots__ = ("at", "backward", "initialised", "references", "stacks")

    def __init__(
        self,
        stacks: Stacks | None = None,
        initialised: tuple[int, tuple[int, ...]] | None = None,
        *,
        backward: bool = False,
    ) -> None:
        self.stacks = stacks
        self.initialised = initialised
        self.backward = backward
        self.at: int | None = None
        self.references = 0


@dataclass(slots=True)
class _HandlerDef:
    start: int
    end: int
    target: LabelRef
    catches: int | None


class FunctionBuilder:
    """Code of one function: ``emit("i64.add")`` or ``b.i64_add()``.

    Immediates may be given by value: ``LabelRef`` for a label, text for a string, a ``Signature`` for
    a signature, and the name of a function for its index.
    """

    def __init__(self, module: ModuleBuilder, name: str, signature: int) -> None:
        self.module = module
        self.name = name
        self.signature_index = signature
        self.signature = module.signature_at(signature)
        self.local_types: list[ValueType] = []
        self.local_names: dict[int, str] = {}
        self.is_reachable = True
        self._steps: list[tuple[Opcode, list[Any]]] = []
        self._labels: list[LabelRef] = []
        self._handlers: list[_HandlerDef] = []
        self._positions: dict[Position, int] = {}
        self._lines: list[tuple[int, int]] = []

    # Locals and labels

    def local(self, value_type: ValueType, name: str = "") -> int:
        """Declare a local and return its index."""
        index = len(self.signature.params) + len(self.local_types)
        self.local_types.append(value_type)
        if name:
            self.local_names[index] = name
        return index

    def name_local(self, index: int, name: str) -> None:
        """Name a parameter or a local, for debuggers."""
        self.local_names[index] = name

    def label(
        self,
        prims: Sequence[ValueType] | None = None,
        refs: Sequence[RefType] | None = None,
        initialised: tuple[int, tuple[int, ...]] | None = None,
        *,
        backward: bool = False,
    ) -> LabelRef:
        """Make a label; stacks or initialised locals (count and gaps) that are not given are found."""
        stacks = None if prims is None and refs is None else (tuple(prims or ()), tuple(refs or ()))
        return LabelRef(stacks, initialised, backward=backward)

    def bind(self, label: LabelRef) -> None:
        """Put a label before the next instruction.

        In unreachable code a label without references stays unreachable unless it is ``backward``.
        """
        if label.at is not None:
            raise UsageError(f"function {self.name!r}: label is bound twice")
        if not self.is_reachable and not label.references and not label.backward:
            label.at = -1
            return
        label.at = len(self._steps)
        self._labels.append(label)
        self.is_reachable = True

    # Instructions

    def emit(self, mnemonic: str, *immediates: Any) -> None:
        """Append an instruction."""
        opcode = BY_NAME.get(mnemonic)
        if opcode is None:
            raise UsageError(f"unknown instruction {mnemonic!r}")
        self._emit(opcode, immediates)

    def __getattr__(self, name: str) -> Callable[..., None]:
        opcode = _BY_IDENT.get(name)
        if opcode is None:
            raise AttributeError(name)
        found: Opcode = opcode
        return lambda *immediates: self._emit(found, immediates)

    def _emit(self, opcode: Opcode, immediates: Sequence[Any]) -> None:
        if len(immediates) != len(opcode.immediates):
            expected = len(opcode.immediates)
            raise UsageError(f"{opcode.mnemonic} has {expected} immediates, found {len(immediates)}")
        if not self.is_reachable:
            return
        values = [self._interned(kind, value) for (_, kind), value in zip(opcode.immediates, immediates, strict=True)]
        if opcode.privileged:
            self.module.features |= Feature.PRIVILEGED
        if opcode.mnemonic == "closure.new":
            self.module.closures.append(values[0])
        elif any(operand.spec == "thunk" for operand in opcode.effect.pops):
            self.module.signature(Signature(()))
        self._steps.append((opcode, values))
        self.is_reachable = not opcode.ends_block

    def _interned(self, kind: Imm, value: Any) -> Any:
        match kind, value:
            case (Imm.LABEL, LabelRef()):
                self._refer(value)
            case (Imm.LABEL, _):
                raise UsageError(f"expected a LabelRef, found {value!r}")
            case (Imm.LABELS, _):
                for label in value:
                    self._refer(label)
                return list(value)
            case (Imm.STRING, str()):
                return self.module.string(value)
            case (Imm.SIG, Signature()):
                return self.module.signature(value)
        return value

    def _refer(self, label: LabelRef) -> None:
        if label.at == -1:
            raise UsageError(f"function {self.name!r}: branch to a label in unreachable code; make it backward")
        label.references += 1

    # Handlers and positions

    def here(self) -> int:
        """The number of the next instruction, as a bound of a handler's range."""
        return len(self._steps)

    def handler(self, start: int, end: int, target: LabelRef, catches: int | None = None) -> bool:
        """Cover instructions ``start`` to ``end`` (exclusive); call it for inner ranges first.

        Returns whether there was anything to cover: if not, nothing refers to the target.
        """
        if start >= end:
            return False
        self._refer(target)
        self._handlers.append(_HandlerDef(start, end, target, catches))
        return True

    def position(self, file: str, line: int, column: int, function: str = "", caller: int | None = None) -> int:
        """Number a place in the source; of inlined code, ``caller`` is the number of the call's place."""
        position = Position(self.module.file(file), line, column, function, caller)
        return self._positions.setdefault(position, len(self._positions))

    def mark(self, position: int) -> None:
        """Give the instructions from here on a position."""
        if not self.is_reachable:
            return
        if self._lines and self._lines[-1][0] == len(self._steps):
            self._lines.pop()
        if not self._lines or self._lines[-1][1] != position:
            self._lines.append((len(self._steps), position))

    def line(self, file: str, line: int, column: int) -> None:
        """Give the instructions from here on a place in the source."""
        self.mark(self.position(file, line, column))

    # The whole

    def shell(self) -> Function:
        """The function without its code."""
        return Function(self.name, self.signature_index, tuple(self.local_types), b"")

    def finish(self, tracker: StackTracker) -> Function:
        """Return the function with its code, labels and debug information."""
        if self.is_reachable:
            raise UsageError(f"function {self.name!r}: control falls off the end of the code")
        labels, numbers = self._number_labels()
        code = [(opcode, self._resolved(opcode, values, numbers)) for opcode, values in self._steps]
        offsets = [0]
        pieces = [encode_instruction(opcode, values) for opcode, values in code]
        for piece in pieces:
            offsets.append(offsets[-1] + len(piece))
        ranges = [Range(item.start, item.end, self._numbered(item.target, numbers)) for item in self._handlers]
        return self.shell()._replace(
            code=b"".join(pieces),
            labels=self._states(tracker, code, labels, ranges, offsets),
            handlers=tuple(
                Handler(offsets[item.start], offsets[item.end], range_.target, item.catches)
                for item, range_ in zip(self._handlers, ranges, strict=True)
            ),
            positions=tuple(self._positions),
            lines=tuple((offsets[at], number) for at, number in self._lines if at < len(self._steps)),
            local_names=tuple(sorted(self.local_names.items())),
        )

    def _number_labels(self) -> tuple[list[tuple[int, list[LabelRef]]], dict[LabelRef, int]]:
        """Group labels by place, leaving out those that nobody needs."""
        groups: dict[int, list[LabelRef]] = {}
        for label in self._labels:
            assert label.at is not None
            falls_in = label.at == 0 or not self._steps[label.at - 1][0].ends_block
            if label.references or not falls_in:
                groups.setdefault(label.at, []).append(label)
        ordered = sorted(groups.items())
        return ordered, {label: number for number, (_, group) in enumerate(ordered) for label in group}

    def _numbered(self, label: LabelRef, numbers: dict[LabelRef, int]) -> int:
        if label not in numbers:
            raise UsageError(f"function {self.name!r}: a label is used but never bound")
        return numbers[label]

    def _resolved(self, opcode: Opcode, values: Sequence[Any], numbers: dict[LabelRef, int]) -> tuple[Any, ...]:
        out: list[Any] = []
        for (_, kind), value in zip(opcode.immediates, values, strict=True):
            match kind, value:
                case Imm.LABEL, _:
                    out.append(self._numbered(value, numbers))
                case Imm.LABELS, _:
                    out.append(tuple(self._numbered(label, numbers) for label in value))
                case Imm.FUNC, str():
                    out.append(self.module.function_index(value))
                case _:
                    out.append(value)
        return tuple(out)

    def _states(
        self,
        tracker: StackTracker,
        code: Sequence[tuple[Opcode, tuple[Any, ...]]],
        labels: Sequence[tuple[int, list[LabelRef]]],
        ranges: Sequence[Range],
        offsets: Sequence[int],
    ) -> tuple[Label, ...]:
        label_at = {at: number for number, (at, _) in enumerate(labels)}
        stacks: dict[int, Stacks] = {}
        initialised: dict[int, tuple[int, tuple[int, ...]]] = {}
        for number, (_, group) in enumerate(labels):
            for label in group:
                if label.stacks is not None and stacks.setdefault(number, label.stacks) != label.stacks:
                    raise UsageError(f"function {self.name!r}: two labels at one place have other stacks")
                if label.initialised is not None:
                    initialised[number] = label.initialised
        for item, range_ in zip(self._handlers, ranges, strict=True):
            stacks.setdefault(range_.target, ((), (self._caught(item),)))
        slots = (len(self.signature.params), len(self.signature.params) + len(self.local_types))
        masks = default_locals(code, label_at, ranges, slots, initialised)
        found = tracker.label_stacks(self.shell(), code, label_at, stacks)
        return tuple(
            Label(offsets[at], *found[number], *(initialised.get(number) or split_mask(masks[number])))
            for number, (at, _) in enumerate(labels)
        )

    def _caught(self, handler: _HandlerDef) -> RefType:
        catches = self.module.throwable if handler.catches is None else handler.catches
        if catches is None:
            raise UsageError(f"function {self.name!r}: a handler for all needs a throwable class in the module")
        return class_ref(catches)


class ModuleBuilder:
    """A module under construction.

    Classes and functions are declared first and defined later, in any order; a class is declared
    after the classes that it extends or implements.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.features = Feature.NONE
        self.throwable: int | None = None
        self.trap_classes: dict[TrapKind, int] = {}
        self.start: int | None = None
        self.attributes: dict[str, bytes] = {}
        self.closures: list[int | str] = []
        self._strings: dict[str, int] = {}
        self._files: dict[str, int] = {}
        self._signatures: dict[Signature, int] = {}
        self._signature_list: list[Signature] = []
        self._class_list: list[str] = []
        self._class_names: dict[str, int] = {}
        self._classes: list[ClassDef | None] = []
        self._imports: dict[tuple[ImportKind, str], int] = {}
        self._import_list: list[Import] = []
        self._globals: list[Global] = []
        self._function_names: dict[str, int] = {}
        self._functions: list[FunctionBuilder] = []
        self._exports: dict[str, Export] = {}

    # Pools

    def string(self, text: str) -> int:
        """Intern a string of the pool."""
        return self._strings.setdefault(text, len(self._strings))

    def file(self, name: str) -> int:
        """Intern the name of a source file."""
        return self._files.setdefault(name, len(self._files))

    def signature(self, signature: Signature) -> int:
        """Intern a signature."""
        found = self._signatures.get(signature)
        if found is None:
            found = self._signatures[signature] = len(self._signature_list)
            self._signature_list.append(signature)
        return found

    def signature_at(self, index: int) -> Signature:
        """The signature of that index."""
        return self._signature_list[index]

    # Declarations

    def declare_class(self, name: str) -> int:
        """Reserve the index of a class."""
        if name in self._class_names:
            raise UsageError(f"class {name!r} is declared twice")
        self._class_names[name] = len(self._classes)
        self._class_list.append(name)
        self._classes.append(None)
        return len(self._classes) - 1

    def define_class(
        self,
        index: int,
        *,
        flags: ClassFlag = ClassFlag.NONE,
        superclass: int | None = None,
        interfaces: Sequence[int] = (),
        fields: Sequence[Field] = (),
        methods: Sequence[Method] = (),
    ) -> None:
        """Say what a declared class is."""
        self._classes[index] = ClassDef(
            self._class_list[index], flags, superclass, tuple(interfaces), tuple(fields), tuple(methods)
        )

    def add_import(self, kind: ImportKind, name: str, signature: Signature | int, boundary: str = "") -> int:
        """Import a function, once."""
        index = signature if isinstance(signature, int) else self.signature(signature)
        item = Import(kind, name, index, boundary)
        found = self._imports.setdefault((kind, name), len(self._import_list))
        if found == len(self._import_list):
            self._import_list.append(item)
        elif self._import_list[found] != item:
            raise UsageError(f"import {name!r} is used with two signatures")
        return found

    def add_global(self, name: str, value_type: ValueType, *, mutable: bool = True, initial: float = 0) -> int:
        """Add a global variable."""
        self._globals.append(Global(name, value_type, mutable, initial))
        return len(self._globals) - 1

    def declare_function(self, name: str, signature: Signature | int) -> int:
        """Reserve the index of a function; ``function`` gives the builder of its code."""
        if name in self._function_names:
            raise UsageError(f"function {name!r} is declared twice")
        index = signature if isinstance(signature, int) else self.signature(signature)
        self._function_names[name] = len(self._functions)
        self._functions.append(FunctionBuilder(self, name, index))
        return len(self._functions) - 1

    def function(self, index: int) -> FunctionBuilder:
        """The builder of a declared function."""
        return self._functions[index]

    def function_index(self, name: str) -> int:
        """The index of a declared function."""
        if name not in self._function_names:
            raise UsageError(f"function {name!r} is not declared")
        return self._function_names[name]

    def export(self, name: str, function: int, boundary: str) -> None:
        """Give a function a public name."""
        if name in self._exports:
            raise UsageError(f"export {name!r} is given twice")
        self._exports[name] = Export(name, function, boundary)

    # The whole

    def build(self) -> Module:
        """Return the module.

        Raises:
            UsageError: something was declared and not defined, or code is not what it may be.
        """
        for closure in self.closures:
            function = self._functions[closure if isinstance(closure, int) else self.function_index(closure)]
            self.signature(Signature(function.signature.params[1:], function.signature.results))
        undefined = [name for name, index in self._class_names.items() if self._classes[index] is None]
        if undefined:
            raise UsageError(f"class {undefined[0]!r} is declared but not defined")
        module = Module(
            self.name,
            tuple(self._strings),
            tuple(self._signature_list),
            tuple(definition for definition in self._classes if definition is not None),
            tuple(self._import_list),
            tuple(self._globals),
            tuple(function.shell() for function in self._functions),
            tuple(self._exports.values()),
            tuple(self._files),
            self.throwable,
            tuple(sorted(self.trap_classes.items())),
            self.start,
            tuple(self.attributes.items()),
            self.features,
        )
        tracker = StackTracker(module)
        return module._replace(functions=tuple(function.finish(tracker) for function in self._functions))
