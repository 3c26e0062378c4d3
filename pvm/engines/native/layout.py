"""Where everything is in a cage: the one place that Python and the runtime image share.

A cage is one reserved range of 4 GiB with a guard region behind it.  An *address* is an offset into it, 32 bits; null
is 0, and the first 64 KiB read as zeros, so that null has the class id of no object.  Nothing in a cage is an absolute
address.  The metadata (descriptors, internal code, tables) belong to the program: the host writes them, instances map
them read-only.

``runtime/layout.peb`` is generated from the constants here: ``python -m pvm.engines.native.layout``.  All numbers are
little endian.
"""

from __future__ import annotations

from pvm.engines import turns
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from pvm.isa.types import ArrayKind

# Regions
CAGE_SIZE: Final = 1 << 32
GUARD_SIZE: Final = 18 << 30
"""Behind the cage: the longest array that a length of 31 bits can claim, of 8-byte elements, and then some."""
METADATA: Final = 0x0001_0000
METADATA_END: Final = 0x1000_0000
CONTROL: Final = 0x1000_0000
CONTROL_SIZE: Final = 0x1_0000
CARDS: Final = 0x1100_0000
"""A byte for each card of the whole cage: ``CARDS + (address >> CARD_SHIFT)``; 1 is dirty."""
CARD_SHIFT: Final = 9
MARK_STACK: Final = 0x1200_0000
"""Objects that marking has found and not scanned, the collector's."""
MARK_STACK_END: Final = 0x12FF_0000
MARK_QUEUE: Final = 0x12FF_8000
"""Objects that are about to be scanned."""
LINES: Final = 0x1300_0000
"""A byte for each line of the heap: ``LINES + (address >> LINE_SHIFT)``, the collector's; 0 is free."""
LINE_SHIFT: Final = 8
COPY_STACK: Final = 0x1400_0000
"""Objects that were copied out of the nursery and not scanned: 4 bytes for each 16 that a nursery can have."""
EXIT_ROOM: Final = 5 << 15
"""Bytes behind the nursery, whole blocks: for the objects that compiled code makes where it leaves.  They may take as
many bytes as it may use of the native stack, and what one function needs."""
NURSERY_MAX: Final = (64 << 20) - EXIT_ROOM
BLOCKS: Final = 0x1500_0000
"""16 bytes for each block of the heap: ``BLOCKS + (address >> BLOCK_SHIFT) * 16``, the collector's."""
BLOCK_SHIFT: Final = 15
BLOCK_SIZE: Final = 1 << BLOCK_SHIFT
GLOBALS: Final = 0x1600_0000
"""8 bytes for each root and each variable of the program: first ``ROOT_COUNT`` references, then primitives."""
GLOBALS_END: Final = 0x1A00_0000
STARTS: Final = 0x1900_0000
"""A word for each card of the heap, at ``STARTS + (address >> CARD_SHIFT) * 8``, a bit for each 8 bytes: where objects
of the old space begin.  The heap's part is 0x1A00_0000 to 0x1D00_0000."""
MARKS: Final = 0x1C00_0000
"""The same for objects that the current collection has marked: 0x1D00_0000 to 0x2000_0000."""
STACKS: Final = 0x2000_0000
STACKS_END: Final = 0x4000_0000
HEAP: Final = 0x4000_0000
HEAP_END: Final = CAGE_SIZE

# Objects: a header of 8 bytes; references are addresses of headers, objects are multiples of 8 bytes
HEADER_SIZE: Final = 8
CLASS_MASK: Final = 0x00FF_FFFF
"""Bits 0 to 23 of the header: the class id."""
GC_SHIFT: Final = 24
"""Bits 24 to 31 of the header: the collector's, 0 but while it runs."""
HASH_SHIFT: Final = 32
"""Bits 32 to 63 of the header: identity hash plus 1, 0 while nobody has asked; or where the object went."""
LENGTH: Final = 8
"""In strings (bytes) and arrays (elements): the length, 32 bits; the 4 bytes behind it are 0."""
ELEMENTS: Final = 16
CLOSURE_FUNCTION: Final = 8
"""In function values: address of the function's descriptor, 32 bits."""
CLOSURE_ENVIRONMENT: Final = 12
"""In bound function values: the captured reference."""
TASK_RECORD: Final = 8
"""In task objects: the address of the record, 32 bits; 0 once the task has finished."""
TASK_OBJECT_SIZE: Final = 16
WEAK_REFERENT: Final = 8
"""In weak references: the referent, 32 bits, not a reference for the collector; 0 once it is gone."""
WEAK_NEXT: Final = 12
"""The next one of a list of the collector's."""
WEAK_SIZE: Final = 16

