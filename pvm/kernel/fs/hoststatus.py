"""What the host says about a file, in the guest's terms: kinds, identities, errors."""

from __future__ import annotations

import os
import stat

from pvm.kernel.abi import Errno, HostFailure
from pvm.kernel.vfs.node import FileKind

KINDS = {
    stat.S_IFREG: FileKind.REGULAR,
    stat.S_IFDIR: FileKind.DIRECTORY,
    stat.S_IFLNK: FileKind.SYMLINK,
    stat.S_IFCHR: FileKind.CHARACTER,
    stat.S_IFBLK: FileKind.BLOCK,
    stat.S_IFIFO: FileKind.PIPE,
    stat.S_IFSOCK: FileKind.SOCKET,
}

FORMAT_BITS = 0o170000
CHARACTER = FileKind.CHARACTER

ERRNOS = {
    "EPERM": Errno.ACCES,
    "EDQUOT": Errno.NOSPC,
    "ENFILE": Errno.NFILE,
    "EMFILE": Errno.NFILE,
    "ETXTBSY": Errno.BUSY,
    "ENXIO": Errno.ACCES,
}


def host_failure(error: OSError) -> HostFailure:
    """The guest's error for an error of the host."""
    import errno as host

    number = error.errno or host.EIO
    name = host.errorcode.get(number, "")
    known = ERRNOS.get(name) or Errno.__members__.get(name[1:], Errno.IO)
    return HostFailure(known, f"host: {error.strerror}")


class host_errors:  # noqa: N801 - used as a function
    """Turn the host's errors into the guest's inside of ``with``."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise host_failure(error) from None


def identity_of(status: os.stat_result) -> tuple[int, int]:
    """What makes a host file the same file."""
    return status.st_dev, status.st_ino


def kind_of(status: os.stat_result) -> FileKind:
    """The kind of a host file."""
    return KINDS.get(status.st_mode & FORMAT_BITS, CHARACTER)
