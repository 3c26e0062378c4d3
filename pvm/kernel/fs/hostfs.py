"""A directory of the host as a file system of the guest.

Every name is opened relative to the descriptor of the directory that holds it and never through a
symbolic link, so whatever a process of the host swaps while a path is walked, nothing outside the
granted directory is reached: links are read as text and walked as guest paths by the caller.  FIFOs,
sockets and devices are visible but never opened.

A directory node opens its descriptor when needed, and gives it up when more than ``OPEN_MAX``
directories are open; coming back it must find the same directory, else the name is gone (NOENT).
Names that are not UTF-8 are not visible.  Access times, owners and the host's inode numbers are
not shown: inodes are hashed with a key, which is secret unless the kernel has a seed.
"""

from __future__ import annotations

import os
import stat
import weakref
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from pvm.errors import UsageError
from pvm.kernel.abi import Errno, GuestError, HostFailure
from pvm.kernel.fs.attributes import change_host_attribute, host_attribute, host_attributes
from pvm.kernel.fs.growth import Growth
from pvm.kernel.fs.hoststatus import FORMAT_BITS, host_errors, host_failure, identity_of, kind_of
from pvm.kernel.quotas import Ledger
from pvm.kernel.vfs.node import (
    Detached,
    DirectoryEntry,
    DirectoryNode,
    FileKind,
    FileSystem,
    LinkNode,
    Node,
    OpaqueNode,
    OpenFile,
    OpenFlag,
    RegularNode,
    Stat,
)

OPEN_MAX = 32
SNAPSHOTS_MAX = 4
Identity = tuple[int, int]
REGULAR = FileKind.REGULAR
INT64_MAX = (1 << 63) - 1
MIX_INODE, MIX_DEVICE, MIX_LAST = 0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0xD6E8_FEB8_6659_FD93
WORD = (1 << 64) - 1
SWAPS_MAX = 16
"""How often a name may change its kind while it is looked up."""

