"""Jumps by number: a table where the numbers stand close, else a search by halves."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.emit.code import CodeLabel
from compiler.emit.context import FunctionContext
from pvm.isa.types import Prim

Cases = Sequence[tuple[int, CodeLabel]]
_FEW = 3
"""Cases that are tried one after the other."""
_SPARSENESS = 3
"""Entries of a table for each case, at most."""


def choose(f: FunctionContext, subject: int, prim: Prim, cases: Cases, default: CodeLabel) -> None:
    """Go to the label of the number in a local.

    Precondition: the cases ascend.
    """
    if len(cases) <= _FEW:
        for number, label in cases:
            f.code.get(subject)
            f.code.op(f"{prim}.const", number)
            f.code.op(f"{prim}.eq")
            f.code.branch(label, when=True)
        f.code.jump(default)
    elif cases[-1][0] - cases[0][0] < _SPARSENESS * len(cases):
        _table(f, subject, prim, cases, default)
    else:
        middle = len(cases) // 2
        upper = f.code.label()
        f.code.get(subject)
        f.code.op(f"{prim}.const", cases[middle][0])
        f.code.op(f"{prim}.ge_s")
        f.code.branch(upper, when=True)
        choose(f, subject, prim, cases[:middle], default)
        f.code.place(upper)
        choose(f, subject, prim, cases[middle:], default)


def _table(f: FunctionContext, subject: int, prim: Prim, cases: Cases, default: CodeLabel) -> None:
    first, last = cases[0][0], cases[-1][0]
    known = dict(cases)
    targets = [known.get(number, default) for number in range(first, last + 1)]
    index = subject
    if first:
        index = f.temp(prim)
        f.code.get(subject)
        f.code.op(f"{prim}.const", first)
        f.code.op(f"{prim}.sub")
        f.code.set(index)
    if prim is Prim.I64:
        # Only the low half would be looked at.
        f.code.get(index)
        f.code.op("i64.const", len(targets))
        f.code.op("i64.ge_u")
        f.code.branch(default, when=True)
    f.code.get(index)
    if prim is Prim.I64:
        f.code.op("i32.wrap_i64")
    if first:
        f.release(index)
    f.code.switch([*targets, default])
