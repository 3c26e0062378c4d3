"""What the collector promises, case by case, in a cage that the reference engine runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from pvm.engines.native import layout
from tests.engines.native.collector.cages import new_cage
from tests.engines.native.collector.world import BYTE_ARRAY, PAYLOAD, REF_ARRAY, ROOTS, WORD_ARRAY, OutOfMemory, World

NODE = 1
"""The guest class with one reference."""
PAIR = 2
"""The one with two."""
LITTLE = 1 << 18
"""A limit that is reached soon."""
SWEEPING = 3
"""In ``phase``."""
MANY = 9
"""A root that is far enough from others for their objects not to refer to it."""


def world(**options: int) -> World:
    """A world of 1 MiB, unless something else is said."""
    limit = options.pop("limit", 1 << 20)
    return World(new_cage(), limit=limit, eager=bool(options.pop("eager", 0)), **options)  # type: ignore[arg-type]


def collect_completely(heap: World) -> None:
    """Run one collection of the old space from its beginning to its end."""
    before = heap.word("major_collections") + (heap.word("phase") != 0)
    while heap.word("major_collections") <= before:
        heap.set_word("trigger", 0)
        heap.collect()


def make_list(heap: World, root: int, count: int) -> None:
    heap.clear_root(root)
    for number in range(count):
        heap.new_object(root, NODE, number)


# Reachability


@pytest.mark.parametrize(("eager", "count"), [(0, 4000), (1, 400)])
def test_a_long_list_survives_and_then_dies(eager: int, count: int) -> None:
    heap = world(eager=eager)
    make_list(heap, 0, count)
    collect_completely(heap)
    assert heap.compare() == count
    full = heap.word("in_use")
    heap.clear_root(0)
    collect_completely(heap)
    collect_completely(heap)
    assert heap.compare() == 0
    assert heap.word("in_use") <= full / 2
    assert heap.word("freed") >= count * 24


def test_cycles_are_collected() -> None:
    heap = world()
    for _ in range(100):
        heap.clear_root(0)
        heap.clear_root(1)
        heap.new_object(0, PAIR, 1)
        heap.new_object(1, PAIR, 2)
        heap.write(0, 0, 1)
        heap.write(1, 1, 0)
    heap.clear_root(1)
    heap.collect()
    assert heap.compare() == 2
    assert heap.word("promoted") == 2 * 32
    heap.clear_root(0)
    collect_completely(heap)
    assert heap.word("in_use") == 0


def test_an_old_object_keeps_a_young_one() -> None:
    heap = world()
    heap.new_object(0, NODE, 1)
    heap.collect()
    heap.new_object(1, NODE, 2)
    heap.write(0, 0, 1)
    heap.clear_root(1)
    heap.collect()
    assert heap.compare() == 2


def test_arrays_of_references_are_scanned_in_parts() -> None:
    heap = world(eager=1)
    heap.new_array(0, REF_ARRAY, 3000)
    for index in range(0, 3000, 60):
        heap.clear_root(1)
        heap.new_object(1, NODE, index)
        heap.write(0, index, 1)
    heap.clear_root(1)
    collect_completely(heap)
    collect_completely(heap)
    assert heap.compare() == 51


def test_what_is_overwritten_while_marking_runs_is_not_lost() -> None:
    heap = world(eager=1)
    heap.new_array(0, REF_ARRAY, 2000)
    make_list(heap, 1, 100)
    heap.write(0, 1999, 1)
    heap.clear_root(1)
    heap.set_word("trigger", 1 << 40)
    heap.collect()
    heap.set_word("trigger", 0)
    while heap.word("phase") != 1:
        heap.collect()
    heap.read(1, 0, 1999)
    heap.clear_root(2)
    heap.write(0, 1999, 2)
    while heap.word("phase") != 0:
        heap.collect()
    assert heap.compare() == 101


def test_frames_are_scanned_outward_and_numbers_in_them_are_not() -> None:
    heap = world()
    for root in range(len(heap.slots)):
        heap.new_object(root, 0, root)
    heap.collect()
    assert heap.compare() == len(heap.slots)
    numbers = [heap.load_long(slot + 8) for slot in heap.slots[ROOTS + 1 : ROOTS + 2]]
    assert numbers == [layout.HEAP + 8]


def test_registered_words_are_roots() -> None:
    heap = world()
    heap.new_object(0, 0, 77)
    heap.set_word("roots_7", heap.load(heap.slots[0]))
    heap.clear_root(0)
    heap.collect()
    assert heap.load_long(heap.word("roots_7") + PAYLOAD) == 77


# Identity


def test_an_identity_hash_stays() -> None:
    heap = world()
    heap.new_object(0, NODE, 1)
    heap.ask_hash(0)
    heap.collect()
    assert heap.compare() == 1
    collect_completely(heap)
    assert heap.compare() == 1


# Weak references


def test_weak_references_are_cleared_when_the_referent_dies() -> None:
    heap = world(eager=1)
    heap.new_object(0, NODE, 1)
    heap.new_weak(MANY, 0)
    heap.collect()
    assert heap.read_weak(1, MANY)
    assert heap.compare() == 2
    heap.clear_root(1)
    heap.clear_root(0)
    collect_completely(heap)
    collect_completely(heap)
    assert not heap.read_weak(1, MANY)


def test_a_young_weak_reference_is_cleared_by_a_young_collection() -> None:
    heap = world()
    heap.new_object(0, NODE, 1)
    heap.new_weak(MANY, 0)
    heap.clear_root(0)
    heap.collect()
    assert not heap.read_weak(1, MANY)


def test_a_weak_reference_that_is_read_while_marking_runs_keeps_its_referent() -> None:
    heap = world(eager=1)
    heap.new_array(2, REF_ARRAY, 4000)
    heap.new_object(0, NODE, 1)
    heap.new_weak(MANY, 0)
    heap.set_word("trigger", 1 << 40)
    heap.collect()
    heap.clear_root(0)
    heap.set_word("trigger", 0)
    while heap.word("phase") != 1:
        heap.collect()
    assert heap.read_weak(0, MANY)
    while heap.word("phase") != 0:
        heap.collect()
    assert heap.compare() == 3


# Memory


def test_large_objects_have_blocks_of_their_own_that_are_freed() -> None:
    heap = world()
    heap.new_array(0, WORD_ARRAY, 9000)
    assert heap.word("in_use") == 3 * layout.BLOCK_SIZE
    address = heap.load(heap.slots[0])
    heap.collect()
    assert heap.load(heap.slots[0]) == address
    heap.clear_root(0)
    collect_completely(heap)
    assert heap.word("in_use") == 0


LONG = 5000
"""Elements of an array of references that is a large object."""


def test_a_large_array_that_died_young_keeps_nothing() -> None:
    heap = world()
    heap.new_array(0, REF_ARRAY, LONG)
    heap.new_object(1, NODE, 1)
    heap.write(0, 7, 1)
    heap.clear_root(0)
    heap.clear_root(1)
    heap.collect()
    assert heap.word("promoted") == heap.word("in_use") == 0
    assert heap.word("freed") == layout.BLOCK_SIZE


def test_a_new_large_array_is_looked_through_if_something_refers_to_it() -> None:
    """It is referred to by an object of the nursery, by an old one, by another one like it, and by a root."""
    heap = world()
    heap.new_object(0, NODE, 0)
    heap.collect()
    for root, kept_by in ((1, 0), (2, 3), (4, 5), (6, 6)):
        heap.new_array(root, REF_ARRAY, LONG)
        heap.new_object(7, NODE, root)
        heap.write(root, LONG - 1, 7)
        heap.clear_root(7)
        if kept_by == 3:
            heap.new_object(3, PAIR, 3)
        if kept_by == 5:
            heap.new_array(5, REF_ARRAY, LONG)
        if kept_by != root:
            heap.write(kept_by, 0, root)
            heap.clear_root(root)
    reached = heap.compare()
    heap.collect()
    assert heap.word("large_young") == 0
    assert heap.compare() == reached == 11
    assert heap.word("in_use") >= 5 * layout.BLOCK_SIZE


def test_a_weak_reference_does_not_keep_a_large_object_that_is_new() -> None:
    heap = world()
    for root in (0, 2):
        heap.new_array(root, REF_ARRAY, LONG)
        heap.new_weak(MANY + root, root)
    heap.clear_root(0)
    heap.collect()
    assert not heap.read_weak(1, MANY)
    assert heap.read_weak(1, MANY + 2)


@pytest.mark.parametrize("eager", [0, 1])
def test_large_objects_die_young_in_every_phase(eager: int) -> None:
    heap = world(limit=1 << 22, eager=eager)
    make_list(heap, 0, 30)
    for number in range(12):
        heap.new_array(1, (REF_ARRAY, BYTE_ARRAY)[number & 1], 20_000 if number & 1 else LONG)
        if number % 3 == 0:
            heap.new_array(2, REF_ARRAY, LONG)
        heap.set_word("trigger", 0)
        heap.collect()
    heap.clear_root(1)
    heap.clear_root(2)
    collect_completely(heap)
    collect_completely(heap)
    assert heap.word("in_use") == layout.BLOCK_SIZE


def test_nursery_grows_where_what_leaves_it_dies_and_shrinks_where_it_stays() -> None:
    heap = world(limit=1 << 24, check=False)
    sizes = []
    for _ in range(3):
        for _ in range(4):
            for root in range(3):
                heap.new_array(root, BYTE_ARRAY, 16_000)
            heap.collect()
        for root in range(3):
            heap.clear_root(root)
        collect_completely(heap)
        sizes.append(heap.word("nursery_bytes"))
    assert sizes == [1 << 17, 1 << 18, 1 << 18], "four times as much as at first, at most"
    for root in range(6):
        heap.new_array(root, BYTE_ARRAY, 16_000)
    collect_completely(heap)
    assert heap.word("nursery_bytes") == heap.word("nursery_size")


def test_marking_waits_for_the_next_allocation_behind_a_long_collection_of_the_nursery() -> None:
    heap = world()
    heap.collect()
    make_list(heap, 0, 1000)
    heap.set_word("trigger", 0)
    assert heap.cage.call("gc.collect", 0) == layout.COLLECT_AGAIN
    assert heap.word("marking")
    assert heap.word("work_done") == 0
    assert heap.cage.call("gc.collect", 0) == layout.COLLECT_DONE
    assert heap.word("work_done") > 0 or not heap.word("marking")


def test_what_is_promoted_while_marking_is_under_way_does_not_count_as_staying() -> None:
    """It was taken to be alive; the nursery keeps the size to which it has grown until it is known how much is."""
    heap = world(limit=1 << 24, check=False)
    grown = 2 * heap.word("nursery_size")
    heap.set_word("nursery_bytes", grown)
    heap.set_word("work_least", 500)
    heap.set_word("work_most", 500)
    make_list(heap, 0, 4000)
    make_list(heap, 1, 1000)
    heap.collect()
    heap.clear_root(0)
    heap.set_word("trigger", 0)
    heap.collect()
    assert heap.word("marking")
    make_list(heap, 2, 4000)
    while heap.word("major_collections") == 0:
        heap.collect()
        heap.clear_root(2)
    assert heap.word("live") > heap.word("live_before")
    assert heap.word("nursery_bytes") == grown


def fill_array(heap: World, length: int, *, is_old: bool) -> None:
    """Let the first root refer to an array of new objects."""
    heap.new_array(0, REF_ARRAY, length)
    if is_old:
        heap.collect()
    for number in range(600):
        heap.new_object(MANY, NODE, number)
        heap.write(0, number * (length // 600), MANY)
        heap.clear_root(MANY)


def fill_roots(heap: World) -> None:
    """Let many roots refer to an array each."""
    for root in range(20):
        heap.new_array(root, BYTE_ARRAY, 2500)


SLICE = 2000


@pytest.mark.parametrize(
    "fill",
    [
        lambda heap: make_list(heap, 0, 1500),
        lambda heap: fill_array(heap, 3000, is_old=False),
        lambda heap: fill_array(heap, 6000, is_old=False),
        lambda heap: fill_array(heap, 3000, is_old=True),
        lambda heap: fill_array(heap, 6000, is_old=True),
        fill_roots,
    ],
    ids=["list", "array", "large array", "old array", "large old array", "roots"],
)
def test_what_survives_moves_in_slices(fill: Callable[[World], None]) -> None:
    heap = world()
    heap.collect()
    fill(heap)
    heap.set_word("move_slice", SLICE)
    young = heap.word("nursery_top") - layout.HEAP
    begin = heap.word("promoted")
    statuses, moved = [], [begin]
    while heap.word("moving") or not statuses:
        statuses.append(heap.cage.call("gc.collect", 0))
        moved.append(heap.word("promoted"))
        heap.assert_sane()
        if heap.word("moving"):  # nobody gets memory meanwhile
            assert not heap.cage.call("heap.allocate", 16, NODE)
            assert not heap.cage.call("heap.allocate", 2 * layout.LARGE_SIZE, BYTE_ARRAY)
            assert not heap.cage.call("weak.new", 0)
    assert statuses == [layout.COLLECT_AGAIN] * (len(statuses) - 1) + [layout.COLLECT_DONE]
    assert len(statuses) >= young // (2 * SLICE) > 2
    assert max(after - before for before, after in itertools.pairwise(moved)) < SLICE + 256 * 24 + layout.LARGE_SIZE
    assert moved[-1] - begin <= young
    heap.compare()


def test_a_task_that_is_abandoned_while_objects_move_is_finished_for_whoever_asks() -> None:
    """Its record knows where its object is, although roots that come later have not been visited."""
    heap = world()
    descriptor = layout.METADATA_PROGRAM + layout.CLASS_TASK * layout.CLASS_SIZE
    heap.store(descriptor + layout.CLASS_INSTANCE_SIZE, layout.TASK_OBJECT_SIZE)
    heap.cage.data[descriptor + layout.CLASS_KIND] = layout.KIND_TASK
    record = heap.word("tasks_first")
    task = heap.allocate(layout.TASK_OBJECT_SIZE, layout.CLASS_TASK)
    heap.store(task + layout.TASK_RECORD, record)
    heap.store(record + layout.TASK_OBJECT, task)
    heap.store(record + layout.TASK_STACK_SIZE, layout.STACK_SMALLEST)
    heap.store(record + layout.TASK_STATE, layout.TASK_PARKED)
    heap.store(heap.slots[0], task)
    heap.set_word("move_slice", 1)
    assert heap.cage.call("gc.collect", 0) == layout.COLLECT_AGAIN
    assert heap.word("is_rooted") == 0
    moved = heap.load(heap.slots[0])
    assert moved != task
    heap.cage.call("task.abandon", record)
    heap.collect()
    assert heap.load(moved + layout.TASK_RECORD) == 0
    assert heap.word("tasks_first") != record


def test_weak_references_to_what_did_not_move_are_cleared_in_slices() -> None:
    heap = world()
    for number in range(60):
        heap.new_object(MANY, NODE, number)
        heap.new_weak(0, MANY)
        heap.new_object(1, PAIR, number)
        heap.clear_root(MANY)
    heap.set_word("weak_slice", 7)
    slices = 1
    while heap.cage.call("gc.collect", 0) == layout.COLLECT_AGAIN:
        slices += 1
    assert slices == 60 // 7 + 1
    assert not heap.read_weak(1, 0)


def test_late_marking_has_three_slices_before_the_program_goes_on() -> None:
    heap = world(limit=1 << 22, check=False)
    heap.set_word("work_least", 500)
    heap.set_word("work_most", 500)
    make_list(heap, 0, 8000)
    heap.collect()
    heap.set_word("trigger", 0)
    statuses = [heap.cage.call("gc.collect", 0)]
    heap.set_word("allowance", heap.word("grown") - 1)
    statuses += [heap.cage.call("gc.collect", 0) for _ in range(6)]
    again, done = layout.COLLECT_AGAIN, layout.COLLECT_DONE
    assert heap.word("marking")
    assert statuses == [done, again, again, done, again, again, done]


def test_a_nursery_that_has_grown_shrinks_near_the_limit() -> None:
    heap = world(limit=1 << 22, check=False)
    heap.set_word("nursery_bytes", 1 << 18)
    heap.new_array(0, WORD_ARRAY, 200_000)
    heap.collect()
    assert heap.word("nursery_bytes") == 1 << 18
    heap.new_array(1, BYTE_ARRAY, 700_000)
    heap.collect()
    assert heap.word("nursery_bytes") == heap.word("nursery_size")
    assert heap.word("floor") <= heap.word("nursery_size")


def test_freed_blocks_are_cleared_before_they_are_a_large_object_again() -> None:
    heap = world()
    heap.new_array(0, BYTE_ARRAY, 60_000)
    address = heap.load(heap.slots[0])
    heap.clear_root(0)
    collect_completely(heap)
    heap.new_array(0, BYTE_ARRAY, 50_000)  # it asserts that there are zeros
    assert heap.load(heap.slots[0]) == address


def test_freed_memory_is_offered_to_the_host() -> None:
    heap = world(limit=1 << 23)
    heap.new_array(0, BYTE_ARRAY, 4_000_000)
    first = heap.load(heap.slots[0])
    heap.clear_root(0)
    collect_completely(heap)
    kept = 2 * heap.word("nursery_size")
    assert heap.word("kept") > kept, "what has grown may do it again"
    collect_completely(heap)
    assert heap.word("releasable") == 123 * layout.BLOCK_SIZE - kept
    assert heap.cage.call("heap.release", layout.SCRATCH, 4) == 1
    address, size = heap.load_long(layout.SCRATCH), heap.load_long(layout.SCRATCH + 8)
    assert (address, size) == (first + kept, 123 * layout.BLOCK_SIZE - kept)
    heap.cage.data[address : address + size] = bytes(size)
    assert heap.word("releasable") == 0
    assert heap.cage.call("heap.release", layout.SCRATCH, 4) == 0
    heap.assert_sane()
    heap.new_array(0, BYTE_ARRAY, 4_000_000)
    assert heap.load(heap.slots[0]) == first


def test_a_very_large_object_waits_until_the_host_has_what_would_take_long_to_clear() -> None:
    heap = world(limit=1 << 26, check=False)
    size = 20 << 20
    heap.new_array(0, BYTE_ARRAY, size - layout.ELEMENTS)
    heap.clear_root(0)
    collect_completely(heap)
    dirty = heap.word("dirty_blocks") << layout.BLOCK_SHIFT
    assert dirty == size
    heap.set_word("kept", dirty)
    assert heap.cage.call("heap.allocate", size, BYTE_ARRAY) == 0
    assert heap.cage.call("gc.collect", size) == layout.COLLECT_AGAIN
    most = 8 << 20
    assert heap.word("releasable") == dirty - most
    assert heap.cage.call("heap.release", layout.SCRATCH, 4) == 1
    address, released = heap.load_long(layout.SCRATCH), heap.load_long(layout.SCRATCH + 8)
    assert released == dirty - most
    heap.cage.data[address : address + released] = bytes(released)
    assert heap.cage.call("gc.collect", size) == layout.COLLECT_DONE
    heap.new_array(0, BYTE_ARRAY, size - layout.ELEMENTS)  # it asserts that there are zeros


def test_ranges_that_do_not_fit_the_list_are_offered_again() -> None:
    heap = world(limit=1 << 23)
    for root in range(8):
        heap.new_array(root, BYTE_ARRAY, 400_000)
    for root in range(0, 8, 2):
        heap.clear_root(root)
    collect_completely(heap)
    collect_completely(heap)  # in which nothing has grown
    assert heap.cage.call("heap.release", layout.SCRATCH, 2) == 2
    assert heap.word("releasable") > 0
    assert heap.cage.call("heap.release", layout.SCRATCH, 2) == 2
    assert heap.word("releasable") == 0


def test_holes_between_live_objects_are_used() -> None:
    heap = world()
    heap.new_array(0, REF_ARRAY, 1000)
    for index in range(1000):
        heap.clear_root(1)
        heap.new_object(1, NODE, index)
        for _ in range(10):
            heap.new_object(2, 0, index)
        heap.write(0, index, 1)
    for index in range(1000):
        if index % 100:
            heap.write(0, index, 3)
    collect_completely(heap)
    before = heap.word("in_use")
    assert heap.word("hole_bytes") > 20_000
    make_list(heap, 4, 800)
    collect_completely(heap)
    assert heap.compare() > 800
    assert heap.word("in_use") <= before + layout.BLOCK_SIZE


def test_what_is_dead_and_not_swept_yet_is_not_looked_at_where_its_place_is_taken() -> None:
    """A live array and dead objects share a card; what the array refers to leaves the nursery for where they lie."""
    heap = world(limit=1 << 22)
    heap.new_array(0, REF_ARRAY, 4)
    for number in range(40):
        heap.new_object(1, NODE, 8 * number)
    heap.collect()
    heap.clear_root(1)
    heap.set_word("sweep_slice", 0)
    heap.set_word("trigger", 0)
    while heap.word("phase") != SWEEPING:
        heap.collect()
    for index in range(4):
        heap.new_object(2, NODE, 0x2A + 8 * index)
        heap.write(0, index, 2)
    heap.clear_root(2)
    heap.collect()
    assert heap.compare() == 5
    heap.collect()
    assert heap.compare() == 5


def test_objects_larger_than_a_line_use_holes_too() -> None:
    heap = world()
    heap.new_array(0, REF_ARRAY, 800)
    for index in range(800):
        heap.new_array(1, WORD_ARRAY, 100)
        heap.write(0, index, 1)
    heap.collect()
    heap.clear_root(1)
    for index in range(800):
        if index % 4:
            heap.write(0, index, 1)
    collect_completely(heap)
    before = heap.word("in_use")
    for index in range(200):
        heap.new_array(1, WORD_ARRAY, 100)
        heap.write(0, 4 * index + 1, 1)
    heap.collect()
    assert heap.compare() == 401
    assert heap.word("in_use") <= before + layout.BLOCK_SIZE


def test_large_arrays_get_clean_cards_when_they_are_very_large() -> None:
    heap = world(limit=1 << 24)
    heap.new_array(0, REF_ARRAY, layout.CARDS_INITIAL // 4 - 4)
    card = layout.CARDS + (heap.load(heap.slots[0]) >> layout.CARD_SHIFT)
    assert heap.cage.data[card] == 1
    heap.new_array(1, REF_ARRAY, layout.CARDS_INITIAL // 4)
    card = layout.CARDS + (heap.load(heap.slots[1]) >> layout.CARD_SHIFT)
    assert heap.cage.data[card] == 0


def test_memory_runs_out_near_the_limit_and_comes_back() -> None:
    heap = world(limit=LITTLE, check=False)
    nursery = heap.word("old_start") - layout.HEAP
    with pytest.raises(OutOfMemory):
        make_list(heap, 0, LITTLE)
    count = heap.compare()
    assert count * 24 > LITTLE * 0.6
    assert heap.word("in_use_peak") <= LITTLE + nursery
    heap.assert_sane()
    heap.clear_root(0)
    make_list(heap, 0, 3000)
    assert heap.compare() == 3000


def test_an_array_that_is_too_large_is_refused_and_nothing_is_lost() -> None:
    heap = world()
    make_list(heap, 0, 100)
    with pytest.raises(OutOfMemory):
        heap.new_array(1, WORD_ARRAY, 1 << 17)
    assert heap.compare() == 100
    heap.new_array(1, WORD_ARRAY, 1 << 15)
    assert heap.compare() == 101


def test_a_program_that_is_out_of_memory_is_stopped_for_good_at_some_point() -> None:
    heap = world(limit=LITTLE, check=False)
    refused = 0
    for number in range(60_000):
        try:
            heap.new_object(0, PAIR, number)
        except OutOfMemory:
            refused += 1
            if refused == 5:
                break
    assert refused == 5
    assert heap.word("in_use_peak") <= LITTLE + heap.word("old_start") - layout.HEAP


def test_statistics() -> None:
    heap = world()
    make_list(heap, 0, 1000)
    heap.collect()
    assert heap.word("minor_collections") == 1
    assert heap.word("promoted") == heap.word("allocated") == 1000 * 24
    collect_completely(heap)
    assert heap.word("major_collections") == 1
    assert 1000 * 24 <= heap.word("live") <= 1000 * 24 + layout.BLOCK_SIZE


# Stress, and the checker


def test_stress_collects_at_every_allocation() -> None:
    heap = world(stress=1)
    for number in range(20):
        heap.new_object(number % 3, NODE, number)
    assert 7 <= heap.word("minor_collections") <= 20
    heap.compare()


def _corrupt(heap: World, what: int) -> None:
    """Spoil one thing in a heap that has an old pair at root 0, and a young one at root 1."""
    old, young = (heap.load(heap.slots[root]) for root in range(2))
    if what == layout.CHECK_REFERENCE:
        heap.store(old + PAYLOAD + 8, old + 8)
    elif what == layout.CHECK_CLASS:
        heap.store(young, 39)
    elif what == layout.CHECK_SIZE:
        place = layout.STARTS + (old >> 9) * 8
        heap.store_long(place, heap.load_long(place) | 2)
        heap.store_long(old + 8, layout.CLASS_GUEST)
    elif what == layout.CHECK_CARD:
        heap.store(old + PAYLOAD + 8, young)
    elif what == layout.CHECK_LINES:
        heap.cage.data[layout.LINES + (old >> layout.LINE_SHIFT)] = 0
    elif what == layout.CHECK_BLOCKS:
        heap.set_word("in_use", 0)
    elif what == layout.CHECK_FREE:
        heap.store(layout.STARTS + ((old + layout.BLOCK_SIZE) >> 9) * 8, 1)
        heap.set_word("low_end", heap.word("low_end") + 1)
    elif what == layout.CHECK_MARKS:
        heap.store(layout.MARKS + (old >> 9) * 8, 1)


@pytest.mark.parametrize("what", range(1, 9))
def test_the_checker_finds(what: int) -> None:
    heap = world()
    heap.new_object(0, PAIR, 1)
    heap.collect()
    heap.new_object(1, PAIR, 2)
    heap.assert_sane()
    _corrupt(heap, what)
    assert heap.cage.call("gc.check") == what


def test_the_checker_finds_a_root_that_refers_to_nothing() -> None:
    heap = world()
    heap.store(heap.slots[3], layout.HEAP + 64)
    assert heap.cage.call("gc.check") == layout.CHECK_REFERENCE
    assert heap.word("check_address") == heap.slots[3]
