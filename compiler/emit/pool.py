"""Tables of the module under construction in which equal entries are stored once.

Numbers are given in the order of first use, so that equal programs become equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler.emit.journal import Journal
from compiler.syntax.source import Span
from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.types import RefType, Signature, ValueType, func_ref
from pvm.pbc.model import Global, Import, ImportKind


class Pool:
    """Strings, signatures, imports, globals and files."""

    def __init__(self, sources: Mapping[str, str], journal: Journal) -> None:
        self._sources = sources
        self._journal = journal
        self._strings: dict[str, int] = {}
        self._signatures: dict[Signature, int] = {}
        self._signature_list: list[Signature] = []
        self._imports: dict[tuple[ImportKind, str], int] = {}
        self._import_list: list[Import] = []
        self.import_notes: list[tuple[ImportKind, str, Signature, str]] = []
        """Imports by index, as the journal has them."""
        self._files: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self.globals: list[Global] = []

    def string(self, text: str) -> int:
        """Return the index of a string constant."""
        self._journal.note("string", text)
        return self._strings.setdefault(text, len(self._strings))

    def signature(self, signature: Signature) -> int:
        """Return the index of a signature."""
        self._journal.note("signature", signature)
        return self._signatures.setdefault(signature, len(self._signatures))

    def function_type(self, signature: Signature, *, nullable: bool = False) -> RefType:
        """Return the type of function values of a signature."""
        return func_ref(self.signature(signature), nullable=nullable)

    def signature_at(self, index: int) -> Signature:
        """Return the signature of an index."""
        if index >= len(self._signature_list):
            self._signature_list = list(self._signatures)
        return self._signature_list[index]

    def runtime(self, name: str) -> tuple[int, Signature]:
        """Return the import of a function of the runtime image, and its signature."""
        signature = RUNTIME_BY_NAME[name].signature
        return self.imported(ImportKind.RUNTIME, name, signature), signature

    def imported(self, kind: ImportKind, name: str, signature: Signature, boundary: str = "") -> int:
        """Return the index of an import."""
        key = (kind, name)
        self._journal.note("import", (kind, name, signature, boundary))
        if key not in self._imports:
            self._imports[key] = len(self._import_list)
            self.import_notes.append((kind, name, signature, boundary))
            self._import_list.append(Import(kind, name, self.signature(signature), boundary))
        return self._imports[key]

    def add_global(self, name: str, value_type: ValueType, initial: float = 0, *, mutable: bool = True) -> int:
        """Add a global variable."""
        self.globals.append(Global(name, value_type, mutable, initial))
        return len(self.globals) - 1

    def file(self, span: Span) -> int:
        """Return the index of the file of a span."""
        return self.file_named(span.file.name)

    def file_named(self, name: str) -> int:
        """Return the index of a file."""
        self._journal.note("file", name)
        if name not in self._files:
            self._files[name] = len(self._files)
            if name in self._sources:
                self._texts[name] = self._sources[name]
        return self._files[name]

    def is_user_file(self, span: Span | None) -> bool:
        """Tell whether a span lies in a module of the user."""
        return span is not None and span.file.name in self._sources

    @property
    def strings(self) -> tuple[str, ...]:
        """All strings by index."""
        return tuple(self._strings)

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """All signatures by index."""
        return tuple(self._signatures)

    @property
    def imports(self) -> tuple[Import, ...]:
        """All imports by index."""
        return tuple(self._import_list)

    @property
    def files(self) -> tuple[str, ...]:
        """All file names by index."""
        return tuple(self._files)

    @property
    def attributes(self) -> tuple[tuple[str, bytes], ...]:
        """The sources of the user's modules, by file name."""
        return tuple((f"source:{name}", text.encode()) for name, text in sorted(self._texts.items()))


class Names:
    """Gives each function, class or slot a name of its own: the plain one to who comes first."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str, module: str = "") -> str:
        """Return the name; if it is taken, one with the module before it, or with a number behind it."""
        chosen = name
        if chosen in self._taken and module:
            chosen = f"{module}.{name}"
        number = 2
        while chosen in self._taken:
            chosen = f"{name}#{number}"
            number += 1
        self._taken.add(chosen)
        return chosen
