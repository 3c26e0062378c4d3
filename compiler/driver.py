"""The compiler as functions: source text or file in, `.pbc` module or `CompileError` out.

Diagnostics are final only after emission, because the bodies of library functions are checked when the
emitter asks for them.  Warnings do not raise; who wants to show them passes ``diagnostics``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.check import check_program, compiling
from compiler.diagnostics import Diagnostics, render_all
from compiler.ir import hir
from compiler.syntax import decode
from compiler.syntax.source import SourceFile, Span
from pvm.errors import CompileError
from pvm.pbc.model import Module

if TYPE_CHECKING:
    from compiler.emit.replay import Keeper
    from compiler.incremental.memory import Memory


def compile_source(
    text: str,
    name: str = "main.peb",
    *,
    folder: Path | None = None,
    modules: Mapping[str, str] | None = None,
    diagnostics: Diagnostics | None = None,
    memory: Memory | None = None,
) -> Module:
    """Compile the text of a program, with what ``memory`` knows if there are no ``modules``.

    Its imports are looked up in ``modules`` (texts by file name), in ``folder`` if there is one, then in the
    standard library.

    Raises:
        CompileError: the program has errors.
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    if memory is not None and modules is None:
        return _compile(SourceFile(name, text), found, folder, memory)[0]
    program = check_source(text, name, found, folder=folder, modules=modules)
    return emit_checked(program, found)


def check_source(
    text: str,
    name: str,
    diagnostics: Diagnostics,
    *,
    folder: Path | None = None,
    modules: Mapping[str, str] | None = None,
) -> hir.Program:
    """Check the text of a program without emitting it; what is wrong goes to ``diagnostics``."""
    return check_program(SourceFile(name, text), diagnostics, folder=folder, modules=modules)


def compile_bytes(
    data: bytes, name: str, *, folder: Path | None = None, diagnostics: Diagnostics | None = None
) -> Module:
    """Compile the contents of a file, as ``compile_source`` does.

    Raises:
        CompileError: the program has errors, or is no text in UTF-8.
    """
    return compile_tracked(data, name, folder=folder, diagnostics=diagnostics)[0]


def compile_tracked(
    data: bytes,
    name: str,
    *,
    folder: Path | None = None,
    diagnostics: Diagnostics | None = None,
    memory: Memory | None = None,
    prepare: Callable[[hir.Program], object] = id,
) -> tuple[Module, list[str]]:
    """Compile as ``compile_bytes`` does; also give the files that were looked for in ``folder``, found or not.

    What ``memory`` knows of an earlier compilation is not done again; the result is the same.  A program without
    errors is handed to ``prepare`` before it is emitted.
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    file = decode(name, data, found)
    if file is None:
        raise failure(found)
    return _compile(file, found, folder, memory, prepare)


def _compile(
    file: SourceFile,
    diagnostics: Diagnostics,
    folder: Path | None,
    memory: Memory | None,
    prepare: Callable[[hir.Program], object] = id,
) -> tuple[Module, list[str]]:
    if memory is not None:
        again = _compile_again(file, diagnostics, folder, memory, prepare)
        if again is not None:
            return again
    program = check_program(file, diagnostics, folder=folder)
    return _emit_prepared(program, diagnostics, prepare), program.looked_up


def _emit_prepared(
    program: hir.Program,
    diagnostics: Diagnostics,
    prepare: Callable[[hir.Program], object],
    keeper: Keeper | None = None,
) -> Module:
    if not diagnostics.has_errors:
        prepare(program)
    return emit_checked(program, diagnostics, keeper)


def _compile_again(
    file: SourceFile,
    diagnostics: Diagnostics,
    folder: Path | None,
    memory: Memory,
    prepare: Callable[[hir.Program], object],
) -> tuple[Module, list[str]] | None:
    """Compile with what is remembered; None if the program must be compiled from nothing.

    That is so where it has errors: which ones are reported must not depend on what is remembered.
    """
    from compiler.emit.replay import StaleError

    found = Diagnostics()
    program = check_program(file, found, folder=folder, memory=memory)
    try:
        module = _emit_prepared(program, found, prepare, memory)
    except (CompileError, StaleError):
        if memory.is_used:
            return None
        diagnostics.take(found)
        raise
    memory.save(found)
    diagnostics.take(found)
    return module, program.looked_up


def compile_file(path: str | os.PathLike[str], *, diagnostics: Diagnostics | None = None) -> Module:
    """Compile a program in a file; its modules stand beside it.

    Raises:
        CompileError: the program has errors, or is no text in UTF-8.
        OSError: the file cannot be read.
    """
    file = Path(path)
    return compile_bytes(file.read_bytes(), file.name, folder=file.parent, diagnostics=diagnostics)


def emit_checked(program: hir.Program, diagnostics: Diagnostics, keeper: Keeper | None = None) -> Module:
    """Emit a program whose check reported to ``diagnostics``, with the help of earlier compilations.

    Raises:
        CompileError: there are errors, of the check or of library functions that are checked only now.
    """
    if diagnostics.has_errors:
        raise failure(diagnostics)
    from compiler.emit import LimitError, emit

    with compiling():
        try:
            module = emit(program, keeper)
        except LimitError as error:
            diagnostics.error("E0915", error.span or _root_span(program), error.message)
            raise failure(diagnostics) from None
        except Exception:
            # What a library function with errors left behind is no HIR that could be emitted.
            if not diagnostics.has_errors:
                raise
            raise failure(diagnostics) from None
    if diagnostics.has_errors:
        raise failure(diagnostics)
    return module


def _root_span(program: hir.Program) -> Span:
    """Return where the program begins: what is too large as a whole has no place of its own."""
    roots = [program.main, *program.exports, *(test.function for test in program.tests)]
    return next(root.span for root in roots if root is not None and root.span is not None)


def failure(diagnostics: Diagnostics) -> CompileError:
    """Return what is raised for the errors found."""
    return CompileError(diagnostics.sorted(), render_all(diagnostics))