# Class ids
CLASS_FREE: Final = 0
"""No object: filler between objects; bits 32 to 63 of the header say how many bytes, header included."""
CLASS_STRING: Final = 1
CLASS_TASK: Final = 2
CLASS_FUNCTION: Final = 3
"""A function value without environment."""
CLASS_CLOSURE: Final = 4
CLASS_WEAK: Final = 5
CLASS_ARRAY: Final = 16
"""Plus the array kind."""
CLASS_BYTES: Final = CLASS_ARRAY + 2
"""An array of u8."""
CLASS_GUEST: Final = 32
"""Plus the preorder number of the class in the forest of superclasses: a subclass test is an interval of ids."""

# Class descriptors: CLASS_SIZE bytes each, at METADATA_PROGRAM, by class id
CLASS_SIZE: Final = 64
CLASS_INSTANCE_SIZE: Final = 0
"""Bytes of an object with its header, a multiple of 8; 0 for strings and arrays."""
CLASS_KIND: Final = 4
"""One of the KIND constants, a byte."""
CLASS_ELEMENT_SHIFT: Final = 5
"""log2 of the size of an element, a byte."""
CLASS_REF_COUNT: Final = 8
"""References in an object."""
CLASS_REFS: Final = 12
"""Address of their offsets, 32 bits each, ascending."""
CLASS_VTABLE: Final = 24
"""Address of the virtual slots: the address of a function's descriptor, 32 bits, for each."""
CLASS_INDEX: Final = 28
"""Index of the class in the module."""
KIND_FREE: Final = 0
KIND_OBJECT: Final = 1
KIND_BYTES: Final = 2
"""Strings, and arrays without references: sized by LENGTH, no references."""
KIND_REFS: Final = 3
"""Arrays of references."""
KIND_TASK: Final = 4
KIND_FUNCTION: Final = 5
KIND_CLOSURE: Final = 6
KIND_WEAK: Final = 7

# Function descriptors: FUNCTION_SIZE bytes each, from the address in the control word ``functions``, by index
FUNCTION_SIZE: Final = 64
FUNCTION_CODE: Final = 0
"""Address of the internal code; that of the translation stub until the function is translated."""
FUNCTION_FRAME: Final = 4
"""Bytes of a frame, header included: what a call is accounted for."""
FUNCTION_COST: Final = 8
"""Fuel of the entry block, 31 bits; bit 31 is set where the task may be preempted at the entry."""
FUNCTION_REF_PARAMS: Final = 12
"""Parameters that are references, 16 bits: slots from FRAME_SLOTS."""
FUNCTION_PARAMS: Final = 14
"""Parameters, 16 bits: references first, then primitives."""
FUNCTION_REFS: Final = 16
"""References among locals and operands, 32 bits: slots from FRAME_SLOTS + parameters; cleared at the call."""
FUNCTION_SIGNATURE: Final = 20
"""Index of the signature of a function value of this function, 32 bits; NO_SIGNATURE if there is none."""
FUNCTION_BOUND_SIGNATURE: Final = 24
"""The same for one that has captured the first parameter."""
FUNCTION_INDEX: Final = 28
FUNCTION_NATIVE: Final = 32
"""Where internal code enters its compiled code, in bytes from the dispatch table."""
FUNCTION_TEXT: Final = 36
"""Address of all its internal code, in which positions are counted; 0 until the function is translated."""
FUNCTION_BODY: Final = 40
"""Its compiled code as other compiled code calls it, in bytes from the dispatch table, 32 bits; 0: there is none."""
NO_SIGNATURE: Final = 0xFFFF_FFFF

