"""What internal code names by address or number: the metadata, and where globals and string constants are."""

from __future__ import annotations

from pvm.engines.native import layout
from pvm.engines.native.metadata import Metadata
from pvm.engines.native.unsupported import Unsupported
from pvm.engines.polls import PollRule
from pvm.isa.types import RefType
from pvm.pbc.effects import EffectResolver
from pvm.pbc.model import Feature
from pvm.verify.verified import VerifiedModule

MAX_SLOTS = 0xFFFF
"""Slots that an instruction can name."""
MIN_HANDLES = 1 << 16
"""Roots that must be left for the host."""


class Linkage:
    """Addresses of one program.

    String constants come first among the globals, then references; handles of the host follow, and
    primitives are at the very end.  ``root_count`` counts the references.

    Raises:
        Unsupported: the module does not fit.
    """

    def __init__(self, verified: VerifiedModule) -> None:
        if verified.module.features & Feature.PRIVILEGED:
            raise Unsupported("it is privileged, as only the runtime image may be")
        self.metadata = Metadata(verified)
        self.resolver = EffectResolver(verified.module, verified.layouts)
        self.polls = PollRule(verified.functions)
        module = verified.module
        for frame, function in zip(self.metadata.frames, module.functions, strict=True):
            if frame.size > MAX_SLOTS:
                raise Unsupported(f"function {function.name!r:.120} has more than {MAX_SLOTS} slots in its frame")
        first = len(module.strings)
        self._globals: dict[int, int] = {}
        references = primitives = 0
        for index, declared in enumerate(module.globals):
            if isinstance(declared.type, RefType):
                self._globals[index] = layout.GLOBALS + 8 * (first + references)
                references += 1
            else:
                primitives += 1
                self._globals[index] = layout.GLOBALS_END - 8 * primitives
        self.root_count = first + references
        self.max_roots = (layout.GLOBALS_END - layout.GLOBALS) // 8 - primitives
        if self.root_count + MIN_HANDLES > self.max_roots:
            raise Unsupported("the module has too many globals and string constants")

    def global_address(self, index: int) -> int:
        """Address of a global."""
        return self._globals[index]

    def string_address(self, index: int) -> int:
        """Address of the reference to a string constant."""
        return layout.GLOBALS + 8 * index
