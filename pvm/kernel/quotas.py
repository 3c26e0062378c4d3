"""Quotas of one kernel, and the ledger that keeps what was used of them.

The ledger is the only place where storage is counted: a file system charges before it grows and
releases after it has shrunk, so a refused charge has changed nothing.  Growth on a writable host
directory is counted as what the guest added; deleting what was there before gives no credit beyond
zero, hence the host never holds more than it did at the start plus the quota.
"""

from __future__ import annotations

from pvm.errors import UsageError
from pvm.kernel.abi import Errno, GuestError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Self

MIB = 1 << 20


class _Quotas(NamedTuple):
    bytes: int
    file_size: int
    files: int
    descriptors: int
    output_bytes: int | None
    captured_bytes: int


class Quotas(_Quotas):
    """Limits of a kernel; ``None`` means no limit of its own.

    ``output_bytes`` bounds what a guest writes to all its standard streams; captured streams are
    bounded by ``captured_bytes`` as well, since they are held in memory of the host.
    """

    __slots__ = ()

    def __new__(
        cls,
        bytes: int = 256 * MIB,  # noqa: A002 - the public name is fixed
        file_size: int = 256 * MIB,
        files: int = 65_536,
        descriptors: int = 1_024,
        output_bytes: int | None = None,
        captured_bytes: int = 64 * MIB,
    ) -> Self:
        """Check and make them."""
        made = super().__new__(cls, bytes, file_size, files, descriptors, output_bytes, captured_bytes)
        for name, value in zip(cls._fields, made, strict=True):
            if value is None and name == "output_bytes":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise UsageError(f"quota {name} is {value!r}, expected a number that is not negative")
        return made


class Usage(NamedTuple):
    """What is in use of the quotas now; ``output_bytes`` counts since the kernel was made."""

    bytes: int
    files: int
    descriptors: int
    output_bytes: int


class Ledger:
    """Running totals, checked against the quotas."""

    __slots__ = ("bytes", "descriptors", "files", "output_bytes", "quotas")

    def __init__(self, quotas: Quotas) -> None:
        self.quotas = quotas
        self.bytes = 0
        self.files = 0
        self.descriptors = 0
        self.output_bytes = 0

    def charge_bytes(self, count: int) -> None:
        """Take ``count`` bytes of storage, or give ``NOSPC``."""
        if self.bytes + count > self.quotas.bytes:
            raise GuestError(Errno.NOSPC, f"storage quota of {self.quotas.bytes} bytes")
        self.bytes += count

    def force_bytes(self, count: int) -> None:
        """Count bytes that exist already because a native writer made them, quota or not."""
        self.bytes += count

    def release_bytes(self, count: int) -> None:
        """Give back storage; what was never charged gives no credit."""
        self.bytes = max(0, self.bytes - count)

    def charge_file(self) -> None:
        """Take one file, directory or link, or give ``NOSPC``."""
        if self.files >= self.quotas.files:
            raise GuestError(Errno.NOSPC, f"quota of {self.quotas.files} files")
        self.files += 1

    def release_file(self) -> None:
        """Give one file back."""
        self.files = max(0, self.files - 1)

    def check_file_size(self, size: int) -> None:
        """Give ``FBIG`` when a file of ``size`` bytes is not allowed."""
        if size > self.quotas.file_size:
            raise GuestError(Errno.FBIG, f"file size quota of {self.quotas.file_size} bytes")

    def output_room(self) -> int | None:
        """How many bytes may still go to standard streams; None without limit."""
        limit = self.quotas.output_bytes
        return None if limit is None else limit - self.output_bytes

    def usage(self) -> Usage:
        """A snapshot of the totals."""
        return Usage(self.bytes, self.files, self.descriptors, self.output_bytes)
