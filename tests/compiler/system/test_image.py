"""Images: what is in them, what must not be, and how they are built."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import compile_source
from compiler.runtime import build_image, compile_system, image_findings
from pvm.errors import CompileError, VerifyError
from pvm.pbc.asm import assemble
from pvm.pbc.model import Feature
from pvm.verify import verify

MODULES = {
    "two.peb": 'import one.{used}\n@export("two.run") fun run(at: Address) -> Int = used(at)\n',
    "one.peb": "pub fun used(at: Address) -> Int = at.loadInt64()\nfun left() -> Int = 1\n",
    "three.peb": '@export("three.run") fun run(x: Float32, y: UInt32) -> Bool = x < y.toFloat32()\n',
}


def test_an_image_has_what_its_exports_reach() -> None:
    module = compile_system(MODULES)
    assert module.features == Feature.PRIVILEGED
    assert [(item.name, item.boundary) for item in module.exports] == [
        ("three.run", "(f32, u32) -> bool"),
        ("two.run", "(i64) -> i64"),
    ]
    assert sorted(item.name for item in module.functions) == ["run", "two.run", "used"]
    verify(module, privileged=True)
    with pytest.raises(VerifyError, match="privileged"):
        verify(module)


def test_the_same_modules_give_the_same_image() -> None:
    assert compile_system(MODULES) == compile_system(dict(reversed(MODULES.items())))


def test_a_program_is_no_image() -> None:
    module = compile_source('fun main() {\n    try { println("a") } catch (e: Exception) { throw e }\n}\n')
    found = image_findings(module)
    assert {"the module has classes", "the module has imports", "the module has strings"} <= set(found)
    assert {"main has handlers", "main has throw"} <= set(found)


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("func f(a: ref? any) {\n    return\n}", "a signature has references: (ref? any)"),
        ("func f() {\n  .local ref? any\n    return\n}", "f has references among its locals"),
        ("func f() {\n    task.yield\n    return\n}", "f has task.yield"),
        ("func f() {\n    func.ref f\n    ref.drop\n    return\n}", "f has func.ref"),
        ("func f() {\n    ref.null\n    ref.is_null\n    prim.drop\n    return\n}", "f has ref.is_null"),
        ("func f() {\n    ref.null\n    ref.drop\n    return\n}", "f has ref.drop"),
        ("global g: i64 = 1\nfunc f() {\n    return\n}", "the module has globals"),
        ("func f() {\n    return\n}\nstart f", "the module has a start function"),
    ],
)
def test_what_no_image_may_have_is_found(body: str, finding: str) -> None:
    assert finding in image_findings(assemble(f"module m\n{body}\n", "m"))


def test_a_folder_is_built(tmp_path: Path) -> None:
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    image = build_image(tmp_path)
    assert image == build_image(tmp_path)
    (tmp_path / "one.peb").write_text("fun used() {}\n", encoding="utf-8")
    with pytest.raises(CompileError, match="not public"):
        build_image(tmp_path)