# Frames: a header of four words, then slots of 8 bytes: reference parameters, primitive parameters, other references,
# other primitives
FRAME_HEADER: Final = 32
FRAME_SLOTS: Final = 4
FRAME_RETURN: Final = 0
"""Address of the internal code to go on with in the caller, 32 bits."""
FRAME_DELTA: Final = 4
"""Bytes from the caller's frame to this one, 32 bits; 0 in the outermost frame of a task."""
FRAME_FUNCTION: Final = 8
"""Address of the function's descriptor, 32 bits."""
FRAME_FLAGS: Final = 12
FRAME_RESULT: Final = 16
"""What a function returned to machine code, or to nobody.  Word 2 of the header."""
FRAME_NATIVE: Final = 24
"""Where a return goes instead of internal code of the caller, in bytes from the dispatch table, 32 bits; 0: nowhere."""

# Task records: at the start of each stack, not moved while the stack is not
TASK_SIZE: Final = 128
TASK_OBJECT: Final = 0
"""The task object, a root."""
TASK_STATE: Final = 4
"""One of the TASK constants."""
TASK_PC: Final = 8
"""Address of the internal code to go on with, while the task does not run."""
TASK_BASE: Final = 12
"""Address of its innermost frame, while the task does not run."""
TASK_LIMIT: Final = 16
"""Address behind the last byte that frames may use now: at least STACK_SLACK below the end of the stack."""
TASK_STACK_SIZE: Final = 20
"""Bytes of the stack, record included."""
TASK_MAX_STACK: Final = 24
"""Bytes of frames that the task may have in all."""
TASK_LOCKS: Final = 28
TASK_PERMIT: Final = 32
TASK_NEXT: Final = 36
"""The next record in the queue that this one is in."""
TASK_ALL_NEXT: Final = 40
"""The next record in the list of all tasks."""
TASK_ALL_PREVIOUS: Final = 44
TASK_ENTRY: Final = 48
"""The function value that it calls, until it does: a root."""
TASK_ERROR: Final = 52
"""An exception to be thrown in it when it runs next: a root."""
TASK_NUMBER: Final = 56
"""Order of creation, 64 bits."""
STACK_SLACK: Final = 4096
"""Bytes behind TASK_LIMIT that belong to the stack: handlers put arguments of tail calls there and clear in strides."""
STACK_SMALLEST: Final = 8192
"""Bytes of the first stack of a task; each of the following is a power of two."""
TASK_READY: Final = 0
TASK_RUNNING: Final = 1
TASK_PARKED: Final = 2
TASK_BLOCKED: Final = 3
TASK_DONE: Final = 4

# What fuel.poll returns
TURN_FOREVER: Final = turns.TURN_FOREVER
POLL_CONTINUE: Final = 0
POLL_SWITCH: Final = 1
"""The turn is over and the task is queued: scheduler.next comes next."""
POLL_EXHAUSTED: Final = 2
"""The fuel limit is passed; all of the fuel counts as used."""
POLL_CLOCK: Final = 3
"""It is time to look at the clock; then, if the counter is still below 0, to poll again."""

# What stack traces are written from.  Texts are an address and a number of bytes, 32 bits each, as all else here.
TRACE_FUNCTION_SIZE: Final = 20
TRACE_FUNCTION_NAME: Final = 0
"""Text: name of the function."""
TRACE_FUNCTION_LINES: Final = 8
"""Address of pairs (code offset, index of position), ascending by offset: each holds up to the next."""
TRACE_FUNCTION_LINE_COUNT: Final = 12
TRACE_FUNCTION_POSITIONS: Final = 16
"""Address of the positions of the function, by index."""
TRACE_POSITION_SIZE: Final = 24
TRACE_POSITION_FUNCTION: Final = 0
"""Text: the function whose line this is, if it was inlined; address 0 for the function itself."""
TRACE_POSITION_FILE: Final = 8
"""Text: name of the file."""
TRACE_POSITION_LINE: Final = 16
"""0 where unknown."""
TRACE_POSITION_CALLER: Final = 20
"""Index of the position of the call, plus 1; 0 if this was not inlined."""
TRACE_MAX_INLINED: Final = 256
"""Positions that are written for one frame."""

