"""Puts the blocks of a function together as structured Python, see ``flow.py`` for where they go.

A path of control that leaves a block for a block that is not inline sets ``b`` to its number and
falls out to the list that holds it, where a guard tests ``b``; it breaks or continues the Python loop
where that list is outside it.  A guard is left out where every path comes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pvm.engines.reference.emitter_heap import State
from pvm.engines.reference.flow import ROOT, Flow, Placement

MAX_INDENT = 64
MAX_LOOPS = 14
"""CPython nests at most 20 loops and handlers, and 100 levels of indentation."""

Place = tuple[int, int] | None
"""Code offset and depth of the reference stack, for traces and for the memory count."""


class TooDeep(Exception):
    """The structure nests deeper than Python allows."""


class Line:
    """A statement; without text it is left out."""

    __slots__ = ("indent", "place", "text")

    def __init__(self, indent: int, text: str, place: Place) -> None:
        self.indent = indent
        self.text = text
        self.place = place


class Chunk:
    """Statements, and the jumps that fall out of their end, each with the line that sets ``b``."""

    __slots__ = ("lines", "outs")

    def __init__(self, lines: list[Line] | None = None, outs: list[tuple[int, Line | None]] | None = None) -> None:
        self.lines = [] if lines is None else lines
        self.outs = [] if outs is None else outs

    def indented(self) -> Chunk:
        """The same, one level deeper."""
        for line in self.lines:
            line.indent += 1
            if line.indent > MAX_INDENT:
                raise TooDeep
        return self

    def append(self, text: str, place: Place) -> Line:
        """Add a statement."""
        line = Line(0, text, place)
        self.lines.append(line)
        return line

    @property
    def is_empty(self) -> bool:
        """No statement is left."""
        return not any(line.text for line in self.lines)


_KEPT = Line(0, "", None)
"""Stands for a line that sets ``b`` and may not be left out, because something tests ``b`` already."""

EmitBlock = Callable[[int, State | None], Chunk]


class Structure:
    """Emits all blocks of one function.  ``emit_block`` emits one, and calls ``jump`` at its end."""

    def __init__(self, flow: Flow, placement: Placement, emit_block: EmitBlock) -> None:
        self.flow = flow
        self.placement = placement
        self.emit_block = emit_block
        self.active: dict[int, int] = {}
        self.loops: list[int] = []
        self.exits: list[list[tuple[int, Line]]] = []

    def whole(self, *, dynamic: bool) -> Chunk:
        """The whole function; with ``dynamic`` entry, ``b`` says at which root to start."""
        chunk = Chunk()
        top = self.placement.inside[ROOT]
        if dynamic:
            chunk.outs = [(root, None) for root in self.flow.roots]
            self._activate(top)
            return self._list(chunk, top)
        self._activate(top[1:])
        return self._list(self.node(top[0], None), top[1:])

    def _activate(self, members: Iterable[int]) -> None:
        for member in members:
            self.active[member] = len(self.loops)

    def _list(self, chunk: Chunk, members: list[int]) -> Chunk:
        for member in members:
            here = [(target, line) for target, line in chunk.outs if target == member]
            others = [(target, line) for target, line in chunk.outs if target != member]
            if not here:  # every way to it traps for certain
                continue
            following = self.node(member, None)
            if others or any(line is None for _, line in here):
                chunk.append(f"if b == {member}:", None)
                following.indented()
                others = [(target, line and _KEPT) for target, line in others]
            else:
                for _, line in here:
                    assert line is not None
                    line.text = ""
            chunk.lines += following.lines
            chunk.outs = others + following.outs
        return chunk

    def node(self, number: int, state: State | None) -> Chunk:
        """A block with all that is placed with it."""
        after = self.placement.after.get(number, [])
        self._activate(after)
        chunk = self._loop(number) if number in self.placement.headers else self.emit_block(number, state)
        return self._list(chunk, after)

    def _loop(self, header: int) -> Chunk:
        if len(self.loops) >= MAX_LOOPS:
            raise TooDeep
        self.loops.append(header)
        self.exits.append([])
        members = self.placement.inside.get(header, [])
        self._activate(members)
        body = self._list(self.emit_block(header, None), members)
        assert not body.outs, "a jump falls out of a loop"
        self.loops.pop()
        exits = self.exits.pop()
        chunk = Chunk()
        chunk.append("while True:", None)
        chunk.lines += body.indented().lines
        return self._leave(chunk, exits)

    def _leave(self, chunk: Chunk, exits: list[tuple[int, Line]]) -> Chunk:
        """After a loop: pass on what leaves more than this loop."""
        targets = list(dict.fromkeys(target for target, _ in exits))
        if len(targets) > 1:
            exits = [(target, _KEPT) for target, _ in exits]
        for target in targets:
            action = self._action(target)
            if action and len(targets) == 1:
                chunk.append(action, None)
            elif action:
                chunk.append(f"if b == {target}: {action}", None)
        for target, line in exits:
            match self._action(target):
                case "break":
                    self.exits[-1].append((target, line))
                case "":
                    chunk.outs.append((target, line))
        return chunk

    def _action(self, target: int) -> str:
        """How to go on to a block from the level of the current loop's body."""
        if self.loops and self.loops[-1] == target:
            return "continue"
        return "break" if target in self.loops or self.active[target] < len(self.loops) else ""

    def jump(self, target: int, state: State, settle: Callable[[State, int], list[Line]], place: Place) -> Chunk:
        """Go to a block: inline, or by way of its list.  ``settle`` moves operands to their slots."""
        if target in self.placement.inline and target not in self.loops:
            is_loop = target in self.placement.headers
            lines = settle(state, target) if is_loop else []
            chunk = self.node(target, None if is_loop else state)
            chunk.lines[:0] = lines
            return chunk
        chunk = Chunk(settle(state, target))
        if self._action(target) == "continue":
            chunk.append("continue", place)
            return chunk
        line = chunk.append(f"b = {target}", place)
        if self._action(target) == "break":
            self.exits[-1].append((target, line))
            chunk.append("break", place)
        else:
            chunk.outs.append((target, line))
        return chunk


class Dispatch:
    """The same interface for graphs without a placement: one loop, a binary decision on ``b``."""

    def __init__(self, flow: Flow, emit_block: EmitBlock) -> None:
        self.flow = flow
        self.emit_block = emit_block
        self.reached: set[int] = set()

    def whole(self, *, dynamic: bool) -> Chunk:
        """The whole function; a block without a label is only reached from the one before it."""
        chunks = []
        self.reached.update(self.flow.roots)
        for number, block in self.flow.blocks.items():
            if block.label is not None or number in self.reached:
                chunks.append((number, self.emit_block(number, None)))
        chunk = Chunk()
        if not dynamic:
            chunk.append("b = 0", None)
        chunk.append("while True:", None)
        chunk.lines += _decide(chunks).indented().lines
        return chunk

    def jump(self, target: int, state: State, settle: Callable[[State, int], list[Line]], place: Place) -> Chunk:
        """Go to a block through the loop."""
        self.reached.add(target)
        chunk = Chunk(settle(state, target))
        chunk.append(f"b = {target}", place)
        chunk.append("continue", place)
        return chunk


def _decide(chunks: list[tuple[int, Chunk]]) -> Chunk:
    if len(chunks) == 1:
        return chunks[0][1]
    middle = len(chunks) // 2
    chunk = Chunk()
    chunk.append(f"if b < {chunks[middle][0]}:", None)
    chunk.lines += _decide(chunks[:middle]).indented().lines
    chunk.append("else:", None)
    chunk.lines += _decide(chunks[middle:]).indented().lines
    return chunk
