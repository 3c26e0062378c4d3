"""The Python interface: streams, waiting, signals, suspension, asyncio, errors."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct.guest import descendants

Build = Callable[[str], bytes]

CAT = """
again: xor %eax, %eax
    xor %edi, %edi
    mov $0x500000, %esi
    mov $65536, %edx
    syscall
    test %rax, %rax
    jle done
    mov %rax, %rdx
    mov $1, %eax
    mov $1, %edi
    mov $0x500000, %esi
    syscall
    jmp again
done: mov %eax, %edi
    mov $231, %eax
    syscall
"""
LOOP = "again: jmp again"
WRITE_FOREVER = """
again: mov $1, %eax
    mov $1, %edi
    mov $0x500000, %esi
    mov $65536, %edx
    syscall
    test %rax, %rax
    jns again
    mov $7, %edi
    mov $231, %eax
    syscall
"""


@pytest.fixture
def kernel(contained: None, build: Build) -> Iterator[pvm.Kernel]:
    programs = {"cat": CAT, "loop": LOOP, "write": WRITE_FOREVER}
    files = {name: build(source) for name, source in programs.items()}
    with pvm.Kernel({"/bin": pvm.MemDir(files, mode=0o755)}) as made:
        yield made


@pytest.mark.parametrize("data", [b"", b"some input", bytes(range(256)) * 4096])
def test_input_and_output(data: bytes, kernel: pvm.Kernel) -> None:
    assert pvm.spawn("/bin/cat", kernel=kernel, stdin=data).stdout == data
    output = io.BytesIO()
    assert pvm.spawn("/bin/cat", kernel=kernel, stdin=io.BytesIO(data), stdout=output).stdout is None
    assert output.getvalue() == data


def test_streaming(kernel: pvm.Kernel) -> None:
    with pvm.start("/bin/cat", kernel=kernel, stdin=pvm.PIPE, stdout=pvm.PIPE) as guest:
        assert guest.stdin is not None
        assert guest.stdout is not None
        for text in (b"one", b"two"):
            guest.stdin.write(text)
            assert guest.stdout.read(9) == text
        assert guest.poll() is None
        guest.stdin.close()
        assert guest.stdout.read(9) == b""
        assert guest.wait(10).returncode == 0


def test_errors_of_file_objects_keep_their_identity(kernel: pvm.Kernel) -> None:
    class Broken(io.RawIOBase):
        def write(self, data: object) -> int:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pvm.spawn("/bin/cat", kernel=kernel, stdin=b"x", stdout=Broken())  # type: ignore[arg-type]


def test_waiting_signals_and_killing(kernel: pvm.Kernel) -> None:
    with pvm.start("/bin/loop", kernel=kernel) as guest:
        with pytest.raises(TimeoutError):
            guest.wait(0.01)
        guest.send_signal(signal.SIGUSR1)
        assert guest.wait(10).returncode == -signal.SIGUSR1
    with pvm.start("/bin/loop", kernel=kernel) as guest:
        guest.kill()
        assert guest.wait(10).returncode == -signal.SIGKILL
    with pvm.start("/bin/loop", kernel=kernel) as guest:
        pass  # leaving the context kills
    assert guest.wait(10).returncode == -signal.SIGKILL


def test_suspended_programs_use_no_time(kernel: pvm.Kernel) -> None:
    with pvm.start("/bin/loop", kernel=kernel, limits=pvm.GuestLimits(cpu=0.2)) as guest:
        guest.suspend()
        with pytest.raises(TimeoutError):
            guest.wait(0.6)
        guest.resume()
        assert guest.wait(20).limit == "cpu"


@pytest.mark.parametrize("quota", [{"output_bytes": 1 << 20}, {"captured_bytes": 1 << 20}])
def test_output_is_limited(quota: dict[str, int], contained: None, build: Build) -> None:
    mounts = {"/bin": pvm.MemDir({"write": build(WRITE_FOREVER)}, mode=0o755)}
    with pvm.Kernel(mounts, quotas=pvm.Quotas(**quota)) as kernel:  # type: ignore[arg-type]
        done = pvm.spawn("/bin/write", kernel=kernel, limits=pvm.GuestLimits(timeout=20))
    assert (done.limit, done.status, len(done.stdout or b"")) == ("output", 124, 1 << 20)


def test_a_reader_that_leaves_is_a_broken_pipe(kernel: pvm.Kernel) -> None:
    with pvm.start("/bin/write", kernel=kernel, stdout=pvm.PIPE) as guest:
        assert guest.stdout is not None
        guest.stdout.close()
        assert guest.wait(10).returncode == -signal.SIGPIPE


def test_asyncio(kernel: pvm.Kernel) -> None:
    async def main() -> tuple[pvm.Completed, bool]:
        done = await pvm.spawn_async("/bin/cat", kernel=kernel, stdin=b"text")
        task = asyncio.create_task(pvm.spawn_async("/bin/loop", kernel=kernel))
        await asyncio.sleep(0.05)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return done, True
        return done, False

    started = time.monotonic()
    done, cancelled = asyncio.run(main())
    assert (done.stdout, cancelled) == (b"text", True)
    assert time.monotonic() - started < 15


def test_several_run_at_a_time(kernel: pvm.Kernel) -> None:
    guests = [pvm.start("/bin/cat", kernel=kernel, stdin=str(n).encode(), stdout=pvm.CAPTURE) for n in range(4)]
    assert [guest.wait(20).stdout for guest in guests] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"argv": "cat"}, "one text"),
        ({"argv": ["a\0b"]}, "zero byte"),
        ({"lower": ["seccomp"]}, "cannot lower seccomp"),
        ({"limits": pvm.GuestLimits(), "stdout": "x"}, "expected a file"),
    ],
)
def test_wrong_use(arguments: dict[str, object], message: str, kernel: pvm.Kernel) -> None:
    with pytest.raises(pvm.UsageError, match=message):
        pvm.start("/bin/cat", kernel=kernel, **arguments)  # type: ignore[arg-type]


def test_wrong_limits() -> None:
    for wrong in ({"memory": "lots"}, {"processes": 0}, {"timeout": -1}):
        with pytest.raises(pvm.UsageError):
            pvm.GuestLimits(**wrong)  # type: ignore[arg-type]


def test_nothing_is_left_behind(kernel: pvm.Kernel) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    pvm.spawn("/bin/cat", kernel=kernel, stdin=b"x")
    before = descriptors()
    for _ in range(3):
        pvm.spawn("/bin/cat", kernel=kernel, stdin=b"x")
        with pytest.raises(pvm.GuestError):
            pvm.spawn("/bin/none", kernel=kernel)
    assert descriptors() == before


def test_ctrl_c_is_passed_on(kernel: pvm.Kernel, tmp_path: Path, build: Build) -> None:
    program = tmp_path / "loop"
    program.write_bytes(build(LOOP))
    program.chmod(0o755)
    command = [sys.executable, "-m", "pvm", "run", str(program)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while not grandchildren(process.pid):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 128 + signal.SIGINT


def grandchildren(pid: int) -> list[str]:
    """The guests of a process that runs one, once they execute their own program."""
    found = []
    for child in descendants(pid):
        try:
            found += [name for name in [Path(f"/proc/{child}/comm").read_text().strip()] if name == "loop"]
        except OSError:
            continue
    return found


def test_the_example_of_the_documentation(
    contained: None, tool: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("sort")
    page = (Path(__file__).parent.parent.parent / "docs" / "linux.md").read_text()
    start = page.index("    import pvm\n")
    lines = page[start : page.index("\n\n`pvm.spawn`", start)].splitlines()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names").write_text("b\na\n")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec("\n".join(line[4:] for line in lines), {})  # noqa: S102 - our own page
    assert output.getvalue() == "0 b'a\\nb\\n'\nb'hello\\n'\n"


def test_a_directory_is_no_standard_stream(contained: None) -> None:
    folder = os.open("/", os.O_RDONLY)
    try:
        with pvm.Kernel() as kernel, pytest.raises(pvm.UsageError, match="directory"):
            pvm.start("/x", kernel=kernel, stdin=folder)
    finally:
        os.close(folder)


def test_nothing_stays_open(contained: None) -> None:
    """Whether a program ends, is not there, or is killed before it has begun."""

    def descriptors() -> list[str]:
        gc.collect()  # kernels that earlier tests left
        found = []
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
            try:
                found.append(os.readlink(f"/proc/self/fd/{name}"))  # noqa: PTH115 - the same
            except FileNotFoundError:
                continue
        return sorted(name for name in found if name.startswith("/"))

    with pvm.Kernel(pvm.system_mounts(), clock="virtual") as kernel:
        pvm.start("/bin/sh", kernel=kernel).close()
        before = descriptors()
        for _ in range(10):
            pvm.start("/bin/sh", kernel=kernel, listed=True).close()
            with pytest.raises(pvm.GuestError):
                pvm.spawn("/bin/other", kernel=kernel)
        assert descriptors() == before
