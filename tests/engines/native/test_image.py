"""Images compiled by the back end compute what the reference engine does; what no image may have is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pvm.engines.native.layout import control_word
from pvm.engines.native.llvm.image import ImageError, compile_image
from pvm.engines.native.machine_code.target import X86_64_V2
from pvm.pbc.asm import assemble
from pvm.pbc.reader import read_module
from pvm.verify import verify

ROOT = Path(__file__).parents[3]
IMAGE = ROOT / "pvm" / "engines" / "native" / "runtime" / "image.pbc"


def lowered(text: str) -> str:
    module = assemble("features privileged\n" + text, "image")
    return compile_image(verify(module, privileged=True), X86_64_V2.triple)


def test_native_images_agree_with_the_reference_engine() -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.engines.native.image_functions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")


def test_exports_are_entries_that_are_not_inlined() -> None:
    ir = lowered("func one() -> i64 {\n i64.const 1\n return\n}\nexport gc.one = one\nexport again = one\n")
    assert "define i64 @image.gc.one(ptr %cage) #1 {\n%r = call i64 @image.0.one(ptr %cage)" in ir
    assert "define i64 @image.again(ptr %cage) #1" in ir
    assert "define internal i64 @image.0.one(ptr %cage) #0" in ir
    assert 'attributes #1 = { noinline nounwind "frame-pointer"="none" }' in ir


def test_memory_is_not_checked_but_cannot_be_left() -> None:
    ir = lowered("func load(i64) -> i64 {\n local.get 0\n i64.load\n return\n}\n")
    assert "llvm.trap" not in ir
    assert "trunc i64 %v1 to i32" in ir


def test_the_word_that_another_thread_sets_is_loaded_each_time() -> None:
    words = {name: f" i64.const {control_word(name)}\n i64.load\n" for name in ("interrupt", "marking")}
    ir = lowered(f"func both() -> i64 {{\n{''.join(words.values())} i64.add\n return\n}}\n")
    assert (ir.count("load volatile i64"), ir.count("load i64")) == (1, 1)


def test_other_traps_end_the_process() -> None:
    assert "call void @llvm.trap()" in lowered("func stop() {\n unreachable\n}\n")


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("func f() {\n ref.null\n ref.drop\n return\n}", "f has ref.null at 0, which no image may have"),
        ("func f(ref string) {\n return\n}", "an image has a value of type ref string"),
        ("class C {\n}\nfunc f() {\n return\n}", "image has more than functions"),
        ("func f() {\n task.yield\n return\n}", "f has task.yield at 0, which no image may have"),
    ],
)
def test_what_no_image_may_have_is_refused(text: str, finding: str) -> None:
    with pytest.raises(ImageError) as caught:
        lowered(text)
    assert str(caught.value) == finding


def test_bytes_are_compared_in_vectors() -> None:
    ir = compile_image(verify(read_module(IMAGE.read_bytes()), privileged=True), X86_64_V2.triple)
    (body,) = re.findall(r"^define internal i64 @image\.\d+\.placesOf\(.*?^}$", ir, re.MULTILINE | re.DOTALL)
    assert "icmp eq <16 x i8>" in body
    assert "call" not in body


def test_the_image_of_the_tree_can_be_lowered() -> None:
    module = read_module(IMAGE.read_bytes())
    ir = compile_image(verify(module, privileged=True), X86_64_V2.triple)
    assert all(f"@image.{export.name}(" in ir or f'@"image.{export.name}"(' in ir for export in module.exports)
