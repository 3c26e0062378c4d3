"""Builds the runtime image: `python -m compiler.runtime`.

The system modules of a folder become one privileged module.  It has to be plain machine code with linear memory,
so that whoever runs it needs no heap, no scheduler and no host: `image_findings` looks at every instruction.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from compiler.check.system import check_system
from compiler.diagnostics import Diagnostics, render_all
from compiler.driver import emit_checked
from pvm.errors import CompileError
from pvm.isa.encoding import decode_code
from pvm.isa.instruction import Form, Opcode
from pvm.isa.types import Bank, RefType
from pvm.pbc.effects import fixed_effect, item_bank
from pvm.pbc.model import Function, Module
from pvm.pbc.writer import write_module

RUNTIME = Path(__file__).parent.parent / "pvm" / "engines" / "native" / "runtime"
IMAGE = RUNTIME / "image.pbc"
_OUTSIDE = frozenset({Form.ALLOCATE, Form.HYPERCALL, Form.TASK, Form.THROW, Form.BRANCH_REF})
_CALLS = frozenset({"call", "tail.call"})


def compile_system(
    modules: Mapping[str, str], name: str = "runtime", *, diagnostics: Diagnostics | None = None
) -> Module:
    """Compile system modules, given as texts by file name, to one privileged module.

    Raises:
        CompileError: the modules have errors.
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    module = emit_checked(check_system(modules, name, found), found)
    wrong = image_findings(module)
    assert not wrong, f"the compiler let through what no image may have: {wrong}"
    return module._replace(attributes=())


def image_findings(module: Module) -> list[str]:
    """Find what an image may not have: references, tables of them, ways out of it."""
    tables = {
        "classes": module.classes,
        "imports": module.imports,
        "globals": module.globals,
        "strings": module.strings,
        "a start function": () if module.start is None else (module.start,),
        "a class of exceptions": () if module.throwable is None else (module.throwable,),
    }
    findings = [f"the module has {what}" for what, table in tables.items() if table]
    findings += [
        f"a signature has references: {signature}"
        for signature in module.signatures
        if any(isinstance(item, RefType) for item in (*signature.params, *signature.results))
    ]
    for function in module.functions:
        findings += [f"{function.name} has {what}" for what in _function_findings(function)]
    return findings


def _function_findings(function: Function) -> Iterator[str]:
    if any(isinstance(item, RefType) for item in function.locals):
        yield "references among its locals"
    if function.handlers:
        yield "handlers"
    for instruction in decode_code(function.code):
        opcode = instruction.opcode
        is_call = opcode.form in {Form.CALL, Form.TAIL_CALL}
        if opcode.form in _OUTSIDE or (is_call and opcode.mnemonic not in _CALLS) or _has_reference(opcode):
            yield opcode.mnemonic


def _has_reference(opcode: Opcode) -> bool:
    """Tell whether an instruction pops or pushes a reference whatever its immediates are."""
    effect = fixed_effect(opcode)
    items = () if effect is None else (*effect.pops, *effect.pushes)
    return any(item_bank(item) is Bank.REF for item in items)


def build_image(folder: Path = RUNTIME, *, diagnostics: Diagnostics | None = None) -> bytes:
    """Build the image of the system modules in a folder.

    Raises:
        CompileError: the modules have errors.
    """
    modules = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.peb"))}
    return write_module(compile_system(modules, diagnostics=diagnostics))


def main() -> int:
    """Write the image, or print what is wrong with the modules."""
    found = Diagnostics()
    try:
        data = build_image(diagnostics=found)
    except CompileError as error:
        sys.stderr.write(error.rendered)
        return 1
    sys.stderr.write(render_all(found))
    IMAGE.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
