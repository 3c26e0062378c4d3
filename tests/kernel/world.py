"""A kernel with one process and a fake engine: guest memory is a bytearray, calls go by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pvm.kernel import CAPTURE, Errno, Kernel, Process
from pvm.kernel.vfs.node import STAT_LAYOUT, FileKind, OpenFlag, Stat

R, W, C, X = OpenFlag.READ, OpenFlag.WRITE, OpenFlag.CREATE, OpenFlag.EXCLUSIVE
T, A, D, N = OpenFlag.TRUNCATE, OpenFlag.APPEND, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW


class Buffer:
    """A span over memory of its own."""

    def __init__(self, content: int | bytes) -> None:
        self.memory = bytearray(content)

    def __len__(self) -> int:
        return len(self.memory)

    def read(self) -> bytes:
        return bytes(self.memory)

    def write(self, data: bytes) -> int:
        assert len(data) <= len(self.memory), "the kernel must not write more than fits"
        self.memory[: len(data)] = data
        return len(data)

    def view(self) -> memoryview:
        return memoryview(self.memory)


@dataclass
class FakeTask:
    process: Process


class Failed(AssertionError):
    """A call that a test expected to succeed gave an errno."""

    def __init__(self, name: str, errno: int) -> None:
        super().__init__(f"{name} gave {Errno(errno).name}")
        self.errno = Errno(errno)


class World:
    """Calls of one process, in terms of Python values."""

    def __init__(self, mounts: Any = None, *, args: tuple[str, ...] = ("program",), **options: Any) -> None:
        options.setdefault("stdout", CAPTURE)
        options.setdefault("stderr", CAPTURE)
        options.setdefault("clock", "virtual")
        self.kernel = Kernel(mounts, **options)
        self.task = FakeTask(self.kernel.new_process(args))

    def raw(self, name: str, *args: object) -> Any:
        """The result of a call as the guest sees it."""
        return self.kernel.call(self.task, self.kernel.resolve(name), args)

    def call(self, name: str, *args: object) -> Any:
        """The result of a call that must succeed."""
        result = self.raw(name, *args)
        if isinstance(result, int) and result < 0:
            raise Failed(name, -result)
        return result

    def errno(self, name: str, *args: object) -> Errno:
        """The errno of a call that must fail."""
        result = self.raw(name, *args)
        assert isinstance(result, int), f"{name} gave {result!r}"
        assert result < 0, f"{name} gave {result}"
        return Errno(-result)

    def filled(self, buffer: Buffer, name: str, *args: object) -> bytes:
        """What a call put into its buffer."""
        size = self.call(name, *args)
        return buffer.read()[:size]

    def open(self, path: str, flags: int = R, mode: int = 0o644) -> int:
        return self.call("fs_open", path, int(flags), mode)

    def close(self, fd: int) -> None:
        self.call("fd_close", fd)

    def read(self, fd: int, count: int = 1 << 16) -> bytes:
        buffer = Buffer(count)
        return self.filled(buffer, "fd_read", fd, buffer)

    def pread(self, fd: int, count: int, offset: int) -> bytes:
        buffer = Buffer(count)
        return self.filled(buffer, "fd_pread", fd, buffer, offset)

    def write(self, fd: int, data: bytes) -> int:
        return self.call("fd_write", fd, Buffer(data))

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        return self.call("fd_pwrite", fd, Buffer(data), offset)

    def seek(self, fd: int, offset: int, whence: int = 0) -> int:
        return self.call("fd_seek", fd, offset, whence)

    def put(self, path: str, content: bytes = b"") -> None:
        fd = self.open(path, W | C | T)
        if content:
            assert self.write(fd, content) == len(content)
        self.close(fd)

    def get(self, path: str) -> bytes:
        fd = self.open(path)
        content = b""
        while part := self.read(fd):
            content += part
        self.close(fd)
        return content

    def _stat(self, name: str, subject: object) -> Stat:
        buffer = Buffer(STAT_LAYOUT.size)
        assert self.call(name, subject, buffer) == STAT_LAYOUT.size
        fields = list(STAT_LAYOUT.unpack(buffer.read()))
        fields[2] = FileKind(fields[2])
        return Stat(*fields)

    def stat(self, path: str) -> Stat:
        return self._stat("fs_stat", path)

    def lstat(self, path: str) -> Stat:
        return self._stat("fs_lstat", path)

    def fstat(self, fd: int) -> Stat:
        return self._stat("fd_stat", fd)

    def list_some(self, fd: int, room: int) -> list[str]:
        """The next names of an open directory that fit ``room`` bytes of records."""
        buffer = Buffer(room)
        data = self.filled(buffer, "dir_read", fd, buffer)
        names = []
        while data:
            length = int.from_bytes(data[8:10], "little")
            names.append(data[12 : 12 + length].decode())
            data = data[12 + length :]
        return names

    def list(self, path: str, room: int = 4096) -> list[str]:
        fd = self.open(path, R | D)
        names: list[str] = []
        while some := self.list_some(fd, room):
            names += some
        self.close(fd)
        return names

    def mkdir(self, path: str) -> None:
        self.call("dir_make", path, 0o755)

    def symlink(self, target: str, path: str) -> None:
        self.call("fs_symlink", target, path)

    def rename(self, old: str, new: str) -> None:
        self.call("fs_rename", old, new)

    def readlink(self, path: str) -> str:
        buffer = Buffer(4096)
        return self.filled(buffer, "fs_readlink", path, buffer).decode()

    def cwd(self) -> str:
        buffer = Buffer(4096)
        return self.filled(buffer, "dir_current", buffer).decode()
