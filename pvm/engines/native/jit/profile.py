"""Who called whom, as looks at the clock found it: what calls that may reach many functions are compared with first."""

from __future__ import annotations

MAX_SITES = 1 << 12
"""Calls that are counted at most."""
_SENT, _CALLEES = 64, 3
_LIKELY, _SHARE = 2, 4
Counts = tuple[tuple[tuple[int, int], tuple[tuple[int, int], ...]], ...]
"""For each call, by its function and where that goes on in internal code: what it called, and how often, most first."""


class CallProfile:
    """The counts of one program."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, int], dict[int, int]] = {}

    def note(self, caller: int, position: int, callee: int) -> None:
        """A function that goes on at a position, in bytes of its internal code, was seen waiting for another one."""
        counts = self._counts.get((caller, position))
        if counts is None:
            if len(self._counts) >= MAX_SITES:
                return
            counts = self._counts[caller, position] = {}
        counts[callee] = counts.get(callee, 0) + 1

    def of(self, function: int = -1) -> Counts:
        """Of the calls that were seen most, those of a function first."""
        known = list(self._counts.items())
        known.sort(key=lambda item: (item[0][0] != function, -sum(item[1].values())))
        return tuple(
            (site, tuple(sorted(counts.items(), key=lambda item: -item[1])[:_CALLEES]))
            for site, counts in known[:_SENT]
        )


def likely(counts: tuple[tuple[int, int], ...]) -> list[int]:
    """The functions that a call mostly reaches: few, and none that is seldom reached."""
    total = sum(count for _, count in counts)
    return [function for function, count in counts[:_LIKELY] if _SHARE * count >= total]
