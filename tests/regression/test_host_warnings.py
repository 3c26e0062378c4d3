"""No warning of Python reaches the host's standard error when a program is translated.

Code behind ``ref.null`` made non-null never runs, but is translated: indexing the null was a SyntaxWarning.
"""

from __future__ import annotations

import pytest

from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import Trap
from pvm.pbc.asm import assemble
from pvm.verify import verify


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("strict", [False, True])
def test_a_byte_of_a_string_that_is_always_null(strict: bool) -> None:
    module = assemble("""
    func main(i: i64) -> i32 {
      ref.null
      ref.as_non_null
      local.get i
      string.get
      return
    }
    """)
    engine = ReferenceEngine(verify(module), strict=strict)
    with pytest.raises(Trap) as caught:
        engine.call(0, (3,))
    assert caught.value.kind == "null-reference"
