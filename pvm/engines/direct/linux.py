"""Numbers of the x86-64 Linux ABI that the engine uses itself: system calls, flags, structures.

The calls that guests may make are in ``syscalls/``; nothing there refers to this file's names of calls, which
are those that the supervisor performs for itself or has performed in the jail.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct

# System calls performed by the launcher and the stub.
READ, WRITE, CLOSE, MMAP, MPROTECT, MUNMAP = 0, 1, 3, 9, 10, 11
RT_SIGPROCMASK, IOCTL, SOCKET, BIND, CLONE, EXECVE, FCNTL = 14, 16, 41, 49, 56, 59, 72
UMASK, SETSID, SETGROUPS, SETRESUID, SETRESGID, CAPSET = 95, 112, 116, 117, 119, 126
PIVOT_ROOT, PRCTL, CHROOT, MOUNT, UMOUNT2, SETHOSTNAME = 155, 157, 161, 165, 166, 170
FCHDIR, OPENAT, DUP3, UNSHARE, SIGNALFD4, PRLIMIT64, SETNS = 81, 257, 292, 272, 289, 302, 308
SECCOMP, GETRANDOM, OPEN_TREE, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT = 317, 318, 428, 429, 430, 431, 432
GETDENTS64, STATX, OPENAT2 = 217, 332, 437
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 0x02, 0x04, 0x08
KCMP, KCMP_FILE = 312, 0
RT_SIGQUEUEINFO, RT_TGSIGQUEUEINFO = 129, 297
PIDFD_OPEN, CLOSE_RANGE, PIDFD_GETFD, MOUNT_SETATTR = 434, 436, 438, 442
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x0200_0000, 0x0400_0000, 0x0800_0000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWTIME = 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x80
CLONE_PARENT = 0x8000
CLONE_VM, CLONE_THREAD = 0x100, 0x10000
SIGCHLD = 17

O_CLOEXEC = 0o2000000
TIOCSCTTY = 0x540E
AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
AT_RECURSIVE, OPEN_TREE_CLONE = 0x8000, 1
AT_SYMLINK_NOFOLLOW = 0x100
AT_SYMLINK_FOLLOW = 0x400
AT_REMOVEDIR = 0x200
AT_EACCESS = 0x200

# seccomp user notification (linux/seccomp.h).
NOTIF_RECV, NOTIF_SEND, NOTIF_ID_VALID, NOTIF_ADDFD = 0xC050_2100, 0xC018_2101, 0x4008_2102, 0x4018_2103
NOTIF_SET_FLAGS = 0x4008_2104
NOTIFICATION = struct.Struct("<QIIiIQ6Q")
RESPONSE = struct.Struct("<QqiI")
ADDFD = struct.Struct("<QIIII")
RESPONSE_CONTINUE = 1
DIRECTORY_ENTRY = struct.Struct("<QqHB")
ADDFD_SETFD, ADDFD_SEND = 1, 2
SECCOMP_SET_MODE_FILTER = 1
FILTER_NEW_LISTENER, FILTER_WAIT_KILLABLE = 1 << 3, 1 << 5

MS_REC, MS_PRIVATE = 0x4000, 1 << 18
MNT_DETACH = 2

CAP_LAST = 63
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NAME = 38, 24, 28, 15
SECURE_BITS = 0xEF  # no root privileges, no set-uid fixups, no ambient capabilities, all locked

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_EMPTY = ctypes.create_string_buffer(1)


def syscall(number: int, *args: int) -> int:
    """Make a system call of the host whose arguments are all numbers; raises OSError where it fails."""
    result: int = _LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(arg) for arg in args))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def open_beneath(directory: int, path: bytes, flags: int) -> int:
    """A file below an open directory, by a path without symbolic links; raises OSError."""
    how = struct.pack("<3Q", flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
    text, structure = ctypes.create_string_buffer(path), ctypes.create_string_buffer(how, len(how))
    return syscall(OPENAT2, directory, ctypes.addressof(text), ctypes.addressof(structure), len(how))


def mount_of(descriptor: int) -> int:
    """The number that the host has for the mount of an open file (STATX_MNT_ID)."""
    buffer = ctypes.create_string_buffer(256)
    syscall(STATX, descriptor, ctypes.addressof(_EMPTY), AT_EMPTY_PATH, 0x1000, ctypes.addressof(buffer))
    number: int = struct.unpack_from("<Q", buffer, 144)[0]
    return number


def directory_entries(descriptor: int, size: int) -> list[tuple[int, int, int, bytes]]:
    """The next entries of an open directory, as many as fit: inode, position behind it, type, name."""
    buffer = ctypes.create_string_buffer(size)
    left = syscall(GETDENTS64, descriptor, ctypes.addressof(buffer), size)
    data = buffer.raw[:left]
    found = []
    place = 0
    while place < left:
        inode, position, length, kind = DIRECTORY_ENTRY.unpack_from(data, place)
        found.append((inode, position, kind, data[place + DIRECTORY_ENTRY.size : place + length].rstrip(b"\0")))
        place += length
    return found


def wake_on_same_processor(listener: int) -> None:
    """Let caller and supervisor wake each other on the processor that they are on, where the host can (Linux 6.6)."""
    try:
        fcntl.ioctl(listener, NOTIF_SET_FLAGS, 1)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTTY}:
            raise


def set_file_identity(uid: int, gid: int) -> None:
    """Let this thread, and no other, use files of the host as ``uid`` and ``gid``."""
    _LIBC.setfsgid(gid)
    _LIBC.setfsuid(uid)
