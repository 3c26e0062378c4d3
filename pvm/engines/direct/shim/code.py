"""The shim's functions as LLVM IR.

Each takes the arguments of a call as words and gives its result, a negated errno, or ``SLOW``, which leaves the call
to the kernel.  Memory of the program is touched only after the host's kernel has touched it, since a bad
pointer must give EFAULT: ``@readable`` and ``@writable`` let it read or write a word there.
"""

from __future__ import annotations

from pvm.engines.direct.shim import calls, marks, mounts, state, table
from pvm.kernel.fs import hostfs

ENOENT, EXDEV, ENOTDIR, EINVAL, ESPIPE = 2, 18, 20, 22, 29
NEAR = 16 << 10
CLOSE, LSEEK, RT_SIGPROCMASK, OPENAT, READLINKAT, GETDENTS64, STATX, OPENAT2 = 3, 8, 14, 257, 267, 217, 332, 437
RESOLVE = 0x08 | 0x02  # beneath the descriptor, no magic links
RESOLVE_NO_SYMLINKS = 0x04
EMPTY_PATH, NOFOLLOW = 0x1000, 0x100
AT_FDCWD = -100
LOOK_FLAGS = EMPTY_PATH | NOFOLLOW | 0x800 | 0x6000  # no automount, how fresh
STATX_MASK = 0x17FF  # the basic ones, and the number of the mount
O_PATH, O_CLOEXEC, O_NOFOLLOW, O_DIRECTORY, O_NOATIME = 0x20_0000, 0x8_0000, 0x2_0000, 0x1_0000, 0x4_0000
O_NONBLOCK = 0x800
OPEN_FLAGS = O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY | O_NOATIME | O_NONBLOCK | 0x8000 | 0x100
PATH_FLAGS = O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY
DIRECTORY, REGULAR, LINK, FORMAT = 0x4000, 0x8000, 0xA000, 0xF000
PATH_MAX = 4000
STAT_SIZE, STATX_SIZE = 144, 256
# Offsets in ``struct statx``.
X_MASK, X_BLOCK, X_ATTRIBUTES, X_LINKS, X_USER, X_MODE, X_INODE, X_SIZE, X_BLOCKS = 0, 4, 8, 16, 20, 28, 32, 40, 48
X_ACCESSED, X_BORN, X_CHANGED, X_MODIFIED, X_RDEV, X_MAJOR, X_MINOR, X_MOUNT = 64, 80, 96, 112, 128, 136, 140, 144

# What ``@locate`` finds, by offset: the directory's descriptor, whether there is one component, and whether the path
# was absolute; ``@look`` adds the entry of the mount.
P_DIRECTORY, P_SIMPLE, P_ABSOLUTE, P_ENTRY = 0, 8, 16, 24


def ir(address: int) -> str:
    """The module, for a table of mounts at this address."""
    numbers = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, int)}
    half = {name: signed(numbers[name], 16) for name in ("DIRECTORY", "REGULAR", "LINK", "FORMAT")}
    wide = {name: signed(getattr(hostfs, name), 64) for name in ("MIX_INODE", "MIX_DEVICE", "MIX_LAST")}
    made = {
        "TABLE": address,
        "DOT": address + 16,
        "EMPTY": address + 17,
        "WORKING_DIRECTORY": address + 24,
        "MARKS_POINTER": address + 32,
        "NAMES": marks.NAMES,
        "INODES": marks.INODES,
        "BIT_MASK": marks.BITS - 1,
        "HASH_START": signed(marks.HASH_START, 64),
        "HASH_FACTOR": marks.HASH_FACTOR,
        "ROWS": address + table.HEADER_SIZE,
        "ENTRY_HEAD": table.ENTRY_HEAD,
        "ENTRY_SIZE": table.ENTRY_SIZE,
        "MARK": table.MARK,
        "SLOW": table.SLOW,
        "NOT_LOOK_FLAGS": ~LOOK_FLAGS,
        "NOT_OPEN_FLAGS": ~OPEN_FLAGS,
        "NOT_NOATIME": ~O_NOATIME,
        "EMPTY_KEEP": EMPTY_PATH | NOFOLLOW,
        "LOOKING": O_PATH | O_CLOEXEC,
        "LINK_ITSELF": O_PATH | O_CLOEXEC | O_NOFOLLOW,
    }
    text = HEAD + marks.TEXT + mounts.TEXT + state.TEXT + calls.TEXT + ATTRIBUTES
    return text.format(FEATURES=FEATURES, **numbers | half | wide | made)


def signed(value: int, bits: int) -> int:
    """A number as LLVM spells it."""
    return value - (1 << bits) if value >> bits - 1 else value


HEAD = """
@llvm.compiler.used = appending global [1 x ptr] [ptr @shim], section "llvm.metadata"
"""

ATTRIBUTES = """
attributes #0 = {{ nounwind noinline noimplicitfloat {FEATURES} }}
attributes #1 = {{ nounwind alwaysinline noimplicitfloat {FEATURES} }}
"""

FEATURES = '"no-builtins" "no-jump-tables"="true" "target-features"="-mmx,-sse,-sse2,-avx,-x87"'
