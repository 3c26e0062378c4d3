"""LLVM IR as text: a module under construction, and one function of it.

Text because it is thirty times as fast as building objects.  Values are operand texts such as ``%v12``, ``-1`` or
``@table``.  Pure instructions are remembered by their text, so that the same one is not emitted twice where the first
still dominates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

UNLIKELY = "!prof !0"
"""For a conditional branch whose first target is cold."""
LIKELY = "!prof !1"
AS_IT_IS = "!llvm.loop !2"
"""For the branch back of a loop that seldom runs more than once: neither unrolled nor vectorized."""
_METADATA = (
    '!0 = !{!"branch_weights", i32 1, i32 1048575}',
    '!1 = !{!"branch_weights", i32 1048575, i32 1}',
    "!2 = distinct !{!2, !3, !4}",
    '!3 = !{!"llvm.loop.unroll.disable"}',
    '!4 = !{!"llvm.loop.vectorize.enable", i1 false}',
)


class ModuleText:
    """A module: definitions in order, declarations by need."""

    def __init__(self) -> None:
        self.definitions: list[str] = []
        self.declarations: dict[str, str] = {}
        self.attributes: dict[str, int] = {}
        self.nodes: dict[str, int] = {}
        """Numbers of metadata nodes behind those that all modules have, by text."""
        self.distinct: dict[int, str] = {}

    def declare(self, name: str, signature: str) -> str:
        """Use an outside function or intrinsic: ``declare("llvm.ctpop.i64", "i64 (i64)")``."""
        symbol = quoted(name)
        if name not in self.declarations:
            result, _, parameters = signature.partition(" (")
            self.declarations[name] = f"declare {result} {symbol}({parameters}"
        return symbol

    def define(self, text: str) -> None:
        """Add a definition."""
        self.definitions.append(text)

    def group(self, attributes: str) -> str:
        """The number of an attribute group, as it stands behind a function's parameters."""
        return f"#{self.attributes.setdefault(attributes, len(self.attributes))}"

    def node(self, text: str) -> str:
        """A metadata node by its content: ``node('!"root"')``; what is the same is one node."""
        return f"!{self.nodes.setdefault(text, len(self.nodes) + len(self.distinct) + len(_METADATA))}"

    def distinct_node(self) -> str:
        """A metadata node that is like no other; ``distinct`` says what is in it besides itself."""
        number = len(self.nodes) + len(self.distinct) + len(_METADATA)
        self.distinct[number] = ""
        return f"!{number}"

    def complete(self, node: str, text: str) -> None:
        """Say what is in a distinct node."""
        self.distinct[int(node[1:])] = text

    def finish(self, triple: str) -> str:
        """The text of the whole module."""
        nodes = (f"!{number} = !{{{text}}}" for text, number in self.nodes.items())
        distinct = (f"!{number} = distinct !{{{text}}}" for number, text in self.distinct.items())
        groups = (f"attributes #{number} = {{ {text} }}" for text, number in self.attributes.items())
        metadata = (*_METADATA, *nodes, *distinct)
        parts = (f'target triple = "{triple}"', *self.definitions, *self.declarations.values(), *groups, *metadata)
        return "\n".join(parts) + "\n"


_OPERAND = re.compile(r"%[\w.]+")
_MAY_FAIL = ("sdiv", "udiv", "srem", "urem")


class Preheader:
    """What runs once before a loop that is being written, and the names of values that do not change in the loop."""

    def __init__(self, label: str) -> None:
        self.lines = [f"{label}:"]
        self.label = label
        self.known: dict[str, str] = {}
        self.names = {"%cage", "%table"}

    def has(self, operand: str) -> bool:
        """Whether an operand is the same in all rounds."""
        return operand[0] != "%" or operand in self.names

    def can_run(self, text: str) -> bool:
        """Whether a pure instruction can stand before the loop."""
        return not text.startswith(_MAY_FAIL) and all(each in self.names for each in _OPERAND.findall(text))


