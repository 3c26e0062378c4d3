"""A program that is ready to run: read, verified, immutable, shared by any number of instances."""

from __future__ import annotations

import os
from types import MappingProxyType

from pvm.engines.native.checked import CheckedModule
from pvm.errors import FormatError
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvm.pbc.boundary import Boundary
    from pvm.pbc.model import Module as ModuleData
    from pvm.verify.verified import VerifiedModule


class Module:
    """A verified module.  Make one with ``load``, ``from_bytes``, ``assemble`` or ``pvm.compile``.

    The bytes of a module that ran here before are not read and verified again: the cache of the user has a program
    that was made of the very same bytes after they were verified.
    """

    __slots__ = ("checked",)

    def __init__(self, data: ModuleData) -> None:
        from pvm.verify import verify

        self.checked = CheckedModule(verify(data))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Module:
        """Read a ``.pbc`` file.

        Raises:
            OSError: the file cannot be read.
            FormatError: it is not a module, or damaged.
            VerifyError: it breaks a rule of the verifier.
        """
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start-up 3 ms
            return cls.from_bytes(file.read())

    @classmethod
    def from_bytes(cls, data: bytes) -> Module:
        """Read the bytes of a ``.pbc``; raises as ``load`` does, but for OSError."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise FormatError(0, f"a module is bytes, found {type(data).__name__}")
        self = cls.__new__(cls)
        self.checked = CheckedModule.from_bytes(bytes(data))
        return self

    @classmethod
    def assemble(cls, text: str, name: str = "main") -> Module:
        """Assemble the text form of a module (``.pasm``).

        Raises:
            AssemblyError: the text is wrong, with line and column.
            VerifyError: the module breaks a rule of the verifier.
        """
        from pvm.pbc.asm import assemble

        return cls(assemble(text, name))

    @property
    def verified(self) -> VerifiedModule:
        """The module with all that the verifier found out; it is read and verified now, if it was not yet."""
        return self.checked.verified

    @property
    def name(self) -> str:
        """The module's own name."""
        return self.checked.interface.name

    @property
    def exports(self) -> Mapping[str, Boundary]:
        """Callable functions by name, with their types as Python sees them."""
        return _parsed(self.checked.interface.exports)

    @property
    def host_imports(self) -> Mapping[str, Boundary]:
        """What ``Instance(imports=…)`` must provide, with types."""
        return _parsed(self.checked.interface.host_imports)

    def to_bytes(self) -> bytes:
        """The module as a ``.pbc``; the same module always gives the same bytes."""
        from pvm.pbc.writer import write_module

        return write_module(self.verified.module)

    def disassemble(self) -> str:
        """The module as text that ``assemble`` reads back."""
        from pvm.pbc.disasm import disassemble

        return disassemble(self.verified.module)

    def __repr__(self) -> str:
        exports = ", ".join(f"{name}{boundary}" for name, boundary in self.exports.items())
        return f"<pvm.Module {self.name!r}: {exports or 'no exports'}>"


def _parsed(signatures: Mapping[str, str]) -> Mapping[str, Boundary]:
    from pvm.pbc.boundary import parse_boundary

    return MappingProxyType({name: parse_boundary(text) for name, text in signatures.items()})
