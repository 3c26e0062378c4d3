"""Decoding a function's code with all its indices checked against the module.

The reader leaves code as bytes, so that a program is decoded once, by whoever needs it (the
verifier, the disassembler).  After ``CodeDecoder.decode`` every immediate names something that
exists, and every label, handler bound and line starts an instruction.  Whether it is the right
thing (types, slots, initialised locals) is the verifier's business.
"""

from __future__ import annotations

from typing import Any

from pvm.errors import FormatError
from pvm.isa.encoding import Instruction, decode_code
from pvm.isa.instruction import Imm
from pvm.isa.types import HeapKind, RefType
from pvm.pbc.model import Function, Module

_INDEX_NAMES = {
    Imm.LOCAL: "local",
    Imm.LABEL: "label",
    Imm.FUNC: "function",
    Imm.IMPORT: "import",
    Imm.CLASS: "class",
    Imm.SIG: "signature",
    Imm.GLOBAL: "global",
    Imm.STRING: "string",
}


class CodeDecoder:
    """Decodes the functions of one module.

    Precondition: the module is as ``read_module`` returns it.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.limits: dict[Imm, int] = {
            Imm.FUNC: len(module.functions),
            Imm.IMPORT: len(module.imports),
            Imm.CLASS: len(module.classes),
            Imm.SIG: len(module.signatures),
            Imm.GLOBAL: len(module.globals),
            Imm.STRING: len(module.strings),
        }
        self.field_counts: list[int] = []
        for definition in module.classes:
            inherited = 0 if definition.superclass is None else self.field_counts[definition.superclass]
            self.field_counts.append(inherited + len(definition.fields))

    def decode(self, function: Function) -> tuple[Instruction, ...]:
        """Return the instructions of a function of the module.

        Raises:
            FormatError: the code is malformed or names what does not exist; the offset counts in the code.
        """
        try:
            instructions = decode_code(function.code)
            self._check_immediates(function, instructions)
            _check_offsets(function, instructions)
        except FormatError as error:
            raise FormatError(error.offset, f"code of function {function.name!r}: {error.message}") from None
        return instructions

    def _check_immediates(self, function: Function, instructions: tuple[Instruction, ...]) -> None:
        signature = self.module.signatures[function.signature]
        limits = self.limits
        limits[Imm.LOCAL] = len(signature.params) + len(function.locals)
        limits[Imm.LABEL] = len(function.labels)
        for opcode, immediates, offset, _ in instructions:
            if not immediates:
                continue
            for (_, kind), value in zip(opcode.immediates, immediates, strict=True):
                limit = limits.get(kind)
                if limit is None:
                    self._check_other(kind, value, offset)
                elif value >= limit:
                    raise FormatError(offset, _out_of_range(_INDEX_NAMES[kind], value, limit))

    def _check_other(self, kind: Imm, value: Any, offset: int) -> None:
        match kind, value:
            case Imm.LABELS, tuple():
                limit = self.limits[Imm.LABEL]
                if max(value) >= limit:
                    raise FormatError(offset, _out_of_range("label", max(value), limit))
            case Imm.REF_TYPE, RefType(HeapKind.CLASS, _, index):
                self._check_index(Imm.CLASS, index, offset)
            case Imm.REF_TYPE, RefType(HeapKind.FUNC, _, index):
                self._check_index(Imm.SIG, index, offset)
            case Imm.FIELD, (class_, field):
                self._check_index(Imm.CLASS, class_, offset)
                if self.module.classes[class_].is_interface:
                    raise FormatError(offset, f"interface {self.module.classes[class_].name!r} has no fields")
                if field >= self.field_counts[class_]:
                    raise FormatError(offset, _out_of_range("field", field, self.field_counts[class_]))
            case Imm.METHOD, (class_, _):
                self._check_index(Imm.CLASS, class_, offset)
            case _:
                pass

    def _check_index(self, kind: Imm, index: int, offset: int) -> None:
        if index >= self.limits[kind]:
            raise FormatError(offset, _out_of_range(_INDEX_NAMES[kind], index, self.limits[kind]))


def _out_of_range(what: str, index: int, count: int) -> str:
    return f"{what} {index} does not exist: there are {count}"


def _check_offsets(function: Function, instructions: tuple[Instruction, ...]) -> None:
    if not (function.labels or function.handlers or function.lines):
        return
    starts = {instruction.offset for instruction in instructions}
    for number, label in enumerate(function.labels):
        if label.offset not in starts:
            raise FormatError(label.offset, f"label {number} is not at the start of an instruction")
    for number, handler in enumerate(function.handlers):
        if handler.start not in starts:
            raise FormatError(handler.start, f"handler {number} does not start at an instruction")
        if handler.end not in starts and handler.end != len(function.code):
            raise FormatError(handler.end, f"handler {number} does not end at the start of an instruction")
    for offset, _ in function.lines:
        if offset not in starts:
            raise FormatError(offset, "position is not at the start of an instruction")
