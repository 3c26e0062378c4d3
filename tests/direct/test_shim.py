"""The shim: it must answer as the supervisor does, and lead nowhere else (``test_escapes.py``)."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct import filter as program
from pvm.engines.direct import sites
from pvm.engines.direct.filter import ALLOW, NOTIFY, Policy
from pvm.engines.direct.mounts import candidates
from pvm.engines.direct.shim import table
from pvm.engines.direct.supervisor import Supervisor
from pvm.engines.direct.syscalls.table import BY_NAME, BY_NUMBER, ROWS
from tests.direct.test_filter import decide

SOURCE = Path(__file__).parent / "programs" / "shim.c"
PATHS = (
    "file program folder folder/ folder/inner folder/../file link folder-link folder-link/inner absolute dangling up "
    "loop missing missing/x file/x . .. ../data/file fifo caf\u00e9 "
    "/data /data/ /data//file /data/./file /data/folder/.. /data/.. /data/absolute /data/up /data/missing /database "
    "/usr/bin /usr/bin/env /lib/../usr/bin /"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may look into, as a user's own would be: those of pytest are closed to ``nobody``."""
    with tempfile.TemporaryDirectory(prefix="pvm-test-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "folder").mkdir()
        (place / "folder" / "inner").write_text("inner\n")
        (place / "file").write_text("text\n")
        (place / "program").touch(mode=0o755)
        (place / "caf\u00e9").touch()
        (place / os.fsdecode(b"\xe9")).touch()
        os.mkfifo(place / "fifo")
        links = {"link": "folder/inner", "folder-link": "folder", "absolute": "/data/file", "dangling": "nowhere"}
        links |= {"up": "../usr/bin/env", "loop": "loop"}
        for link, target in links.items():
            (place / link).symlink_to(target)
        yield place


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each call came to the supervisor."""
    found: Counter[str] = Counter()
    dispatch = Supervisor._dispatch

    def counting(self: Supervisor, call: object) -> int:
        found[BY_NUMBER[call.number].name] += 1  # type: ignore[attr-defined]
        return dispatch(self, call)  # type: ignore[arg-type]

    monkeypatch.setattr(Supervisor, "_dispatch", counting)
    return found


def test_the_shim_answers_as_the_supervisor(
    compile_c: Callable[..., Path], folder: Path, counted: Counter[str]
) -> None:
    built = compile_c(SOURCE, "-static")
    mounts = {"/program": pvm.HostDir(built.parent, only=built.name), "/data": pvm.HostDir(folder)}
    arguments = ["shim", *PATHS.split()]
    texts = []
    with pvm.Kernel(pvm.system_mounts() | mounts) as kernel:
        for trace in (None, lambda _line: None):  # what is traced does without the shim
            kernel.trace = trace
            done = pvm.spawn(f"/program/{built.name}", arguments, kernel=kernel, limits=pvm.GuestLimits(timeout=20))
            assert done.returncode == 0, done
            texts.append((done.stdout or b"").decode().splitlines())
            if trace is None:
                assert counted["newfstatat"] < 9 * len(PATHS.split())
    assert texts[0] == texts[1]
    assert any(line.startswith("13 entries, ") for line in texts[0])


def test_programs_that_look_at_many_files_seldom_trap(
    tool: Callable[[str], str], contained: None, folder: Path, counted: Counter[str]
) -> None:
    for number in range(200):
        (folder / f"n{number}").touch()
    with pvm.Kernel(pvm.system_mounts() | {"/data": pvm.HostDir(folder)}) as kernel:
        done = pvm.spawn(tool("find"), ["find", "/data", "-size", "-9"], kernel=kernel)
    assert len((done.stdout or b"").splitlines()) == 213
    assert counted.total() < 40


def test_runs_that_must_repeat_do_without(contained: None, tool: Callable[[str], str], folder: Path) -> None:
    listings = set()
    for _ in range(2):
        with pvm.Kernel(pvm.system_mounts() | {"/data": pvm.HostDir(folder)}, seed=7) as kernel:
            listings.add(pvm.spawn(tool("find"), ["find", "/data", "-printf", "%p %i\n"], kernel=kernel).stdout)
    assert len(listings) == 1


def test_only_whole_directories_of_the_host_and_overlays_are_looked_into(folder: Path) -> None:
    host = pvm.HostDir(folder)
    overlay = pvm.HostDir(folder, mode="overlay")
    mounts = {"/a": host, "/b": host, "/b/c": pvm.MemDir(), "/": overlay, "/dd": overlay, "/dd/x": host}
    mounts |= {"/e": pvm.HostDir(folder, mode="rw"), "/f": pvm.HostDir(folder, only="file"), "/\u00e9": host}
    with pvm.Kernel(mounts) as kernel:
        assert [mount.path for mount in candidates(kernel)] == ["/dd/x", "/dd", "/e", "/a", "/"]


def test_marked_calls_pass_the_filter_only_where_there_is_a_shim() -> None:
    plain, with_shim = program.build(Policy()), program.build(Policy(shim=True))
    marked = [row.number for row in ROWS if row.marked]
    assert BY_NAME["openat2"].number in marked
    for number in marked:
        assert decide(plain, number, 0, 0, 0, 0, 0, table.MARK) == NOTIFY
        assert decide(with_shim, number, 0, 0, 0, 0, 0, table.MARK) == ALLOW
        assert decide(with_shim, number, 0, 0, 0, 0, 0, table.MARK + 1) == NOTIFY


def test_the_table_of_mounts() -> None:
    packed = table.packed([table.Entry(70, 3, 1024, b"/usr")], 5, 1025)
    assert len(packed) == table.TABLE_SIZE
    assert table.HEADER.unpack_from(packed) == (1, 5, b".\0", 1025, 0)
    assert table.ENTRY_LAYOUT.unpack_from(packed, table.HEADER_SIZE) == (70, 3, 1024, 4)
    assert packed[table.HEADER_SIZE + table.ENTRY_HEAD :].startswith(b"/usr\0")


class Memory:
    """A guest's memory from 0x1000 on."""

    def __init__(self, code: bytes) -> None:
        self.content = bytearray(b"\x90" * 32 + code).ljust(0x2000, b"\0")

    def read(self, address: int, count: int) -> bytes:
        return bytes(self.content[address - 0x1000 : address - 0x1000 + count])

    def write(self, address: int, data: bytes) -> None:
        self.content[address - 0x1000 : address - 0x1000 + len(data)] = data


LOAD, CALL = b"\xb8\x01\x01\0\0", b"\x0f\x05"


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        (LOAD + CALL, True),
        (LOAD + b"\xbf\x9c\xff\xff\xff" + CALL, True),
        (LOAD + b"\x48\x89\xfe\xbf\x9c\xff\xff\xff" + CALL, True),
        (b"\x41" + LOAD + CALL, False),
        (LOAD + b"\x90" + CALL, False),
        (b"\xb8\x02\x01\0\0" + CALL, False),
        (LOAD + b"\x0f\x0b", False),
    ],
)
def test_which_sites_are_changed(code: bytes, changed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "has_one_thread", lambda _pid: True)
    memory = Memory(code)
    found = sites.Sites()
    found.add_region(0x2000)
    before = bytes(memory.content)
    after = 0x1000 + 32 + len(code)
    found.lead_to_shim(1, memory, after, 257)  # type: ignore[arg-type]
    assert (bytes(memory.content) != before) == changed
    if changed:
        start = 32 + code.index(LOAD)
        assert memory.content[start] == sites.JUMP
        distance = int.from_bytes(memory.content[start + 1 : start + 5], "little")
        assert 0x1000 + start + 5 + distance == 0x2000
        assert memory.read(0x2000, sites.TRAMPOLINE.size) == sites.trampoline(after - 2, 257, code[len(LOAD) : -2])
        assert memory.read(after - 2, 2) == CALL


