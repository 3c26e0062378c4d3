"""What a call may reach: class-hierarchy analysis of a closed world (Dean, Grove and Chambers, 1995).

And what is worth compiling of a function: what does not lead to an exception.
"""

from __future__ import annotations

from pvm.engines.native.jit.coldness import blocks_of, cold_blocks, may_return
from pvm.engines.native.linkage import Linkage
from pvm.isa.types import Signature

MAX_TARGETS = 4
"""Functions that a call is compared with before it is left to the tables."""


class Targets:
    """Answers for one program."""

    def __init__(self, linkage: Linkage) -> None:
        self._verified = linkage.metadata.verified
        self._class_ids = linkage.metadata.class_ids
        self._known: dict[tuple[int, int], tuple[int, ...]] = {}
        self._values: dict[Signature, tuple[int, ...]] | None = None
        self._returns: dict[int, bool] = {}
        self._cold: dict[int, frozenset[int]] = {}
        self._sizes: dict[int, int] = {}

    def of_method(self, class_index: int, slot: int) -> tuple[int, ...]:
        """The functions that a virtual or an interface method may be, most classes first; at most one too many."""
        key = class_index, slot
        if key not in self._known:
            self._known[key] = self._find(class_index, slot)
        return self._known[key]

    def may_be(self, class_index: int, slot: int, function: int) -> bool:
        """Whether a virtual or an interface method is a function for some class."""
        return function in self._ids(class_index, slot)

    def of_value(self, signature: Signature) -> tuple[int, ...]:
        """The functions that function values of a signature are made of in the program; the host may have others."""
        if self._values is None:
            self._values = self._find_values()
        return self._values.get(signature, ())

    def returns(self, function: int) -> bool:
        """Whether a function may return."""
        if function not in self._returns:
            self._returns[function] = may_return(self._verified.functions[function])
        return self._returns[function]

    def cold(self, function: int) -> frozenset[int]:
        """The blocks of a function that lead to an exception."""
        if function not in self._cold:
            self._cold[function] = cold_blocks(self._verified.functions[function], self.returns)
        return self._cold[function]

    def size(self, function: int) -> int:
        """Instructions of a function that are worth compiling."""
        if function not in self._sizes:
            cold = self.cold(function)
            blocks = blocks_of(self._verified.functions[function])
            self._sizes[function] = sum(len(block) for offset, block in blocks.items() if offset not in cold)
        return self._sizes[function]

    def _find_values(self) -> dict[Signature, tuple[int, ...]]:
        module = self._verified.module
        found: dict[Signature, dict[int, None]] = {}
        for function in self._verified.functions:
            for instruction in function.instructions:
                mnemonic = instruction.opcode.mnemonic
                if mnemonic not in {"func.ref", "closure.new"}:
                    continue
                made = instruction.immediates[0]
                signature = module.signatures[module.functions[made].signature]
                if mnemonic == "closure.new":
                    signature = signature._replace(params=signature.params[1:])
                found.setdefault(signature, {})[made] = None
        return {signature: tuple(functions) for signature, functions in found.items()}

    def interval(self, class_index: int, slot: int, function: int) -> tuple[int, int] | None:
        """First and count of class ids that tell the classes for which a method is a function from all others."""
        ids = self._ids(class_index, slot)
        own = ids[function]
        low, high = min(own), max(own)
        if any(low < each < high for other, known in ids.items() if other != function for each in known):
            return None
        return low, high - low + 1

    def _ids(self, class_index: int, slot: int) -> dict[int, list[int]]:
        """Class ids of the classes that have objects, by the function that a method is for them."""
        layouts, hierarchy = self._verified.layouts, self._verified.hierarchy
        owner = layouts[class_index]
        name = owner.slots[slot].name
        found: dict[int, list[int]] = {}
        for layout in layouts:
            if layout.is_concrete and hierarchy.is_subclass(layout.index, class_index):
                function = layout.dispatch.get(name) if owner.is_interface else layout.vtable[slot]
                assert function is not None
                found.setdefault(function, []).append(self._class_ids[layout.index])
        return found

    def _find(self, class_index: int, slot: int) -> tuple[int, ...]:
        ids = self._ids(class_index, slot)
        return tuple(sorted(ids, key=lambda function: -len(ids[function]))[: MAX_TARGETS + 1])
