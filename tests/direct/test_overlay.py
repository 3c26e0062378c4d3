"""Overlays that guests look into by themselves: what was changed, they see changed."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct.mounts import candidates
from pvm.engines.direct.shim.marks import Marks

Tool = Callable[[str], str]
CHANGES = (Path(__file__).parent / "programs" / "changes.py").read_text()
LIMITS = pvm.GuestLimits(timeout=60)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of directories, files and links."""
    top = tmp_path / "tree"
    for name in ("a", "b", "c"):
        for below in ("a", "b", "c", "d"):
            (top / name / below).mkdir(parents=True)
            for file in ("x.txt", "y.txt"):
                (top / name / below / file).write_text(name + below + file)
        (top / name / "x.txt").write_text(name)
        (top / name / "link").symlink_to("../a/b" if name == "c" else chr(ord(name) + 1))
    (top / "link").symlink_to("a/b")
    (top / "x.txt").write_text("top")
    tmp_path.chmod(0o755)
    return top


def python(tool: Tool, script: str, kernel: pvm.Kernel, cwd: str, *arguments: str) -> list[str]:
    """The lines that a script prints in the machine's Python."""
    path = tool("/usr/bin/python3")
    done = pvm.spawn(path, ["python3", "-c", script, *arguments], kernel=kernel, cwd=cwd, limits=LIMITS)
    assert (done.stderr, done.returncode) == (b"", 0)
    return (done.stdout or b"").decode().splitlines()


@pytest.mark.parametrize("mode", ["overlay", "rw"])
@pytest.mark.parametrize("seed", range(8))
def test_a_mount_is_like_a_copy(seed: int, mode: str, contained: None, tool: Tool, tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tree, copy, symlinks=True)
    arguments = [str(seed), "300", *(["no links"] if mode == "rw" else [])]
    command = [tool("/usr/bin/python3"), "-c", CHANGES, *arguments]
    native = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=True).stdout.splitlines()
    with pvm.Kernel(pvm.system_mounts() | {"/tree/tree": pvm.HostDir(tree, mode)}) as kernel:  # type: ignore[arg-type]
        found = python(tool, CHANGES, kernel, "/tree/tree", *arguments)
    assert list(difflib.unified_diff(native, found, "host", "pvm", lineterm="", n=0)) == []


TOOLS = """
    exec 2>&1
    export HOME=$2 GIT_CONFIG_GLOBAL=$2/config GIT_AUTHOR_DATE='2020-01-01 00:00' GIT_COMMITTER_DATE='2020-01-01 00:00'
    git config --global user.email a@b; git config --global user.name n
    cd "$1"; find . | sort | sha256sum; git init -q -b main .; git add .; git commit -qm one
    sed -i s/b/B/ */*/x.txt; git status --short | sort; git commit -qam two; git checkout -q HEAD~1; git status --short
    git checkout -q main; grep -r B --include=x.txt . | sort; git mv a z; git commit -qam three; git log --format=%H
    cp -a z "$2/copy"; diff -r z "$2/copy" && echo same; rm -rf z/a; git status --short; git checkout -q .; ls z
    mkdir -p new/folder; mv c new/folder/; ls new/folder/c; tar cf "$2/t.tar" new; rm -rf new; tar xf "$2/t.tar"
    for i in 1 2; do for file in z/*/*; do mv "$file" "$file.$i"; mv "$file.$i" "$file"; done; done
    git gc -q; git fsck; find . -type f -not -path './.git/*' | sort | xargs cat | sha256sum
"""


