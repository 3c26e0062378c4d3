"""The embedder's view of guest files, by guest path, before, between and after runs.

The same walk, mounts and quotas apply as for the guest; failures are ``GuestError`` with the errno
that the guest would have seen.
"""

from __future__ import annotations

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.grants import content_bytes
from pvm.kernel.vfs.description import DirectoryDescription
from pvm.kernel.vfs.node import OpenFlag, RegularNode, Stat
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import RLock

    from pvm.kernel.vfs.path import Last, Location, Walk

CHUNK = 1 << 20


class GuestFiles:
    """Reading and writing files of the guest from outside."""

    _lock: RLock

    @property
    def root(self) -> Location:
        """Where every path begins."""
        raise NotImplementedError

    def _walk(self, path: str, last: Last | None = None) -> Walk:
        from pvm.kernel.vfs.path import Last, walk

        if not path.startswith("/"):
            raise GuestError(Errno.INVAL, f"guest path {path!r} is not absolute")
        return walk(self.root, self.root, path, last or Last.FOLLOW)

    def read_file(self, path: str) -> bytes:
        """The content of a guest file."""
        with self._lock:
            node = self._walk(path).existing().node
            if not isinstance(node, RegularNode):
                raise GuestError(Errno.ISDIR if node.kind.name == "DIRECTORY" else Errno.INVAL, path)
            file = node.open(OpenFlag.READ)
            try:
                content = bytearray()
                while part := file.read_at(CHUNK, len(content)):
                    content += part
                return bytes(content)
            finally:
                file.close()

    def write_file(self, path: str, content: bytes | str) -> None:
        """Make or replace a guest file, and the directories that lead to it."""
        data = content_bytes(content, path)
        with self._lock:
            place = self._walk_making(path)
            if place.found is None:
                node = place.parent.directory().create_file(place.name, 0o644)
            elif isinstance(place.found.node, RegularNode):
                node = place.found.node
            else:
                raise GuestError(Errno.ISDIR, path)
            if node.fs.read_only:
                raise GuestError(Errno.ROFS, path)
            file = node.open(OpenFlag.WRITE | OpenFlag.TRUNCATE)
            try:
                if data:
                    file.truncate(len(data))
                    file.write_at(data, 0)
            finally:
                file.close()

    def _walk_making(self, path: str) -> Walk:
        parts = [part for part in path.split("/") if part]
        for length in range(1, len(parts)):
            place = self._walk("/" + "/".join(parts[:length]))
            if place.found is None:
                place.parent.directory().create_directory(place.name, 0o755)
        return self._walk(path)

    def list_directory(self, path: str = "/") -> list[str]:
        """The names in a guest directory, in order."""
        with self._lock:
            place = self._walk(path).existing()
            place.directory()
            listing = DirectoryDescription(place)
            names: list[str] = []
            while batch := listing.next_entries(256):
                names.extend(entry.name for entry in batch)
                listing.after = names[-1]
            return names

    def stat_file(self, path: str) -> Stat:
        """The state of a guest file."""
        with self._lock:
            return self._walk(path).existing().node.stat()

    def exists(self, path: str) -> bool:
        """Whether a guest path leads to something."""
        try:
            self.stat_file(path)
        except GuestError as error:
            if error.errno in {Errno.NOENT, Errno.NOTDIR}:
                return False
            raise
        return True

    def remove_file(self, path: str) -> None:
        """Remove a guest file or link."""
        from pvm.kernel.vfs.path import Last

        with self._lock:
            place = self._walk(path, Last.NAME)
            place.existing()
            if place.name == ".":
                raise GuestError(Errno.ISDIR, path)
            if place.parent.holds_mount(place.name):
                raise GuestError(Errno.BUSY, path)
            place.parent.directory().remove_file(place.name)
