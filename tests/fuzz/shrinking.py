"""Makes the input of a finding smaller: parts are removed as long as the failure stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.errors import FormatError
from pvm.isa.encoding import decode_code
from pvm.isa.table import BY_NAME
from pvm.pbc.model import Function, Module
from tests.fuzz.model_mutators import rebuild
from tests.fuzz.mutators import TOKEN

_LISTS = ("exports", "attributes", "trap_classes", "files", "globals", "functions", "imports", "classes", "strings")


def shrink_text(text: str, still_fails: Callable[[str], bool]) -> str:
    """Remove lines, then tokens."""
    lines = shrink_list(text.splitlines(keepends=True), lambda parts: still_fails("".join(parts)))
    tokens = shrink_list(TOKEN.findall("".join(lines)), lambda parts: still_fails("".join(parts)))
    return "".join(tokens)


def shrink_list(parts: list[Any], still_fails: Callable[[list[Any]], bool]) -> list[Any]:
    """Remove halves, quarters, and so on."""
    size = max(len(parts) // 2, 1)
    while size:
        at = 0
        while at < len(parts):
            candidate = parts[:at] + parts[at + size :]
            if still_fails(candidate):
                parts = candidate
            else:
                at += size
        size //= 2
    return parts


def shrink_module(module: Module, still_fails: Callable[[Module], bool]) -> Module:
    """Remove elements of tables (from the end, where indices allow it), debug information, and instructions."""
    for name in _LISTS:
        module = _shrink_table(module, name, still_fails)
    if module.start is not None and still_fails(module._replace(start=None)):
        module = module._replace(start=None)
    for number in range(len(module.functions)):
        module = _shrink_function(module, number, still_fails)
    return module


def _shrink_table(module: Module, name: str, still_fails: Callable[[Module], bool]) -> Module:
    def replaced(items: list[Any]) -> Module:
        changes: dict[str, Any] = {name: tuple(items)}
        return module._replace(**changes)

    return replaced(shrink_list(list(getattr(module, name)), lambda items: still_fails(replaced(items))))


def _with(module: Module, number: int, function: Function) -> Module:
    return module._replace(functions=(*module.functions[:number], function, *module.functions[number + 1 :]))


def _shrink_function(module: Module, number: int, still_fails: Callable[[Module], bool]) -> Module:
    function = module.functions[number]
    for smaller in (
        function._replace(code=bytes((BY_NAME["unreachable"].code,)), labels=(), handlers=(), lines=(), positions=()),
        function._replace(positions=(), lines=()),
        function._replace(local_names=()),
        function._replace(handlers=()),
    ):
        if still_fails(_with(module, number, smaller)):
            function = smaller
            module = _with(module, number, function)
    try:
        lines = [(each.opcode, each.immediates, each.offset) for each in decode_code(function.code)]
    except FormatError:
        return module
    kept = shrink_list(lines, lambda parts: still_fails(_with(module, number, rebuild(function, parts))))
    return _with(module, number, rebuild(function, kept))
