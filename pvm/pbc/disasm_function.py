"""The text of one function: instructions beside their offsets, labels, handlers and positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Imm
from pvm.pbc.asm_function import caught_types
from pvm.pbc.label_state import Range, default_locals, mask_of
from pvm.pbc.literals import format_float, format_name
from pvm.pbc.model import Function, Label, Module, Position
from pvm.pbc.spelling import Spelling

_COMMENT_COLUMN = 44
_MAX_COMMENT = 100


class FunctionText:
    """Writes one decoded function; see ``Spelling`` for how names are written."""

    def __init__(
        self,
        module: Module,
        spell: Spelling,
        function: Function,
        instructions: Sequence[Instruction],
        sources: Mapping[int, list[str]],
    ) -> None:
        self.module = module
        self.spell = spell
        self.function = function
        self.instructions = instructions
        self.sources = sources
        self.words = {
            Imm.FUNC: spell.functions,
            Imm.IMPORT: spell.imports,
            Imm.CLASS: spell.classes,
            Imm.GLOBAL: spell.globals,
        }
        self.signature = module.signatures[function.signature]
        self.slots = len(self.signature.params) + len(function.locals)
        self.names = dict(function.local_names)
        self.local_words = self._local_words()
        self.numbers = {instruction.offset: number for number, instruction in enumerate(instructions)}
        self.numbers[len(function.code)] = len(instructions)
        self.positions_written = 0
        self.first_position: dict[Position, int] = {}
        for number, position in enumerate(function.positions):
            self.first_position.setdefault(position, number)
        self.file = -1
        self.shown: tuple[int, int] | None = None

    def _local_words(self) -> dict[int, str]:
        counts: dict[str, int] = {}
        for name in self.names.values():
            counts[name] = counts.get(name, 0) + 1
        return {index: format_name(name) for index, name in self.names.items() if counts[name] == 1}

    def lines(self) -> list[str]:
        """The lines of the function, from its head to its closing brace."""
        out = [self._head()]
        params = len(self.signature.params)
        for index, value in enumerate(self.function.locals, params):
            out.append(f"  .local {self._named(index)}{self.spell.type(value)}")
        order = range(len(self.function.handlers))
        if any(self.function.handlers[a].end > self.function.handlers[b].end for a, b in pairwise(order)):
            out.append("  .handlers " + " ".join(f"h{number}" for number in order))
        labels = {label.offset: number for number, label in enumerate(self.function.labels)}
        states = self._label_states(labels)
        lines = dict(self.function.lines)
        starts, ends = self._handler_marks()
        for instruction in self.instructions:
            offset = instruction.offset
            out += ends.get(offset, ())
            if offset in labels:
                out.append(self._label(labels[offset], *states[labels[offset]]))
            out += starts.get(offset, ())
            if offset in lines:
                out += self._line(lines[offset])
            out.append(self._instruction(instruction))
        out += ends.get(len(self.function.code), ())
        out += ["  .position " + self._position(each) for each in self.function.positions[self.positions_written :]]
        return [*out, "}"]

    def _head(self) -> str:
        types = [self.spell.type(value) for value in self.signature.params]
        results = [self.spell.type(value) for value in self.signature.results]
        self.spell.use_signature(self.function.signature)
        params = ", ".join(self._named(index) + text for index, text in enumerate(types))
        result = f" -> {results[0]}" if results else ""
        return f"func {format_name(self.function.name)}({params}){result} {{"

    def _named(self, index: int) -> str:
        return f"{format_name(self.names[index])}: " if index in self.names else ""

    # Labels and handlers

    def _label_states(self, labels: Mapping[int, int]) -> list[tuple[bool, bool]]:
        """For each label, whether its stacks and its locals are the usual ones."""
        function = self.function
        code = [(instruction.opcode, instruction.immediates) for instruction in self.instructions]
        label_at = {self.numbers[offset]: number for offset, number in labels.items()}
        ranges = [Range(self.numbers[item.start], self.numbers[item.end], item.target) for item in function.handlers]
        declared = {number: (label.locals, label.gaps) for number, label in enumerate(function.labels)}
        masks = default_locals(code, label_at, ranges, (len(self.signature.params), self.slots), declared)
        caught = caught_types([(item.target, item.catches) for item in function.handlers], self.module.throwable)
        out: list[tuple[bool, bool]] = []
        for number, label in enumerate(function.labels):
            usual_stacks = not label.prims and label.refs == caught.get(number, ())
            mask = masks[number]
            usual_locals = label.locals == mask.bit_length() and mask_of(label.locals, label.gaps) == mask
            out.append((usual_stacks, usual_locals))
        return out

    def _label(self, number: int, usual_stacks: bool, usual_locals: bool) -> str:
        label: Label = self.function.labels[number]
        text = f"@L{number}"
        if not usual_stacks:
            prims = ", ".join(map(self.spell.type, label.prims))
            refs = ", ".join(map(self.spell.type, label.refs))
            text += f" [{prims}{' ' if prims and refs else ''}{'| ' + refs if refs else ''}]"
        if not usual_locals:
            text += f" locals {label.locals}"
            if label.gaps:
                text += " except " + ", ".join(map(self._local, label.gaps))
        return text + ":"

    def _handler_marks(self) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
        starts: dict[int, list[str]] = {}
        ends: dict[int, list[str]] = {}
        for number, handler in enumerate(self.function.handlers):
            catches = "" if handler.catches is None else f" catch {self.spell.classes[handler.catches]}"
            starts.setdefault(handler.start, []).insert(0, f"  .try h{number} @L{handler.target}{catches}")
            ends.setdefault(handler.end, []).append(f"  .end h{number}")
        return starts, ends

    # Positions

    def _line(self, number: int) -> list[str]:
        positions = self.function.positions
        position = positions[number]
        out = ["  .position " + self._position(each) for each in positions[self.positions_written : number]]
        is_new = number >= self.positions_written
        self.positions_written = max(self.positions_written, number + is_new)
        if self.first_position[position] == number:
            out.append(self._with_source(f"  .line {self._position(position)}", position))
            return out
        if is_new:
            out.append("  .position " + self._position(position))
        out.append(self._with_source(f"  .line #{number}", position))
        return out

    def _position(self, position: Position) -> str:
        text = f"{position.line}:{position.column}"
        if position.file != self.file:
            self.file = position.file
            text = f"{self.spell.file(position.file)} {text}"
        if position.function:
            text += f" in {format_name(position.function)}"
        if position.caller is not None:
            text += f" from #{position.caller}"
        return text

    def _with_source(self, text: str, position: Position) -> str:
        place = (position.file, position.line)
        source = self.sources.get(position.file, [])
        if place == self.shown or not 0 < position.line <= len(source):
            return text
        self.shown = place
        return _comment(text, source[position.line - 1].strip())

    # Instructions

    def _instruction(self, instruction: Instruction) -> str:
        operands = [
            self._immediate(kind, value)
            for (_, kind), value in zip(instruction.opcode.immediates, instruction.immediates, strict=True)
        ]
        text = "    " + " ".join([instruction.opcode.mnemonic, *operands])
        return _comment(text, f"{instruction.offset:>5}{self._info(instruction)}")

    def _immediate(self, kind: Imm, value: Any) -> str:
        spell = self.spell
        match kind:
            case Imm.I32 | Imm.I64:
                return str(value)
            case Imm.F32 | Imm.F64:
                return format_float(value, 4 if kind is Imm.F32 else 8)
            case Imm.LOCAL:
                return self._local(value)
            case Imm.LABEL:
                return f"@L{value}"
            case Imm.LABELS:
                return " ".join(f"@L{label}" for label in value)
            case Imm.FUNC | Imm.IMPORT | Imm.CLASS | Imm.GLOBAL:
                return self.words[kind][int(value)]
            case Imm.FIELD:
                return spell.field(*value)
            case Imm.METHOD:
                return spell.method(*value)
            case Imm.SIG:
                return spell.signature(value)
            case Imm.STRING:
                return spell.string(value)
            case Imm.ARRAY_KIND:
                return str(value)
            case Imm.REF_TYPE:
                return spell.type(value)

    def _local(self, index: int) -> str:
        return self.local_words.get(index, f"#{index}")

    def _info(self, instruction: Instruction) -> str:
        if not instruction.immediates:
            return ""
        kind = instruction.opcode.immediates[0][1]
        value = instruction.immediates[0]
        match kind:
            case Imm.FUNC:
                return "  " + self.spell.peek_signature(self.module.functions[value].signature)
            case Imm.IMPORT:
                item = self.module.imports[value]
                return f"  {item.kind.name.lower()} {self.spell.peek_signature(item.signature)}"
            case Imm.GLOBAL:
                return "  " + self.spell.peek(self.module.globals[value].type)
            case Imm.LOCAL if value in self.names and value not in self.local_words:
                return f"  {self.names[value]}"
            case _:
                return ""


def _comment(text: str, comment: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in comment[:_MAX_COMMENT])
    return f"{text:<{_COMMENT_COLUMN}} ; {shown}"
