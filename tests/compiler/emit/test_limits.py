"""Programs that no module can hold are refused with a diagnostic, at the limits of the verifier."""

from __future__ import annotations

import pytest

from compiler import compile_source
from compiler.diagnostics import Diagnostic
from compiler.emit import context, functions, limits
from pvm.errors import CompileError
from pvm.verify import limits as verifier
from pvm.verify import verify


def refusal(source: str) -> Diagnostic:
    with pytest.raises(CompileError) as caught:
        compile_source(source)
    (found,) = caught.value.diagnostics
    assert isinstance(found, Diagnostic)
    return found


def list_of(item: str, count: int) -> str:
    return ", ".join(item.format(number) for number in range(count))


def test_limits_are_those_of_the_verifier() -> None:
    for name in ("MAX_PARAMS", "MAX_LOCALS", "MAX_BORDER_BITS", "MAX_CODE", "MAX_CLASSES"):
        assert getattr(limits, name) == getattr(verifier, name)


@pytest.mark.parametrize(
    "declaration",
    [
        "fun f({}) {{}}",
        "class C {{ fun f({}) {{}} }}",
        "class C({})",
        "data class C({})",
        "enum E {{\n    C({})\n}}",
        "let f = {{ {} -> 1 }}",
    ],
)
def test_parameters(declaration: str) -> None:
    many = declaration.format(list_of("p{}: Int", 251))
    found = refusal(f"{many}\nfun main() {{}}\n")
    assert found.code == "E0915"
    assert found.span.text == "p250: Int"
    verify(compile_source(declaration.format(list_of("p{}: Int", 250)) + "\nfun main() {}\n"))


def test_function_types() -> None:
    found = refusal(f"fun f(g: ({list_of('Int', 251)}) -> Int) {{}}\nfun main() {{}}\n")
    assert (found.code, found.line) == ("E0915", 1)


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MAX_LOCALS", 20)
    many = "".join(f"    var v{number} = number\n    v{number} += 1\n    println(v{number})\n" for number in range(30))
    found = refusal(f"fun main() {{\n    let number = [1].size\n{many}    println([{list_of('v{}', 30)}])\n}}\n")
    assert found.code == "E0915"
    assert found.message.startswith("variables of a function: expected at most 20, found ")


def test_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "MAX_CODE", 50)
    found = refusal("fun main() {\n    println(1)\n}\n")
    assert found.code == "E0915"
