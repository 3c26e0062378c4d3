"""Owners, locks, places and devices: what programs meet of files beside their content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pvm

Tool = Callable[[str], str]


def python(tool: Tool, script: str, mounts: dict[str, object], **options: object) -> str:
    """What a script prints in the machine's Python, in PVM."""
    path = tool("/usr/bin/python3")
    with pvm.Kernel(pvm.system_mounts() | mounts, **options) as kernel:  # type: ignore[arg-type]
        done = pvm.spawn(path, ["python3", "-c", script], kernel=kernel, limits=pvm.GuestLimits(timeout=30))
    assert (done.stderr, done.returncode) == (b"", 0)
    return (done.stdout or b"").decode()


OWNERS = """
import os
os.chdir("/work")
open("made", "w").close()
os.symlink("made", "link")
for name in ("made", "link", "old", "folder"):
    os.chown(name, 1000, -1, follow_symlinks=False)
    os.chown(name, -1, 1001, follow_symlinks=False)
    state = os.lstat(name)
    print(name, state.st_uid, state.st_gid)
with open("made") as file:
    os.fchown(file.fileno(), 7, 8)
    print(os.fstat(file.fileno()).st_uid, os.stat("link").st_gid)
"""


@pytest.mark.parametrize("mode", ["overlay", "rw"])
def test_owners_are_kept_in_memory_only(mode: str, contained: None, tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path.parent).chmod(0o755)
    shown = python(tool, OWNERS, {"/work": pvm.HostDir(tmp_path, mode=mode)})  # type: ignore[arg-type]
    kept = "made 1000 1001\nlink 1000 1001\nold 1000 1001\nfolder 1000 1001\n7 8\n"
    assert shown == (kept if mode == "overlay" else "made 0 0\nlink 0 0\nold 0 0\nfolder 0 0\n0 0\n")


def test_owners_on_a_read_only_mount(contained: None, tool: Tool, tmp_path: Path) -> None:
    script = "import os\ntry: os.chown('/work', 1, 1)\nexcept OSError as error: print(error.strerror)"
    assert python(tool, script, {"/work": pvm.HostDir(tmp_path)}) == "Read-only file system\n"


MODES = """
import os
os.umask(0o002)
os.chdir("/work")
os.mkdir("folder", 0o777)
os.close(os.open("file", os.O_CREAT | os.O_WRONLY, 0o666))
print(oct(os.stat("folder").st_mode), oct(os.stat("file").st_mode))
"""


@pytest.mark.parametrize("mode", ["overlay", "rw"])
def test_the_mask_is_the_guests_own(mode: str, contained: None, tool: Tool, tmp_path: Path) -> None:
    mounts = {"/work": pvm.HostDir(tmp_path, mode=mode)}  # type: ignore[arg-type]
    assert python(tool, MODES, mounts) == "0o40775 0o100664\n"  # type: ignore[arg-type]


PLACES = """
import os
os.chdir("/tmp")
os.symlink("target", "link")
place = os.open("link", os.O_PATH | os.O_NOFOLLOW)
print(os.readlink("", dir_fd=place), oct(os.fstat(place).st_mode), os.readlink(f"/proc/self/fd/{place}"))
"""


def test_links_are_opened_as_places(contained: None, tool: Tool) -> None:
    assert python(tool, PLACES, {}) == "target 0o120777 /tmp/link\n"


def test_tar_restores_links(contained: None, tool: Tool) -> None:
    script = "cd /tmp && mkdir a && ln -s x a/link && tar cf a.tar a && rm -r a && tar xf a.tar && readlink a/link"
    with pvm.Kernel(pvm.system_mounts()) as kernel:
        done = pvm.spawn("/bin/sh", ["sh", "-c", script], kernel=kernel)
    tool("tar")
    assert (done.stdout, done.stderr) == (b"x\n", b"")


def test_seeded_devices_do_not_end(contained: None, tool: Tool) -> None:
    script = """
import hashlib, os, stat
with open("/dev/urandom", "rb") as file:
    is_device = stat.S_ISCHR(os.fstat(file.fileno()).st_mode)
    print(hashlib.sha256(file.read(200_000)).hexdigest(), is_device, os.getrandom(4).hex())
"""
    shown = {python(tool, script, {}, seed=5) for _ in range(2)}
    assert len(shown) == 1
    assert " True " in shown.pop()


TERMINALS = """
import os, pty
pid, master = pty.fork()
if pid == 0:
    terminal = os.open("/dev/tty", os.O_RDWR)
    os.write(terminal, f"{os.ttyname(0)} {os.isatty(1)} {os.tcgetpgrp(0) == os.getpid()}\\n".encode())
    os.execvp("sh", ["sh", "-c", "read line; echo got $line"])
os.write(master, b"words\\n")
text = b""
while b"got words" not in text:
    text += os.read(master, 1000)
print(sorted(text.decode().split()), sorted(os.listdir("/dev/pts")), oct(os.stat("/dev/ptmx").st_mode))
os.wait()
print(os.ttyname(os.openpty()[1]))
"""


def test_pseudo_terminals(contained: None, tool: Tool) -> None:
    """The host's terminals are not there, and those of a jail are its own."""
    first, second = python(tool, TERMINALS, {}).splitlines()
    assert "'/dev/pts/0'" in first
    assert "'True', 'True'" in first
    assert "['0', 'ptmx'] 0o20" in first
    assert second == "/dev/pts/1"


def test_mapped_files_are_named(contained: None, tool: Tool) -> None:
    """By the paths of the guest, with the numbers that stat shows; the stub is not."""
    script = """
import os
named = set()
for line in open("/proc/self/maps"):
    where, _, _, device, inode, *name = line.split()
    if name and name[0].startswith("/"):
        state = os.stat(name[0])
        named.add((name[0], device == f"00:{state.st_dev:02x}", int(inode) == state.st_ino))
    elif not name:
        assert (device, inode) == ("00:00", "0"), line
print(all(same and known for _, same, known in named), any(name.endswith("/libc.so.6") for name, *_ in named))
"""
    assert python(tool, script, {}) == "True True\n"
