"""Assembles one function: instructions, labels with their states, handlers and positions.

Labels are numbered in the order in which they stand, which is known only at the end, so
instructions keep the names of their labels until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pvm.errors import AssemblyError, FormatError
from pvm.isa.encoding import encode_instruction
from pvm.isa.instruction import Imm, Opcode
from pvm.isa.table import BY_NAME
from pvm.isa.types import RefType, Signature, ValueType, class_ref
from pvm.pbc.asm_lexer import Kind, Token
from pvm.pbc.asm_line import Line, Names, Tables, suggestion
from pvm.pbc.asm_members import Members
from pvm.pbc.label_state import Range, default_locals, split_mask
from pvm.pbc.literals import parse_float
from pvm.pbc.model import Function, Handler, Label, Position


@dataclass(slots=True)
class _LabelDef:
    """A label as written; None where the default holds.  ``at`` is a number of an instruction."""

    token: Token
    at: int
    stacks: tuple[tuple[ValueType, ...], tuple[RefType, ...]] | None = None
    locals: tuple[int, tuple[int, ...]] | None = None


@dataclass(slots=True)
class _HandlerDef:
    token: Token
    start: int
    label: Token
    catches: int | None
    end: int = -1


@dataclass(slots=True)
class _Step:
    """An instruction whose labels are still names."""

    opcode: Opcode
    immediates: list[Any]
    place: Token


@dataclass(slots=True)
class _Debug:
    positions: list[Position] = field(default_factory=list)
    numbers: dict[Position, int] = field(default_factory=dict)
    lines: list[tuple[int, int, Token]] = field(default_factory=list)
    file: int = -1


class FunctionAssembler:
    """Takes the lines of a function's body in order; ``finish`` gives the function."""

    def __init__(self, head: Line, tables: Tables, members: Members, throwable: int | None) -> None:
        self.tables = tables
        self.members = members
        self.throwable = throwable
        self.name = head.name("the name of a function").value
        head.need("(")
        params = head.named_types(")")
        self.signature = Signature(tuple(value for _, value in params), head.results())
        self.signature_index = tables.signature(self.signature)
        self.locals = Names("local")
        self.local_types: list[ValueType] = []
        self.local_names: list[tuple[int, str]] = []
        self._name_locals(params)
        self.steps: list[_Step] = []
        self.labels: list[_LabelDef] = []
        self.label_numbers: dict[str, int] = {}
        self.handlers: dict[str, _HandlerDef] = {}
        self.ended: list[_HandlerDef] = []
        self.order: list[Token] | None = None
        self.debug = _Debug()

    def _name_locals(self, named: Iterable[tuple[Token | None, ValueType]]) -> None:
        for token, _ in named:
            index = self.locals.declare(token, unique=False)
            if token is not None:
                self.local_names.append((index, token.value))

    # Lines

    def line(self, line: Line) -> None:
        """Take one line of the body."""
        token = line.token
        match token.kind:
            case Kind.END:
                return
            case Kind.LABEL:
                self._label(line)
            case Kind.DIRECTIVE:
                self._directive(line)
            case Kind.NAME:
                self._instruction(line)
            case _:
                line.expected("an instruction, a label or a directive")
        line.end()

    def _directive(self, line: Line) -> None:
        directives = {
            "local": self._local,
            "line": self._line,
            "position": lambda line: self._append_position(self._position(line)),
            "try": self._try,
            "end": self._end_of_try,
            "handlers": self._handler_order,
        }
        token = line.next()
        found = directives.get(token.value)
        if found is None:
            close = suggestion(token.value, directives)
            line.fail(f"unknown directive {token.describe()}{close}", token)
        found(line)

    def _local(self, line: Line) -> None:
        named = line.named_types("")
        self._name_locals(named)
        self.local_types += [value for _, value in named]

    def _label(self, line: Line) -> None:
        token = line.next()
        if token.value in self.label_numbers:
            line.fail(f"label {token.describe()} stands twice in this function", token)
        label = _LabelDef(token, len(self.steps))
        if line.is_sign("["):
            label.stacks = self._stacks(line)
        if line.take_word("locals"):
            label.locals = self._initialised(line)
        line.take(":")
        if self.labels and self.labels[-1].at == label.at:
            self._merge(self.labels[-1], label, line)
        else:
            self.labels.append(label)
        self.label_numbers[token.value] = len(self.labels) - 1

    def _merge(self, first: _LabelDef, second: _LabelDef, line: Line) -> None:
        """Two labels at one place are one label with two names."""
        for name in ("stacks", "locals"):
            ours, theirs = getattr(first, name), getattr(second, name)
            if theirs is not None and ours not in {None, theirs}:
                line.fail(
                    f"label {second.token.describe()} has other {name} than the label at the same place", second.token
                )
            if theirs is not None:
                setattr(first, name, theirs)

    def _stacks(self, line: Line) -> tuple[tuple[ValueType, ...], tuple[RefType, ...]]:
        line.need("[")
        prims: list[ValueType] = []
        refs: list[RefType] = []
        if not (line.is_sign("|") or line.is_sign("]")):
            prims.append(self._prim(line))
            while line.take(","):
                prims.append(self._prim(line))
        if line.take("|"):
            refs.append(line.ref_type())
            while line.take(","):
                refs.append(line.ref_type())
        line.need("]")
        return tuple(prims), tuple(refs)

    def _prim(self, line: Line) -> ValueType:
        token = line.token
        value = line.value_type()
        if isinstance(value, RefType):
            line.fail(f"expected a primitive type before '|', found {value}", token)
        return value

    def _initialised(self, line: Line) -> tuple[int, tuple[int, ...]]:
        token = line.token
        count = line.integer(32, "the number of initialised locals")
        if count > self.locals.count:
            line.fail(f"{count} locals are initialised, but {self.locals.count} are declared above", token)
        gaps: list[int] = []
        if line.take_word("except"):
            gaps.append(self._local_index(line))
            while line.take(","):
                gaps.append(self._local_index(line))
        if sorted(set(gaps)) != gaps or (gaps and gaps[-1] >= count):
            line.fail(f"expected ascending locals below {count} after 'except'", token)
        return count, tuple(gaps)

    def _local_index(self, line: Line) -> int:
        token = line.token
        if token.kind is Kind.NUMBER:
            index = line.integer(32, "a local")
            if index >= self.locals.count:
                line.fail(f"local {index} does not exist: there are {self.locals.count}", token)
            return index
        return line.element(self.locals)

    # Instructions

    def _instruction(self, line: Line) -> None:
        token = line.next()
        opcode = BY_NAME.get(token.value)
        if opcode is None:
            line.fail(f"unknown instruction {token.describe()}{suggestion(token.value, BY_NAME)}", token)
        immediates = [self._immediate(line, kind) for _, kind in opcode.immediates]
        self.steps.append(_Step(opcode, immediates, token))

    def _immediate(self, line: Line, kind: Imm) -> Any:  # noqa: C901 - one case for each kind
        tables = self.tables
        match kind:
            case Imm.I32 | Imm.I64:
                return line.integer(32 if kind is Imm.I32 else 64, "an integer", signed=True)
            case Imm.F32 | Imm.F64:
                return float_literal(line, 4 if kind is Imm.F32 else 8)
            case Imm.LOCAL:
                return self._local_index(line)
            case Imm.LABEL:
                return self._label_operand(line)
            case Imm.LABELS:
                targets = [self._label_operand(line)]
                while line.take(",") or line.token.kind is Kind.LABEL:
                    targets.append(self._label_operand(line))
                return targets
            case Imm.FUNC:
                return line.element(tables.functions)
            case Imm.IMPORT:
                return line.element(tables.imports)
            case Imm.CLASS:
                return line.element(tables.classes)
            case Imm.FIELD:
                return self.members.field(line)
            case Imm.METHOD:
                return self.members.method(line)
            case Imm.SIG:
                return line.signature_index()
            case Imm.GLOBAL:
                return line.element(tables.globals)
            case Imm.STRING:
                return string_operand(line)
            case Imm.ARRAY_KIND:
                return line.array_kind()
            case Imm.REF_TYPE:
                return line.ref_type()

    def _label_operand(self, line: Line) -> Token:
        if line.token.kind is not Kind.LABEL:
            line.expected("a label")
        return line.next()

    # Positions

    def _line(self, line: Line) -> None:
        place = line.token
        if line.token.kind is Kind.INDEX:
            number = int(line.next().value)
            if number >= len(self.debug.positions):
                line.fail(f"position {number} does not exist: there are {len(self.debug.positions)}", place)
        else:
            position = self._position(line)
            known = self.debug.numbers.get(position)
            number = self._append_position(position) if known is None else known
        if self.debug.lines and self.debug.lines[-1][0] == len(self.steps):
            line.fail("two positions for one instruction", place)
        self.debug.lines.append((len(self.steps), number, place))

    def _append_position(self, position: Position) -> int:
        number = len(self.debug.positions)
        self.debug.positions.append(position)
        self.debug.numbers.setdefault(position, number)
        return number

    def _position(self, line: Line) -> Position:
        if line.token.kind in {Kind.NAME, Kind.STRING}:
            self.debug.file = self.tables.file(line.next().value)
        elif self.debug.file < 0:
            if not self.tables.files:
                line.expected("the name of a source file")
            self.debug.file = 0
        number = line.integer(32, "a line")
        column = line.integer(32, "a column") if line.take(":") else 0
        function, caller = "", None
        if line.take_word("in"):
            token = line.token
            function = line.name("the name of the inlined function").value
            if not function:
                line.fail("the name of the inlined function is empty", token)
            if line.take_word("from"):
                token = line.token
                if token.kind is not Kind.INDEX or int(token.value) >= len(self.debug.positions):
                    line.expected("the #N of an earlier position")
                caller = int(line.next().value)
        return Position(self.debug.file, number, column, function, caller)

    # Handlers

    def _try(self, line: Line) -> None:
        token = line.name("a name for the handler")
        if token.value in self.handlers:
            line.fail(f"handler {token.describe()} stands twice in this function", token)
        label = self._label_operand(line)
        catches = line.element(self.tables.classes) if line.take_word("catch") else None
        self.handlers[token.value] = _HandlerDef(token, len(self.steps), label, catches)

    def _end_of_try(self, line: Line) -> None:
        token = line.name("the name of a handler")
        handler = self.handlers.get(token.value)
        if handler is None or handler.end >= 0:
            state = "has ended already" if handler else "is not open" + suggestion(token.value, self.handlers)
            line.fail(f"handler {token.describe()} {state}", token)
        if handler.start == len(self.steps):
            line.fail(f"handler {token.describe()} covers no instruction", token)
        handler.end = len(self.steps)
        self.ended.append(handler)

    def _handler_order(self, line: Line) -> None:
        self.order = []
        while not line.at_end():
            self.order.append(line.name("the name of a handler"))

    # The whole

    def finish(self, close: Line) -> Function:
        """Return the function; ``close`` is the line of its closing brace."""
        for open_ in self.handlers.values():
            if open_.end < 0:
                close.fail(f"handler {open_.token.describe()} has no .end", open_.token)
        for label in self.labels:
            if label.at == len(self.steps):
                close.fail(
                    f"label {label.token.describe()} is at the end of the function, expected an instruction",
                    label.token,
                )
        if self.debug.lines and self.debug.lines[-1][0] == len(self.steps):
            close.fail("a position at the end of the function, expected an instruction", self.debug.lines[-1][2])
        handlers = self._ordered_handlers(close)
        code = [(step.opcode, self._resolved(step)) for step in self.steps]
        pieces = [_encode(step, immediates) for step, (_, immediates) in zip(self.steps, code, strict=True)]
        offsets = [0]
        for piece in pieces:
            offsets.append(offsets[-1] + len(piece))
        ranges = [Range(item.start, item.end, self._number(item.label)) for item in handlers]
        return Function(
            self.name,
            self.signature_index,
            tuple(self.local_types),
            b"".join(pieces),
            self._states(code, handlers, ranges, offsets),
            tuple(
                Handler(offsets[item.start], offsets[item.end], range_.target, item.catches)
                for item, range_ in zip(handlers, ranges, strict=True)
            ),
            tuple(self.debug.positions),
            tuple((offsets[at], number) for at, number, _ in self.debug.lines),
            tuple(self.local_names),
        )

    def _ordered_handlers(self, close: Line) -> list[_HandlerDef]:
        if self.order is None:
            return self.ended
        for token in self.order:
            if token.value not in self.handlers:
                close.fail(f"unknown handler {token.describe()}{suggestion(token.value, self.handlers)}", token)
        if len({token.value for token in self.order}) != len(self.handlers) or len(self.order) != len(self.handlers):
            close.fail(".handlers must name each handler of the function once")
        return [self.handlers[token.value] for token in self.order]

    def _number(self, token: Token) -> int:
        number = self.label_numbers.get(token.value)
        if number is None:
            message = f"unknown label {token.describe()}{suggestion(token.value, self.label_numbers)}"
            raise AssemblyError(token.line, token.column, message)
        return number

    def _resolved(self, step: _Step) -> tuple[Any, ...]:
        for place, (_, kind) in enumerate(step.opcode.immediates):
            if kind is Imm.LABEL:
                step.immediates[place] = self._number(step.immediates[place])
            elif kind is Imm.LABELS:
                step.immediates[place] = tuple(map(self._number, step.immediates[place]))
        return tuple(step.immediates)

    def _states(
        self,
        code: Sequence[tuple[Opcode, tuple[Any, ...]]],
        handlers: Sequence[_HandlerDef],
        ranges: Sequence[Range],
        offsets: Sequence[int],
    ) -> tuple[Label, ...]:
        label_at = {label.at: number for number, label in enumerate(self.labels)}
        declared = {number: label.locals for number, label in enumerate(self.labels) if label.locals is not None}
        slots = (len(self.signature.params), self.locals.count)
        defaults = default_locals(code, label_at, ranges, slots, declared)
        caught = caught_types(
            [(item.target, handler.catches) for item, handler in zip(ranges, handlers, strict=True)], self.throwable
        )
        out: list[Label] = []
        for number, label in enumerate(self.labels):
            prims, refs = label.stacks if label.stacks is not None else ((), caught.get(number, ()))
            locals_, gaps = label.locals if label.locals is not None else split_mask(defaults[number])
            out.append(Label(offsets[label.at], prims, refs, locals_, gaps))
        return tuple(out)


