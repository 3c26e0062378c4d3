"""The virtual clock in native guests: our own vDSO, and the page in which they count."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct import vdso
from pvm.kernel import VirtualClock
from pvm.kernel.clock import ELAPSED_MAX_NS

SOURCE = Path(__file__).parent / "programs" / "clock.c"
SHOWN = """\
vdso 1
monotonic 0.000001000
by a call 0.000002000
boot 0.000003000
real 946684800.000004000
day 946684800.000005
time 946684800
slept 2.000008000
clock_gettime(99, &at): EINVAL
read often 2.010008000
"""


@pytest.mark.parametrize("linking", ["-static", "-pie"])
def test_reading_the_virtual_clock(linking: str, compile_c: Callable[..., Path]) -> None:
    program = compile_c(SOURCE, linking)
    mounts = {"/program": pvm.HostDir(program.parent, only=program.name)}
    path = f"/program/{program.name}"
    with pvm.Kernel(pvm.system_mounts() | mounts, clock="virtual") as kernel:
        done = pvm.spawn(path, kernel=kernel)
        assert ((done.stdout or b"").decode(), done.returncode) == (SHOWN, 0)
    lines: list[str] = []
    with pvm.Kernel(pvm.system_mounts() | mounts, clock="virtual", trace=lines.append) as kernel:
        done = pvm.spawn(path, kernel=kernel)
        assert (done.stdout or b"").decode() == SHOWN.replace("vdso 1", "vdso 0")
    assert sum("clock_gettime" in line for line in lines) > 10_000


def test_a_shared_clock_counts_both_parts() -> None:
    clock = VirtualClock(5)
    words = memoryview(bytearray(16)).cast("q")
    clock.share(words)
    assert list(words) == [5, 0]
    words[1] += 1000
    assert clock.elapsed_ns == 1005
    assert clock.monotonic() == 2005
    assert list(words) == [1005, 1000]
    clock.wait_until(9000)
    assert words[0] + words[1] == clock.elapsed_ns == 9000


@pytest.mark.parametrize("written", [-(1 << 63), -1, (1 << 63) - 1])
def test_a_shared_clock_never_goes_back(written: int) -> None:
    clock = VirtualClock()
    words = memoryview(bytearray(16)).cast("q")
    clock.share(words)
    before = clock.monotonic()
    words[0] = words[1] = written
    for _ in range(3):
        now = clock.monotonic()
        assert before <= now <= ELAPSED_MAX_NS
        before = now
        words[1] = -(1 << 63)
    clock.mend()
    assert 0 <= words[0] + words[1] < ELAPSED_MAX_NS


def test_the_image_is_found_by_its_version() -> None:
    image = vdso.image(b"\xc3" * 64)
    assert image[:4] == b"\x7fELF"
    assert vdso.symbol_hash(b"LINUX_2.6") == 0x3AE75F6
    kind, _, at, _, _, size, _, _ = struct.unpack_from("<IIQQQQQQ", image, 64 + 56)
    assert kind == 2
    tags = dict(struct.iter_unpack("<QQ", image[at : at + size]))
    strings = image[tags[5] : tags[5] + tags[10]]
    for place, name in enumerate(vdso.ENTRIES, 1):
        text, info, _, _, value, _ = struct.unpack_from("<IBBHQQ", image, tags[6] + 24 * place)
        assert strings[text:].startswith(name + b"\0")
        assert (info, value) == (0x12, vdso.CODE_OFFSET + vdso.ENTRIES[name])
        assert image[value] == 0xC3
