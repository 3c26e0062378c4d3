"""Which blocks are seldom executed, as far as their code tells (Ball and Larus, Branch Prediction for Free, 1993).

A block that is skipped costs a branch that is taken, and what is behind it can only be loaded when the distance to it
has been.  So such a block is put behind all others, and the branch is the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form

_FAILS = frozenset({Form.THROW, Form.UNREACHABLE})
_EQUAL = frozenset({"i32.eq", "i64.eq", "f32.eq", "f64.eq", "ref.eq", "ref.is_null", "i32.eqz", "i64.eqz"})
_UNEQUAL = frozenset({"i32.ne", "i64.ne", "f32.ne", "f64.ne"})


def is_seldom(branch: str, block: Sequence[Instruction]) -> bool:
    """Whether the block behind a branch, by its operation, is: one that fails, or that is for one value, or null."""
    if block[-1].opcode.form in _FAILS:
        return True
    test, _, comparison = branch.removesuffix(".k").partition(".")
    return comparison in (_EQUAL if test == "unless" else _UNEQUAL)
