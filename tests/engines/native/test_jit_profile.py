"""What calls were seen to call is compared with first where it may be many functions, and inlined."""

from __future__ import annotations

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit.background import Background
from pvm.engines.native.jit.build import encode_argument, function_ir
from pvm.engines.native.jit.installed import COUNTS
from pvm.engines.native.jit.profile import MAX_SITES, CallProfile, Counts, likely
from pvm.engines.native.machine_code.target import X86_64_V3
from tests.engines.native.test_jit import promotion_of

KINDS = 6
CLASSES = "".join(
    f"class S{k} : Shape() {{ override fun corners(n: Int) -> Int = n ^ {1000 + k} }}\n" for k in range(KINDS)
)
MAKERS = ", ".join(f"S{k}()" for k in range(KINDS))
VALUES = ", ".join(f"{{ x: Int -> (x ^ {1000 + k}) + n }}" for k in range(KINDS))
SOURCE = f"""
abstract class Shape {{ abstract fun corners(n: Int) -> Int }}
{CLASSES}
fun ask(shape: Shape, n: Int) -> Int = shape.corners(n)
fun apply(f: (Int) -> Int, n: Int) -> Int = f(n)
fun all(shapes: List<Shape>, n: Int) -> Int {{ var s = 0
    for i in 0..<n {{ for each in shapes {{ s = s * 3 + ask(each, i) & 65535 }} }}
    return s }}
fun every(values: List<(Int) -> Int>, n: Int) -> Int {{ var s = 0
    for i in 0..<n {{ for each in values {{ s = s * 3 + apply(each, i) & 65535 }} }}
    return s }}
@export fun methods(n: Int) -> Int {{ let shapes: List<Shape> = [{MAKERS}, S4(), S4(), S4(), S4(), S4(), S4()]
    return all(shapes, n) }}
@export fun values(n: Int) -> Int {{ let values: List<(Int) -> Int> = [{VALUES}]
    return every(values, n) }}
fun main() {{}}
"""
MODULE = pvm.Module(compile_source(SOURCE, name="profile.peb"))
NAMES = [each.name for each in MODULE.verified.module.functions]
LOOKS = (7, 11)
"""Units of fuel from one look to the next: fewer than those of a call, so that all are seen."""
VALUE_NAMES = [name for name in NAMES if name.startswith("values.lambda")]


pytestmark = pytest.mark.usefixtures("own_worker")


@pytest.fixture(autouse=True)
def nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks find what is hot, but nobody compiles it: compiled code has no frames of what is inlined."""
    monkeypatch.setattr(Background, "ask", lambda *_: None)


def seen() -> CallProfile:
    """What is seen in the interpreter."""
    with debugging(Debug(looks=LOOKS)), pvm.Instance(MODULE, tier="jit") as instance:
        profile = promotion_of(instance).profile
        instance.call("methods", 300)
        instance.call("values", 300)
    return profile


def body(function: str, profile: Counts) -> str:
    """The function itself, without its entries."""
    ir = function_ir(X86_64_V3, encode_argument(MODULE.to_bytes(), NAMES.index(function), COUNTS, profile))
    return ir[ir.index("@body(") : ir.index("define internal")]


def inlined(ir: str) -> set[int]:
    """Which of the methods or function values are there."""
    return {k for k in range(KINDS) if f", {1000 + k}" in ir}


def test_what_is_seen_most_is_likely() -> None:
    profile = dict(seen().of(NAMES.index("ask")))
    (counts,) = (counts for (caller, _), counts in profile.items() if caller == NAMES.index("ask"))
    assert NAMES[likely(counts)[0]] == "S4.corners"


def test_method_that_is_seen_is_inlined_among_many() -> None:
    assert inlined(body("ask", ())) == set()
    assert inlined(body("ask", seen().of(NAMES.index("ask")))) >= {4}


def test_function_value_that_is_seen_is_inlined_among_many() -> None:
    assert inlined(body("apply", ())) == set()
    profile = seen().of(NAMES.index("apply"))
    ((site, _),) = (each for each in profile if each[0][0] == NAMES.index("apply"))
    first, second, third = map(NAMES.index, VALUE_NAMES[:3])
    assert inlined(body("apply", ((site, ((first, 9), (second, 7), (third, 1))),))) == {0, 1}


def test_what_is_seldom_seen_is_not_likely() -> None:
    assert likely(((1, 90), (2, 8), (3, 2))) == [1]
    assert likely(((1, 50), (2, 40), (3, 30))) == [1, 2]
    assert likely(()) == []


@pytest.mark.parametrize("wrong", [["S1.corners", "S4.corners"], ["ask", "S0.corners"], VALUE_NAMES[1:3], ["main"]])
def test_wrong_guesses_change_nothing(wrong: list[str]) -> None:
    sites = [site for site, _ in seen().of()]
    counts = tuple((NAMES.index(name), 5) for name in wrong)
    with pvm.Instance(MODULE, tier="interpreter") as instance:
        wanted = [instance.call(name, 20) for name in ("methods", "values")], instance.statistics.fuel_used
    with pvm.Instance(MODULE, tier="jit") as instance:
        promotion = promotion_of(instance)
        for caller, position in sites:
            for function, count in counts:
                for _ in range(count):
                    promotion.profile.note(caller, position, function)
        promotion.compile_all(0)
        found = [instance.call(name, 20) for name in ("methods", "values")], instance.statistics.fuel_used
    assert found == wanted


def test_only_so_many_calls_are_counted() -> None:
    profile = CallProfile()
    for number in range(MAX_SITES + 100):
        profile.note(1, number, 2)
    profile.note(3, 0, 2)
    assert all(caller == 1 for (caller, _), _ in profile.of(3))
