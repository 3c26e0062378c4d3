"""Objects become blobs that survive their file form, are loaded anywhere, and refuse what cannot be."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pvm.engines.native.llvm.compilation import CompilationError, compile_blob, compile_object
from pvm.engines.native.machine_code import aarch64, foreign, x86_64
from pvm.engines.native.machine_code.blob import BASE, Blob, Relocation, decode_blob, encode_blob
from pvm.engines.native.machine_code.elf import ObjectError, read_object
from pvm.engines.native.machine_code.linking import link
from pvm.engines.native.machine_code.loader import CodeRegion, LoadedCode, load, relocated
from pvm.engines.native.machine_code.target import AARCH64, X86_64_V2, X86_64_V3, Target, host_target, x86_level

ROOT = Path(__file__).parents[3]
HOST = host_target()
assert HOST is not None, "the native engine has no target for this machine"
TARGETS = (X86_64_V2, X86_64_V3, AARCH64)

# A table of functions, a switch, constants in memory, strings, and functions of the C library.
PROGRAM = """
@table = internal constant [3 x ptr] [ptr @inc, ptr @dec, ptr @twice]
@text = internal constant [6 x i8] c"hello\\00"
@visible = constant [2 x ptr] [ptr @text, ptr @table]
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare i32 @memcmp(ptr, ptr, i64)
define internal i64 @inc(i64 %x) { %r = add i64 %x, 1
  ret i64 %r }
define internal i64 @dec(i64 %x) { %r = sub i64 %x, 1
  ret i64 %r }
define i64 @twice(i64 %x) noinline { %r = shl i64 %x, 1
  ret i64 %r }
define i64 @through_table(i64 %index, i64 %x) {
  %place = getelementptr ptr, ptr @table, i64 %index
  %f = load ptr, ptr %place
  %r = call i64 %f(i64 %x)
  ret i64 %r }
define i64 @direct(i64 %x) {
  %a = call i64 @twice(i64 %x)
  %r = call i64 @twice(i64 %a)
  ret i64 %r }
define ptr @address() { ret ptr @twice }
define ptr @outside() { ret ptr @memcmp }
define double @scaled(double %x) { %r = fmul double %x, 0x3FF199999999999A
  ret double %r }
define i64 @chosen(i32 %i, i64 %x) {
  switch i32 %i, label %other [ i32 0, label %a i32 1, label %b i32 2, label %c i32 3, label %d i32 4, label %e ]
a: %ra = call i64 @twice(i64 %x)
  ret i64 %ra
b: %rb = sdiv i64 %x, 7
  ret i64 %rb
c: %rc = mul i64 %x, %x
  ret i64 %rc
d: %rd = xor i64 %x, 255
  ret i64 %rd
e: %re = call i64 @direct(i64 %x)
  ret i64 %re
other: ret i64 -1 }
define void @move(ptr %to, ptr %from, i64 %count) {
  call void @llvm.memmove.p0.p0.i64(ptr %to, ptr %from, i64 %count, i1 false)
  ret void }
define i32 @compared(ptr %a) {
  %r = call i32 @memcmp(ptr %a, ptr @text, i64 6)
  ret i32 %r }
