"""``execve``: from a path of the guest to a mapped program.

The host's kernel executes the stub, whatever the guest asked for: the jail's root gets a hard link to it
under the very path that the guest passed, so that the call can go on with the guest's own arguments.  A guest
that changes its path meanwhile reaches another link to the same stub, or nothing.  The stub then asks for records,
gets the program mapped and jumps into it.
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from pvm.engines.direct import elf, image
from pvm.engines.direct.elf import Program
from pvm.engines.direct.guest import Invocation
from pvm.engines.direct.jail import STUB_NAME, Jail
from pvm.errors import GuestError
from pvm.kernel.process import Process
from pvm.kernel.vfs.description import FileDescription
from pvm.kernel.vfs.node import OpenFlag, RegularNode
from pvm.kernel.vfs.operations import check_access, open_node
from pvm.kernel.vfs.path import Location

STUB = STUB_NAME.decode()
SCRIPTS_MAX = 5
SCRIPT_LINE_MAX = 256
HEAD = 4096
PATHS_MAX = 2000
"""How many paths of the jail lead to the stub before they are made anew."""


class Image(NamedTuple):
    """A program that is ready to be mapped; ``files`` are open until then."""

    invocation: Invocation
    location: Location
    main: image.Placed
    linker: image.Placed | None
    files: tuple[FileDescription, ...]

    def close(self) -> None:
        """Give the files up."""
        for file in self.files:
            file.release()


class LoadedFile(NamedTuple):
    """An open program file and what its headers say."""

    file: FileDescription
    head: bytes
    program: Program


def prepare(view: Process, invocation: Invocation) -> Image:
    """Find the program of an invocation, following scripts to their interpreters.

    Raises:
        GuestError: what execve gives.
    """
    path, arguments = invocation.path, list(invocation.arguments)
    for _ in range(SCRIPTS_MAX):
        file, head = open_program(view, path)
        if not head.startswith(b"#!"):
            break
        file.release()
        interpreter = script_interpreter(head)
        arguments = [*interpreter, os.fsencode(path), *arguments[1:]]
        path = decode_path(interpreter[0])
    else:
        raise GuestError(errno.ELOOP)
    files = [file]
    try:
        main = elf.read_program(head)
        placed = image.place(main, image.PROGRAM_BASE, image.PROGRAM_SPREAD)
        linker = None
        linker_path = elf.interpreter_path(main, head)
        if linker_path is not None:
            file, head = open_linker(view, linker_path)
            files.append(file)
            linker = image.place(elf.read_program(head), image.LINKER_BASE, image.LINKER_SPREAD)
    except GuestError:
        for file in files:
            file.release()
        raise
    ran = Invocation(path, tuple(arguments), tuple(invocation.environment))
    return Image(ran, files[0].location, placed, linker, tuple(files))


def open_program(view: Process, path: str) -> tuple[FileDescription, bytes]:
    """Open a file that may be executed; gives its first bytes too."""
    found = view.walk(path).existing()
    if not isinstance(found.node, RegularNode):
        raise GuestError(errno.EACCES)
    check_access(found.node, 1)
    file = open_node(view, found, OpenFlag.READ)
    assert isinstance(file, FileDescription), "a regular file has such a description"
    file.retain()
    return file, file.read_at(HEAD, 0)


def open_linker(view: Process, path: bytes) -> tuple[FileDescription, bytes]:
    """Open the dynamic linker that a program asks for."""
    try:
        return open_program(view, decode_path(path))
    except GuestError as error:
        raise GuestError(error.errno, f"the dynamic linker {os.fsdecode(path)}") from None


def script_interpreter(head: bytes) -> list[bytes]:
    """The interpreter of a script, and its argument if there is one."""
    line = head[2:SCRIPT_LINE_MAX].partition(b"\n")[0].strip(b" \t")
    words = line.split(None, 1)
    if not words:
        raise GuestError(errno.ENOEXEC)
    return words


def decode_path(path: bytes) -> str:
    """A path as the kernel takes it: what is not UTF-8 has no name there."""
    try:
        return path.decode()
    except UnicodeDecodeError:
        raise GuestError(errno.ENOENT) from None


class StubLinks:
    """The paths in the jail's root that lead to the stub."""

    def __init__(self, jail: Jail) -> None:
        self._jail = jail
        self._made: set[str] = set()

    def make(self, path: str) -> None:
        """Let ``path``, resolved by the host's kernel from the jail's root, lead to the stub.

        Raises:
            GuestError: EAGAIN where the jail has no room for it.
        """
        if path in self._made:
            return
        if len(self._made) >= PATHS_MAX:
            self._clear()
        with self._jail.as_owner():
            try:
                self._link(path)
            except OSError:
                raise GuestError(errno.EAGAIN) from None
        self._made.add(path)

    def _link(self, path: str) -> None:
        """Make the directories that the walk goes through, ``..`` included, and the link at the end."""
        *folders, name = [part for part in path.split("/") if part not in {"", "."}]
        above: list[str] = []
        for folder in folders:
            if folder == "..":
                del above[-1:]
                continue
            above.append(folder)
            if above[0] != STUB:
                self._make_directory("/".join(above))
        if name == ".." or above[:1] == [STUB]:
            raise OSError(errno.EISDIR, "no place for a link")
        place = "/".join([*above, name])
        root = self._jail.root_fd
        if self._is_directory(place):
            self._remove(place)
        try:
            os.link(STUB, place, src_dir_fd=root, dst_dir_fd=root)
        except FileExistsError:
            return

    def _is_directory(self, place: str) -> bool:
        try:
            return os.stat(place, dir_fd=self._jail.root_fd).st_mode & 0o170000 == 0o040000
        except OSError:
            return False

    def _make_directory(self, place: str) -> None:
        root = self._jail.root_fd
        try:
            os.mkdir(place, 0o755, dir_fd=root)
        except FileExistsError:
            if not self._is_directory(place):
                os.unlink(place, dir_fd=root)
                self._made.clear()
                os.mkdir(place, 0o755, dir_fd=root)

    def _remove(self, place: str) -> None:
        """Remove a directory of the jail with all the links in it."""
        root = self._jail.root_fd
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
        try:
            for name in os.listdir(descriptor):  # noqa: PTH208 - pathlib cannot list a descriptor
                if self._is_directory(f"{place}/{name}"):
                    self._remove(f"{place}/{name}")
                else:
                    os.unlink(name, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        os.rmdir(place, dir_fd=root)
        self._made.clear()

    def _clear(self) -> None:
        """Remove all links but the first."""
        root = self._jail.root_fd
        with self._jail.as_owner():
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
            try:
                names = os.listdir(descriptor)  # noqa: PTH208 - the same
            finally:
                os.close(descriptor)
            for name in names:
                if name != STUB and self._is_directory(name):
                    self._remove(name)
                elif name != STUB:
                    os.unlink(name, dir_fd=root)
        self._made.clear()


def checked_start(ran: Invocation, stack_limit: int, random: bytes) -> image.Start:
    """What the new program is told, if it fits.

    Raises:
        GuestError: E2BIG.
    """
    start = image.Start(os.fsencode(ran.path), ran.arguments, ran.environment, random)
    image.check_stack_size(start, stack_limit)
    return start