@pytest.mark.parametrize("mode", ["overlay", "rw"])
def test_tools_see_what_they_change(mode: str, contained: None, tool: Tool, tree: Path, tmp_path: Path) -> None:
    tool("git")
    copy, home = tmp_path / "copy", tmp_path / "home"
    shutil.copytree(tree, copy, symlinks=True)
    home.mkdir()
    command = ["/bin/sh", "-c", TOOLS, "sh", copy, home]
    native = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    with pvm.Kernel(pvm.system_mounts() | {"/tree": pvm.HostDir(tree, mode)}) as kernel:  # type: ignore[arg-type]
        done = pvm.spawn("/bin/sh", ["sh", "-c", TOOLS, "sh", "/tree", "/tmp"], kernel=kernel, limits=LIMITS)
    assert list(difflib.unified_diff(native, (done.stdout or b"").decode().splitlines(), lineterm="", n=0)) == []


LOOK = """
import os, sys
for place, folders, files in os.walk("/tree"):
    folders.sort()
    print(place, *folders, *(f"{name}={open(os.path.join(place, name)).read()}" for name in sorted(files)))
"""


def test_changes_of_others_are_seen(contained: None, tool: Tool, tmp_path: Path) -> None:
    """Of another process, of the embedder, and of a run before on the same kernel."""
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "file").write_text("below")
    tmp_path.chmod(0o755)
    with pvm.Kernel(pvm.system_mounts() | {"/tree": pvm.HostDir(tmp_path, "overlay")}) as kernel:
        kernel.write_file("/tree/first", b"embedder")
        changes = "import subprocess\nfor _ in 1, 2: exec(look)\n".replace("look", "sys.argv[1]")
        command = "cd /tree; mv folder moved; echo -n new > moved/file; mkdir folder; rm first"
        script = f"import sys\n{changes}subprocess.run(['sh', '-c', {command!r}])\nexec(sys.argv[1])"
        first = ["/tree folder first=embedder", "/tree/folder deep file=below", "/tree/folder/deep"]
        second = ["/tree folder moved", "/tree/folder", "/tree/moved deep file=new", "/tree/moved/deep"]
        assert python(tool, script, kernel, "/", LOOK) == [*first, *first, *second]
        assert python(tool, LOOK, kernel, "/") == second
        kernel.write_file("/tree/moved/file", b"newer")
        assert python(tool, LOOK, kernel, "/")[2] == "/tree/moved deep file=newer"
    assert (tmp_path / "folder" / "file").read_text() == "below"


def test_mounts_inside_are_seen(contained: None, tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "link").symlink_to("../proc/inside")
    tmp_path.chmod(0o755)
    inside = {"/tree/proc": pvm.MemDir({"inside": "mounted"}), "/tree/etc/more/here": pvm.MemDir({"x": "y"})}
    mounts = {"/tree": pvm.HostDir(tmp_path, "overlay")} | inside
    with pvm.Kernel(pvm.system_mounts() | mounts) as kernel:
        assert "/tree" in [mount.path for mount in candidates(kernel)]
        script = "import os; os.listdir('/tree'); print(open('/tree/etc/link').read())\n" + LOOK
        assert python(tool, script, kernel, "/") == [
            "mounted",
            "/tree etc proc",
            "/tree/etc more link=mounted",
            "/tree/etc/more here",
            "/tree/etc/more/here x=y",
            "/tree/proc inside=mounted",
        ]


def test_guests_cannot_unmark(contained: None, tool: Tool, tmp_path: Path) -> None:
    """The page can only be read, also by who maps it again."""
    script = """
import re
text = open("/proc/self/maps").read()
place = next(line for line in text.splitlines() if line.startswith("6ffff0040000"))
print(re.split(" +", place)[1])
import ctypes
print(ctypes.CDLL(None).mprotect(ctypes.c_void_p(0x6ffff0040000), ctypes.c_size_t(4096), 3))
"""
    with pvm.Kernel(pvm.system_mounts() | {"/tree": pvm.HostDir(tmp_path, "overlay")}) as kernel:
        assert python(tool, script, kernel, "/") == ["r--s", "-1"]


def test_what_is_marked_stays_marked() -> None:
    marks = Marks()
    assert not marks.has_inode(5)
    for inode in (5, 6, 1 << 60):
        marks.mark_inode(inode)
        assert marks.has_inode(inode)
    assert not marks.has_inode(7)
