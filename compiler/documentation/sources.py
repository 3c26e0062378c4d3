"""Which modules are documented: their files, found and parsed.

A file of stdlib/core is a page of its own, named ``core.list``, although all of them are one namespace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from compiler.check.modules import Sources
from compiler.diagnostics import Diagnostics, did_you_mean
from compiler.driver import failure
from compiler.library.standard import standard_library
from compiler.syntax import ast, decode, parse
from compiler.syntax.source import SourceFile
from pvm.errors import UsageError

CORE = "core"
SYSTEM = "sys"


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A parsed module; ``group`` is the heading under which the index lists it."""

    name: str
    file: SourceFile
    tree: ast.Module
    group: str
    is_program: bool = False
    """The file that was asked for: what it documents is shown whether `pub` or not."""

    @property
    def is_core(self) -> bool:
        """Whether its names are in sight everywhere."""
        return self.name.startswith(f"{CORE}.")

    @property
    def doc(self) -> str:
        """The text about the module as a whole, also where it is written as ``//!`` lines."""
        if self.tree.doc:
            return self.tree.doc
        lines = []
        for line in self.file.text.split("\n"):
            if not line.startswith("//!"):
                break
            lines.append(line.removeprefix("//!").removeprefix(" "))
        return "\n".join(lines)


def library_modules() -> list[ModuleSource]:
    """The whole standard library, the prelude first."""
    root = standard_library().folder
    names = [".".join(path.relative_to(root).with_suffix("").parts) for path in root.rglob("*.peb")]
    return [_library_module(root, name) for name in sorted(names, key=_rank)]


def one_library_module(name: str) -> list[ModuleSource]:
    """A module of the library, or all of a folder: ``io``, ``core.list``, ``core``.

    Raises:
        UsageError: there is none.
    """
    known = library_modules()
    found = [module for module in known if module.name == name or module.name.startswith(f"{name}.")]
    if not found:
        near = did_you_mean(name, [module.name for module in known])
        hint = f"did you mean {near}?" if near else "there are: " + ", ".join(module.name for module in known)
        raise UsageError(f"no file and no module of the library is called {name!r}; {hint}")
    return found


def program_modules(path: Path) -> list[ModuleSource]:
    """A program: its file, and the modules that it imports, except those of the library.

    Raises:
        CompileError: one of them cannot be parsed.
        OSError: the file cannot be read.
    """
    diagnostics = Diagnostics()
    main = decode(path.name, path.read_bytes(), diagnostics)
    if main is None:
        raise failure(diagnostics)
    sources = Sources(path.parent, standard_library().folder)
    found = {path.stem: ModuleSource(path.stem, main, _parse(main, diagnostics), "Program", is_program=True)}
    pending = [found[path.stem]]
    while pending:
        for node in pending.pop().tree.imports:
            parts = tuple(part.text for part in node.path)
            name = ".".join(parts)
            file = sources.find(parts)
            if name in found or file is None:
                continue
            found[name] = ModuleSource(name, file, _parse(file, diagnostics), "Modules")
            pending.append(found[name])
    if diagnostics.has_errors:
        raise failure(diagnostics)
    first, *rest = found.values()
    return [first, *sorted(rest, key=lambda module: module.name)]


def _library_module(root: Path, name: str) -> ModuleSource:
    relative = name.replace(".", "/") + ".peb"
    file = SourceFile(relative, (root / relative).read_text(encoding="utf-8"))
    diagnostics = Diagnostics()
    tree = _parse(file, diagnostics)
    if diagnostics.has_errors:
        raise failure(diagnostics)
    groups = {CORE: "Prelude", SYSTEM: "Calls of the kernel"}
    return ModuleSource(name, file, tree, groups.get(name.partition(".")[0], "Modules"))


def _parse(file: SourceFile, diagnostics: Diagnostics) -> ast.Module:
    tree = parse(file, diagnostics)
    assert isinstance(tree, ast.Module)
    return tree


def _rank(name: str) -> tuple[int, str]:
    folder = re.match(r"\w+", name)
    assert folder is not None
    return {CORE: 0, SYSTEM: 2}.get(folder[0], 1), name