DIRECTORY_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
PLACE_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class HostFs(FileSystem):
    """The host directory ``path``; ``inode_key`` hashes inode numbers, ``ledger`` is charged for growth.

    ``only`` is the one name of it that exists for guests, or None if all do.
    """

    __slots__ = ("_known", "_open", "growth", "inode_key", "newest", "only", "snapshots")

    root: HostDirectory

    def __init__(
        self,
        device: int,
        path: str | os.PathLike[str],
        ledger: Ledger,
        inode_key: int,
        *,
        read_only: bool,
        only: str | None = None,
    ) -> None:
        super().__init__(device, read_only=read_only)
        self.only = only
        self.newest = 0
        self.growth = Growth(ledger)
        self.snapshots: dict[tuple[int, int], list[str]] = {}
        self._open: dict[int, weakref.ref[HostDirectory]] = {}
        self._known: dict[tuple[Identity, bytes], HostDirectory] = {}
        self.inode_key = inode_key & WORD
        try:
            descriptor = os.open(path, DIRECTORY_FLAGS)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot mount {os.fspath(path)!r}: {error}") from None
        self.root = HostDirectory(self, None, b"", identity_of(os.fstat(descriptor)))
        self.root.descriptor = descriptor

    def check_writable(self) -> None:
        """ROFS if the mount is read-only."""
        if self.read_only:
            raise GuestError(Errno.ROFS)

    def view(self, status: os.stat_result) -> Stat:
        """What the guest may know of a host file."""
        kind = kind_of(status)
        sized = kind is REGULAR or kind is FileKind.SYMLINK
        return Stat(
            self.device,
            self.shown_inode(status.st_dev, status.st_ino),
            kind,
            status.st_mode & 0o777,
            1 if kind is FileKind.DIRECTORY else status.st_nlink,
            status.st_size if sized else 0,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_mtime_ns,
        )

    def shown_inode(self, device: int, inode: int) -> int:
        """The number that stands for an inode of the host."""
        mixed = inode * MIX_INODE + device * MIX_DEVICE + self.inode_key & WORD
        mixed = (mixed ^ mixed >> 32) * MIX_LAST & WORD
        return (mixed ^ mixed >> 32) >> 1

    def known(self, parent: HostDirectory, name: bytes, identity: Identity) -> HostDirectory | None:
        """A directory that was looked up lately, if its name still leads to it."""
        found = self._known.get((parent.identity, name))
        return found if found is not None and found.identity == identity else None

    def remember(self, parent: HostDirectory, name: bytes, directory: HostDirectory) -> None:
        """Keep a directory for the next lookups; at most as many as may be open."""
        self._known.pop((parent.identity, name), None)
        self._known[parent.identity, name] = directory
        while len(self._known) > OPEN_MAX:
            del self._known[next(iter(self._known))]

    def keep_open(self, directory: HostDirectory) -> None:
        """Note that a directory holds a descriptor and was used; the one unused longest may lose its own."""
        key = self.newest = id(directory)
        self._open.pop(key, None)
        self._open[key] = weakref.ref(directory)
        while len(self._open) > OPEN_MAX:
            oldest = self._open.pop(next(iter(self._open)))()
            if oldest is not None:
                oldest.give_up()

    def forget_open(self, directory: HostDirectory) -> None:
        """Note that a directory holds no descriptor any more."""
        self.newest = 0
        self._open.pop(id(directory), None)

    def rename(self, old: DirectoryNode, old_name: str, new: DirectoryNode, new_name: str) -> None:
        assert isinstance(old, HostDirectory)
        assert isinstance(new, HostDirectory)
        new.check_creatable(new_name)
        source, target = old_name.encode(), new_name.encode()
        old.status_of(source)
        try:
            replaced = new.status(target)
            os.rename(source, target, src_dir_fd=old.acquire(), dst_dir_fd=new.acquire())
        except FileExistsError:
            raise GuestError(Errno.NOTEMPTY) from None
        except OSError as error:
            raise host_failure(error) from None
        if replaced is not None and new.status(target) != replaced:
            self.growth.removed(replaced)

    def close(self) -> None:
        self._known.clear()
        for reference in list(self._open.values()):
            directory = reference()
            if directory is not None:
                directory.give_up()
        self.root.give_up()


class HostFile(RegularNode):
    """A name of a regular file; ``created`` is the descriptor of a file just made, for the first open.

    What the lookup saw serves the first ``stat``, which follows it at once, unless the file was opened before.
    """

    __slots__ = ("_seen", "created", "identity", "name", "parent")

    fs: HostFs

    def __init__(self, parent: HostDirectory, name: bytes, status: os.stat_result, created: int = -1) -> None:
        super().__init__(parent.fs)
        self.parent = parent
        self.name = name
        self.identity = identity_of(status)
        self.created = created
        self._seen: os.stat_result | None = status

    def __del__(self) -> None:
        if self.created >= 0:
            os.close(self.created)

    def stat(self) -> Stat:
        status, self._seen = self._seen, None
        return self.fs.view(status or self.parent.status_of(self.name))

    def same_as(self, other: Node) -> bool:
        return isinstance(other, HostFile) and other.fs is self.fs and other.identity == self.identity

    def change_mode(self, mode: int) -> None:
        self.fs.check_writable()
        self._seen = None
        self.parent.status_of(self.name)
        descriptor = self._open_descriptor(OpenFlag.READ)
        try:
            with host_errors():
                os.fchmod(descriptor, mode & 0o777)
        finally:
            os.close(descriptor)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.fs.check_writable()
        self._seen = None
        with host_errors():
            os.utime(self.name, ns=(accessed_ns, modified_ns), dir_fd=self.parent.acquire(), follow_symlinks=False)

    def attributes(self) -> list[bytes]:
        with self._named() as path:
            return host_attributes(path)

    def attribute(self, name: bytes) -> bytes | None:
        with self._named() as path:
            return host_attribute(path, name)

    def change_attribute(self, name: bytes, value: bytes | None) -> None:
        self.fs.check_writable()
        self._seen = None
        with self._named() as path:
            change_host_attribute(path, name, value, self.fs.growth, self.identity)

    @contextmanager
    def _named(self) -> Iterator[str]:
        """A path of the host that leads to this file and no other, for a while."""
        with host_errors():
            descriptor = os.open(self.name, PLACE_FLAGS, dir_fd=self.parent.acquire())
        try:
            if identity_of(os.fstat(descriptor)) != self.identity:
                raise GuestError(Errno.NOENT, "the file was replaced")
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)

    def open(self, flags: int) -> OpenFile:
        self._seen = None
        if flags & OpenFlag.WRITE:
            self.fs.check_writable()
        file = HostOpenFile(self.fs, self._open_descriptor(flags), reads_only=not flags & OpenFlag.WRITE)
        if flags & OpenFlag.TRUNCATE:
            try:
                file.truncate(0)
            except GuestError:
                file.close()
                raise
        return file

    def _open_descriptor(self, flags: int) -> int:
        if self.created >= 0:
            descriptor, self.created = self.created, -1
            return descriptor
        access = os.O_RDONLY
        if flags & OpenFlag.WRITE:
            access = os.O_RDWR if flags & OpenFlag.READ else os.O_WRONLY
        try:
            descriptor = os.open(self.name, access | FILE_FLAGS, dir_fd=self.parent.acquire())
        except OSError as error:
            raise host_failure(error) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise GuestError(Errno.ACCES, "no regular file")
        return descriptor


