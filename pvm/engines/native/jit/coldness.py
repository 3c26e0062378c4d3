"""Blocks that lead to nothing but an exception: compiled code leaves where they begin, and nothing is inlined there."""

from __future__ import annotations

from collections.abc import Callable

from pvm.engines.polls import branch_labels
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.verify.verified import VerifiedFunction

_ENDS = frozenset({Form.THROW, Form.UNREACHABLE})


def may_return(verified: VerifiedFunction) -> bool:
    """Whether a function has a way to return."""
    return any(each.opcode.form in {Form.RETURN, Form.TAIL_CALL} for each in verified.instructions)


def blocks_of(verified: VerifiedFunction) -> dict[int, list[Instruction]]:
    """The basic blocks, by offset."""
    blocks: dict[int, list[Instruction]] = {}
    start = 0
    for each in verified.instructions:
        if each.offset in verified.leaders:
            start = each.offset
        blocks.setdefault(start, []).append(each)
    return blocks


def cold_blocks(verified: VerifiedFunction, returns: Callable[[int], bool]) -> frozenset[int]:
    """Offsets of the blocks behind which there is always an exception; ``returns`` says which functions may return."""
    labels = [label.offset for label in verified.function.labels]
    cold: set[int] = set()
    undecided: dict[int, list[int]] = {}
    for offset, block in blocks_of(verified).items():
        last = block[-1]
        if last.opcode.form in _ENDS or any(_is_last(each, returns) for each in block):
            cold.add(offset)
            continue
        following = [labels[label] for label in branch_labels(last)]
        if not last.opcode.ends_block:
            following.append(last.end)
        if following:
            undecided[offset] = following
    while found := [offset for offset, following in undecided.items() if cold.issuperset(following)]:
        cold.update(found)
        for offset in found:
            del undecided[offset]
    return frozenset(cold)


def _is_last(instruction: Instruction, returns: Callable[[int], bool]) -> bool:
    return instruction.opcode.mnemonic == "call" and not returns(instruction.immediates[0])
