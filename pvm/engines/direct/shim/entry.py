"""Where trampolines arrive: from the registers of a system call to a function and back."""

from pvm.engines.direct.shim.table import SLOW

ENTRY_CODE = f"""
shim_entry:                             # r11: the address of the site's syscall instruction, eax: the number
    lea -128(%rsp), %rsp                # the red zone is the caller's
    push %rbp
    mov %rsp, %rbp
    push %r11
    push %r9
    push %r8
    push %r10
    push %rdx
    push %rsi
    push %rdi
    push %rax
    mov %eax, %edi
    lea 8(%rsp), %rsi
    and $-16, %rsp
    call shim
    lea -64(%rbp), %rsp
    movabs ${SLOW}, %rcx
    cmp %rcx, %rax
    pop %rcx
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    pop %r11
    pop %rbp
    lea 128(%rsp), %rsp
    je 1f
    add $2, %r11
    jmp *%r11
1:  mov %ecx, %eax
    jmp *%r11
"""
"""Where trampolines arrive.  As after a system call, only rax, rcx and r11 are changed."""
