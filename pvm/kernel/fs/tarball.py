"""A tar archive as the content of a file system in memory.

Names are taken as paths below the root whatever they begin with; one that leads through ``..`` or through a link
is refused, so that an archive cannot surprise.  Owners are not kept; devices and FIFOs are left out.
"""

from __future__ import annotations

import os
import tarfile

from pvm.errors import GuestError, UsageError
from pvm.kernel.fs.memfs import MemDirectory, MemFile, MemFs
from pvm.kernel.vfs.node import OpenFlag

CHUNK = 1 << 20
SECOND = 10**9


def unpack(fs: MemFs, path: str | os.PathLike[str]) -> None:
    """Fill ``fs`` from the archive at ``path``, compressed or not.

    Raises:
        UsageError: it cannot be read, is no archive, or exceeds the quotas.
    """
    shown = os.fspath(path)
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                place(fs, archive, member)
    except GuestError as error:
        raise UsageError(f"cannot unpack {shown!r}: {error}") from None
    except (OSError, tarfile.TarError, EOFError) as error:
        raise UsageError(f"cannot read the archive {shown!r}: {error}") from None


def place(fs: MemFs, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Make what one member of an archive describes; a later member replaces an earlier one."""
    names = components(member.name)
    if not names:
        return
    parent = folder(fs, names[:-1])
    name = names[-1]
    before = parent.find(name)
    if member.isdir():
        made = before if isinstance(before, MemDirectory) else parent.create_directory(name, 0o755)
        made.change_mode(member.mode)
        return
    if before is not None:
        parent.remove_file(name)
    if member.issym():
        parent.create_link(name, member.linkname)
    elif member.islnk():
        *above, last = components(member.linkname) or [""]
        target = folder(fs, above).find(last)
        if target is None:
            raise UsageError(f"{member.name!r} in the archive is a link to {member.linkname!r}, which is not in it")
        parent.add_name(name, target)
    elif member.isreg():
        file = parent.create_file(name, member.mode)
        fill(file, archive, member)
        file.set_times(int(member.mtime) * SECOND, int(member.mtime) * SECOND)


def fill(file: MemFile, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Copy the content of a member."""
    source = archive.extractfile(member)
    assert source is not None, "a regular member has content"
    opened = file.open(OpenFlag.WRITE)
    try:
        offset = 0
        while part := source.read(CHUNK):
            if opened.write_at(part, offset) < len(part):
                file.fs.ledger.charge_bytes(len(part))  # raises, since the quota has cut the write short
            offset += len(part)
    finally:
        opened.close()


def components(name: str) -> list[str]:
    """The components of a member's name."""
    names = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in names or "\0" in name:
        raise UsageError(f"{name!r} in the archive is no name below a root")
    return names


def folder(fs: MemFs, names: list[str]) -> MemDirectory:
    """The directory with this path, made if need be."""
    here = fs.root
    for name in names:
        below = here.find(name) or here.create_directory(name, 0o755)
        if not isinstance(below, MemDirectory):
            raise UsageError(f"{'/'.join(names)!r} in the archive leads through a file or link")
        here = below
    return here
