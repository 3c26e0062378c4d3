"""Fixtures for tests that run Linux programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct.machine_code import assemble, executable, module_text

TEXT, BUFFER = 0x40_1000, 0x50_0000
EXIT_0 = "xor %edi, %edi\nmov $231, %eax\nsyscall"


@pytest.fixture(scope="session")
def build() -> Callable[[str], bytes]:
    """Make a static program from assembly text, without a C compiler; 64 KiB of zeros are at 0x500000."""

    def make(source: str) -> bytes:
        return executable(assemble(module_text(source)), TEXT, BUFFER)

    return make


@pytest.fixture(scope="session")
def contained(build: Callable[[str], bytes]) -> None:
    """Leave the test where this machine cannot contain a program, naming the wall."""
    try:
        run_program(build(EXIT_0))
    except pvm.ContainmentError as error:
        reason = f"not run: {', '.join(error.missing) or error}"
        print(reason)
        pytest.skip(reason)


def run_program(image: bytes, *arguments: str, **options: object) -> pvm.Completed:
    """Run a program given as bytes in a kernel of its own."""
    with pvm.Kernel({"/bin": pvm.MemDir({"program": image}, mode=0o755)}) as kernel:
        return pvm.spawn("/bin/program", ["program", *arguments], kernel=kernel, **options)  # type: ignore[arg-type]


@pytest.fixture
def run(contained: None) -> Callable[..., pvm.Completed]:
    """Run a program given as bytes."""
    return run_program


@pytest.fixture(scope="session")
def compile_c(
    tool: Callable[[str], str], contained: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Compile a C program with the machine's compiler."""
    import subprocess

    folder = tmp_path_factory.mktemp("programs")

    def make(source: Path, *options: str) -> Path:
        target = folder / (source.stem + "".join(options).replace("/", ""))
        if not target.exists():
            command = [tool("gcc"), "-O1", "-w", "-o", str(target), str(source), *options]
            subprocess.run(command, check=True, timeout=60)
        return target

    return make
