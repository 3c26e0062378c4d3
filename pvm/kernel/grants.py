"""What an embedder grants at a mount path: a directory of the host, or files in memory.

A grant is a description only; each kernel builds a file system of its own from it, so one grant may
serve many kernels.
"""

from __future__ import annotations

import os
from types import MappingProxyType

from pvm.errors import UsageError
from pvm.kernel.clock import Clock
from pvm.kernel.quotas import Ledger
from pvm.kernel.vfs.node import DirectoryNode, FileSystem, OpenFlag
from pvm.typed import TYPE_CHECKING, NamedTuple
from pvm.user_cache import cache_location, reaches_cache

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, Self

    Mode = Literal["ro", "rw", "overlay"]


class _HostDir(NamedTuple):
    path: str | os.PathLike[str]
    mode: Mode
    only: str | None


class HostDir(_HostDir):
    """A directory of the host: read-only, writable, or with the changes kept in memory (``overlay``).

    ``only`` is the one name in it that is granted, by default all are.
    """

    __slots__ = ()

    def __new__(cls, path: str | os.PathLike[str], mode: Mode = "ro", only: str | None = None) -> Self:
        """Check and make it."""
        if not isinstance(path, (str, os.PathLike)):
            raise UsageError(f"host path is {type(path).__name__}, expected text or a path")
        if mode not in {"ro", "rw", "overlay"}:
            raise UsageError(f"mount mode {mode!r} is unknown, expected ro, rw or overlay")
        return super().__new__(cls, path, mode, only)

    def build(self, device: int, ledger: Ledger, clock: Clock, inode_key: int) -> FileSystem:
        """The file system of this grant."""
        from pvm.kernel.fs.hostfs import HostFs

        granted = os.fspath(self.path) if self.only is None else f"{os.fspath(self.path)}/{self.only}"
        if self.mode == "rw" and reaches_cache(granted):
            raise UsageError(
                f"mount of {granted!r} would let the guest write to {cache_location()!r}, where PVM keeps machine "
                "code: mount it ro or overlay, or set PVM_CACHE_DIR to a directory outside of it"
            )
        host = HostFs(device, self.path, ledger, inode_key, read_only=self.mode != "rw", only=self.only)
        if self.mode != "overlay":
            return host
        from pvm.kernel.fs.overlayfs import OverlayFs

        return OverlayFs(device, ledger, clock, host)


class MemDir(NamedTuple):
    """Files in memory, by path below the mount; missing directories are made.

    ``read_only`` freezes them; ``mode`` is their permission bits, 0o755 for programs.
    """

    files: Mapping[str, bytes | str] = MappingProxyType({})
    read_only: bool = False
    mode: int = 0o644

    def build(self, device: int, ledger: Ledger, clock: Clock, inode_key: int) -> FileSystem:
        """The file system of this grant."""
        from pvm.kernel.fs.memfs import MemFs

        fs = MemFs(device, ledger, clock)
        for path, content in self.files.items():
            place_file(fs.root, path, content_bytes(content, path), self.mode)
        fs.read_only = self.read_only
        return fs


class TarDir(NamedTuple):
    """The content of a tar archive of the host, in memory; changes stay there."""

    path: str | os.PathLike[str]

    def build(self, device: int, ledger: Ledger, clock: Clock, inode_key: int) -> FileSystem:
        """The file system of this grant."""
        from pvm.kernel.fs.memfs import MemFs
        from pvm.kernel.fs.tarball import unpack

        fs = MemFs(device, ledger, clock)
        unpack(fs, self.path)
        return fs


Grant = HostDir | MemDir | TarDir


def content_bytes(content: bytes | str, what: str) -> bytes:
    """What an embedder gave as the content of ``what``, as bytes."""
    if isinstance(content, str):
        return text_bytes(content, what)
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise UsageError(f"content of {what!r} is {type(content).__name__}, expected bytes or text")
    return bytes(content)


def text_bytes(text: str, what: str) -> bytes:
    """A text of the embedder in UTF-8, which every guest string is."""
    if not isinstance(text, str):
        raise UsageError(f"{what} is {type(text).__name__}, expected text")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{what} is not valid unicode: {text!a}") from None


def place_file(root: DirectoryNode, path: str, data: bytes, mode: int) -> None:
    """Make a file with its directories below ``root``."""
    *folders, name = [part for part in path.split("/") if part] or [""]
    if not name or any(part in {".", ".."} or "\0" in part for part in (*folders, name)):
        raise UsageError(f"{path!r} is no path of a file")
    directory = root
    for folder in folders:
        below = directory.lookup(folder) or directory.create_directory(folder, 0o755)
        if not isinstance(below, DirectoryNode):
            raise UsageError(f"{path!r}: {folder!r} is a file already")
        directory = below
    file = directory.create_file(name, mode).open(OpenFlag.WRITE)
    try:
        if data:
            file.truncate(len(data))
            file.write_at(data, 0)
    finally:
        file.close()
