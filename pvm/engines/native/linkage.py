"""What internal code names by address or number: the metadata, and where globals and string constants are."""

from __future__ import annotations

from pvm.engines.native import layout
from pvm.engines.native.metadata import Metadata
from pvm.engines.polls import PollRule
from pvm.isa.types import RefType
from pvm.pbc.effects import EffectResolver
from pvm.verify.verified import VerifiedModule


class TooManyGlobals(Exception):
    """The constants and globals of a module do not fit into the cage's region for them."""


class Linkage:
    """Addresses of one program.

    String constants come first among the globals, then references, then primitives: the first
    ``root_count`` words are references.

    Raises:
        TableTooLarge, TooManyGlobals: the module does not fit.
    """

    def __init__(self, verified: VerifiedModule) -> None:
        self.metadata = Metadata(verified)
        self.resolver = EffectResolver(verified.module, verified.layouts)
        self.polls = PollRule(verified.functions)
        module = verified.module
        order = sorted(
            range(len(module.globals)), key=lambda index: not isinstance(module.globals[index].type, RefType)
        )
        first = len(module.strings)
        self._globals = {index: layout.GLOBALS + 8 * (first + place) for place, index in enumerate(order)}
        references = sum(isinstance(each.type, RefType) for each in module.globals)
        self.root_count = first + references
        if layout.GLOBALS + 8 * (first + len(order)) > layout.GLOBALS_END:
            raise TooManyGlobals

    def global_address(self, index: int) -> int:
        """Address of a global."""
        return self._globals[index]

    def string_address(self, index: int) -> int:
        """Address of the reference to a string constant."""
        return layout.GLOBALS + 8 * index
