"""Syntax: source text to the tree of `compiler.syntax.ast`.

The phases are scan (text to raw tokens), lay out (line ends, braces, angle
brackets, words that are names elsewhere), parse (LALR tables made by lark) and
the depth check.  See compiler/README.md.
"""

from __future__ import annotations

from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.diagnostics import Diagnostics
    from compiler.syntax.ast import Module
    from compiler.syntax.source import SourceFile


def parse(source: SourceFile, diagnostics: Diagnostics) -> Module:
    """Return the syntax tree of ``source``; what is wrong with it goes to ``diagnostics``.

    With errors the tree lacks what could not be read, and may be empty.
    """
    # Imported late: `compiler.diagnostics` needs `source` from this package before the parser can load.
    from compiler.syntax.reading import read_module

    return read_module(source, diagnostics)


def parse_cached(source: SourceFile, diagnostics: Diagnostics) -> Module:
    """Return what `parse` does, from the cache if this very text was parsed without a finding before.

    Meant for files that seldom change, such as the standard library.
    """
    from compiler.syntax.reading import read_module_cached

    return read_module_cached(source, diagnostics)


def decode(name: str, data: bytes, diagnostics: Diagnostics) -> SourceFile | None:
    """Return the contents of a file as a source text, or None if they are no UTF-8 text, which is reported."""
    from compiler.syntax.reading import decode_source

    return decode_source(name, data, diagnostics)
