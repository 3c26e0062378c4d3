"""The shape of an entry in the instruction table, and the decorator that makes one.

One ``Opcode`` holds everything that is known about an instruction: number, name, immediates,
stack effect, traps, form, meaning and documentation.  Decoder, verifier, assembler, engines and
the manual are derived from it.  Numbers are frozen; new opcodes take free ones.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from pvm.isa.traps import TrapKind


class Imm(Enum):
    """Kinds of immediate; the value says how the decoded Python value looks."""

    I32 = "int, signed LEB128"
    I64 = "int, signed LEB128 "
    F32 = "float, 4 bytes little endian"
    F64 = "float, 8 bytes little endian"
    LOCAL = "int, index of a local"
    LABEL = "int, index into the function's label table"
    LABELS = "tuple of ints, label indices, counted"
    FUNC = "int, index of a function"
    IMPORT = "int, index of an import"
    CLASS = "int, index of a class"
    FIELD = "(class, field) where field counts inherited fields first"
    METHOD = "(class, slot) where slots count inherited slots first"
    SIG = "int, index of a signature"
    GLOBAL = "int, index of a global"
    STRING = "int, index into the constant pool"
    ARRAY_KIND = "ArrayKind, one byte"
    REF_TYPE = "RefType, encoded as in the type section"


class Form(Enum):
    """What driver code an executor needs: the closed set beside straight-line ``SIMPLE`` entries."""

    SIMPLE = "straight line"
    ALLOCATE = "straight line, may collect"
    JUMP = "unconditional jump"
    BRANCH = "semantics give a flag; jump if it is set"
    BRANCH_REF = "test of a reference that also changes its type"
    SWITCH = "jump table"
    CALL = "call; falls through with the results"
    TAIL_CALL = "call that replaces the frame"
    RETURN = "return"
    THROW = "throw an exception"
    HYPERCALL = "call out of the machine, may park the task"
    TASK = "operation of the scheduler"
    UNREACHABLE = "always traps"


ENDS_BLOCK = frozenset({Form.JUMP, Form.SWITCH, Form.TAIL_CALL, Form.RETURN, Form.THROW, Form.UNREACHABLE})
"""Forms after which control does not fall through."""


class Operand(NamedTuple):
    """One popped or pushed value: its name, and its type in the notation of ``pvm/isa/README.md``."""

    name: str
    spec: str

    def __str__(self) -> str:
        return f"{self.name}:{self.spec}"


class Effect(NamedTuple):
    """Operands popped and pushed, left to right; on each stack the last one is on top."""

    pops: tuple[Operand, ...]
    pushes: tuple[Operand, ...]

    @staticmethod
    def parse(text: str) -> Effect:
        """Read ``lhs:i64 rhs:i64 -- sum:i64``."""
        left, right = text.split("--")
        return Effect(_operands(left), _operands(right))

    def __str__(self) -> str:
        return " ".join([*map(str, self.pops), "--", *map(str, self.pushes)])


def _operands(text: str) -> tuple[Operand, ...]:
    return tuple(Operand(*item.split(":", 1)) for item in text.split())


Semantics = Callable[..., Any]


class Opcode(NamedTuple):
    """An entry of the instruction table.

    ``code`` is the byte, or ``page << 8 | byte`` for an opcode behind a prefix byte.  ``semantics``
    receives the machine, the immediates, then the popped values, and returns what is pushed; it is
    None where the form alone says what happens.
    """

    code: int
    mnemonic: str
    immediates: tuple[tuple[str, Imm], ...]
    effect: Effect
    form: Form
    traps: tuple[TrapKind, ...]
    privileged: bool
    doc: str
    semantics: Semantics | None

    @property
    def safepoint(self) -> bool:
        """May collect, block or call, so that live references must be in the frame."""
        return self.form in {Form.ALLOCATE, Form.CALL, Form.TAIL_CALL, Form.HYPERCALL, Form.TASK, Form.THROW}

    @property
    def ends_block(self) -> bool:
        """Control never falls through to the next instruction."""
        return self.form in ENDS_BLOCK

    @property
    def is_leader_after(self) -> bool:
        """The next instruction starts a basic block."""
        return self.ends_block or self.form in {Form.BRANCH, Form.BRANCH_REF}

    @property
    def ident(self) -> str:
        """The mnemonic as a Python name: ``i64_div_s``."""
        name = self.mnemonic.replace(".", "_")
        return name + "_" if name == "return" else name


def parse_immediates(text: str) -> tuple[tuple[str, Imm], ...]:
    """Read ``"target:label type:ref_type"``."""
    pairs = (item.split(":") for item in text.split())
    return tuple((name, Imm[kind.upper()]) for name, kind in pairs)


class Family:
    """A group of opcodes declared together; the table is the concatenation of the families."""

    def __init__(self, title: str, page: int | None = None) -> None:
        self.title = title
        self.page = page
        self.opcodes: list[Opcode] = []

    def instr(
        self,
        code: int,
        mnemonic: str,
        effect: str,
        *,
        imm: str = "",
        form: Form = Form.SIMPLE,
        traps: tuple[TrapKind, ...] = (),
        privileged: bool = False,
    ) -> Callable[[Semantics], Semantics]:
        """Declare the decorated function as the semantics of ``mnemonic``; its docstring is the doc line."""

        def declare(semantics: Semantics) -> Semantics:
            self.opcodes.append(
                Opcode(
                    self._number(code),
                    mnemonic,
                    parse_immediates(imm),
                    Effect.parse(effect),
                    form,
                    traps,
                    privileged,
                    _doc(semantics),
                    semantics,
                )
            )
            return semantics

        return declare

    def driver(
        self,
        code: int,
        mnemonic: str,
        effect: str,
        doc: str,
        *,
        form: Form,
        imm: str = "",
        traps: tuple[TrapKind, ...] = (),
    ) -> None:
        """Declare an instruction that its form alone describes."""
        immediates = parse_immediates(imm)
        self.opcodes.append(
            Opcode(self._number(code), mnemonic, immediates, Effect.parse(effect), form, traps, False, doc, None)
        )

    def pair(
        self,
        codes: tuple[int, int],
        widths: tuple[str, str],
        name: str,
        effect: str,
        *,
        traps: tuple[TrapKind, ...] = (),
    ) -> Callable[[Semantics], Semantics]:
        """Declare one meaning at two widths; ``T`` in the effect stands for the width."""

        def declare(semantics: Semantics) -> Semantics:
            for code, width in zip(codes, widths, strict=True):
                text = " ".join(part.replace(":T", f":{width}") for part in effect.split())
                self.instr(code, f"{width}.{name}", text, traps=traps)(semantics)
            return semantics

        return declare

    def _number(self, code: int) -> int:
        return code if self.page is None else self.page << 8 | code


def _doc(semantics: Semantics) -> str:
    text = (semantics.__doc__ or "").strip()
    return " ".join(text.split())
