"""A short function that is being drawn for compiled code, about one thing that it takes for granted."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.types import ArrayKind, Prim, Signature, ValueType, array_ref
from pvm.pbc.builder import FunctionBuilder
from pvm.pbc.model import ImportKind
from tests.fuzz.compiled_tables import Tables, write

MAX, MIN = (1 << 63) - 1, -(1 << 63)
_AS_BITS = {
    Prim.I64: "",
    Prim.I32: "i64.extend_i32_s",
    Prim.F64: "i64.bits_f64",
    Prim.F32: "i32.bits_f32; i64.extend_i32_u",
}
"""What makes an i64 of all bits of a number."""


class Drill:
    """A function that is being written: what it gives is in ``total``."""

    def __init__(self, tables: Tables, code: FunctionBuilder, random: Random) -> None:
        self.tables, self.code, self.random = tables, code, random
        self.total, self.at = self.local(Prim.I64), self.local(Prim.I64)
        self.write(f"local.get 1; local.set {self.total}")

    def write(self, text: str, **types: object) -> None:
        """Emit instructions by their text; types have names in it."""
        write(self.code, text, **types)

    def local(self, kind: ValueType) -> int:
        return self.code.local(kind)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def take_up(self, text: str) -> str:
        """The text of what mixes a number into the total."""
        total = self.total
        return f"local.get {total}; i64.const 31; i64.mul; {text}; i64.xor; local.set {total};"

    def take_up_top(self, kind: Prim) -> None:
        """Mix what was pushed last into the total, all bits of it."""
        self.write(f"{_AS_BITS[kind]}; local.get {self.total}; i64.const 31; i64.mul; i64.xor; local.set {self.total}")

    def rounds(self, body: str | Callable[[], None], bound: str, start: str = "i64.const 0", **types: object) -> None:
        """Emit a loop whose variable grows by one up to a bound, by the texts of what is pushed and done."""
        at, code = self.at, self.code
        head, test = code.label(backward=True), code.label(backward=True)
        self.write(f"{start}; local.set {at}", **types)
        if self.chance(0.6):
            code.jump(test)
        code.bind(head)
        if isinstance(body, str):
            self.write(body, **types)
        else:
            body()
        self.write(
            f"local.get {at}; i64.const 1; i64.add{self.random.choice(('', '_checked_s'))}; local.set {at}", **types
        )
        code.bind(test)
        self.write(f"local.get {at}; {bound}; i64.lt_s", **types)
        code.branch_if(head)

    def function(self, name: str, signature: Signature) -> tuple[int, FunctionBuilder]:
        """A function of its own, and its code, which is to be written."""
        index = self.tables.function(f"{name}{len(self.tables.own)}", signature)
        self.tables.own.append(index)
        return index, self.tables.builder.function(index)

    def few(self) -> str:
        """The text of how many rounds there are mostly."""
        return f"i64.const {self.random.choice((5, 17, 40, 90))}"

    def new_array(self, length: int, kind: ArrayKind = ArrayKind.I64) -> int:
        """A local with a new array."""
        local = self.local(array_ref(kind))
        self.write(f"i64.const {length}; array.new {kind.name}; local.set {local}")
        return local

    def maybe_task(self) -> None:
        """Sometimes there is another task, so that turns end."""
        if self.tables.tasks and self.chance(0.5):
            self.code.func_ref(self.random.choice(self.tables.tasks))
            self.write("task.spawn; ref.drop")

    def end(self) -> None:
        self.write(f"local.get {self.total}; return")


def runtime_function(drill: Drill, name: str) -> int:
    """The import of a function of the runtime image."""
    return drill.tables.builder.add_import(ImportKind.RUNTIME, name, RUNTIME_BY_NAME[name].signature)
