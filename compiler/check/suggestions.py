"""Where an unknown name might come from."""

from __future__ import annotations

from compiler.check.modules import ModuleScope
from compiler.diagnostics import Diagnostics
from compiler.syntax import ast
from compiler.syntax.source import SourceFile

MAX_LIBRARY_FILES = 200


_FOREIGN = {
    "len": "write `x.size`",
    "int": "write `text.toInt()`",
    "parseInt": "write `text.toInt()`",
    "float": "write `text.toFloat()`",
    "parseFloat": "write `text.toFloat()`",
    "str": 'write `"${x}"`',
    "range": "write `0..<n`",
    "printf": 'write `println("… ${value}")`',
    "console": "write `println(…)`",
    "System": "write `println(…)`, or add `import process`",
    "input": "add `import io`, and write `io.stdin.readLine()`",
    "readLine": "add `import io`, and write `io.stdin.readLine()`",
    "readln": "add `import io`, and write `io.stdin.readLine()`",
    "Math": "add `import math`; `max` and `min` need no import, and `x.abs()` is a method",
    "abs": "write `x.abs()`",
    "sqrt": "write `x.sqrt()`",
    "floor": "write `x.floor()`",
    "Error": "exceptions inherit from `Exception`",
    "nil": "write `null`",
    "None": "write `null`",
    "NULL": "write `null`",
    "True": "write `true`",
    "False": "write `false`",
    "assertEquals": "write `assert a == b`",
    "mutableListOf": "write `[a, b]`, or `List<Int>()`",
    "mutableMapOf": "write `[:]`, or `Map<String, Int>()`",
    "vec": "write `[a, b]`",
}


def foreign_name(name: str) -> str | None:
    """Return what a name that is known from another language is here, or None."""
    return _FOREIGN.get(name)


def missing_import(module: ModuleScope, name: str) -> str | None:
    """Return the import that would bring a name of the library into sight, or None."""
    index = _library_index(module)
    return index.get(name)


def _library_index(module: ModuleScope) -> dict[str, str]:
    session = module.session
    known = session.library_index
    if known is not None:
        return known
    index: dict[str, str] = {}
    sources = session.sources
    assert sources is not None, "check_program sets it first"
    root = sources.library
    for path in sorted([*root.glob("*.peb"), *root.glob("*/*.peb")])[:MAX_LIBRARY_FILES]:
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0] == "core":
            continue
        dotted = ".".join(parts)
        index.setdefault(parts[-1], f"import {dotted}")
        for public in _public_names(path.read_text(encoding="utf-8"), dotted):
            index.setdefault(public, f"import {dotted}.{{{public}}}")
    session.library_index = index
    return index


def _public_names(text: str, name: str) -> list[str]:
    from compiler.syntax import parse_cached

    tree = parse_cached(SourceFile(name, text), Diagnostics())
    return [
        item.name.text
        for item in tree.declarations
        if isinstance(item, ast.Function | ast.Class | ast.Interface | ast.Enum) and item.modifiers.has("pub")
    ]
