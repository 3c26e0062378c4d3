"""Row displacement: many sparse rows in one table, so that looking up a row and a column is one load.

Each row is moved until none of its entries falls on another row's (Tarjan and Yao, "Storing a sparse table", 1979; used
for dispatch by Driesen, "Selector table indexing and sparse arrays", 1993).
"""

from __future__ import annotations

from collections.abc import Mapping

from pvm.engines.native.unsupported import Unsupported

MAX_TRIES = 256
"""Places that are tried for a row before it goes behind all others."""


class Displacement:
    """A table of numbers, 0 where there is no entry.  ``limit`` bounds its length."""

    def __init__(self, limit: int) -> None:
        self.entries: list[int] = []
        self._limit = limit
        self._free = 0

    def add(self, row: Mapping[int, int]) -> int:
        """Enter a row, column to number, and give its displacement: the place of column 0, maybe below 0.

        Raises:
            Unsupported: there is no room.
        """
        if not row:
            return 0
        columns = sorted(row)
        first, last = columns[0], columns[-1]
        place = self._find(columns)
        end = place + last - first + 1
        if end > self._limit:
            raise Unsupported("the module's classes implement too many interface methods")
        self.entries.extend([0] * (end - len(self.entries)))
        for column in columns:
            self.entries[place + column - first] = row[column]
        while self._free < len(self.entries) and self.entries[self._free]:
            self._free += 1
        return place - first

    def _find(self, columns: list[int]) -> int:
        entries, first = self.entries, columns[0]
        place = self._free
        for _ in range(MAX_TRIES):
            if all(place + column - first >= len(entries) or not entries[place + column - first] for column in columns):
                return place
            place += 1
        return len(entries)