# Block entries: what the collector keeps of each block of the heap
BLOCK_ENTRY: Final = 16
BLOCK_STATE: Final = 0
"""One of the constants below, a byte."""
BLOCK_FLAGS: Final = 1
"""Sum of BLOCK_NEW, BLOCK_WAITING, BLOCK_HOLES, BLOCK_YOUNG, a byte."""
BLOCK_COUNT: Final = 4
"""At the head of a large object: its blocks, 32 bits; in the others: index of the head."""
BLOCK_NEXT: Final = 8
"""At the head of a large object that is new: the head of the next one, 32 bits; 0 if there is none."""
BLOCK_FREE: Final = 0
"""Free, and all zeros."""
BLOCK_DIRTY: Final = 1
"""Free, with what was in it."""
BLOCK_SMALL: Final = 2
"""Objects of at most LARGE_SIZE bytes."""
BLOCK_LARGE: Final = 3
"""The first of a large object."""
BLOCK_REST: Final = 4
"""The others of a large object."""
BLOCK_NEW: Final = 1
"""Taken while the heap is being swept, ahead of the sweeper, who passes it by."""
BLOCK_WAITING: Final = 2
"""Has marked objects that did not fit the mark stack."""
BLOCK_HOLES: Final = 4
"""Has free lines."""
BLOCK_YOUNG: Final = 8
"""Is the head of a large object that is new, and goes unless something is found that refers to it."""
LARGE_SIZE: Final = 1 << 14
"""Objects of more bytes have blocks of their own, and are never in the nursery."""
CARDS_INITIAL: Final = 1 << 20
"""A new large object of at most so many bytes has dirty cards: stores that initialise it need not mark them."""

# What gc.check finds, 0 for nothing
CHECK_REFERENCE: Final = 1
"""A reference to no object."""
CHECK_CLASS: Final = 2
"""An object without a class."""
CHECK_SIZE: Final = 3
"""An object that is larger than its place."""
CHECK_CARD: Final = 4
"""A reference from the old space to the nursery whose card is clean."""
CHECK_LINES: Final = 5
"""An object in lines that are free."""
CHECK_BLOCKS: Final = 6
"""Entries of blocks that contradict each other, or what was counted."""
CHECK_FREE: Final = 7
"""An object that begins in a free block."""
CHECK_MARKS: Final = 8
"""A mark that no collection has set."""

# Regions of free lines that objects are promoted to, in words of the collector
REGION_TOP: Final = 0
REGION_LIMIT: Final = 8
REGION_BLOCK: Final = 16
REGION_LINE: Final = 24

# What gc.collect returns
COLLECT_DONE: Final = 0
"""The allocation can be tried again."""
COLLECT_EXHAUSTED: Final = 1
"""The program has too little memory: OutOfMemory."""
COLLECT_AGAIN: Final = 2
"""A slice of a long collection is done: look at clock and interruptions, then collect again."""

