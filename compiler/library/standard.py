"""The artefacts of the standard library: where they are found, and how they are made."""

from __future__ import annotations

from functools import cache as cache_once
from pathlib import Path
from typing import Any

from compiler.check.body import Body
from compiler.check.completion import Completion
from compiler.check.dispatch import expression_table
from compiler.check.modules import CORE, Loader, Sources
from compiler.check.session import Session
from compiler.diagnostics import Diagnostics
from compiler.library.artefact import FORMAT, ArtefactWriter, ModuleArtefact
from compiler.library.references import UnkeepableError
from compiler.syntax import cache
from compiler.toolchain import toolchain_digest

KIND = "artefact"
_PARTS = {"bodies": dict, "constructors": dict, "variables": dict, "files": list, "spans": list, "references": list}


class StandardLibrary:
    """Gives the artefact of each module, from this process, from the cache, or made now."""

    def __init__(self, folder: Path, toolchain: bytes) -> None:
        self.folder = folder
        self._toolchain = toolchain
        self._known: dict[str, ModuleArtefact | None] = {}

    def module(self, name: str) -> ModuleArtefact | None:
        """Return a module's artefact; None if there is no such module, or it has errors."""
        if name != CORE and self.module(CORE) is None:
            return None  # it is being made, with the modules that it imports itself: those come after it
        if name not in self._known:
            # None while it is made: whoever imports it meanwhile has closed a cycle, which the sources show.
            self._known[name] = None
            self._known[name] = self._load(name) or self._make(name)
        return self._known[name]

    def _load(self, name: str) -> ModuleArtefact | None:
        data = cache.load(KIND, self._key(name))
        is_whole = isinstance(data, dict) and {key: type(value) for key, value in data.items()} == _PARTS
        return ModuleArtefact(name, str(self.folder), data) if is_whole else None  # type: ignore[arg-type]

    def _key(self, name: str) -> str:
        return cache.key_of(FORMAT, self._toolchain, str(self.folder), name)

    def _make(self, name: str) -> ModuleArtefact | None:
        data = self._compile(name)
        if data is None:
            return None
        cache.store(KIND, self._key(name), data)
        return ModuleArtefact(name, str(self.folder), data)

    def _compile(self, name: str) -> dict[str, Any] | None:
        """Check a module from its source, against the artefacts of what it imports."""
        from compiler.check.program import compiling

        Body.table = expression_table()
        session = Session(Diagnostics(), Completion())
        session.sources = Sources(None, self.folder)
        session.library = self
        with compiling():
            loader = Loader(session, session.sources)
            loader.load_core()
            if name == CORE:
                scopes = [scope for scope in session.order if scope.origin == CORE]
            else:
                loaded = session.modules.get(name) or loader.load_source(tuple(name.split(".")))
                scopes = [loaded] if loaded is not None else []
            if not scopes or len(session.diagnostics):
                return None
            try:
                data = ArtefactWriter(session, scopes).write()
            except UnkeepableError:
                return None
            return None if len(session.diagnostics) else data

    def make_all(self) -> list[ModuleArtefact]:
        """Return the artefacts of all modules, of which those that are missing are made."""
        found = map(self.module, self.names())
        return [artefact for artefact in found if artefact is not None]

    def names(self) -> list[str]:
        """Return the names of all modules, the core first."""
        paths = sorted([*self.folder.glob("*.peb"), *self.folder.glob("*/*.peb")])
        found = (path.relative_to(self.folder).with_suffix("").parts for path in paths)
        return [CORE, *(".".join(parts) for parts in found if parts[0] != CORE)]


@cache_once
def standard_library() -> StandardLibrary:
    """Return the library that every compilation of this process uses."""
    import stdlib

    assert stdlib.__file__ is not None
    return StandardLibrary(Path(stdlib.__file__).parent, toolchain_digest())
