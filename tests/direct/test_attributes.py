"""Extended attributes: where they live, what they cost, what of the host's is seen; the calls are in test_families."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.errors import GuestError
from pvm.kernel.abi import Errno

Tool = Callable[[str], str]
VALUE = b"v" * 90
NAME = b"user.name1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory of the host with a file in it, both with attributes."""
    (tmp_path / "file").write_text("text")
    (tmp_path / "dir").mkdir()
    try:
        for name in ("file", "dir"):
            os.setxattr(tmp_path / name, "user.of.host", b"here")
    except OSError:
        print("not run: extended attributes of the host")
        pytest.skip("not run: extended attributes of the host")
    return tmp_path


@pytest.mark.parametrize("name", ["file", "dir"])
@pytest.mark.parametrize("mode", ["memory", "rw", "overlay"])
def test_storage_is_counted(mode: str, name: str, folder: Path) -> None:
    grant = pvm.MemDir({"file": "text", "dir/x": ""}) if mode == "memory" else pvm.HostDir(folder, mode)  # type: ignore[arg-type]
    with pvm.Kernel({"/m": grant}, quotas=pvm.Quotas(bytes=1000)) as kernel:
        place = kernel.new_process().walk(f"/m/{name}").existing()
        place.node.change_attribute(NAME, b"")
        before = kernel.usage().bytes
        place.node.change_attribute(NAME, VALUE)
        assert (kernel.usage().bytes - before, place.node.attribute(NAME)) == (90, VALUE)
        with pytest.raises(GuestError) as failure:
            place.node.change_attribute(NAME, b"v" * 1000)
        assert failure.value.errno == Errno.NOSPC
        assert place.node.attribute(NAME) == VALUE
        place.node.change_attribute(NAME, None)
        assert kernel.usage().bytes == before - len(NAME)
        assert place.node.attribute(NAME) is None


@pytest.mark.parametrize("mode", ["memory", "rw", "overlay"])
def test_storage_comes_back_with_the_file(mode: str, folder: Path) -> None:
    grant = pvm.MemDir() if mode == "memory" else pvm.HostDir(folder, mode)  # type: ignore[arg-type]
    with pvm.Kernel({"/m": grant}) as kernel:
        parent = kernel.new_process().walk("/m").existing().directory()
        ways = (parent.create_file, parent.remove_file), (parent.create_directory, parent.remove_directory)
        for make, remove in ways:
            make("f", 0o755).change_attribute(NAME, VALUE)
            assert kernel.usage().bytes == 100
            remove("f")
            assert kernel.usage().bytes == 0


@pytest.mark.parametrize("name", ["file", "dir"])
def test_overlay_takes_them_along(name: str, folder: Path) -> None:
    with pvm.Kernel({"/m": pvm.HostDir(folder, "overlay")}) as kernel:
        node = kernel.new_process().walk(f"/m/{name}").existing().node
        assert (node.attributes(), node.attribute(b"user.of.host")) == ([b"user.of.host"], b"here")
        node.change_mode(0o700)
        node.change_attribute(NAME, VALUE)
        assert node.attributes() == [NAME, b"user.of.host"]
        node.change_attribute(b"user.of.host", None)
        assert node.attributes() == [NAME]
    assert os.listxattr(folder / name) == ["user.of.host"]


SCRIPT = """
import os
for mode in ("ro", "overlay", "rw"):
    for name in ("file", "dir"):
        path = f"/{mode}/{name}"
        print(mode, name, os.listxattr(path), os.getxattr(path, "user.of.host"))
        for name in ("user.new", "trusted.new", "security.new", "trusted.of.host"):
            try:
                os.setxattr(path, name, b"set", os.XATTR_CREATE)
                print(name, os.getxattr(path, name))
            except OSError as error:
                print(name, error.strerror)
        try:
            print(os.getxattr(path, "trusted.of.host"))
        except OSError as error:
            print(error.strerror)
"""


def test_of_the_host_those_of_users_are_seen(contained: None, tool: Tool, folder: Path) -> None:
    for name in ("file", "dir"):
        if os.getuid() == 0:
            os.setxattr(folder / name, "trusted.of.host", b"secret")
    path = tool("/usr/bin/python3")
    mounts = {f"/{mode}": pvm.HostDir(folder, mode) for mode in ("ro", "overlay", "rw")}  # type: ignore[arg-type]
    with pvm.Kernel(pvm.system_mounts() | mounts) as kernel:
        done = pvm.spawn(path, ["python3", "-c", SCRIPT], kernel=kernel, limits=pvm.GuestLimits(timeout=30))
    assert (done.stderr, done.returncode) == (b"", 0)
    refused = "Operation not permitted", "Operation not supported", "Operation not permitted", "No data available"
    expected = []
    for mode in ("ro", "overlay", "rw"):
        for name in ("file", "dir"):
            expected.append(f"{mode} {name} ['user.of.host'] b'here'")
            if mode == "ro":
                expected += [f"{kind} Read-only file system" for kind in ("user.new", "trusted.new", "security.new")]
                expected += ["trusted.of.host Read-only file system", "No data available"]
                continue
            expected += ["user.new b'set'", f"trusted.new {refused[0]}", f"security.new {refused[1]}"]
            expected += [f"trusted.of.host {refused[2]}", refused[3]]
    assert (done.stdout or b"").decode().splitlines() == expected
    assert sorted(name for name in os.listxattr(folder / "file") if name.startswith("user.")) == [
        "user.new",
        "user.of.host",
    ]


SHOW = """
import os, sys
print([(name, os.getxattr(path, name)) for path in sys.argv[1:] for name in os.listxattr(path)])
"""


def test_copying_and_packing(contained: None, tool: Tool) -> None:
    script = """exec 2>&1; set -e; cd /tmp; echo text > a; mkdir d
        show() { python3 /tools/show "$@"; }
        python3 -c 'import os; os.setxattr("a", "user.one", b"1"); os.setxattr("d", "user.two", b"2")'
        cp -a a b; cp -a d e; show b e; cp a c; show c; cp --preserve=xattr a c; show c
        tar cf t.tar --xattrs a d; rm -r a d; tar xf t.tar --xattrs; show a d; mv a f; show f
    """
    tool("tar")
    with pvm.Kernel(pvm.system_mounts() | {"/tools": pvm.MemDir({"show": SHOW})}) as kernel:
        done = pvm.spawn("/bin/sh", ["sh", "-ec", script], kernel=kernel, limits=pvm.GuestLimits(timeout=30))
    both = "[('user.one', b'1'), ('user.two', b'2')]"
    shown = (done.stdout or b"").decode().splitlines()
    assert shown == [both, "[]", "[('user.one', b'1')]", both, "[('user.one', b'1')]"]
