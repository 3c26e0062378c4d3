"""Every bit flip and truncation of a small module, with the checksum mended, through reader, verifier and engine."""

from __future__ import annotations

import zlib
from collections import Counter

from pvm.pbc.asm import assemble
from pvm.pbc.writer import write_module
from tests.fuzz.oracles import judge_bytes

SMALL = """
class Box {
  field value: i64
}

func fill(count: i64) -> ref Box {
    .local at: i64
    i64.const 0
    local.set at
@again:
    local.get at
    local.get count
    i64.lt_s
    branch.unless @done
    local.get at
    i64.const 3
    i64.add_checked_s
    local.set at
    jump @again
@done:
    local.get at
    object.new Box
    return
}

func run(count: i64) -> i64 {
    local.get count
    call fill
    field.get Box.value
    i64.const 7
    i64.div_s
    return
}

export run
"""


def sealed(body: bytes) -> bytes:
    """The body with the checksum that a reader expects."""
    return body + zlib.crc32(body).to_bytes(4, "little")


def test_the_small_module_is_good() -> None:
    whole = write_module(assemble(SMALL, "small"))
    assert sealed(whole[:-4]) == whole
    assert judge_bytes(whole, 1).label == "ran"


def test_every_flip_ends_as_documented() -> None:
    body = write_module(assemble(SMALL, "small"))[:-4]
    labels: Counter[str] = Counter()
    for at in range(len(body)):
        for bit in range(8):
            data = bytearray(body)
            data[at] ^= 1 << bit
            labels[judge_bytes(sealed(bytes(data)), at).label] += 1
    assert labels["format error"] > 100
    assert labels["verify error"] > 50
    assert labels["ran"] > 50


def test_every_truncation_ends_as_documented() -> None:
    body = write_module(assemble(SMALL, "small"))[:-4]
    for size in range(len(body)):
        judge_bytes(sealed(body[:size]), size)
