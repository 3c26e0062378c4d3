"""Names in a module are any text of any length; nothing on the host may trip over them."""

from __future__ import annotations

import pytest

from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import VerifyError
from pvm.isa.table import BY_NAME
from pvm.isa.types import Signature
from pvm.pbc.model import Function, Module
from pvm.verify import verify


def module(name: str, code: str) -> Module:
    function = Function(name, 0, (), bytes((BY_NAME[code].code,)))
    return Module(name, signatures=(Signature(()),), functions=(function,))


@pytest.mark.parametrize(
    "name", ["nul\0", "line\nfeed", "\ud800", "x" * 100_000], ids=["nul", "line", "surrogate", "long"]
)
def test_a_function_of_any_name_runs(name: str) -> None:
    engine = ReferenceEngine(verify(module(name, "return")))
    assert engine.call(0, ()) is None


def test_a_long_name_does_not_make_a_long_message() -> None:
    with pytest.raises(VerifyError) as caught:
        verify(module("x" * 100_000, "nop"))
    assert caught.value.function == "x" * 100_000
    assert len(str(caught.value)) < 500
