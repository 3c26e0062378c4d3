"""Archives as file systems: what is taken over, and what is refused."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from pvm.errors import UsageError
from pvm.kernel import Kernel, Quotas, TarDir


def archive(path: Path, *members: tuple[str, object], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mtime = 1000
            if isinstance(content, bytes):
                info.mode, info.size = 0o755, len(content)
                tar.addfile(info, io.BytesIO(content))
            elif content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o700
                tar.addfile(info)
            else:
                info.type, info.linkname = content  # type: ignore[misc]
                tar.addfile(info)
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_members_are_taken_over(mode: str, tmp_path: Path) -> None:
    path = archive(
        tmp_path / "t",
        ("./bin", None),
        ("./bin/program", b"first"),
        ("bin/program", b"text"),
        ("/usr/lib/x", b"y" * 100_000),
        ("link", (tarfile.SYMTYPE, "bin/program")),
        ("hard", (tarfile.LNKTYPE, "./bin/program")),
        ("device", (tarfile.CHRTYPE, "")),
        mode=mode,
    )
    with Kernel({"/": TarDir(path)}) as kernel:
        assert kernel.list_directory("/") == ["bin", "dev", "hard", "link", "usr"]
        assert kernel.read_file("/link") == kernel.read_file("/hard") == b"text"
        state = kernel.stat_file("/bin/program")
        assert (state.mode, state.links, state.modified_ns) == (0o755, 2, 1000 * 10**9)
        assert kernel.stat_file("/bin").mode == 0o700
        assert len(kernel.read_file("/usr/lib/x")) == 100_000
        kernel.write_file("/bin/program", "changed")
    with Kernel({"/": TarDir(path)}) as kernel:
        assert kernel.read_file("/bin/program") == b"text"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("../up", b"")], "no name below a root"),
        ([("a/../../up", b"")], "no name below a root"),
        ([("link", (tarfile.SYMTYPE, "/etc")), ("link/passwd", b"")], "through a file or link"),
        ([("hard", (tarfile.LNKTYPE, "none"))], "not in it"),
        ([("large", bytes(5000))], "quota"),
    ],
)
def test_surprises_are_refused(members: list[tuple[str, object]], message: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "t", *members)
    with pytest.raises(UsageError, match=message):
        Kernel({"/": TarDir(path)}, quotas=Quotas(bytes=4096))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"no archive" * 100)
    for path in (tmp_path / "t", tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="archive"):
            Kernel({"/": TarDir(path)})
