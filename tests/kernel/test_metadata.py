"""Modes, times and further names of files, on every file system that can change; and what a personality mounts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pvm.errors import GuestError
from pvm.kernel import HostDir, Kernel, MemDir
from pvm.kernel.abi import Errno
from pvm.kernel.clock import VIRTUAL_EPOCH_NS, VirtualClock
from pvm.kernel.fs.memfs import MemFs
from pvm.kernel.grants import Grant
from pvm.kernel.quotas import Ledger, Quotas
from pvm.kernel.vfs.node import OpenFlag, RegularNode


@pytest.fixture(params=["memory", "rw", "overlay"])
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    (tmp_path / "file").write_text("text")
    (tmp_path / "dir").mkdir()
    grants: dict[str, Grant] = {
        "memory": MemDir({"file": "text", "dir/x": ""}),
        "rw": HostDir(tmp_path, "rw"),
        "overlay": HostDir(tmp_path, "overlay"),
    }
    with Kernel({"/m": grants[request.param]}) as made:
        yield made


@pytest.mark.parametrize("name", ["file", "dir"])
def test_mode_and_times(name: str, kernel: Kernel) -> None:
    node = kernel.new_process().walk(f"/m/{name}").existing().node
    node.change_mode(0o741)
    node.set_times(5 * 10**9, 7 * 10**9 + 3)
    state = kernel.stat_file(f"/m/{name}")
    assert (state.mode, state.modified_ns) == (0o741, 7 * 10**9 + 3)


def test_overlay_leaves_the_host_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "file").chmod(0o644)
    with Kernel({"/m": HostDir(tmp_path, "overlay")}) as kernel:
        place = kernel.new_process().walk("/m/file").existing()
        place.node.change_mode(0o600)
        place.parent.directory().add_name("more", place.node)  # type: ignore[union-attr]
        assert kernel.read_file("/m/more") == b"text"
        assert kernel.stat_file("/m/file").links == 2
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_further_names_share_content_and_storage() -> None:
    with Kernel({"/m": MemDir({"file": "text"})}) as kernel:
        place = kernel.new_process().walk("/m/file").existing()
        assert place.parent is not None
        folder = place.parent.directory()
        folder.add_name("more", place.node)
        with pytest.raises(GuestError) as caught:
            folder.add_name("more", place.node)
        assert caught.value.errno == Errno.EXIST
        used = kernel.usage()
        folder.remove_file("file")
        assert kernel.read_file("/m/more") == b"text"
        assert kernel.usage() == used
        folder.remove_file("more")
        assert kernel.usage().bytes == used.bytes - 4


@pytest.mark.parametrize("grant", [MemDir({"file": "text"}, read_only=True), "ro"])
def test_read_only_mounts_refuse(grant: Grant | str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with Kernel({"/m": HostDir(tmp_path) if isinstance(grant, str) else grant}) as kernel:
        node = kernel.new_process().walk("/m/file").existing().node
        for attempt in (lambda: node.change_mode(0), lambda: node.set_times(0, 0)):
            with pytest.raises(GuestError) as caught:
                attempt()
            assert caught.value.errno == Errno.ROFS


def test_only_one_name_is_granted(tmp_path: Path) -> None:
    (tmp_path / "shown").write_text("yes")
    (tmp_path / "hidden").write_text("no")
    with Kernel({"/m": HostDir(tmp_path, "rw", only="shown")}) as kernel:
        assert kernel.list_directory("/m") == ["shown"]
        assert kernel.read_file("/m/shown") == b"yes"
        assert not kernel.exists("/m/hidden")
        for path in ("/m/hidden", "/m/new"):
            with pytest.raises(GuestError):
                kernel.write_file(path, "x")
    assert (tmp_path / "hidden").read_text() == "no"


def test_writes_through_a_descriptor_change_the_time() -> None:
    for clock, expected in ((VirtualClock(), VIRTUAL_EPOCH_NS), (None, 0)):
        with Kernel({"/m": MemDir({"file": "text"})}, clock="virtual" if clock else "host") as kernel:
            node = kernel.new_process().walk("/m/file").existing().node
            assert isinstance(node, RegularNode)
            file = node.open(OpenFlag.READ | OpenFlag.WRITE)
            node.set_times(1, 1)
            os.utime(file.host_fd(), ns=(10**18, 10**18))
            found = kernel.stat_file("/m/file").modified_ns
            assert found == (expected if clock else 10**18)
            file.close()


def test_host_files_are_made_where_asked(tmp_path: Path) -> None:
    def new_file() -> int:
        return os.open(tmp_path / "kept", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)

    with Kernel({"/m": MemDir({"one": "1", "two": "22"})}) as kernel:
        kernel.keep_host_files(new_file)
        one, two = (kernel.new_process().walk(f"/m/{name}").existing().node for name in ("one", "two"))
        assert isinstance(one, RegularNode)
        assert isinstance(two, RegularNode)
        file = one.open(OpenFlag.READ)
        file.host_fd()
        assert (tmp_path / "kept").read_text() == "1"
        kernel.leave_host_files(new_file)
        other = two.open(OpenFlag.READ)
        assert os.pread(other.host_fd(), 9, 0) == b"22"
        assert (tmp_path / "kept").read_text() == "1"


def test_a_personality_mounts_where_nothing_was_granted() -> None:
    with Kernel({"/granted": MemDir({"file": "theirs"})}) as kernel:
        for path in ("/granted", "/dev/inner", "/dev/inner"):
            fs = MemFs(77, Ledger(Quotas()), VirtualClock())
            fs.root.create_file("ours", 0o644)
            kernel.attach(path, fs)
        assert kernel.list_directory("/granted") == ["file"]
        assert kernel.list_directory("/dev/inner") == ["ours"]
        assert "inner" in kernel.list_directory("/dev")
        assert kernel.mount_paths() == ["/", "/dev", "/dev/inner", "/granted"]