def test_sites_of_processes_with_threads_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "has_one_thread", lambda _pid: False)
    memory = Memory(LOAD + CALL)
    found = sites.Sites()
    found.add_region(0x2000)
    found.lead_to_shim(1, memory, 0x1000 + 32 + 7, 257)  # type: ignore[arg-type]
    assert memory.read(0x1000 + 32, 7) == LOAD + CALL


def test_relative_paths_seldom_trap(
    tool: Callable[[str], str], contained: None, folder: Path, counted: Counter[str]
) -> None:
    for number in range(100):
        (folder / "folder" / f"n{number}").write_text("x\n")
    script = """
        cd /data/folder && sum=0
        for i in *; do test -f $i && sum=$((sum+1)); done
        echo $sum; cd ..; test -f file; echo $?
    """
    with pvm.Kernel(pvm.system_mounts() | {"/data": pvm.HostDir(folder)}) as kernel:
        done = pvm.spawn("/bin/sh", ["sh", "-c", script], kernel=kernel)
    tool("sh")
    assert done.stdout == b"101\n0\n"
    assert counted.total() < 60


def test_what_is_remembered_of_sites_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "has_one_thread", lambda _pid: True)
    neighbours = sites.Neighbours()
    for number in range(3000):
        neighbours.add(sites.Site(number, 1, (0, b"")), sites.Site(2 * number, 2, (number, b"")))
    assert len(neighbours.around(sites.Site(0, 1, (0, b"")))) <= sites.NEIGHBOURS_MAX
    found = sites.Sites(neighbours)
    for address in range(0x1010, 0x1010 + 2 * sites.TRIED_MAX):
        found.lead_to_shim(1, Memory(b""), address, 257)  # type: ignore[arg-type]
    assert len(found._tried) <= sites.TRIED_MAX


def test_few_descriptors_are_enough(tool: Callable[[str], str], contained: None, folder: Path) -> None:
    quotas = pvm.Quotas(descriptors=12)
    with pvm.Kernel(pvm.system_mounts() | {"/data": pvm.HostDir(folder)}, quotas=quotas) as kernel:
        done = pvm.spawn("/bin/sh", ["sh", "-c", "ulimit -n; cd /data; ls folder/../file"], kernel=kernel)
    tool("ls")
    assert (done.stdout, done.stderr) == (b"12\nfolder/../file\n", b"")
