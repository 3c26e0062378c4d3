"""Malformed program files: each is refused with ENOEXEC, or ends by itself; nothing else happens."""

from __future__ import annotations

import errno
import random
import struct
from collections.abc import Callable

import pytest

import pvm
from pvm.engines.direct import elf, image
from pvm.errors import GuestError

Build = Callable[[str], bytes]
EXIT_7 = "mov $7, %edi\nmov $231, %eax\nsyscall"

FIELDS = {
    "class": (4, "B", (0, 1, 3)),
    "order": (5, "B", (0, 2)),
    "type": (16, "H", (0, 1, 4, 0xFFFF)),
    "machine": (18, "H", (0, 3, 183)),
    "headers at": (32, "Q", (1 << 63, 1 << 20, 4090)),
    "header size": (54, "H", (0, 55, 57)),
    "header count": (56, "H", (0, 1000, 0xFFFF)),
    "segment offset": (64 + 8, "Q", (1, (1 << 64) - 0x1000)),
    "segment address": (64 + 16, "Q", (1 << 47, (1 << 64) - 1)),
    "segment file size": (64 + 32, "Q", ((1 << 64) - 1, 1 << 40)),
    "segment memory size": (64 + 40, "Q", (1, (1 << 64) - 1)),
}


@pytest.mark.parametrize("field", FIELDS)
def test_wrong_header_is_refused(field: str, build: Build) -> None:
    offset, kind, values = FIELDS[field]
    for value in values:
        head = bytearray(build(EXIT_7))
        struct.pack_into(f"<{kind}", head, offset, value)
        with pytest.raises(GuestError) as caught:
            elf.read_program(bytes(head))
        assert caught.value.errno == errno.ENOEXEC


def test_truncated_files_are_refused(build: Build) -> None:
    head = build(EXIT_7)
    for size in range(64 + 3 * 56):
        with pytest.raises(GuestError):
            elf.read_program(head[:size])


def test_interpreters_must_be_texts(build: Build) -> None:
    head = build(EXIT_7)
    for offset, size in ((0, 4), (len(head) - 2, 100), (0, 0), (0, 1 << 40)):
        program = elf.read_program(head)._replace(interpreter=(offset, size))
        with pytest.raises(GuestError):
            elf.interpreter_path(program, head)


def test_random_damage_ends_by_itself(contained: None, build: Build) -> None:
    source = random.Random(1)
    whole = build(EXIT_7)
    endings = set()
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(source.randrange(1, 4)):
            damaged[source.randrange(4, 64 + 3 * 56)] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
        with pvm.Kernel({"/": pvm.MemDir({"p": bytes(damaged)}, mode=0o755)}) as kernel:
            try:
                endings.add(pvm.spawn("/p", kernel=kernel, limits=pvm.GuestLimits(timeout=5)).returncode)
            except GuestError as error:
                endings.add(1000 + error.errno)
    assert {7, 1000 + errno.ENOEXEC} <= endings
    allowed = {7, 1000 + errno.ENOEXEC, 1000 + errno.ENOENT}
    assert all(ending in allowed or ending < 0 for ending in endings)


@pytest.mark.parametrize("address", [0x6FFF_F000_1000, 0x6FFF_F001_0000])
def test_a_program_in_the_way_of_the_stub_is_killed(address: int, contained: None, build: Build) -> None:
    head = bytearray(build(EXIT_7))
    struct.pack_into("<Q", head, 64 + 16, address)
    with pvm.Kernel({"/": pvm.MemDir({"p": bytes(head)}, mode=0o755)}) as kernel:
        assert pvm.spawn("/p", kernel=kernel).returncode == -9


def test_the_stack_is_laid_out_as_the_abi_says() -> None:
    start = image.Start(b"/p", [b"p", b"one"], [b"A=1"], bytes(range(16)))
    top = 0x7FFF_0000_0008
    pointer, content = image.stack_image(top, start, [(6, 4096)])
    assert pointer % 16 == 0
    assert pointer + len(content) <= top
    words = struct.unpack_from("<17Q", content)

    def text(address: int) -> bytes:
        return content[address - pointer :].partition(b"\0")[0]

    assert words[0] == 2
    assert [text(word) for word in words[1:3]] == [b"p", b"one"]
    assert (words[3], text(words[4]), words[5]) == (0, b"A=1", 0)
    vector = dict(zip(words[6::2], words[7::2], strict=False))
    assert vector[6] == 4096
    assert text(vector[image.AT_EXECFN]) == b"/p"
    assert content[vector[image.AT_RANDOM] - pointer :][:16] == bytes(range(16))
