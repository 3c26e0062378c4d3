"""Privileged opcodes: accepted only when the caller and the module both say so."""

from __future__ import annotations

import pytest

from pvm.errors import VerifyError
from pvm.pbc.asm import assemble
from pvm.verify import verify

BODY = """
func f(address: i64) -> i32 {
  local.get address
  i32.load
  return
}
"""


@pytest.mark.parametrize(
    ("feature", "privileged", "accepted"),
    [("features privileged", True, True), ("features privileged", False, False), ("", True, False), ("", False, False)],
)
def test_privilege_needs_both(feature: str, privileged: bool, accepted: bool) -> None:
    module = assemble(feature + BODY, "image")
    if accepted:
        assert verify(module, privileged=True).functions[0].max_prims == 1
        return
    with pytest.raises(VerifyError) as caught:
        verify(module, privileged=privileged)
    assert caught.value.rule == "privileged-opcode"


def test_a_privileged_opcode_is_not_taken_for_one_of_the_same_effect() -> None:
    """``i64.const`` is met first in the same state, and both push an ``i64``."""
    module = assemble(
        "func f() -> i64 {\n  i64.const 1\n  return\n}\nfunc g() -> i64 {\n  memory.size\n  return\n}", "m"
    )
    with pytest.raises(VerifyError) as caught:
        verify(module)
    assert (caught.value.function, caught.value.rule) == ("g", "privileged-opcode")