class HostOpenFile(OpenFile):
    """An open file of the host; growth is charged before it happens."""

    __slots__ = ("descriptor", "fs", "identity", "reads_only")

    def __init__(self, fs: HostFs, descriptor: int, *, reads_only: bool = False) -> None:
        self.fs = fs
        self.descriptor = descriptor
        self.reads_only = reads_only
        self.identity = identity_of(os.fstat(descriptor))
        fs.growth.opened(self.identity)

    def read_at(self, count: int, offset: int) -> bytes:
        count = min(count, INT64_MAX - offset)  # the host refuses what would end beyond
        try:
            return os.pread(self.descriptor, count, offset)
        except OSError as error:
            raise host_failure(error) from None

    def _size(self) -> int:
        return os.fstat(self.descriptor).st_size

    def write_at(self, data: bytes, offset: int) -> int:
        old = self._size()
        ledger = self.fs.growth.ledger
        limit = min(ledger.quotas.file_size, old + max(0, ledger.quotas.bytes - ledger.bytes))
        if offset < limit < offset + len(data):
            data = data[: limit - offset]
        growth = max(0, offset + len(data) - old)
        if growth:
            ledger.check_file_size(offset + len(data))
            self.fs.growth.charge_bytes(growth)
        try:
            return os.pwrite(self.descriptor, data, offset)
        except OSError as error:
            raise host_failure(error) from None
        finally:
            if growth:
                unused = old + growth - max(old, self._size())
                self.fs.growth.release_bytes(max(0, min(growth, unused)))
                self._counted()

    def append(self, data: bytes) -> int:
        return self.write_at(data, self._size()) if data else 0

    def truncate(self, size: int) -> None:
        old = self._size()
        if size > old:
            self.fs.growth.ledger.check_file_size(size)
            self.fs.growth.charge_bytes(size - old)
        try:
            os.ftruncate(self.descriptor, size)
        except OSError as error:
            if size > old:
                self.fs.growth.release_bytes(size - old)
            raise host_failure(error) from None
        if size < old:
            self.fs.growth.release_bytes(old - size)
        self._counted()

    def _counted(self) -> None:
        """Note that the size is as counted, if it is followed."""
        if self.identity in self.fs.growth.sizes:
            self.fs.growth.sizes[self.identity] = self._size()

    def settle(self) -> None:
        if not self.reads_only and self.descriptor >= 0:
            self.fs.growth.settle(self.identity, self._size())

    def change_mode(self, mode: int) -> None:
        self.fs.check_writable()
        with host_errors():
            os.fchmod(self.descriptor, mode & 0o777)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.fs.check_writable()
        with host_errors():
            os.utime(self.descriptor, ns=(accessed_ns, modified_ns))

    def sync(self) -> None:
        try:
            os.fsync(self.descriptor)
        except OSError as error:
            raise host_failure(error) from None

    def stat(self) -> Stat:
        return self.fs.view(os.fstat(self.descriptor))

    def host_fd(self) -> int:
        if not self.reads_only:
            self.fs.growth.sizes.setdefault(self.identity, self._size())
        return self.descriptor

    def detach(self) -> Detached | None:
        if not self.reads_only:
            return None
        descriptor, self.descriptor = self.descriptor, -1
        self.fs.growth.closed(os.fstat(descriptor))
        return Detached(descriptor, self.fs.view)

    def close(self) -> None:
        if self.descriptor < 0:
            return
        self.settle()
        status = os.fstat(self.descriptor)
        os.close(self.descriptor)
        self.descriptor = -1
        self.fs.growth.closed(status)