def caught_types(targets: Iterable[tuple[int, int | None]], throwable: int | None) -> dict[int, tuple[RefType, ...]]:
    """The reference stack of labels that handlers go to; the first handler of a label decides."""
    caught: dict[int, tuple[RefType, ...]] = {}
    for target, catches in targets:
        class_ = throwable if catches is None else catches
        caught.setdefault(target, () if class_ is None else (class_ref(class_),))
    return caught


def _encode(step: _Step, immediates: tuple[Any, ...]) -> bytes:
    try:
        return encode_instruction(step.opcode, immediates)
    except FormatError as error:
        raise AssemblyError(step.place.line, step.place.column, error.message) from None


def float_literal(line: Line, width: int) -> float:
    """A float of 4 or 8 bytes."""
    token = line.token
    if token.kind not in {Kind.NUMBER, Kind.NAME}:
        line.expected("a number")
    try:
        value = parse_float(token.value, width)
    except ValueError as error:
        line.fail(str(error))
    line.next()
    return value


def string_operand(line: Line) -> int:
    """A text in quotes, interned, or ``#N`` of one that is listed above."""
    token = line.token
    if token.kind is not Kind.INDEX:
        return line.tables.string(line.string("a text"))
    if int(token.value) >= len(line.tables.strings):
        line.fail(f"string #{token.value} is not listed above: list it with 'string'")
    return int(line.next().value)
