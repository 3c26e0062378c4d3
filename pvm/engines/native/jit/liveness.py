"""Which locals of a function may still be read, before each of its instructions.

Sets are bits of integers.  What a handler reads is live in all of its range.
"""

from __future__ import annotations

from pvm.engines.polls import branch_labels
from pvm.isa.encoding import Instruction
from pvm.verify.verified import VerifiedFunction


def live_locals(verified: VerifiedFunction) -> dict[int, int]:
    """The live locals by offset of the instruction that follows; of the end of the code, none."""
    blocks = _blocks(verified)
    labels = [label.offset for label in verified.function.labels]
    entering = {block[0].offset: 0 for block in blocks}
    changed = True
    while changed:
        changed = False
        for block in reversed(blocks):
            start = block[0].offset
            found = _through(verified, block, labels, entering, None)
            if found != entering[start]:
                entering[start] = found
                changed = True
    result: dict[int, int] = {}
    for block in blocks:
        _through(verified, block, labels, entering, result)
    return result


def _blocks(verified: VerifiedFunction) -> list[list[Instruction]]:
    blocks: list[list[Instruction]] = []
    for instruction in verified.instructions:
        if instruction.offset in verified.leaders or not blocks:
            blocks.append([])
        blocks[-1].append(instruction)
    return blocks


def _through(
    verified: VerifiedFunction,
    block: list[Instruction],
    labels: list[int],
    entering: dict[int, int],
    result: dict[int, int] | None,
) -> int:
    """What is live at the start of a block; notes each place in ``result``."""
    last = block[-1]
    live = 0 if last.opcode.ends_block else entering.get(last.end, 0)
    for label in branch_labels(last):
        live |= entering[labels[label]]
    handlers = verified.function.handlers
    for instruction in reversed(block):
        name = instruction.opcode.mnemonic
        if name in {"local.set", "local.tee"}:
            live &= ~(1 << instruction.immediates[0])
        elif name == "local.get":
            live |= 1 << instruction.immediates[0]
        for handler in handlers:
            if handler.start <= instruction.offset < handler.end:
                live |= entering[labels[handler.target]]
        if result is not None:
            result[instruction.offset] = live
    return live
