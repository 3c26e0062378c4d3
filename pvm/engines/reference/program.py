"""What the instances of one verified module share: translations, class facts, names of methods.

Translated code refers to instance state by global names only, so a code object serves every
instance; each executes it in a namespace of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from types import CodeType
from typing import NamedTuple

from pvm.engines.polls import PollRule
from pvm.pbc.effects import EffectResolver
from pvm.verify.verified import VerifiedModule

KEPT_PROGRAMS = 8


class Translation(NamedTuple):
    """A function as Python code.

    ``lines`` maps lines of the source, from 1, to (code offset, depth of the reference stack), or None
    for lines that belong to no instruction.  ``needs`` says what the namespace must hold.
    """

    code: CodeType
    source: str
    lines: tuple[tuple[int, int] | None, ...]
    needs: dict[str, tuple[str, object]]
    catches: tuple[tuple[int, int, int, int | None], ...]
    """Handlers: start, end, block number, class."""


class Program:
    """A verified module on its way to Python."""

    def __init__(self, verified: VerifiedModule) -> None:
        self.verified = verified
        self.module = verified.module
        self.layouts = verified.layouts
        self.functions = verified.functions
        self.resolver = EffectResolver(verified.module, verified.layouts)
        self.polls = PollRule(verified.functions)
        self.translations: dict[tuple[int, bool, bool], Translation] = {}
        self.uses: dict[tuple[int, str, bool], tuple[int, ...]] = {}
        self._methods: dict[str, str] = {}

    def method_attribute(self, name: str) -> str:
        """The Python attribute under which classes hold the method of this name."""
        return self._methods.setdefault(name, f"m{len(self._methods)}")


_PROGRAMS: OrderedDict[int, Program] = OrderedDict()


def program_of(verified: VerifiedModule) -> Program:
    """The program of a module, the same while it is among the ones used last."""
    found = _PROGRAMS.pop(id(verified), None)
    if found is None:
        found = Program(verified)
    _PROGRAMS[id(verified)] = found
    while len(_PROGRAMS) > KEPT_PROGRAMS:
        _PROGRAMS.popitem(last=False)
    return found
