"""One file from text to checked tree: the phases of the syntax in order."""

from __future__ import annotations

from functools import cache as cache_once
from pathlib import Path

from compiler.diagnostics import Diagnostics
from compiler.syntax import ast, cache, codec
from compiler.syntax.depth import too_deep
from compiler.syntax.layout import lay_out
from compiler.syntax.parser import Parser
from compiler.syntax.scanner import MAX_SOURCE, scan
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.tokens import SourceRefusedError, Tokens


def read_module(source: SourceFile, diagnostics: Diagnostics) -> ast.Module:
    """Return the tree of ``source``; a declaration nested too deeply is left out and reported."""
    try:
        tokens = lay_out(source, scan(source, diagnostics), diagnostics)
        module = Parser(source, tokens, diagnostics).run()
    except SourceRefusedError:
        return ast.Module(Span(source, 0, len(source.text)), None, (), (), ())
    _report_stray_docs(source, tokens, diagnostics)
    return _without_deep(module, diagnostics)


def decode_source(name: str, data: bytes, diagnostics: Diagnostics) -> SourceFile | None:
    """Return ``data`` as a source text, or None if it is none, which is then reported."""
    if len(data) > 4 * MAX_SOURCE:
        message = f"this file has {len(data):,} bytes, and {4 * MAX_SOURCE:,} are allowed"
        diagnostics.error("E0913", Span(SourceFile(name, ""), 0, 0), message)
        return None
    try:
        return SourceFile(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        # What is before the bad byte is text, so its length in characters is the place.
        start = len(data[: error.start].decode("utf-8"))
        source = SourceFile(name, data.decode("utf-8", "replace"))
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8 here"
        diagnostics.error("E0100", Span(source, start, start + 1), message, suggestion="save the file as UTF-8")
        return None


def read_module_cached(source: SourceFile, diagnostics: Diagnostics) -> ast.Module:
    """Return the tree of ``source`` from the cache, or read it and keep it if nothing was reported."""
    key = cache.key_of(codec.FORMAT, _syntax_version(), source.text)
    data = cache.load("ast", key)
    if data is not None:
        return codec.decode(data, source)
    before = len(diagnostics)
    module = read_module(source, diagnostics)
    if len(diagnostics) == before:
        cache.store("ast", key, codec.encode(module))
    return module


@cache_once
def _syntax_version() -> str:
    """Return a text that changes with any file of this package: another parser may build another tree."""
    folder = Path(__file__).parent
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".lark"):
            status = path.stat()
            found.append(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(found)


def _report_stray_docs(source: SourceFile, tokens: Tokens, diagnostics: Diagnostics) -> None:
    if tokens.docs and not diagnostics.has_errors:
        for offset in tokens.docs:
            start = source.text.rfind("///", 0, offset)
            end = source.text.find("\n", start)
            message = "this documentation belongs to no declaration"
            suggestion = "write `//` for an ordinary comment"
            diagnostics.warning("W0102", Span(source, start, end), message, suggestion=suggestion)


def _without_deep(module: ast.Module, diagnostics: Diagnostics) -> ast.Module:
    kept: list[ast.Declaration] = []
    for declaration in module.declarations:
        deep = too_deep(declaration)
        if deep is None:
            kept.append(declaration)
            continue
        message = f"this is nested more than {ast.MAX_DEPTH} levels deep"
        suggestion = "give inner parts a name of their own, with `let` or as a function"
        diagnostics.error("E0911", deep.span.first(), message, label="too deep from here on", suggestion=suggestion)
    if len(kept) == len(module.declarations):
        return module
    return ast.Module(module.span, module.doc, module.annotations, module.imports, tuple(kept))