class HostLink(LinkNode):
    """A symbolic link, as it was when it was looked up."""

    __slots__ = ("name", "parent", "status", "text")

    fs: HostFs

    def __init__(self, parent: HostDirectory, name: bytes, status: os.stat_result, text: bytes) -> None:
        super().__init__(parent.fs)
        self.parent = parent
        self.name = name
        self.status = status
        self.text = text

    def stat(self) -> Stat:
        return self.fs.view(self.status)

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.fs.check_writable()
        with host_errors():
            os.utime(self.name, ns=(accessed_ns, modified_ns), dir_fd=self.parent.acquire(), follow_symlinks=False)

    def target(self) -> str:
        try:
            return self.text.decode()
        except UnicodeDecodeError:
            raise HostFailure(Errno.IO, "the target of a link of the host is not UTF-8") from None


class HostDirectory(DirectoryNode):
    """A directory below the granted one; ``descriptor`` is -1 while it is not open."""

    __slots__ = ("descriptor", "identity", "name", "parent")

    fs: HostFs

    def __init__(self, fs: HostFs, parent: HostDirectory | None, name: bytes, identity: tuple[int, int]) -> None:
        super().__init__(fs)
        self.parent = parent
        self.name = name
        self.identity = identity
        self.descriptor = -1

    def __del__(self) -> None:
        self.fs.forget_open(self)
        self.give_up()

    def give_up(self) -> None:
        """Close the descriptor."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def acquire(self) -> int:
        """The descriptor, opened anew from the nearest open ancestor if need be."""
        if self.descriptor >= 0:
            if self.parent is not None and self.fs.newest != id(self):
                self.fs.keep_open(self)
            return self.descriptor
        closed = []
        node = self
        while node.descriptor < 0:
            closed.append(node)
            if node.parent is None:
                raise HostFailure(Errno.IO, "the mount was closed")
            node = node.parent
        for below in reversed(closed):
            below.reopen(node.descriptor)
            node = below
        if self.parent is not None:
            self.fs.keep_open(self)
        return self.descriptor

    def reopen(self, parent_descriptor: int) -> None:
        """Open again, from the descriptor of the parent; the name must lead to the same directory."""
        try:
            descriptor = os.open(self.name, DIRECTORY_FLAGS | os.O_NOFOLLOW, dir_fd=parent_descriptor)
        except OSError as error:
            raise host_failure(error) from None
        if identity_of(os.fstat(descriptor)) != self.identity:
            os.close(descriptor)
            raise GuestError(Errno.NOENT, "the directory was replaced")
        self.descriptor = descriptor
        self.fs.keep_open(self)

    def stat(self) -> Stat:
        return self.fs.view(os.fstat(self.acquire()))

    def change_mode(self, mode: int) -> None:
        self.fs.check_writable()
        with host_errors():
            os.chmod(f"/proc/self/fd/{self.acquire()}", mode & 0o777)  # noqa: PTH101 - a descriptor opened as a path only

    def set_times(self, accessed_ns: int, modified_ns: int) -> None:
        self.fs.check_writable()
        with host_errors():
            os.utime(".", ns=(accessed_ns, modified_ns), dir_fd=self.acquire())

    def attributes(self) -> list[bytes]:
        return host_attributes(f"/proc/self/fd/{self.acquire()}")

    def attribute(self, name: bytes) -> bytes | None:
        return host_attribute(f"/proc/self/fd/{self.acquire()}", name)

    def change_attribute(self, name: bytes, value: bytes | None) -> None:
        self.fs.check_writable()
        change_host_attribute(f"/proc/self/fd/{self.acquire()}", name, value, self.fs.growth, self.identity)

    def same_as(self, other: Node) -> bool:
        return isinstance(other, HostDirectory) and other.fs is self.fs and other.identity == self.identity

    def status_of(self, name: bytes) -> os.stat_result:
        """The state of a name that should be there."""
        status = self.status(name)
        if status is None:
            raise GuestError(Errno.NOENT)
        return status

    def is_hidden(self, name: bytes) -> bool:
        """Whether the grant does not reach to a name."""
        return self.fs.only is not None and self.parent is None and name != self.fs.only.encode()

    def status(self, name: bytes) -> os.stat_result | None:
        """The state of a name, of a link itself, or None."""
        if self.fs.only is not None and self.is_hidden(name):
            return None
        try:
            return os.stat(name, dir_fd=self.acquire(), follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise host_failure(error) from None

    def lookup(self, name: str) -> Node | None:
        encoded = name.encode()
        for _ in range(SWAPS_MAX):
            status = self.status(encoded)
            if status is None:
                return None
            form = status.st_mode & FORMAT_BITS
            if form == stat.S_IFREG:
                return HostFile(self, encoded, status)
            if form == stat.S_IFDIR:
                found: Node | None = self.fs.known(self, encoded, identity_of(status)) or self._open_directory(encoded)
            elif form == stat.S_IFLNK:
                found = self._read_link(encoded, status)
            else:
                return OpaqueNode(self.fs, self.fs.view(status))
            if found is not None:
                return found
        raise HostFailure(Errno.IO, "the name keeps changing")

    def _read_link(self, name: bytes, status: os.stat_result) -> HostLink | None:
        """The link called ``name``, or None if that is no link any more."""
        try:
            return HostLink(self, name, status, os.readlink(name, dir_fd=self.acquire()))
        except FileNotFoundError:
            return None
        except OSError as error:
            failure = host_failure(error)
            if failure.errno == Errno.INVAL:
                return None
            raise failure from None

    def _open_directory(self, name: bytes) -> HostDirectory | None:
        """The directory called ``name``, or None if that is another kind of file by now."""
        try:
            descriptor = os.open(name, DIRECTORY_FLAGS | os.O_NOFOLLOW, dir_fd=self.acquire())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            failure = host_failure(error)
            if failure.errno == Errno.LOOP:
                return None
            raise failure from None
        directory = HostDirectory(self.fs, self, name, identity_of(os.fstat(descriptor)))
        directory.descriptor = descriptor
        self.fs.keep_open(directory)
        self.fs.remember(self, name, directory)
        return directory

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        if not name:
            return self._read_entries()[:limit]
        names = self.fs.snapshots.get(self.identity)
        if names is None:
            names = [entry.name for entry in self._read_entries()]
        entries = []
        for index in range(bisect_right(names, name), len(names)):
            status = self.status(names[index].encode())
            if status is not None:
                view = self.fs.view(status)
                entries.append(DirectoryEntry(names[index], view.kind, view.inode))
                if len(entries) == limit:
                    break
        return entries

    def _read_entries(self) -> list[DirectoryEntry]:
        """The visible entries in order, read when a listing starts; their names are kept as long as there is room."""
        entries: list[DirectoryEntry] = []
        try:
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.acquire())
            try:
                with os.scandir(descriptor) as found:
                    for item in found:
                        name = _visible(item.name)
                        if name is not None and not self.is_hidden(name.encode()):
                            inode = self.fs.shown_inode(self.identity[0], item.inode())
                            entries.append(DirectoryEntry(name, _kind_of_entry(item), inode))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise host_failure(error) from None
        entries.sort()
        self.fs.snapshots.pop(self.identity, None)
        self.fs.snapshots[self.identity] = [entry.name for entry in entries]
        while len(self.fs.snapshots) > SNAPSHOTS_MAX:
            del self.fs.snapshots[next(iter(self.fs.snapshots))]
        return entries

    def check_creatable(self, name: str) -> None:
        """Refuse to make a name where the mount is read-only or does not reach to it."""
        self.fs.check_writable()
        if self.is_hidden(name.encode()):
            raise GuestError(Errno.ACCES)

    def create_file(self, name: str, mode: int) -> RegularNode:
        self.check_creatable(name)
        self.fs.growth.charge_file()
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | FILE_FLAGS
        try:
            descriptor = os.open(name.encode(), flags, mode, dir_fd=self.acquire())
        except OSError as error:
            self._not_made(error)
        unmask(descriptor, mode)
        return HostFile(self, name.encode(), os.fstat(descriptor), descriptor)

    def create_directory(self, name: str, mode: int) -> DirectoryNode:
        self.check_creatable(name)
        self.fs.growth.charge_file()
        try:
            os.mkdir(name.encode(), mode, dir_fd=self.acquire())
        except OSError as error:
            self._not_made(error)
        made = self.lookup(name)
        if not isinstance(made, HostDirectory):
            raise HostFailure(Errno.IO, "the new directory was replaced")
        unmask(f"/proc/self/fd/{made.acquire()}", mode)
        return made

    def create_link(self, name: str, target: str) -> LinkNode:
        self.check_creatable(name)
        self.fs.growth.charge_file()
        try:
            os.symlink(target.encode(), name.encode(), dir_fd=self.acquire())
        except OSError as error:
            self._not_made(error)
        return HostLink(self, name.encode(), self.status_of(name.encode()), target.encode())

    def _not_made(self, error: OSError) -> NoReturn:
        self.fs.growth.release_file()
        raise host_failure(error) from None

    def remove_file(self, name: str) -> None:
        self.fs.check_writable()
        status = self.status_of(name.encode())
        if stat.S_ISDIR(status.st_mode):
            raise GuestError(Errno.ISDIR)
        try:
            os.unlink(name.encode(), dir_fd=self.acquire())
        except OSError as error:
            raise host_failure(error) from None
        self.fs.growth.removed(status)

    def remove_directory(self, name: str) -> None:
        self.fs.check_writable()
        status = self.status_of(name.encode())
        try:
            os.rmdir(name.encode(), dir_fd=self.acquire())
        except FileExistsError:
            raise GuestError(Errno.NOTEMPTY) from None
        except OSError as error:
            raise host_failure(error) from None
        self.fs.growth.release_file()
        self.fs.growth.release_attributes(identity_of(status))


def unmask(made: int | str, mode: int) -> None:
    """Give a new file the mode that the guest wants: the mask of the embedder's process is not the guest's."""
    try:
        if mode & ~os.stat(made).st_mode:  # noqa: PTH116 - of descriptors too
            os.chmod(made, mode & 0o777)  # noqa: PTH101 - the same
    except OSError:  # a file system that keeps no modes
        return


def _kind_of_entry(item: os.DirEntry[str]) -> FileKind:
    """The kind of a directory entry; the host tells the common ones in the listing itself."""
    if item.is_file(follow_symlinks=False):
        return FileKind.REGULAR
    if item.is_dir(follow_symlinks=False):
        return FileKind.DIRECTORY
    if item.is_symlink():
        return FileKind.SYMLINK
    try:
        return kind_of(item.stat(follow_symlinks=False))
    except FileNotFoundError:  # it has gone meanwhile; a listing may still name it
        return FileKind.CHARACTER


def _visible(name: str) -> str | None:
    """The name as the guest sees it, or None if it is not UTF-8."""
    try:
        return os.fsencode(name).decode()
    except UnicodeDecodeError:
        return None
