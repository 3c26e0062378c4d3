"""The two small programs that run beside and inside a guest: the launcher and the stub.

Both perform *records*, system calls that the supervisor prepares (``records.py``), so all decisions stay
in Python.  The **launcher** is what the host starts: it builds the jail, becomes its process 1, and from then
on only reaps what dies there.  The **stub** is the only file in the jail and therefore the only program
that the host's kernel ever executes for a guest: it maps the guest's program and jumps into it.

LLVM assembles them once; the result is kept in the user's cache, so that a run needs no LLVM.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pvm.engines.direct.shim import code, table
from pvm.engines.direct.shim.entry import ENTRY_CODE

BASE = 0x6FFF_F000_0000
TEXT = BASE + 0x1000
SHIM_ENTRY = TEXT + 16
TABLE = BASE + 0x8000
"""Where the shim finds the table of mounts."""

VDSO, CLOCK_PAGE = BASE + 0xA000, BASE + 0xE000
"""Where guests have our own vDSO and the page of the virtual clock."""

MARKS = BASE + 0x4_0000
"""Where the shim finds what was changed in overlays."""

BUFFER = BASE + 0x1_0000
BUFFER_SIZE = 0x1_0000

RECORDS_CALL = 0x5000
"""The system call by which the stub asks for records: a number that no kernel uses, so the filter sees it."""

CONTROL_FD = 3
SIGNAL_FD = 4

CHECK = 1  # stop the batch if the call fails
LEAVE = 2  # a fork: the parent replies and exits
REAP = 3  # a fork: the parent replies and becomes the reaper of the jail
JUMP = 4  # no call: load the stack pointer and go

TRIPLE = "x86_64-unknown-linux-gnu"
PAGE = 0x1000
SEGMENT = struct.Struct("<IIQQQQQQ")

PERFORM = """
    mov (%rbx), %rax
    mov 8(%rbx), %rdi
    mov 16(%rbx), %rsi
    mov 24(%rbx), %rdx
    mov 32(%rbx), %r10
    mov 40(%rbx), %r8
    mov 48(%rbx), %r9
    syscall
    mov %rax, (%rbx)
    mov 56(%rbx), %rcx
"""

LAUNCHER = f"""
    .globl _start
_start:
    movabs $0x{BUFFER:x}, %r14
next_batch:                             # read(CONTROL_FD, buffer, size): one message is one batch
    xor %eax, %eax
    mov ${CONTROL_FD}, %edi
    mov %r14, %rsi
    mov ${BUFFER_SIZE}, %edx
    syscall
    test %rax, %rax
    jle die                             # the supervisor has gone
    mov (%r14), %r12                    # how many records
    lea 64(%r14), %rbx
next_record:
    test %r12, %r12
    jz reply
    {PERFORM}
    cmp ${CHECK}, %rcx
    je check
    cmp ${LEAVE}, %rcx
    je fork
    cmp ${REAP}, %rcx
    je fork
advance:
    add $64, %rbx
    dec %r12
    jmp next_record
check:
    cmp $-4095, %rax
    jae reply
    jmp advance
fork:
    test %rax, %rax
    jz advance                          # the child goes on with the batch
    js reply
    mov %rax, %r15
    mov %rcx, %r13
    call send
    cmp ${LEAVE}, %r13
    je leave
    jmp reap
reply:
    call send
    jmp next_batch
send:                                   # write(CONTROL_FD, buffer, size of the batch)
    mov $1, %eax
    mov ${CONTROL_FD}, %edi
    mov %r14, %rsi
    mov (%r14), %rdx
    inc %rdx
    shl $6, %rdx
    syscall
    ret
reap:                                   # poll([SIGNAL_FD: readable, CONTROL_FD: hung up])
    movabs $0x{SIGNAL_FD | 1 << 32:x}, %rax
    mov %rax, (%r14)
    mov ${CONTROL_FD}, %eax
    mov %rax, 8(%r14)
    mov $7, %eax
    mov %r14, %rdi
    mov $2, %esi
    mov $-1, %rdx
    syscall
    cmpw $0, 14(%r14)
    jne leave                           # the supervisor has gone: the kernel ends all that is in the jail
    xor %eax, %eax                      # read(SIGNAL_FD): forget the signal
    mov ${SIGNAL_FD}, %edi
    lea 64(%r14), %rsi
    mov $128, %edx
    syscall
wait:                                   # wait4(-1, status, WNOHANG | __WALL, 0)
    mov $61, %eax
    mov $-1, %rdi
    lea 16(%r14), %rsi
    mov $0x40000001, %edx
    xor %r10d, %r10d
    syscall
    test %rax, %rax
    jle reap
    cmp %r15, %rax
    jne wait
    mov $1, %eax                        # the first guest process is dead: report its status
    mov ${CONTROL_FD}, %edi
    lea 16(%r14), %rsi
    mov $4, %edx
    syscall
leave:
    xor %edi, %edi
    jmp exit
die:
    mov $1, %edi
exit:
    mov $231, %eax
    syscall
    hlt
"""

STUB = f"""
    .globl _start
_start:
    jmp start
    .balign 16
    jmp shim_entry                      # at a place that trampolines know
    .balign 16
start:
    mov %rsp, %r13
    movabs $0x{BUFFER:x}, %r14
    xor %r12d, %r12d
