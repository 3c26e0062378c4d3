"""What the verifier hands to the engines: a module that is proved safe, decoded and measured.

Only ``pvm.verify.verify`` makes these: holding a ``VerifiedModule`` is the proof.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.isa.encoding import Instruction
from pvm.isa.types import ValueType
from pvm.pbc.layout import ClassLayout
from pvm.pbc.model import Function, Module
from pvm.pbc.subtyping import Hierarchy

_FRAME_HEADER = 32
_SLOT = 8


class VerifiedFunction(NamedTuple):
    """A function: ``leaders`` are the offsets of basic blocks, the maxima count stack slots."""

    function: Function
    index: int  # type: ignore[assignment] # nobody searches a function as a tuple
    instructions: tuple[Instruction, ...]
    leaders: frozenset[int]
    max_prims: int
    max_refs: int
    local_types: tuple[ValueType, ...]
    """Types of all locals, parameters first."""

    @property
    def frame_size(self) -> int:
        """Bytes that a call is accounted for, the same in all tiers."""
        return _FRAME_HEADER + _SLOT * (len(self.local_types) + self.max_prims + self.max_refs)


class VerifiedModule(NamedTuple):
    """A module with everything that was found out about it; tables have the module's order."""

    module: Module
    layouts: tuple[ClassLayout, ...]
    functions: tuple[VerifiedFunction, ...]
    hierarchy: Hierarchy