# Words of the control block, 8 bytes each
CONTROL_WORDS: Final = (
    # What the host sets before the first instruction
    "memory_limit",  # bytes of the heap that may be in use
    "classes",  # address of the class descriptors
    "functions",  # address of the function descriptors
    "root_count",  # references at GLOBALS
    "strings",  # address of (address, bytes) pairs, 32 bits each: text of the string constants
    "string_roots",  # address, in GLOBALS, of the references to the string constants
    "seed",  # of hash.seed
    "nursery_size",  # bytes of the nursery at first, and at least
    "stress",  # collect at every allocation
    # Allocation
    "nursery_top",
    "nursery_limit",
    "need",  # bytes that an allocation failed for: collect and try again
    "hash_counter",  # the next identity hash
    "allocated",  # bytes ever allocated outside of the current nursery
    "live",  # bytes live at the last full count
    # Results of runtime functions beside their value
    "trap",  # kind of trap plus 1, 0 for none
    "charge",  # units of fuel that the function costs
    # Tasks and turns
    "current",  # the record of the running task
    "ready_first",
    "ready_last",
    "blocked_first",
    "blocked_last",
    "tasks_first",
    "turns",
    "task_counter",
    # Fuel: what was used is base + slice - left
    "fuel_base",
    "fuel_slice",
    "fuel_left",  # the counter, while no native code runs
    "fuel_limit",  # the largest i64 for none
    "turn_end",
    "next_clock",
    "quantum",
    "clock_units",
    # Exit of the interpreter
    "exit",  # why
    "exit_value",  # its argument
    "result",  # what the outermost frame returned
    # Collector
    "marking",  # not 0 while incremental marking runs: stores of references call gc.barrier
    "roots",  # 8 words that the runtime functions keep references in while they may collect
    "roots_1",
    "roots_2",
    "roots_3",
    "roots_4",
    "roots_5",
    "roots_6",
    "roots_7",
    "interrupt",  # not 0: long operations stop as soon as they can
    # Statistics
    "minor_collections",
    "major_collections",
    "interrupted",  # 1 + an exit that a long operation asks for
    # The running task, for the interpreter
    "stack_limit",  # TASK_LIMIT of the running task
    "pc",  # address of the instruction to go on with, while no native code runs
    "base",  # address of the innermost frame, while no native code runs
    "scratch",  # a primitive or a reference between two moves; no collection happens meanwhile
    # More that the host sets before the first instruction
    "max_stack",  # TASK_MAX_STACK of tasks that are spawned
    "function_count",
    "stack_bytes",  # bytes of the stacks of all tasks
    "trace_functions",  # address of the TRACE_FUNCTION records, by index of the function
    "class_count",  # class descriptors; the host sets it, for gc.check
    "promoted",  # bytes ever copied out of the nursery
    "freed",  # bytes ever found free by sweeping
    "in_use",  # bytes of the blocks in use, without the nursery
    "in_use_peak",  # the most that it ever was
    "releasable",  # bytes of free blocks that the host should take back: heap.release
    "collector_slices",  # calls of gc.collect
    "pause_longest",  # of the calls of gc.collect, nanoseconds
    "pause_total",
    "check_address",  # where gc.check found something wrong
    "task_end",  # address of the instruction that the outermost frame of a spawned task returns to
    "machine_pc",  # where machine code goes on, in bytes from the dispatch table, instead of ``pc``; 0: nowhere
    "progress",  # bytes that an interrupted array operation has done: it goes on there
    "resume_marks",  # frames that may still be made to look for their callers' machine code, since some was left
    "leave_for",  # the place in the dispatch table where what compiled code has left goes on, at ``pc`` and ``base``
    "native_floor",  # address that the native stack of this thread may come down to; the host sets it
    "native_limit",  # what compiled code may come down to of it, from where it was entered
    "look_at",  # when the host looks at the clock next, CLOCK_MONOTONIC in nanoseconds: native code goes on until then
)
COLLECTOR_WORDS: Final = (
    # The nursery: HEAP to nursery_end, zeros between nursery_top and zeroed
    "old_start",  # where blocks begin, and EXIT_ROOM behind the nursery ends
    "nursery_end",  # where it ends until the next collection
    "nursery_bytes",  # what it has at most for now
    "zeroed",
    "stress_left",  # allocations until the next one that fails
    "large_freed",  # bytes of blocks of such that went in one collection, at most since one of the old space
    "large_young",  # head of a large object that was made since the last collection, the first of a list; 0: none
    # Blocks: in use are some from HEAP up to low_end, and from high_start up, where large objects are
    "low_end",
    "high_start",
    "free_hint",  # no block below is free
    "dirty_blocks",
    "hole_bytes",  # of free lines that wait for being used
    # Where objects are promoted to: two regions, for objects of at most a line and for larger ones, of four words each
    "hole_top",
    "hole_limit",
    "hole_block",  # where the next hole is looked for
    "hole_line",
    "spare_top",
    "spare_limit",
    "spare_block",
    "spare_line",
    # A collection of the nursery, which comes in slices
    "moving",  # where its objects end while it is under way; else 0
    "moved_before",  # bytes promoted before it began
    "is_rooted",  # 1 when all has moved that roots and dirty cards refer to
    "move_limit",  # bytes promoted at which the slice ends
    "move_slice",  # bytes that move in a slice; tests make slices small
    "copy_top",
    "part",  # an object of which a part has been looked into; 0: none
    "part_end",  # where the rest of it ends
    # The old space's collections
    "phase",
    "epoch",  # mark of the lines that are in use: 1 and 2 in turns
    "black",  # 1 while promoted objects count as marked
    "mark_top",
    "mark_limit",
    "waiting",  # some block has BLOCK_WAITING
    "waiting_block",  # where the search for one goes on
    "sweep_block",
    "weak_young",
    "weak_old",
    "weak_pending",
    # When
    "trigger",  # bytes in use at which a collection of the old space begins
    "kept",  # bytes of free blocks that are not offered to the host
    "promoted_before",  # bytes promoted before the last collection of the old space began to mark
    "live_before",  # bytes in use after it, without what was promoted meanwhile
    "allocated_before",  # bytes allocated when it ended
    "idle_trigger",  # bytes ever allocated at which it begins although few survive
    "floor",  # bytes that must be left for going on without a complete collection
    "extra_slices",  # of marking, since the program ran last
    "grown",  # bytes promoted, and allocated as large objects, since marking began
    "large_grown",  # bytes of large objects since the last collection
    "allowance",  # bytes that may be used until marking is done
    "work_total",
    "work_done",
    "work_least",  # of a slice of marking, at least and at most; tests make slices small
    "work_most",
    "weak_slice",  # weak references looked at in a slice
    "sweep_slice",  # blocks swept in a slice
    "forced",  # not 0 while the program waits for a complete collection
    "check_code",
)
CONTROL_COLLECTOR: Final = CONTROL + 0x1000
"""Words from here to INVOKED are the collector's own: COLLECTOR_WORDS."""
CONTROL_SCHEDULER: Final = CONTROL + 0x800
"""Words from here to CONTROL_COLLECTOR are the scheduler's own."""
INVOKED: Final = CONTROL + 0xB000
"""What the host calls by ``invoke``, words: descriptor, code, code to return to, bytes of stack, number of arguments;
if there is machine code, its cost and where it is entered, as in ``machine_pc``; then, written by it, the number of the
task; from INVOKED_ARGUMENTS on the slots of the arguments."""
INVOKED_ARGUMENTS: Final = INVOKED + 64
SCRATCH: Final = CONTROL + 0xC000
"""From here to the end of the control block: bytes that mean nothing between two calls of the runtime image."""

