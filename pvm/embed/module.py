"""A program that is ready to run: read, verified, immutable, shared by any number of instances."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from pvm.errors import FormatError
from pvm.pbc.boundary import Boundary, parse_boundary
from pvm.pbc.model import ImportKind
from pvm.pbc.model import Module as ModuleData
from pvm.pbc.reader import read_module
from pvm.verify import VerifiedModule, verify


class Module:
    """A verified module.  Make one with ``load``, ``from_bytes``, ``assemble`` or ``pvm.compile``."""

    __slots__ = ("_exports", "_host_imports", "verified")

    def __init__(self, data: ModuleData) -> None:
        self.verified: VerifiedModule = verify(data)
        self._exports = MappingProxyType({item.name: parse_boundary(item.boundary) for item in data.exports})
        self._host_imports = MappingProxyType(
            {item.name: parse_boundary(item.boundary) for item in data.imports if item.kind is ImportKind.HOST}
        )

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
        return cls(read_module(bytes(data)))

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
    def name(self) -> str:
        """The module's own name."""
        return self.verified.module.name

    @property
    def exports(self) -> Mapping[str, Boundary]:
        """Callable functions by name, with their types as Python sees them."""
        return self._exports

    @property
    def host_imports(self) -> Mapping[str, Boundary]:
        """What ``Instance(imports=…)`` must provide, with types."""
        return self._host_imports

    def to_bytes(self) -> bytes:
        """The module as a ``.pbc``; the same module always gives the same bytes."""
        from pvm.pbc.writer import write_module

        return write_module(self.verified.module)

    def disassemble(self) -> str:
        """The module as text that ``assemble`` reads back."""
        from pvm.pbc.disasm import disassemble

        return disassemble(self.verified.module)

    def __repr__(self) -> str:
        exports = ", ".join(f"{name}{boundary}" for name, boundary in self._exports.items())
        return f"<pvm.Module {self.name!r}: {exports or 'no exports'}>"
