"""Machine code of chosen functions of a module, as text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pvm.engines.native.llvm.compilation import compile_assembly
from pvm.engines.native.llvm.text import ModuleText, quoted
from pvm.engines.native.machine_code.target import Target

_DEFINED = re.compile(r'define (?:internal )?(?P<head>.*?(?P<symbol>@(?:"[^"]*"|[\w.]+))\([^)]*\))')
_CALL = re.compile(r'(?:call|tail call) (?P<result>[\w ]+?) (?P<symbol>@(?:"[^"]*"|[\w.]+))\((?P<arguments>[^)]*)\)')
_SYMBOL = re.compile(r'@(?:"[^"]*"|[\w.]+)')


def selected(module: ModuleText, names: Iterable[str] | None, target: Target) -> str:
    """The IR of some functions, or of all; what they call and is not among them is declared only."""
    wanted = None if names is None else {quoted(name) for name in names}
    kept: list[str] = []
    declared: dict[str, str] = {}
    defined: set[str] = set()
    for text in module.definitions:
        match = _DEFINED.match(text)
        if match is None:
            if wanted is None:
                kept.append(text)
        elif wanted is None or match["symbol"] in wanted:
            kept.append(text.replace("define internal ", "define ", 1))
            defined.add(match["symbol"])
        else:
            declared[match["symbol"]] = f"declare {match['head']}"
    part = ModuleText()
    part.definitions, part.declarations, part.attributes = kept, module.declarations, module.attributes
    body = part.finish(target.triple)
    used = set(_SYMBOL.findall("\n".join(kept)))
    known = defined | declared.keys() | {quoted(name) for name in module.declarations}
    for call in _CALL.finditer(body):
        if call["symbol"] not in known:
            types = ", ".join(each.split()[0] for each in call["arguments"].split(", ") if each)
            declared[call["symbol"]] = f"declare {call['result']} {call['symbol']}({types})"
    return body + "\n".join(text for symbol, text in declared.items() if symbol in used) + "\n"


def functions(ir: str, target: Target) -> dict[str, list[str]]:
    """Instructions of each function, labels among them; these are numbered within it."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in compile_assembly(ir, target).splitlines():
        text = re.sub(r"\s*(##? |//).*", "", line).strip()
        label = re.fullmatch(r'"?([\w.@-]+|(?<=")[^"]+)"?:', text)
        if label is not None and not label[1].startswith(".L"):
            current = found[label[1]] = []
        elif current is not None and label is not None and label[1].startswith(".Lfunc_end"):
            current = None
        elif current is not None and text and (label is not None or not text.startswith(".")):
            current.append(re.sub(r"\.LBB\d+_", ".L", " ".join(text.split())))
    return found