# Tables that the host writes at the start of the metadata, for the runtime image
TABLES: Final = METADATA
POWERS_OF_TEN: Final = METADATA
"""128-bit significands of powers of ten: 16 bytes each, low half first, from 10**POWERS_MIN to 10**POWERS_MAX."""
POWERS_MIN: Final = -348
POWERS_MAX: Final = 347
OSR_TABLE: Final = METADATA + 0x4000
"""Where compiled code can be entered in the middle: OSR_ENTRIES pairs of 32 bits, an address of internal code and where
machine code goes on, in bytes from the dispatch table.  Entries are where the low bits of the address without its
lowest 3 say, or in one of the OSR_PROBES - 1 behind that; an address 0 is no entry."""
OSR_ENTRIES: Final = 1 << 13
OSR_PROBES: Final = 8
METADATA_PROGRAM: Final = METADATA + 0x20000
"""Where the program's own metadata begin."""


def control_word(name: str) -> int:
    """Address of a word of the control block."""
    return CONTROL + 8 * CONTROL_WORDS.index(name)


def collector_word(name: str) -> int:
    """Address of a word of the collector's own."""
    return CONTROL_COLLECTOR + 8 * COLLECTOR_WORDS.index(name)


def array_class(kind: ArrayKind) -> int:
    """Class id of arrays of a kind."""
    return CLASS_ARRAY + int(kind)


def constants() -> dict[str, int]:
    """Every constant by name, control words as ``WORD_NAME``, the collector's as ``GC_NAME``."""
    found = {name: value for name, value in globals().items() if name.isupper() and type(value) is int}
    found |= {f"WORD_{name.upper()}": control_word(name) for name in CONTROL_WORDS}
    found |= {f"GC_{name.upper()}": collector_word(name) for name in COLLECTOR_WORDS}
    return found


def pebble_source() -> str:
    """The constants as a module of Pebble, for the runtime image."""
    lines = ["// DO NOT EDIT, from pvm.engines.native.layout", ""]
    for name, value in constants().items():
        head, *rest = name.lower().split("_")
        lines.append(f"pub let {head}{''.join(part.capitalize() for part in rest)}: Int = {value}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(pebble_source(), end="")  # noqa: T201 - it is a generator
