"""What is remembered from one compilation of a program to the next.

Two records are kept in the cache.  One belongs to a program: units of its files that were checked without a finding,
and the code of its functions.  The other belongs to the library, and serves every program: code of its functions in
the instances that some program has used.

A unit of a file counts as unchanged if the digest of its *surroundings* (the interface of the file and of what it
imports) and that of its own text are the same.  Both records belong to one compiler, library and Python.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from compiler.check.modules import ModuleScope
from compiler.check.session import Session
from compiler.check.units import Effect, Unit
from compiler.diagnostics import Diagnostics
from compiler.emit.naming import Name
from compiler.emit.objects import ObjectCode, Place, Places
from compiler.emit.replay import Part
from compiler.incremental.shape import INTERFACE, FileShape
from compiler.incremental.store import Objects
from compiler.syntax import cache
from compiler.syntax.source import Span

PROGRAM_KIND = "incremental"
LIBRARY_KIND = "library"
MAX_LIBRARY = 3_000
"""Functions of the library that are kept; more than that are used by no program that we know."""


class Memory:
    """Remembers one program and the library."""

    def __init__(self, name: str, folder: Path | None, toolchain: bytes) -> None:
        place = "" if folder is None else os.path.abspath(folder)  # noqa: PTH100 - of a path that need not exist
        self._has_program = folder is not None
        self._program_key = cache.key_of(PROGRAM_KIND, toolchain, place, name)
        self._library_key = cache.key_of(LIBRARY_KIND, toolchain)
        self._surroundings: dict[str, tuple[bytes, list[bytes]]] = {}
        self._units: dict[Unit, tuple[Effect, ...]] = {}
        self._program, self._library = Objects(), Objects()
        self._shapes: dict[str, FileShape] = {}
        self._user_modules: frozenset[str] = frozenset()
        self._now: dict[str, tuple[bytes, list[bytes]]] = {}
        self._learned: dict[Unit, dict[Effect, None]] = {}
        self._unclean: set[Unit] = set()
        self._valid: set[Unit] = set()
        self._is_usable = True
        self.is_used = False
        """Something was recalled or found."""

    def _load(self) -> None:
        match cache.load(LIBRARY_KIND, self._library_key):
            case (list() as names, dict() as objects):
                self._library = Objects(names, objects)
        match cache.load(PROGRAM_KIND, self._program_key) if self._has_program else None:
            case (dict() as files, dict() as units, list() as names, dict() as objects):
                self._surroundings, self._units = files, units
                self._program = Objects(names, objects)

    # Checking

    def begin(self, session: Session) -> None:
        """Take note of the modules, all of which are loaded."""
        self._user_modules = frozenset(module.name for module in session.files.values())
        self._is_usable = not _is_mixed(session)
        if not self._is_usable:
            return
        self._load()
        self._shapes = {file: FileShape(module.tree) for file, module in session.files.items()}
        for file, module in session.files.items():
            self._now[file] = _surroundings(module, self._shapes), self._shapes[file].bodies
        for file, (digest, bodies) in self._now.items():
            before, bodies_before = self._surroundings.get(file, (b"", []))
            if before == digest and len(bodies) == len(bodies_before):
                self._valid.add((file, INTERFACE))
                same = (number for number, body in enumerate(bodies) if body == bodies_before[number])
                self._valid.update((file, number) for number in same)

    def unit(self, span: Span) -> Unit:
        """Return the unit at a place."""
        shape = self._shapes.get(span.file.name)
        return span.file.name, INTERFACE if shape is None else shape.unit(span.start)

    def recall(self, unit: Unit) -> Iterable[Effect] | None:
        """Return the effects of a unit that need not be checked."""
        found = self._units.get(unit) if unit in self._valid else None
        if found is not None:
            self.is_used = True
        return found

    def learn(self, unit: Unit, effects: Iterable[Effect], *, is_clean: bool) -> None:
        """Note that something in a unit was checked, and whether nothing was reported."""
        self._learned.setdefault(unit, {}).update(dict.fromkeys(effects))
        if not is_clean:
            self._unclean.add(unit)

    # Emission

    def find(self, name: Name) -> tuple[Part, ObjectCode] | None:
        """Return a function that was kept and is what emitting it now would give."""
        kept = self._program.get(name)
        if kept is not None and kept[0] in self._valid:
            self.is_used = True
            return self._program.part, ObjectCode(*kept[1])
        module = name[1][1] if name[0] == "new" else name[1]
        kept = None if module in self._user_modules else self._library.get(name)
        if kept is None:
            return None
        self.is_used = True
        return self._library.part, ObjectCode(*kept[1])

    def position(self, file: str, place: Place) -> tuple[int, int]:
        """Return the line and column that were kept as a place."""
        shape = self._shapes.get(file)
        if shape is None:
            line, column = place
            return line, column
        piece, lines, column = place
        return shape.position((piece, lines, column))

    def places(self, origin: Span) -> Places | None:
        """Return what makes places of lines and columns, or None if the function is not to be kept."""
        if not self._is_usable:
            return None
        own = origin.file.name
        if own in self._shapes and not self._has_program:
            return None
        unit = self.unit(origin)[1]

        def place(file: str, line: int, column: int) -> Place | None:
            shape = self._shapes.get(file)
            if shape is None:
                return line, column
            if own not in self._shapes:
                return None
            return shape.anchor(line, column, unit if file == own else INTERFACE)

        return place

    def keep(self, name: Name, made: ObjectCode, origin: Span) -> None:
        """Keep a function that was emitted."""
        if origin.file.name in self._shapes:
            self._program.add(name, self.unit(origin), made)
        else:
            self._library.add(name, ("", INTERFACE), made)

    # Keeping

    def save(self, diagnostics: Diagnostics) -> None:
        """Keep what was found out in a compilation that ended well."""
        if not self._is_usable:
            return
        if self._library.has_grown:
            self._library.drop_beyond(MAX_LIBRARY)
            cache.store(LIBRARY_KIND, self._library_key, self._library.data())
        if self._has_program and (self._program.has_grown or self._surroundings != self._now):
            units = self._units_to_keep(diagnostics)
            self._program.drop(lambda unit: unit not in self._valid)
            cache.store(PROGRAM_KIND, self._program_key, (self._now, units, *self._program.data()))

    def _units_to_keep(self, diagnostics: Diagnostics) -> dict[Unit, tuple[Effect, ...]]:
        for item in diagnostics.sorted():
            self._unclean.add(self.unit(item.span))
        units = {unit: effects for unit, effects in self._units.items() if unit in self._valid}
        for unit, effects in self._learned.items():
            if unit[0] in self._shapes:
                units[unit] = tuple(dict.fromkeys((*units.get(unit, ()), *effects)))
        return {unit: effects for unit, effects in units.items() if unit not in self._unclean}


def _is_mixed(session: Session) -> bool:
    """Tell whether a file of the user can be taken for one of the library, or takes its place for the library."""
    if "core" in {module.name for module in session.files.values()}:
        return True
    for module in session.modules.values():
        if not module.is_user:
            is_shadowed = module.tree.span.file.name in session.files
            if is_shadowed or any(item.is_user for item in module.imported_modules):
                return True
    return False


def _surroundings(module: ModuleScope, shapes: dict[str, FileShape]) -> bytes:
    """Return a digest of everything that code in a module can depend on, but for bodies of functions."""
    seen: dict[str, None] = {}
    pending = [module]
    digest = hashlib.sha256(module.name.encode("utf-8", "surrogatepass"))
    while pending:
        item = pending.pop()
        name = f"{item.origin} {item.name}"
        if name in seen:
            continue
        seen[name] = None
        digest.update(name.encode("utf-8", "surrogatepass"))
        if item.is_user:
            digest.update(shapes[item.tree.span.file.name].interface)
            pending += item.imported_modules
    return digest.digest()
