"""Cages: what is in them stays in them, and nothing of one instance is left for the next."""

from __future__ import annotations

import gc
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pvm.engines.api import Bindings, EngineLimits
from pvm.engines.native import layout
from pvm.engines.native.cage import Cage
from pvm.engines.native.checked import CheckedModule
from pvm.engines.native.debug import Debug
from pvm.engines.native.engine import NativeEngine
from pvm.errors import UsageError
from pvm.pbc.asm import assemble
from pvm.verify import verify
from tests.engines.running import call, make, start

ROOT = Path(__file__).parents[3]
TEXT = """
import host back (i64) -> i64
class Node {
  field next: ref? Node
  field value: i64
}
global kept: ref? Node
global count: i64
func push(n: i64) -> i64 {
    global.get kept
    local.get n
    object.new Node
    global.set kept
    global.get count
    i64.const 1
    i64.add
    global.set count
    global.get count
    return
}
func garbage(n: i64) -> i64 {
@next:
    i64.const 100
    array.new i64
    ref.drop
    local.get n
    i64.const 1
    i64.sub
    local.tee n
    i64.eqz
    branch.unless @next
    local.get n
    return
}
func node() -> ref? any {
    global.get kept
    return
}
func value(a: ref? any) -> i64 {
    local.get a
    ref.cast ref Node
    field.get Node.value
    return
}
func hash(a: ref? any) -> i64 {
    local.get a
    ref.as_non_null
    ref.identity_hash
    return
}
func talk(n: i64) -> i64 {
    local.get n
    call push
    hypercall back
    return
}
export push = push as (i64) -> i64
export garbage = garbage as (i64) -> i64
export node = node as () -> any?
export value = value as (any?) -> i64
export hash = hash as (any?) -> i64
export talk = talk as (i64) -> i64
"""


def engine(debug: Debug | None = None, **limits: int) -> NativeEngine:
    made = make(
        "interpreter",
        verify(assemble(TEXT, "cages")),
        Bindings(host={"back": lambda n: n}),
        EngineLimits(**limits),
        **({"debug": debug} if debug else {}),
    )
    assert isinstance(made, NativeEngine)
    return made


def cage_of(instance: NativeEngine) -> Cage:
    return instance._machine.cage


# The guard region

CORRUPT = """
import sys
from tests.engines.native.test_cages import corrupt
corrupt(*map(int, sys.argv[1:]))
"""
READ = """
func make(n: i64) -> ref array i64 {
    local.get n
    array.new i64
    return
}
func read(a: ref array i64, index: i64) -> i64 {
    local.get a
    local.get index
    array.get i64
    return
}
func write(a: ref array i64, index: i64) {
    local.get a
    local.get index
    local.get index
    array.set i64
    return
}
"""
LONGEST = 0x7FFF_FFFF


def corrupt(index: int, is_store: int, elements: int) -> None:
    """Give an array a length it does not have, and use an element far behind it."""
    instance = start("interpreter", READ)
    assert isinstance(instance, NativeEngine)
    array = call(instance, "make", elements)
    cage = cage_of(instance)
    cage.set_u32(array.address_in(instance._machine.heap) + layout.LENGTH, LONGEST)
    print(call(instance, "write" if is_store else "read", array, index), flush=True)