class FunctionText:
    """The body of a function under construction; ``cold`` blocks come behind all others."""

    def __init__(self, module: ModuleText, entry: str = "entry") -> None:
        self.module = module
        self.lines: list[str] = [f"{entry}:"]
        self.label = entry
        self._cold: list[str] = []
        self._count = 0
        self._known: dict[str, str] = {}
        self.preheader: Preheader | None = None
        """Where pure instructions go whose operands do not change, while a loop is written."""

    # Names

    def fresh(self) -> str:
        """A new value name."""
        self._count += 1
        return f"%v{self._count}"

    def fresh_label(self, hint: str = "b") -> str:
        """A new block label."""
        self._count += 1
        return f"{hint}{self._count}"

    # Instructions

    def line(self, text: str) -> None:
        """Add an instruction without a value."""
        self.lines.append(text)

    def value(self, text: str) -> str:
        """Add an instruction and return the name of its value."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"{name} = {text}")
        return name

    def pure(self, text: str) -> str:
        """Add an instruction that depends on its operands only, unless it is there already."""
        name = self._known.get(text)
        if name is None:
            if self.preheader is not None and self.preheader.can_run(text):
                return self._before_loop(text)
            name = self._known[text] = self.value(text)
        return name

    def _before_loop(self, text: str) -> str:
        with self.in_preheader() as preheader:
            name = self.pure(text)
            preheader.names.add(name)
        return name

    @contextmanager
    def in_preheader(self) -> Iterator[Preheader]:
        """Write what runs before the loop that is being written."""
        preheader = self.preheader
        assert preheader is not None
        kept = self.lines, self.label, self._known
        self.preheader = None
        self.lines, self.label, self._known = preheader.lines, preheader.label, preheader.known
        try:
            yield preheader
        finally:
            preheader.label, preheader.known, self.preheader = self.label, self._known, preheader
            self.lines, self.label, self._known = kept

    def begin_with(self, preheader: Preheader) -> None:
        """Go on where what runs before a loop ends; it is written here."""
        self.lines += preheader.lines
        self.label, self._known = preheader.label, preheader.known

    def mark(self) -> tuple[int, int, str]:
        """Where the function is now, for ``rewind``."""
        return len(self.lines), len(self._cold), self.label

    def rewind(self, mark: tuple[int, int, str]) -> None:
        """Forget what was written since ``mark``; a block begins next."""
        lines, cold, self.label = mark
        del self.lines[lines:]
        del self._cold[cold:]

    def forget(self) -> None:
        """Let no pure value be used again that is there already."""
        self._known = {}

    def know(self, text: str, value: str) -> None:
        """Let ``pure`` of this text give a value that is there already."""
        self._known[text] = value

    def call(self, result: str, name: str, arguments: str, parameters: str) -> str:
        """Call an intrinsic, which is pure: ``call("i64", "llvm.ctpop.i64", "i64 %v1", "i64")``."""
        symbol = self.module.declare(name, f"{result} ({parameters})")
        return self.pure(f"call {result} {symbol}({arguments})")

    # Blocks

    def block(self, label: str, *, dominated: bool = False) -> None:
        """Start a block; ``dominated``: by every block so far, so that known values stay known."""
        self.lines.append(f"{label}:")
        self.label = label
        if not dominated:
            self._known = {}

    def jump(self, label: str, note: str = "") -> None:
        """End the block; ``note`` is metadata."""
        self.lines.append(f"br label %{label}{note}")

    def branch(self, flag: str, yes: str, no: str, weights: str = "") -> None:
        """End the block; ``weights`` are ``UNLIKELY`` or ``LIKELY``, with or without ``AS_IT_IS`` behind a comma."""
        tail = f", {weights}" if weights else ""
        self.lines.append(f"br i1 {flag}, label %{yes}, label %{no}{tail}")

    def branch_away(self, flag: str, cold: str) -> None:
        """Go to a cold block if the flag is set, else on in a new block."""
        label = self.fresh_label()
        self.branch(flag, cold, label, UNLIKELY)
        self.block(label, dominated=True)

    @contextmanager
    def cold(self, label: str) -> Iterator[None]:
        """Write a block out of line; inside, the caller ends it."""
        lines, current, known = self.lines, self.label, dict(self._known)
        self.lines = [f"{label}:"]
        self.label = label
        try:
            yield
        finally:
            self._cold += self.lines
            self.lines, self.label, self._known = lines, current, known

    def finish(self) -> str:
        """The body."""
        return "\n".join((*self.lines, *self._cold))


def quoted(name: str) -> str:
    """A global symbol as IR writes it."""
    if name.replace(".", "_").isidentifier() and name.isascii():
        return f"@{name}"
    safe = "".join(each if " " <= each <= "~" and each not in '"\\' else _escaped(each) for each in name)
    return f'@"{safe}"'


def _escaped(character: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def phi(kind: str, sources: Iterable[tuple[str, str]]) -> str:
    """The text of a phi: ``sources`` are pairs of value and label."""
    return f"phi {kind} {', '.join(f'[ {value}, %{label} ]' for value, label in sources)}"


def switch(index: str, default: str, cases: Mapping[int, str]) -> str:
    """The text of a switch on an i32."""
    arms = " ".join(f"i32 {number}, label %{label}" for number, label in cases.items())
    return f"switch i32 {index}, label %{default} [ {arms} ]"
