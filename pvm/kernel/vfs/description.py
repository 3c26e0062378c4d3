"""Open file descriptions: what a descriptor refers to, with position and flags.

Duplicated descriptors share one description, hence one position.  A description counts its
descriptors and gives its file up when the last one is closed.  Each kind of description overrides
what it can do; the rest answers with the errno that POSIX gives for a file of another kind.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.vfs.node import DirectoryEntry, OpenFile, OpenFlag, Stat
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pvm.kernel.vfs.path import Location

TRANSFER_MAX = 1 << 24
"""Most bytes moved by one call, which bounds its time; longer requests are partial."""

INT64_MAX = (1 << 63) - 1

ENTRY_LAYOUT = struct.Struct("<QHBx")
"""inode u64, length of the name u16, kind u8, a zero byte; the name in UTF-8 follows."""

ENTRY_BATCH = 64


class Whence(IntEnum):
    """From where a seek counts."""

    START = 0
    CURRENT = 1
    END = 2


class Description:
    """An open file of any kind."""

    __slots__ = ("flags", "references")

    def __init__(self, flags: int) -> None:
        self.flags = flags
        self.references = 0

    def retain(self) -> None:
        """Count one more descriptor."""
        self.references += 1

    def release(self) -> None:
        """Count one descriptor less; the last one closes."""
        self.references -= 1
        assert self.references >= 0, "a description was released more often than retained"
        if self.references == 0:
            self.close()

    def check_readable(self) -> None:
        """BADF unless open for reading."""
        if not self.flags & OpenFlag.READ:
            raise GuestError(Errno.BADF)

    def check_writable(self) -> None:
        """BADF unless open for writing."""
        if not self.flags & OpenFlag.WRITE:
            raise GuestError(Errno.BADF)

    def close(self) -> None:
        """Give the file up."""

    def read(self, count: int) -> bytes:
        """Up to ``count`` bytes from the position."""
        raise NotImplementedError

    def write(self, data: bytes) -> int:
        """Write at the position; the number of bytes written."""
        raise NotImplementedError

    def read_at(self, count: int, offset: int) -> bytes:
        """Read elsewhere; the position stays."""
        raise GuestError(Errno.SPIPE)

    def write_at(self, data: bytes, offset: int) -> int:
        """Write elsewhere; the position stays."""
        raise GuestError(Errno.SPIPE)

    def seek(self, offset: int, whence: Whence) -> int:
        """Move the position; the new one."""
        raise GuestError(Errno.SPIPE)

    def truncate(self, size: int) -> None:
        """Cut or extend the file."""
        raise GuestError(Errno.INVAL)

    def sync(self) -> None:
        """Bring content to stable storage; nothing to do for most kinds."""

    def stat(self) -> Stat:
        """The state of what is open."""
        raise NotImplementedError

    def is_terminal(self) -> bool:
        """Whether a person may sit at the other end."""
        return False

    def entries(self, room: int) -> bytes:
        """As many directory records as fit ``room``, continuing the listing."""
        raise GuestError(Errno.NOTDIR)

    def host_fd(self) -> int:
        """A host descriptor for native bulk transfer; only regular files have one."""
        raise GuestError(Errno.INVAL)


class FileDescription(Description):
    """An open regular file; ``location`` is where it was opened."""

    __slots__ = ("file", "location", "position")

    def __init__(self, file: OpenFile, flags: int, location: Location) -> None:
        super().__init__(flags)
        self.file = file
        self.location = location
        self.position = 0

    def close(self) -> None:
        self.file.close()

    def read(self, count: int) -> bytes:
        self.check_readable()
        data = self.file.read_at(count, self.position)
        self.position += len(data)
        return data

    def write(self, data: bytes) -> int:
        self.check_writable()
        if self.flags & OpenFlag.APPEND:
            written = self.file.append(data)
            self.position = self.file.stat().size
            return written
        written = self.file.write_at(data, self.position) if data else 0
        self.position += written
        return written

    def read_at(self, count: int, offset: int) -> bytes:
        self.check_readable()
        return self.file.read_at(count, offset)

    def write_at(self, data: bytes, offset: int) -> int:
        self.check_writable()
        return self.file.write_at(data, offset) if data else 0

    def seek(self, offset: int, whence: Whence) -> int:
        match whence:
            case Whence.START:
                position = offset
            case Whence.CURRENT:
                position = self.position + offset
            case Whence.END:
                position = self.file.stat().size + offset
        if not 0 <= position <= INT64_MAX:
            raise GuestError(Errno.INVAL)
        self.position = position
        return position

    def truncate(self, size: int) -> None:
        if not self.flags & OpenFlag.WRITE:
            raise GuestError(Errno.INVAL)
        self.file.truncate(size)

    def sync(self) -> None:
        self.file.sync()

    def stat(self) -> Stat:
        return self.file.stat()

    def host_fd(self) -> int:
        return self.file.host_fd()


class DirectoryDescription(Description):
    """An open directory: a listing in order of names, whose state is the last name given.

    So a listing neither repeats nor loses a name that is there throughout, whatever is added or
    removed meanwhile, and costs no memory between calls.
    """

    __slots__ = ("after", "location")

    def __init__(self, location: Location) -> None:
        super().__init__(OpenFlag.READ)
        self.location = location
        self.after = ""

    def read(self, count: int) -> bytes:
        raise GuestError(Errno.ISDIR)

    def write(self, data: bytes) -> int:
        raise GuestError(Errno.BADF)

    def read_at(self, count: int, offset: int) -> bytes:
        raise GuestError(Errno.ISDIR)

    def write_at(self, data: bytes, offset: int) -> int:
        raise GuestError(Errno.BADF)

    def seek(self, offset: int, whence: Whence) -> int:
        if offset != 0 or whence is not Whence.START:
            raise GuestError(Errno.INVAL)
        self.after = ""
        return 0

    def stat(self) -> Stat:
        return self.location.node.stat()

    def entries(self, room: int) -> bytes:
        records = bytearray()
        while batch := self.next_entries(ENTRY_BATCH):
            for entry in batch:
                name = entry.name.encode()
                if len(records) + ENTRY_LAYOUT.size + len(name) > room:
                    if not records:
                        raise GuestError(Errno.INVAL, "the buffer is smaller than one directory record")
                    return bytes(records)
                records += ENTRY_LAYOUT.pack(entry.inode, len(name), entry.kind) + name
                self.after = entry.name
        return bytes(records)

    def next_entries(self, limit: int) -> list[DirectoryEntry]:
        """The next entries, mount points merged in; the position stays."""
        entries = self.location.directory().entries_after(self.after, limit)
        points = self.location.mounts
        if points is None or not points.children:
            return entries
        merged = {entry.name: entry for entry in entries}
        for name in points.children:
            full = len(entries) == limit
            if name > self.after and (not full or name < entries[-1].name or name in merged):
                child = self.location.child(name)
                assert child is not None, "a mount point is always there"
                merged[name] = DirectoryEntry(name, child.node.kind, child.node.stat().inode)
        return [merged[name] for name in sorted(merged)]
