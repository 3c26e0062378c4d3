"""The internal code of one function, and where it comes from."""

from __future__ import annotations

from pvm.typed import NamedTuple


class Translation(NamedTuple):
    """Internal code of one function, to be placed at a multiple of 8.

    ``entry`` is the position of the first instruction, ``stubs`` those of the instructions that
    enter the block of a label and pay for it, for handlers and heads of loops; ``first`` the one that
    does so for the entry.  ``sources`` are (position, bytecode offset), ascending; ``arrivals`` maps positions that
    control comes to at a poll to the offset of the block.

    Fields are plain values: translations are kept with the linked program.
    """

    code: bytes
    entry: int
    first: int
    stubs: dict[int, int]
    cost: int
    sources: tuple[tuple[int, int], ...]
    arrivals: dict[int, int]


class PlacedFunction(NamedTuple):
    """A translated function and where its code is."""

    address: int
    translation: Translation

    def position_of(self, offset: int) -> int:
        """The position where the block at a bytecode offset begins."""
        return next(position for position, known in self.translation.arrivals.items() if known == offset)

    def offset_at(self, pc: int, *, arrived: bool) -> int:
        """The bytecode offset of an address in its code; ``arrived`` at a block that was not begun yet."""
        position = pc - self.address
        if not 0 <= position < len(self.translation.code):
            return 0  # at the entry, in an instruction that stands for the whole function
        if arrived and position in self.translation.arrivals:
            return self.translation.arrivals[position]
        from bisect import bisect_right  # a run without exceptions does not come here

        sources = self.translation.sources
        return sources[bisect_right(sources, position, key=lambda source: source[0]) - 1][1]