trap:                                   # ask for records: (buffer, first stack pointer, records not done)
    mov ${RECORDS_CALL}, %eax
    mov %r14, %rdi
    mov %r13, %rsi
    mov %r12, %rdx
    syscall
    test %rax, %rax
    jle die
    mov %rax, %r12
    mov %r14, %rbx
next_record:
    test %r12, %r12
    jz trap
    cmpq ${JUMP}, 56(%rbx)
    je jump
    {PERFORM}
    cmp ${CHECK}, %rcx
    jne advance
    cmp $-4095, %rax
    jae trap
advance:
    add $64, %rbx
    dec %r12
    jmp next_record
jump:
    mov 8(%rbx), %rsp
    mov 16(%rbx), %rcx
    xor %eax, %eax
    xor %ebx, %ebx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    jmp *%rcx
die:
    mov $127, %edi
    mov $231, %eax
    syscall
    hlt
"""


def launcher() -> bytes:
    """The launcher as an executable file."""
    return executable(cached_code("launcher", module_text(LAUNCHER)))


NO_TABLE = table.packed((), 0, 0)


def stub(mounts: bytes = NO_TABLE, vdso: bytes = b"") -> bytes:
    """The stub as an executable file, with the shim, its table of mounts, and a vDSO if the clock is virtual."""
    parts = [Part(TABLE, READ, mounts), *([Part(VDSO, READ | EXECUTE, vdso)] if vdso else [])]
    return executable(_stub_code(), parts=parts)


@cache
def _stub_code() -> bytes:
    return cached_code("stub", module_text(STUB + ENTRY_CODE) + code.ir(TABLE))


def cached_code(name: str, module: str) -> bytes:
    """The machine code of a module, from the cache if it was assembled before."""
    digest = hashlib.sha256(f"{BASE:x}{BUFFER_SIZE:x}{module}".encode()).hexdigest()
    path = _cache_path(f"direct-code-{name}-{digest}")
    kept = _read_kept(path)
    if kept is not None:
        return kept
    made = assemble(module)
    if path is not None:
        _keep(path, made)
    return made


def module_text(source: str) -> str:
    """LLVM IR that holds the assembly text."""
    lines = (line.partition("#")[0].rstrip() for line in source.splitlines())
    body = "\n".join(f'module asm "{line}"' for line in lines if line.strip())
    return f'target triple = "{TRIPLE}"\n{body}\n'


def assemble(module: str) -> bytes:
    """The machine code of a module, all of it in its text section and free of relocations."""
    import llvmlite.binding as llvm  # type: ignore[import-untyped]

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    target = llvm.Target.from_triple(TRIPLE).create_target_machine(reloc="static", codemodel="small")
    parsed = llvm.parse_assembly(module)
    parsed.verify()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(parsed, builder)
    found = llvm.object_file.ObjectFileRef.from_data(target.emit_object(parsed))
    sections = {section.name(): bytes(section.data()) for section in found.sections()}
    assert not sections.get(b".rela.text"), "the code must not need relocations"
    return sections[b".text"]


class Part(NamedTuple):
    """Data that a program has at an address between its code and its buffer."""

    address: int
    rights: int
    content: bytes


READ, EXECUTE = 4, 1


def executable(content: bytes, text: int = TEXT, buffer: int = BUFFER, parts: Sequence[Part] = ()) -> bytes:
    """An ELF file with code at ``text``, entered at its first byte, and zeroed memory at ``buffer``."""
    segments = [SEGMENT.pack(1, READ | EXECUTE, PAGE, text, text, len(content), len(content), PAGE)]
    body = content
    end = text + len(content)
    for part in parts:
        assert end <= part.address < buffer, "parts lie in order between the code and the buffer"
        body += bytes(-len(body) % PAGE)
        size = len(part.content)
        segments.append(SEGMENT.pack(1, part.rights, PAGE + len(body), part.address, part.address, size, size, PAGE))
        body += part.content
        end = part.address + size
    segments += [
        SEGMENT.pack(1, 6, 0, buffer, buffer, 0, BUFFER_SIZE, PAGE),
        SEGMENT.pack(0x6474E551, 6, 0, 0, 0, 0, 0, 16),  # PT_GNU_STACK: not executable
    ]
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01" + bytes(9),
        2,  # ET_EXEC
        62,  # EM_X86_64
        1,
        text,
        64,
        0,
        0,
        64,
        56,
        len(segments),
        64,
        0,
        0,
    )
    head = header + b"".join(segments)
    return head + bytes(PAGE - len(head)) + body


def _cache_path(name: str) -> Path | None:
    """Where a program is kept, or None where no directory can be trusted: it must be the user's alone."""
    own, shared = os.environ.get("PVM_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")
    try:
        directory = Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "pvm"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except (OSError, RuntimeError):
        return None
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        return None
    return directory / name


def _read_kept(path: Path | None) -> bytes | None:
    """The kept program, if it is whole: its SHA-256 stands before it."""
    try:
        data = b"" if path is None else path.read_bytes()
    except OSError:
        return None
    digest, image = data[:32], data[32:]
    return image if image and hashlib.sha256(image).digest() == digest else None


def _keep(path: Path, image: bytes) -> None:
    """Keep a program for the next run, if possible; it appears whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(hashlib.sha256(image).digest() + image)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
