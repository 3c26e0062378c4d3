"""What a module consists of, as plain frozen values.

Nothing here is checked beyond types: the reader proves that indices are in range and that the file
is well formed, the verifier proves the rest.  Tables are in topological order: a class comes after
the classes that it extends and implements, so hierarchies cannot be cyclic.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

from pvm.isa.traps import TrapKind
from pvm.isa.types import RefType, Signature, Storage, ValueType

MAJOR, MINOR = 1, 0


class Feature(IntFlag):
    """Feature bits: a reader refuses a file with a bit that it does not know."""

    NONE = 0
    PRIVILEGED = 1
    """Uses privileged opcodes; only the loader of the runtime image accepts it."""


class ClassFlag(IntFlag):
    """Kinds of class."""

    NONE = 0
    INTERFACE = 1
    ABSTRACT = 2
    FINAL = 4


class ImportKind(IntEnum):
    """Who provides an import."""

    RUNTIME = 0
    KERNEL = 1
    HOST = 2


class Field(NamedTuple):
    """A field; ``type`` is given for references only, storage says the rest."""

    name: str
    storage: Storage
    type: RefType | None = None
    mutable: bool = True

    @property
    def value_type(self) -> ValueType:
        """Type of the loaded value."""
        value_type = self.type if self.storage is Storage.REF else self.storage.prim
        assert value_type is not None
        return value_type


class Method(NamedTuple):
    """A method; it overrides the inherited slot of the same name, whose signature it must match.

    The receiver is the first parameter: ``ref class`` of the class that first declares the slot.
    ``function`` is None for an abstract method.  The function's own first parameter may be the
    receiver's subclass: virtual dispatch proves it.
    """

    name: str
    signature: int
    function: int | None


class ClassDef(NamedTuple):
    """A class or an interface (``superclass`` None, no fields; methods with a function are defaults)."""

    name: str
    flags: ClassFlag
    superclass: int | None
    interfaces: tuple[int, ...]
    fields: tuple[Field, ...]
    methods: tuple[Method, ...]

    @property
    def is_interface(self) -> bool:
        """Declared as an interface."""
        return bool(self.flags & ClassFlag.INTERFACE)


class Import(NamedTuple):
    """A function from outside.  ``boundary`` gives host imports their types as Python sees them."""

    kind: ImportKind
    name: str
    signature: int
    boundary: str = ""


class Global(NamedTuple):
    """A global variable; references start as null, primitives as ``initial`` (bits of the value type)."""

    name: str
    type: ValueType
    mutable: bool
    initial: int | float = 0


class Export(NamedTuple):
    """A function under a public name.  ``boundary`` is a boundary signature, see ``pvm.pbc.boundary``."""

    name: str
    function: int
    boundary: str


class Label(NamedTuple):
    """A place that control can come to other than by falling through.

    ``prims`` and ``refs`` are the stacks there, bottom first.  Locals below ``locals`` are
    initialised there, except those in ``gaps`` (ascending).
    """

    offset: int
    prims: tuple[ValueType, ...] = ()
    refs: tuple[RefType, ...] = ()
    locals: int = 0
    gaps: tuple[int, ...] = ()


class Handler(NamedTuple):
    """A handler of exceptions thrown at code offsets ``start`` to ``end`` (exclusive).

    ``target`` is a label whose stacks hold the exception alone.  ``catches`` is a class, or None for
    all.  Ranges nest properly, innermost first.
    """

    start: int
    end: int
    target: int
    catches: int | None


class Position(NamedTuple):
    """A place in the source.

    For inlined code ``function`` names the function whose line this is and ``caller`` is the index of
    the position of the call; else they are empty and None.
    """

    file: int
    line: int
    column: int
    function: str = ""
    caller: int | None = None


class Function(NamedTuple):
    """A function; its locals are the parameters followed by ``locals``.

    ``lines`` are (code offset, index into ``positions``), ascending: each holds up to the next.
    ``local_names`` are (index of local, name).
    """

    name: str
    signature: int
    locals: tuple[ValueType, ...]
    code: bytes
    labels: tuple[Label, ...] = ()
    handlers: tuple[Handler, ...] = ()
    positions: tuple[Position, ...] = ()
    lines: tuple[tuple[int, int], ...] = ()
    local_names: tuple[tuple[int, str], ...] = ()


class Module(NamedTuple):
    """A whole module.

    ``throwable`` is the root class of exceptions; its first fields are ``message: ref? string`` and
    ``trace: ref? array i32`` (filled by the machine at the first throw).  ``trap_classes`` maps trap
    kinds to classes below it whose fields are all defaultable.  ``start`` is run once, before any
    export.  ``attributes`` are named bytes that the machine ignores (``source:FILE`` holds sources).
    """

    name: str
    strings: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    classes: tuple[ClassDef, ...] = ()
    imports: tuple[Import, ...] = ()
    globals: tuple[Global, ...] = ()
    functions: tuple[Function, ...] = ()
    exports: tuple[Export, ...] = ()
    files: tuple[str, ...] = ()
    throwable: int | None = None
    trap_classes: tuple[tuple[TrapKind, int], ...] = ()
    start: int | None = None
    attributes: tuple[tuple[str, bytes], ...] = ()
    features: Feature = Feature.NONE
    version: tuple[int, int] = (MAJOR, MINOR)