"""


def program(target: object = HOST) -> Blob:
    return compile_blob(PROGRAM, target)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def code() -> LoadedCode:
    return load(program())


def page() -> int:
    flags = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS
    return foreign.Memory().map(4096, foreign.PROT_READ | foreign.PROT_WRITE, flags)


def test_functions_run(code: LoadedCode) -> None:
    through_table = code.function("through_table", "q", "Qq")
    assert [through_table(index, 10) for index in range(3)] == [11, 9, 20]
    assert code.function("direct", "q", "q")(3) == 12
    assert code.function("scaled", "d", "d")(2.0) == 2.2
    chosen = code.function("chosen", "q", "iq")
    assert [chosen(index, 70) for index in (0, 1, 2, 3, 4, 5, -1)] == [140, 10, 4900, 185, 280, -1, -1]


def test_addresses_are_absolute_in_memory(code: LoadedCode) -> None:
    assert code.function("address", "Q", "")() == code.symbol("twice")
    assert code.function("outside", "Q", "")() == foreign.symbol("memcmp")
    words = foreign.view(code.symbol("visible"), 16).cast("Q")
    assert bytes(foreign.view(words[0], 6)) == b"hello\0"


def test_functions_of_the_c_library_are_called(code: LoadedCode) -> None:
    address = page()
    memory = foreign.view(address, 4096)
    memory[:6] = b"hello\0"
    assert code.function("compared", "i", "Q")(address) == 0
    memory[2] = 0
    assert code.function("compared", "i", "Q")(address) != 0
    memory[:10] = b"0123456789"
    code.function("move", "", "QQQ")(address + 2, address, 8)
    assert bytes(memory[:10]) == b"0101234567"


def test_no_page_is_writable_and_executable(code: LoadedCode) -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        print("not run: /proc/self/maps")
        return
    found = {}
    for line in maps.read_text(encoding="ascii").splitlines():
        span, rights, *_ = line.split()
        start, end = (int(each, 16) for each in span.split("-"))
        for what in ("twice", "visible"):
            if start <= code.symbol(what) < end:
                found[what] = rights
    assert found == {"twice": "r-xp", "visible": "r--p"}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.cpu)
def test_file_form_round_trips(target: object) -> None:
    blob = program(target)
    assert decode_blob(encode_blob(blob)) == blob


def test_every_damage_of_the_file_form_is_noticed() -> None:
    blob = Blob("x86_64", b"code" * 64, 128, (Relocation(8, 2, BASE), Relocation(24, 1, "memcpy")), {"f": 0, "g": 4})
    data = encode_blob(blob)
    assert decode_blob(data) == blob
    for position in range(len(data)):
        assert decode_blob(data[:position]) is None
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[position] ^= change
            assert decode_blob(bytes(damaged)) is None
    assert decode_blob(data + b"\0") is None


def test_words_are_relative_to_the_address() -> None:
    data = (5).to_bytes(8, "little") + (7).to_bytes(8, "little") + bytes(8)
    blob = Blob("x86_64", data, 0, (Relocation(0, 2, BASE), Relocation(16, 1, "memcpy")), {})
    words = memoryview(relocated(blob, 0x10000)).cast("Q")
    assert list(words) == [0x10005, 0x10007, foreign.symbol("memcpy")]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.cpu)
def test_only_functions_on_the_list_are_linked(target: object) -> None:
    ir = "declare void @system(ptr)\ndefine void @f(ptr %x) {\n call void @system(ptr %x)\n ret void\n}\n"
    with pytest.raises(ObjectError, match="code refers to system, which is not on the list"):
        compile_blob(ir, target)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.cpu)
def test_variables_are_refused(target: object) -> None:
    ir = "@x = internal global i64 1\ndefine i64 @f(i64 %y) {\n store i64 %y, ptr @x\n ret i64 %y\n}\n"
    ir += "define i64 @g() {\n %r = load i64, ptr @x\n ret i64 %r\n}\n"
    with pytest.raises(ObjectError, match="object has variables"):
        compile_blob(ir, target)  # type: ignore[arg-type]


@pytest.mark.parametrize("ir", ["define i64 @f() {", "define i64 @f() { ret i32 0 }", "nonsense"])
def test_wrong_ir_is_refused(ir: str) -> None:
    with pytest.raises(CompilationError):
        compile_blob(ir, HOST)


def test_damaged_objects_are_refused() -> None:
    data = compile_object(PROGRAM, X86_64_V2)
    assert read_object(data).architecture == "x86_64"
    for size in (0, 10, 63, 64, 200, len(data) - 1):
        with pytest.raises(ObjectError):
            read_object(data[:size])
    with pytest.raises(ObjectError, match="not a relocatable ELF object"):
        read_object(b"\x7fELF\x02\x01\x01" + bytes(57))
    executable = bytearray(data)
    executable[16] = 2
    with pytest.raises(ObjectError, match="not a relocatable ELF object"):
        link(bytes(executable), 4096)


@pytest.mark.parametrize("target", [X86_64_V2, AARCH64], ids=lambda target: target.architecture)
def test_damage_of_an_object_is_an_object_error_or_goes_unnoticed(target: Target) -> None:
    data = compile_object(PROGRAM, target)
    refused = 0
    for position in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[position] ^= 0x41
        try:
            link(bytes(damaged), target.page)
        except ObjectError:
            refused += 1
    assert refused > 100


def test_levels_of_x86() -> None:
    v2 = frozenset({"cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"})
    v3 = v2 | {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}
    assert x86_level(v3) is X86_64_V3
    assert x86_level(v3 - {"bmi2"}) is X86_64_V2
    assert x86_level(v3 - {"popcnt"}) is None


def test_the_way_to_cached_code_loads_neither_llvm_nor_ctypes() -> None:
    code = (
        "import sys\n"
        "from pvm.engines.native.machine_code import compiling, loader\n"
        "heavy = {'llvmlite', 'ctypes', 'numpy', 'subprocess', 'hashlib', 'tempfile', 'resource', 'threading'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    child = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (child.stdout, child.stderr) == ("[]\n", "")


# AArch64, of which nothing runs here: what its instructions refer to is decoded by hand


def instruction(blob: Blob, offset: int) -> int:
    return int.from_bytes(blob.data[offset : offset + 4], "little")


def signed(value: int, bits: int) -> int:
    return value - ((value >> (bits - 1)) << bits)


def referred(blob: Blob, offset: int) -> int:
    """What ``adrp`` at an offset and the ``add`` or ``ldr`` of a double word behind it refer to."""
    page, low = instruction(blob, offset), instruction(blob, offset + 4)
    assert page & 0x9F000000 == 0x90000000, hex(page)
    distance = signed((page >> 5 & 0x7FFFF) << 2 | page >> 29 & 3, 21)
    assert low & 0xFFC00000 in {0x91000000, 0xF9400000, 0xFD400000}, hex(low)
    scale = 0 if low & 0xFFC00000 == 0x91000000 else 3
    return ((offset >> 12) + distance << 12) + ((low >> 10 & 0xFFF) << scale)


def branched(blob: Blob, offset: int) -> int:
    """Where ``b`` or ``bl`` at an offset goes."""
    found = instruction(blob, offset)
    assert found & 0x7C000000 == 0x14000000, hex(found)
    return offset + 4 * signed(found & 0x3FFFFFF, 26)


def word(blob: Blob, offset: int) -> tuple[str, int]:
    """A word that the loader fills: what it adds, and to what."""
    names = [name for start, words, name in blob.relocations if start <= offset < start + 8 * words]
    return names[0], int.from_bytes(blob.data[offset : offset + 8], "little")


def test_aarch64_refers_to_the_right_places() -> None:
    blob = program(AARCH64)
    at = blob.symbols
    table = referred(blob, at["through_table"])
    assert table >= blob.code_size
    assert word(blob, table + 16) == (BASE, at["twice"])
    assert word(blob, at["visible"] + 8) == (BASE, table)
    assert word(blob, referred(blob, at["address"])) == (BASE, at["twice"])
    assert word(blob, referred(blob, at["outside"])) == ("memcmp", 0)
    constant = referred(blob, at["scaled"])
    assert struct.unpack_from("<d", blob.data, constant) == (1.1,)
    assert branched(blob, at["direct"] + 4) == branched(blob, at["direct"] + 12) == at["twice"]


def test_aarch64_reaches_outside_functions_through_stubs() -> None:
    blob = program(AARCH64)
    stub = branched(blob, blob.symbols["move"])
    assert blob.symbols["compared"] < stub < blob.code_size
    assert word(blob, referred(blob, stub)) == ("memmove", 0)
    assert instruction(blob, stub + 8) == 0xD61F0200  # br x16


def test_aarch64_refuses_what_is_too_far() -> None:
    data = bytearray((0x94000000).to_bytes(4, "little"))
    aarch64.apply(data, 283, 0, (1 << 27) - 4)
    assert int.from_bytes(data, "little") == 0x95FFFFFF
    with pytest.raises(ObjectError, match="does not fit"):
        aarch64.apply(data, 283, 0, 1 << 27)
    with pytest.raises(ObjectError, match="not position independent"):
        aarch64.apply(data, 258, 0, 0)  # an address of 32 bits


def test_x86_refuses_addresses_of_32_bits() -> None:
    for type_ in (10, 11):
        with pytest.raises(ObjectError, match="not position independent"):
            x86_64.apply(bytearray(8), type_, 0, 0)


def test_region_places_code_where_code_was() -> None:
    region = CodeRegion()
    blobs = [Blob("x86_64", bytes(pages << 16), 0, (), {}) for pages in (1, 2, 1, 3)]
    codes = [region.load(blob) for blob in blobs]
    places = [code.address for code in codes]
    assert places == [places[0] + (pages << 16) for pages in (0, 1, 3, 4)]
    for number in (0, 2, 1):
        codes[number].close()
        codes[number].close()  # the second time there is nothing left of it
    again = [region.load(blobs[number]).address for number in (3, 2)]
    assert again == [places[0], places[2]]
    assert region.load(blobs[0]._replace(data=range(CodeRegion.SIZE + 1))) is None  # type: ignore[arg-type] # only its length counts
