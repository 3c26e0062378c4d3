"""A time limit holds although single instructions take long: each program here ran for many times its limit."""

from __future__ import annotations

import time

import pytest

import pvm
from pvm.engines.api import EngineLimits
from pvm.engines.reference.engine import ReferenceEngine
from pvm.kernel import Kernel
from pvm.pbc.asm import assemble
from pvm.verify import verify

LIMIT = 0.2
SLACK = 2.0
"""A busy machine may take longer; without the checks it is ten seconds and more."""

THROWABLE = """
throwable T
class T {
  field message: ref? string
  field trace: ref? array i32
}
class B extends T {
}
"""


def seconds_until_time_is_up(text: str, *arguments: int, stack: int = 4 << 20) -> float:
    verified = verify(assemble(text, "late"))
    engine = ReferenceEngine(verified, None, EngineLimits(stack=stack))
    start = time.monotonic()
    engine.deadline = start + LIMIT
    with pytest.raises(pvm.Exhaustion) as caught:
        engine.call(0, arguments)
    assert caught.value.kind == "time"
    return time.monotonic() - start


def test_throwing_on_a_deep_stack() -> None:
    text = """
    func main(i: i64) -> i64 {
      local.get i
      i64.const 0
      i64.le_s
      branch.unless @down
    @head
      .try H @L
      object.new_default T
      throw
      .end H
    @L
      ref.drop
      jump @head
    @down
      local.get i
      i64.const 1
      i64.sub
      call main
      i64.const 1
      i64.add
      return
    }
    """
    assert seconds_until_time_is_up(THROWABLE + text, 20_000, stack=64 << 20) < LIMIT + SLACK


def test_throwing_past_many_handlers() -> None:
    count = 1_000
    begin = "".join(f".try H{number} @L{number} catch B\n" for number in range(count))
    end = "".join(f".end H{number}\n" for number in reversed(range(count)))
    labels = "".join(f"@L{number}\nref.drop\nreturn\n" for number in range(count))
    code = f"@head\n.try Z @Z\n{begin}object.new_default T\nthrow\n{end}.end Z\n{labels}@Z\nref.drop\njump @head\n"
    assert seconds_until_time_is_up(f"{THROWABLE}func main() {{\n{code}}}\n") < LIMIT + SLACK


def test_hypercalls_that_take_long() -> None:
    module = pvm.Module.assemble("""
    import kernel random_fill (ref array u8, i64, i64) -> i64
    func main() {
      .local buffer: ref array u8
      i64.const 4000000
      array.new u8
      local.set buffer
    @head
      local.get buffer
      i64.const 0
      i64.const 4000000
      hypercall random_fill
      prim.drop
      jump @head
    }
    export main as ()
    """)
    limits = pvm.Limits(timeout=LIMIT)
    with pvm.Instance(module, limits=limits, kernel=Kernel(seed=1, clock="virtual")) as instance:
        start = time.monotonic()
        with pytest.raises(pvm.Exhaustion):
            instance.call("main")
        assert time.monotonic() - start < LIMIT + SLACK


def test_the_text_of_a_trace_with_long_names_stays_within_the_memory_limit() -> None:
    name = "n" * 500_000
    text = f"""{THROWABLE}
    trap stack-overflow = T
    import runtime trace.text (ref array i32) -> ref string
    func {name}(i: i64) {{
      local.get i
      call {name}
      return
    }}
    func main() -> i64 {{
      .try H @L
      i64.const 0
      call {name}
      i64.const 0
      return
      .end H
    @L
      field.get T.trace
      ref.as_non_null
      call.runtime trace.text
      string.size
      return
    }}
    """
    engine = ReferenceEngine(verify(assemble(text, "names")), None, EngineLimits(memory=32 << 20))
    with pytest.raises(pvm.Exhaustion) as caught:
        engine.call(1, ())
    assert caught.value.kind == "memory"
