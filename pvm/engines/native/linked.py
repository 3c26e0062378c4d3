"""A linked program: all that instances of a verified module need to run, as plain values that can be kept.

It is made of a verified module by ``linking.link``, or read from the cache, where it is kept under the SHA-256 of the
module's bytes and of all sources that it depends on.  Holding one is the proof that the module was verified.  So a run
of a module that ran before loads neither instruction table nor reader, verifier and translator.

Types of the machine are texts here: ``i32``, ``i64``, ``f32``, ``f64``, and ``ref`` for any reference.
"""

from __future__ import annotations

import marshal
import sys

from pvm.engines.native.sources import sources_digest
from pvm.typed import TYPE_CHECKING, NamedTuple
from pvm.user_cache import load, sha256, store

if TYPE_CHECKING:
    from typing import Any

    Code = dict[int, tuple[int, tuple[Any, ...]]]
    """Translated functions by number: the address of each, and the fields of its translation."""

KIND = "linked"
REFERENCE = "ref"


class Interface(NamedTuple):
    """What an embedder sees of a module: its name, and boundary signatures by the names of exports and host imports."""

    name: str
    exports: dict[str, str]
    host_imports: dict[str, str]


class LinkedImport(NamedTuple):
    """An import; ``kind`` is ``runtime``, ``kernel`` or ``host``, ``declared`` the signature as people write it."""

    kind: str
    name: str
    signature: int
    declared: str
    boundary: str


class LinkedSignature(NamedTuple):
    """Types of the parameters in their order, and of the result, if there is one."""

    params: tuple[str, ...]
    result: str | None


class LinkedFunction(NamedTuple):
    """What the host knows of a function besides its descriptor.

    ``slots`` are the words of a frame, ``cleared`` those of them that are references and no parameters; a handler's
    exception goes into the slot ``caught``.
    """

    signature: int
    slots: int
    cleared: int
    caught: int
    handlers: tuple[tuple[int, int, int, int, int], ...]
    """First offset and the end of what is handled, the label of the handler, first class id and count of ids caught."""


class LinkedProgram(NamedTuple):
    """Everything of a module that does not change while it runs, but for the code of its functions.

    ``segments`` are addresses in the metadata and what is there at first, ``globals`` those of primitive globals
    that do not begin as 0, ``words`` the control words that depend on the program.  ``trap_classes`` gives class
    ids by the numbers of traps, ``throwables`` the size of the exceptions of a class and where their message and
    trace are, by class id.
    """

    interface: Interface
    start: int | None
    exports: dict[str, int]
    imports: tuple[LinkedImport, ...]
    signatures: tuple[LinkedSignature, ...]
    functions: tuple[LinkedFunction, ...]
    segments: tuple[tuple[int, bytes], ...]
    code_start: int
    functions_address: int
    translate_stub: int
    native_stub: int
    halt: int
    globals: tuple[tuple[int, bytes], ...]
    words: dict[str, int]
    max_roots: int
    trap_classes: dict[int, int]
    throwables: dict[int, tuple[int, int, int]]


def program_key(data: bytes) -> str | None:
    """The key of the program that a module's bytes are linked to; None if the sources cannot be seen."""
    try:
        sources = sources_digest()
    except OSError:
        return None
    version = f"{sys.version}\n{sys.byteorder}\n"
    key: str = sha256(sha256(data).digest() + sources + version.encode()).hexdigest()
    return key


def load_program(key: str) -> tuple[LinkedProgram, Code] | None:
    """The program kept under a key, with the code that was translated in earlier runs."""
    kept = load(KIND, key)
    if kept is None:
        return None
    fields, code = marshal.loads(kept)  # noqa: S302 - store wrote it, as its seal shows
    interface, start, exports, imports, signatures, functions, *rest = fields
    program = LinkedProgram(
        Interface(*interface),
        start,
        exports,
        tuple(LinkedImport(*each) for each in imports),
        tuple(LinkedSignature(*each) for each in signatures),
        tuple(LinkedFunction(*each) for each in functions),
        *rest,
    )
    return program, code


def store_program(key: str, program: LinkedProgram, code: Code) -> None:
    """Keep a program for the next run, if possible."""
    store(KIND, key, marshal.dumps((plain(program), code)))


def plain(value: Any) -> Any:
    """A value with its named tuples as tuples, which is what ``marshal`` writes."""
    if isinstance(value, tuple):
        return tuple(plain(each) for each in value)
    return value
