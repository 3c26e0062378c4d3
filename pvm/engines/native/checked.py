"""A module that may be run: the verifier has passed it, now or when the linked program that is kept was made."""

from __future__ import annotations

from pvm.engines.native.linked import Interface, LinkedProgram, load_program, program_key, store_program
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pvm.engines.native.linkage import Linkage
    from pvm.engines.native.linked import Code
    from pvm.pbc.model import Module
    from pvm.verify.verified import VerifiedModule


class CheckedModule:
    """A module with its linked program, each made when it is first asked for.

    ``linked`` and ``code`` are None and empty until the module was linked, in this process or an earlier one; ``key``
    is what they are kept under, if they are.
    """

    def __init__(self, verified: VerifiedModule) -> None:
        self._data = b""
        self.key: str | None = None
        self._verified: VerifiedModule | None = verified
        self.linked: LinkedProgram | None = None
        self.code: Code = {}
        self.interface: Interface = interface_of(verified.module)

    @classmethod
    def from_bytes(cls, data: bytes) -> CheckedModule:
        """The module of a ``.pbc``: the one that is kept, else it is read and verified.

        Raises:
            FormatError: it is not a module, or damaged.
            VerifyError: it breaks a rule of the verifier.
        """
        key = program_key(data)
        kept = None if key is None else load_program(key)
        if kept is None:
            self = cls(_verified(data))
        else:
            self = cls.__new__(cls)
            self._verified = None
            self.linked, self.code = kept
            self.interface = self.linked.interface
        self._data, self.key = data, key
        return self

    @property
    def verified(self) -> VerifiedModule:
        """The module itself, read and verified if it was not yet."""
        if self._verified is None:
            self._verified = _verified(self._data)
        return self._verified

    def to_bytes(self) -> bytes:
        """The module as a file: the one that it was made of, if it was."""
        if not self._data:
            from pvm.pbc.writer import write_module

            self._data = write_module(self.verified.module)
        return self._data

    def link(self) -> tuple[Linkage, LinkedProgram]:
        """What translates its functions, and the linked program that they are translated for.

        Raises:
            Unsupported: the module is too large for the native engine.
        """
        from pvm.engines.native.linkage import Linkage
        from pvm.engines.native.linking import link

        linkage = Linkage(self.verified)
        linked = link(linkage)
        assert self.linked is None or self.linked == linked, "a module is always linked to the same program"
        self.linked = linked
        return linkage, linked

    def keep(self, code: Code) -> None:
        """Keep the linked program with the code that its functions have by now, if that is more than before."""
        if self.key is not None and self.linked is not None and len(code) > len(self.code):
            self.code = code
            store_program(self.key, self.linked, code)


def _verified(data: bytes) -> VerifiedModule:
    from pvm.pbc.reader import read_module
    from pvm.verify import verify

    return verify(read_module(data))


def interface_of(module: Module) -> Interface:
    """What an embedder sees of a module."""
    from pvm.pbc.model import ImportKind

    return Interface(
        module.name,
        {each.name: each.boundary for each in module.exports},
        {each.name: each.boundary for each in module.imports if each.kind is ImportKind.HOST},
    )
