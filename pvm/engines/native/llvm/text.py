"""LLVM IR as text: a module under construction, and one function of it.

Text because it is thirty times as fast as building objects.  Values are operand texts such as ``%v12``, ``-1`` or
``@table``.  Pure instructions are remembered by their text, so that the same one is not emitted twice where the first
still dominates.
"""

from __future__ import annotations

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

    def finish(self, triple: str) -> str:
        """The text of the whole module."""
        groups = (f"attributes #{number} = {{ {text} }}" for text, number in self.attributes.items())
        parts = (f'target triple = "{triple}"', *self.definitions, *self.declarations.values(), *groups, *_METADATA)
        return "\n".join(parts) + "\n"


class FunctionText:
    """The body of a function under construction; ``cold`` blocks come behind all others."""

    def __init__(self, module: ModuleText, entry: str = "entry") -> None:
        self.module = module
        self.lines: list[str] = [f"{entry}:"]
        self.label = entry
        self._cold: list[str] = []
        self._count = 0
        self._known: dict[str, str] = {}

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
            name = self._known[text] = self.value(text)
        return name

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

    def jump(self, label: str) -> None:
        """End the block."""
        self.lines.append(f"br label %{label}")

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
