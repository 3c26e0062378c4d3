"""What the verifier hands to the engines: instructions, leaders, depths, layouts."""

from __future__ import annotations

from pvm.isa.types import Prim
from pvm.pbc.asm import assemble
from pvm.verify import VerifiedFunction, verify


def only(text: str) -> VerifiedFunction:
    return verify(assemble(text, "m")).functions[-1]


def test_leaders_are_entry_labels_and_what_follows_a_branch() -> None:
    found = only("""
        func f(n: i64) -> i64 {
          local.get n        ; 0
          i64.const 10       ; 2
          i64.lt_s           ; 4
          branch.if @small   ; 5
          nop                ; 7
          jump @end          ; 8
        @small locals 1
          nop                ; 10
        @end locals 1
          local.get n        ; 11
          return             ; 13
        }""")
    assert [each.offset for each in found.instructions] == [0, 2, 4, 5, 7, 8, 10, 11, 13]
    assert found.leaders == {0, 7, 10, 11}


def test_nothing_leads_past_the_end() -> None:
    assert only("func f() {\n  return\n}").leaders == {0}


def test_depths_are_the_greatest_at_any_place() -> None:
    found = only("""
        func f(s: ref string) -> i64 {
          i64.const 1
          i64.const 2
          i64.const 3
          i64.add
          i64.add
          local.get s
          local.get s
          ref.drop
          string.size
          i64.add
          return
        }""")
    assert (found.max_prims, found.max_refs) == (3, 2)
    assert found.frame_size == 32 + 8 * (1 + 3 + 2)


def test_depths_count_states_that_another_function_has_met() -> None:
    deep = "i64.const 1\n  i64.const 2\n  i64.add\n  return"
    verified = verify(assemble(f"func f() -> i64 {{\n  {deep}\n}}\nfunc g() -> i64 {{\n  {deep}\n}}", "m"))
    assert [each.max_prims for each in verified.functions] == [2, 2]


def test_depths_count_declared_stacks() -> None:
    found = only("""
        func f() -> i64 {
          unreachable
        @never [i64, i64, i64 | ref? any] locals 0
          i64.add
          return
        }""")
    assert (found.max_prims, found.max_refs) == (3, 1)


def test_locals_are_parameters_first() -> None:
    found = only("func f(a: i32, b: f64) {\n  .local c: i64\n  return\n}")
    assert found.local_types == (Prim.I32, Prim.F64, Prim.I64)
    assert found.frame_size == 32 + 8 * 3


def test_layouts_and_hierarchy_are_those_of_the_module() -> None:
    verified = verify(
        assemble("class Shape {\n  field x: i64\n}\nclass Circle extends Shape {\n  field r: f64\n}", "m")
    )
    assert [field.name for field in verified.layouts[1].fields] == ["x", "r"]
    assert verified.hierarchy.is_subclass(1, 0)
