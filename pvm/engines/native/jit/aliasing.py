"""Type-based alias information: which kinds of memory of a cage never overlap.

Memory of compiled code is typed, since nothing is given back while a compiled function runs: a collection happens in
internal code, and compiled code comes back by another entry.  What functions on texts read and write has a parent of
its own, so a call of them leaves fields and references as they were known.
"""

from __future__ import annotations

from pvm.engines.native.llvm.text import ModuleText
from pvm.isa.types import Storage

_OF_TEXTS = ("control", "length", "text", f"elements {Storage.U8}")
"""What functions on texts read and write too: words of the control block, lengths, bytes of texts and arrays."""


class Aliasing:
    """Metadata of one module."""

    def __init__(self, module: ModuleText) -> None:
        self._module = module
        self._root = module.node('!"cage"')
        self._of_texts = self._type("of texts", self._root)
        self._suffixes: dict[str, str] = {}

    def suffix(self, what: str) -> str:
        """What stands behind a load or a store of a kind of memory."""
        known = self._suffixes.get(what)
        if known is None:
            parent = self._of_texts if what.startswith(_OF_TEXTS) else self._root
            known = self._suffixes[what] = self._tag(self._type(what, parent))
        return known

    def texts(self) -> str:
        """What stands behind a call of a function that works on texts and arrays of bytes only."""
        return self._tag(self._of_texts)

    def _type(self, name: str, parent: str) -> str:
        return self._module.node(f'!"{name}", {parent}, i64 0')

    def _tag(self, type_: str) -> str:
        return f", !tbaa {self._module.node(f'{type_}, {type_}, i64 0')}"
