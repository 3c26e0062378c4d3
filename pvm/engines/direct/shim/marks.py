"""What was changed in overlays, as far as the shim must know: which names, and which files of the host below.

It is a page of bits that guests can only read.  A name is marked before it first stands for something else than below,
wherever in an overlay that is; a file of the host, by its inode, before its state or, for a directory, its names
differ.  What is marked, the shim leaves to the kernel, as it does with links on the way once anything is.  A bit may
stand for several names, which costs time only.
"""

from __future__ import annotations

import mmap
import os

from pvm.kernel.fs.hostfs import MIX_INODE

BITS = 1 << 19
HEAD = 64
NAMES, INODES = HEAD, HEAD + BITS // 8
SIZE = (HEAD + 2 * BITS // 8 + 0xFFF) & ~0xFFF
HASH_START, HASH_FACTOR = 0xCBF2_9CE4_8422_2325, 0x100_0000_01B3
WORD = (1 << 64) - 1


class Marks:
    """The page; ``descriptor`` is its file, which can only be read."""

    def __init__(self) -> None:
        writable = os.memfd_create("pvm-marks", os.MFD_CLOEXEC)
        try:
            os.ftruncate(writable, SIZE)
            self._memory = mmap.mmap(writable, SIZE)
            self.descriptor = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.close(writable)
        self._names: set[str] = set()

    def __del__(self) -> None:
        os.close(self.descriptor)

    def mark_name(self, name: str) -> None:
        """A name is about to be another."""
        if name not in self._names:
            self._names.add(name)
            self._set(NAMES, name_bit(name.encode()))

    def mark_inode(self, inode: int) -> None:
        """A file of the host is about to be shown otherwise."""
        self._set(INODES, inode_bit(inode))

    def has_inode(self, inode: int) -> bool:
        """Whether a file of the host is marked."""
        bit = inode_bit(inode)
        return bool(self._memory[INODES + (bit >> 3)] >> (bit & 7) & 1)

    def _set(self, start: int, bit: int) -> None:
        self._memory[start + (bit >> 3)] |= 1 << (bit & 7)
        self._memory[0] = 1  # at last, since it says that there are any


def name_bit(name: bytes) -> int:
    """The bit of a name."""
    value = HASH_START
    for byte in name:
        value = (value ^ byte) * HASH_FACTOR & WORD
    return (value ^ value >> 32) & BITS - 1


def inode_bit(inode: int) -> int:
    """The bit of an inode."""
    return (inode * MIX_INODE & WORD) >> 32 & BITS - 1


TEXT = """
; The page of marks, or null if nothing is marked.
define internal ptr @marks() #0 {{
entry:
  %pointer = inttoptr i64 {MARKS_POINTER} to ptr
  %address = load i64, ptr %pointer
  %none = icmp eq i64 %address, 0
  br i1 %none, label %nothing, label %look
look:
  %page = inttoptr i64 %address to ptr
  %any = load atomic i64, ptr %page acquire, align 8
  %clean = icmp eq i64 %any, 0
  br i1 %clean, label %nothing, label %some
some:
  ret ptr %page
nothing:
  ret ptr null
}}

define internal i1 @is_marked(ptr %bits, i64 %bit) #1 {{
  %at = lshr i64 %bit, 3
  %byte.p = getelementptr i8, ptr %bits, i64 %at
  %byte = load volatile i8, ptr %byte.p
  %low = trunc i64 %bit to i8
  %place = and i8 %low, 7
  %moved = lshr i8 %byte, %place
  %last = and i8 %moved, 1
  %set = icmp ne i8 %last, 0
  ret i1 %set
}}

; Whether all names of a path stand for what is below, as far as is known.  It can be read.
define internal i1 @unchanged(ptr %path) #0 {{
entry:
  %page = call ptr @marks()
  %clean = icmp eq ptr %page, null
  br i1 %clean, label %yes, label %start
start:
  %bits = getelementptr i8, ptr %page, i64 {NAMES}
  br label %next
next:
  %p = phi ptr [ %path, %start ], [ %p.next, %letter ], [ %p.over, %over ]
  %hash = phi i64 [ {HASH_START}, %start ], [ %hash.next, %letter ], [ {HASH_START}, %over ]
  %size = phi i64 [ 0, %start ], [ %size.next, %letter ], [ 0, %over ]
  %dots = phi i64 [ 0, %start ], [ %dots.next, %letter ], [ 0, %over ]
  %c = load i8, ptr %p
  switch i8 %c, label %letter [
    i8 0, label %name
    i8 47, label %name
  ]
letter:
  %word = zext i8 %c to i64
  %mixed = xor i64 %hash, %word
  %hash.next = mul i64 %mixed, {HASH_FACTOR}
  %size.next = add i64 %size, 1
  %dot = icmp eq i8 %c, 46
  %dot.word = zext i1 %dot to i64
  %dots.next = add i64 %dots, %dot.word
  %p.next = getelementptr i8, ptr %p, i64 1
  br label %next
name:
  %only.dots = icmp eq i64 %size, %dots
  %short = icmp ult i64 %size, 2
  %here = and i1 %only.dots, %short
  br i1 %here, label %over, label %deep
deep:
  %two = icmp eq i64 %size, 2
  %up = and i1 %only.dots, %two
  br i1 %up, label %no, label %test
test:
  %high = lshr i64 %hash, 32
  %folded = xor i64 %hash, %high
  %bit = and i64 %folded, {BIT_MASK}
  %set = call i1 @is_marked(ptr %bits, i64 %bit)
  br i1 %set, label %no, label %over
over:
  %end = icmp eq i8 %c, 0
  %p.over = getelementptr i8, ptr %p, i64 1
  br i1 %end, label %yes, label %next
yes:
  ret i1 true
no:
  ret i1 false
}}

; Whether the file whose state this is is shown as it is below.
define internal i1 @is_as_below(ptr %st) #0 {{
entry:
  %page = call ptr @marks()
  %clean = icmp eq ptr %page, null
  br i1 %clean, label %yes, label %look
look:
  %bits = getelementptr i8, ptr %page, i64 {INODES}
  %inode.p = getelementptr i8, ptr %st, i64 {X_INODE}
  %inode = load i64, ptr %inode.p
  %mixed = mul i64 %inode, {MIX_INODE}
  %high = lshr i64 %mixed, 32
  %bit = and i64 %high, {BIT_MASK}
  %set = call i1 @is_marked(ptr %bits, i64 %bit)
  br i1 %set, label %no, label %yes
yes:
  ret i1 true
no:
  ret i1 false
}}
"""