@pytest.mark.parametrize("is_store", [False, True])
@pytest.mark.parametrize(("elements", "index"), [(4, LONGEST - 1), (100_000, LONGEST // 2), (4, (1 << 29) + 12_345)])
def test_an_array_of_corrupted_length_reaches_nothing_outside(index: int, is_store: bool, elements: int) -> None:
    # 16 bytes of header at most 4 GiB from the start and 2^31 - 1 elements of 8 bytes: less than the guard's end.
    assert layout.CAGE_SIZE + layout.ELEMENTS + 8 * LONGEST <= layout.CAGE_SIZE + layout.GUARD_SIZE
    command = [sys.executable, "-c", CORRUPT, str(index), str(int(is_store)), str(elements)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-11, ""), done.stderr  # SIGSEGV: the element is in the guard


def test_what_is_behind_a_cage_is_all_guard() -> None:
    instance = engine()
    start_, end = cage_of(instance).address, cage_of(instance).address + layout.CAGE_SIZE + layout.GUARD_SIZE
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        range_, rights = line.split()[:2]
        low, high = (int(each, 16) for each in range_.split("-"))
        if low < end and high > start_:
            found.append((low - start_, high - start_, rights))
    # Adjacent mappings of equal rights may be one: the first and the last may begin before the cage or end behind it.
    for low, high, rights in found:
        if low >= layout.CAGE_SIZE:
            assert rights == "---p", (hex(low), hex(high), rights)
        elif low < layout.CONTROL:
            assert rights[:3] == "r--", (hex(low), hex(high), rights)
        else:
            assert rights == "rw-p", (hex(low), hex(high), rights)
            assert high <= layout.CAGE_SIZE


# Nothing absolute


def mapped_ranges() -> list[tuple[int, int]]:
    """Ranges of addresses of this process, merged."""
    merged: list[tuple[int, int]] = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        low, high = (int(each, 16) for each in line.split()[0].split("-"))
        if merged and merged[-1][1] == low:
            merged[-1] = merged[-1][0], high
        else:
            merged.append((low, high))
    return merged


def absolute_words(instance: NativeEngine) -> list[int]:
    """Addresses of words that hold an address of this process."""
    ranges = [each for each in mapped_ranges() if each[0] > 1 << 40]  # where a number of a program could not be
    cage, found = cage_of(instance), []
    metadata = layout.METADATA, instance._machine.program._end - layout.METADATA & -8
    for start_, size in [*cage.written(), metadata]:
        data = cage.bytes_at(start_, size)
        if not data.strip(b"\0"):
            continue
        for place, (word,) in enumerate(struct.iter_unpack("<Q", data)):
            if word > 1 << 40 and any(low <= word < high for low, high in ranges):
                found.append(start_ + 8 * place)
    return [each for each in found if not is_power_of_ten(each)]


def test_no_word_in_a_cage_is_an_address_of_the_process() -> None:
    seen: list[list[int]] = []
    instances: list[NativeEngine] = []

    def back(n: int) -> int:
        cage = cage_of(instances[0])
        seen.append(absolute_words(instances[0]))
        cage.set_u64(layout.STACKS_END - 8, cage.address + layout.HEAP)
        seen.append(absolute_words(instances[0]))
        return n

    instance = make("interpreter", verify(assemble(TEXT, "cages")), Bindings(host={"back": back}))
    assert isinstance(instance, NativeEngine)
    instances.append(instance)
    instance.call_export("garbage", (3000,))
    assert instance.call_export("talk", (5,)) == 1
    assert seen == [[], [layout.STACKS_END - 8]]


def is_power_of_ten(address: int) -> bool:
    """Whether an address is in the table of significands, which have any bits."""
    return layout.POWERS_OF_TEN <= address < layout.METADATA_PROGRAM


# Recycling, and what is left of programs


def test_a_used_cage_has_nothing_of_the_instance_before() -> None:
    verified = verify(assemble(TEXT, "cages"))
    first = make("interpreter", verified, Bindings(host={"back": lambda n: n}))
    fresh = contents(cage_of(first))  # type: ignore[arg-type]
    first.call_export("push", (0x1234_5678_9ABC,))
    first.call_export("garbage", (20_000,))
    address = cage_of(first).address  # type: ignore[arg-type]
    first.close()
    second = make("interpreter", verified, Bindings(host={"back": lambda n: n}))
    assert cage_of(second).address == address, "a cage is used again"  # type: ignore[arg-type]
    assert contents(cage_of(second)) == fresh  # type: ignore[arg-type]
    assert second.call_export("node", ()) is None
    assert second.call_export("push", (1,)) == 1


def contents(cage: Cage) -> dict[int, bytes]:
    """All that is not zero in the writable part, by page."""
    found = {}
    for address, size in cage.written():
        for page in range(address, address + size, 4096):
            data = cage.bytes_at(page, 4096)
            if data.strip(b"\0"):
                found[page] = data
    return found


def test_programs_that_nobody_uses_keep_neither_descriptors_nor_addresses() -> None:
    def use(number: int) -> None:
        made = start("interpreter", f"func main() -> i64 {{\n i64.const {number}\n return\n}}\n")
        assert call(made, "main") == number
        made.close()

    def state() -> tuple[int, int]:
        gc.collect()
        size = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize"))
        return len(list(Path("/proc/self/fd").iterdir())), int(size.split()[1]) << 10

    for number in range(20):
        use(number)
    before = state()
    for number in range(40):
        use(number)
    after = state()
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 2 * (layout.CAGE_SIZE + layout.GUARD_SIZE)


# References


ROUNDS = """
export f as (i64) -> i64
func f (n: i64) -> i64 {
@next:
    local.get n
    i64.const 1
    i64.sub
    local.tee n
    i64.const 0
    i64.gt_s
    branch.if @next
    local.get n
    return
}
"""


def test_a_cage_moves_as_often_as_it_is_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is the host's while somebody looks for mistakes, and the next one is as near."""
    moves = []
    move = Cage.move
    monkeypatch.setattr(Cage, "move", lambda self: moves.append(move(self)))
    engine = NativeEngine(CheckedModule(verify(assemble(ROUNDS))), debug=Debug(suspend_every=50))
    assert engine.call_export("f", [200]) == 0
    assert len(moves) >= 20
    engine.close()


@pytest.mark.parametrize("debug", [Debug(stress=1, check_every=200), Debug(stress=1, suspend_every=300)])
def test_references_and_identity_hashes_survive_collections(debug: Debug) -> None:
    instance = engine(debug)
    kept = []
    for number in range(20):
        instance.call_export("push", (number,))
        reference = instance.call_export("node", ())
        kept.append((reference, instance.call_export("hash", (reference,)), hash(reference)))
    for _ in range(5):
        instance.call_export("garbage", (300,))
    assert cage_of(instance).word("minor_collections") > 100
    for number, (reference, by_guest, by_host) in enumerate(kept):
        assert instance.call_export("value", (reference,)) == number
        assert instance.call_export("hash", (reference,)) == by_guest
        assert hash(reference) == by_host
    assert len({by_guest for _, by_guest, _ in kept}) == len(kept)


def test_a_reference_is_released_with_the_python_object() -> None:
    instance = engine()
    instance.call_export("push", (1,))
    for _ in range(70_000):  # more than there are handles at once
        instance.call_export("node", ())
    assert cage_of(instance).word("root_count") < 100


def test_a_reference_of_another_instance_is_refused() -> None:
    first, second = engine(), engine()
    first.call_export("push", (1,))
    reference = first.call_export("node", ())
    with pytest.raises(UsageError, match="a reference of this instance"):
        second.call_export("value", (reference,))


def test_a_reference_of_a_closed_instance_is_refused_and_harmless() -> None:
    first = engine()
    first.call_export("push", (1,))
    reference = first.call_export("node", ())
    first.close()
    second = engine()
    with pytest.raises(UsageError, match="a reference of this instance"):
        second.call_export("value", (reference,))
    assert reference.address_in(first._machine.heap) == 0
    del reference
    assert second.call_export("push", (1,)) == 1
