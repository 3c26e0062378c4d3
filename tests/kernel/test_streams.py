"""Standard streams: every kind of source and sink, what blocks, what breaks."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest

from pvm.errors import UsageError
from pvm.kernel import CAPTURE, INHERIT, Errno, Kernel, WouldBlock
from pvm.kernel.streams import DescriptorSink, DescriptorSource, InputDescription, OutputDescription
from pvm.kernel.vfs.node import FileKind
from tests.kernel.world import Buffer, W, World


@pytest.mark.parametrize("spec", [b"line 1\nline 2", "line 1\nline 2", bytearray(b"line 1\nline 2")])
def test_input_from_memory(spec: bytes) -> None:
    world = World(stdin=spec)
    assert world.read(0, 5) == b"line "
    assert world.read(0, 0) == b""
    assert world.read(0) == b"1\nline 2"
    assert world.read(0) == b""


def test_input_is_empty_by_default() -> None:
    assert World().read(0) == b""


def test_input_from_a_file_object() -> None:
    world = World(stdin=io.BytesIO(b"abc"))
    assert world.read(0, 2) == b"ab"
    assert world.read(0) == b"c"
    assert world.read(0) == b""


def test_unread_input_is_left_to_the_next_run() -> None:
    world = World(stdin=b"abcdef")
    world.read(0, 3)
    world.task.process.close()
    world.task.process = world.kernel.new_process(["again"])
    assert world.read(0) == b"def"


class Broken(io.RawIOBase):
    """A file object of an embedder that fails as told."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error

    def read(self, size: int = -1, /) -> bytes | None:
        if self.error is not None:
            raise self.error
        return None

    def write(self, data: object, /) -> int | None:  # type: ignore[override]
        if self.error is not None:
            raise self.error
        return None


def test_failing_file_objects() -> None:
    world = World(stdin=Broken(OSError("disk")), stdout=Broken(OSError("disk")), stderr=Broken(BrokenPipeError("gone")))
    assert world.errno("fd_read", 0, Buffer(1)) is Errno.IO
    assert world.errno("fd_write", 1, Buffer(b"x")) is Errno.IO
    assert world.errno("fd_write", 2, Buffer(b"x")) is Errno.PIPE
    assert not world.kernel.stdout_broken
    assert world.kernel.stderr_broken


def test_exceptions_of_the_embedder_pass_through() -> None:
    world = World(stdout=Broken(ZeroDivisionError("mine")))
    with pytest.raises(ZeroDivisionError, match="mine"):
        world.raw("fd_write", 1, Buffer(b"x"))


def test_file_objects_that_would_block() -> None:
    world = World(stdin=Broken(None), stdout=Broken(None), stderr=Broken(BlockingIOError()))
    for name, args in (("fd_read", (0, Buffer(1))), ("fd_write", (1, Buffer(b"x"))), ("fd_write", (2, Buffer(b"x")))):
        with pytest.raises(WouldBlock):
            world.raw(name, *args)


def test_capture() -> None:
    world = World(stdout=CAPTURE, stderr="capture")
    world.write(1, b"out")
    world.write(2, b"\xff")
    assert world.kernel.stdout_bytes == b"out"
    assert world.kernel.stderr_bytes == b"\xff"


def test_output_to_file_objects() -> None:
    binary, text = io.BytesIO(), io.StringIO()
    world = World(stdout=binary, stderr=text)
    world.write(1, b"a\xff")
    for byte in "ä€\U0001f600".encode():
        world.write(2, bytes([byte]))
    world.write(2, b"\xff!")
    assert binary.getvalue() == b"a\xff"
    assert text.getvalue() == "ä€\U0001f600\ufffd!"
    with pytest.raises(UsageError, match="stdout was not captured: pass stdout=CAPTURE"):
        _ = world.kernel.stdout_bytes


def test_discarded_output() -> None:
    world = World(stdout=None)
    assert world.write(1, b"x") == 1
    assert world.stat("/dev/stdout").kind is FileKind.CHARACTER


def test_closed_file_object_is_a_broken_pipe() -> None:
    out = io.BytesIO()
    world = World(stdout=out)
    out.close()
    assert world.errno("fd_write", 1, Buffer(b"x")) is Errno.PIPE


def test_directions() -> None:
    world = World()
    assert world.errno("fd_write", 0, Buffer(b"x")) is Errno.BADF
    assert world.errno("fd_read", 1, Buffer(1)) is Errno.BADF
    assert world.errno("fd_seek", 1, 0, 0) is Errno.SPIPE
    assert world.errno("fd_truncate", 1, 0) is Errno.INVAL
    assert world.call("fd_isatty", 1) == 0
    assert world.fstat(0).kind is FileKind.PIPE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stdin": "inherit"}, "stdin='inherit' is ambiguous"),
        ({"stdin": CAPTURE}, "stdin cannot be captured"),
        ({"stdin": io.StringIO("x")}, "stdin is StringIO, expected bytes"),
        ({"stdin": 5}, "stdin is int"),
        ({"stdout": "out.txt"}, "standard stream 1 is 'out.txt'"),
        ({"stderr": 5}, "stderr is int"),
    ],
)
def test_wrong_stream(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Kernel(**options)  # type: ignore[arg-type]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue  # the test closed it


def test_host_descriptor_input(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    world = World()
    world.task.process.descriptors.put(0, InputDescription(DescriptorSource(reader)))
    with pytest.raises(WouldBlock) as blocked:
        world.raw("fd_read", 0, Buffer(10))
    assert blocked.value.readable == reader
    assert not world.kernel.wait([blocked.value], interrupted=lambda: True)
    os.write(writer, b"now")
    assert world.kernel.wait([blocked.value])
    assert world.read(0) == b"now"
    os.close(writer)
    assert world.read(0) == b""


def test_host_pipe_that_is_full_takes_what_fits(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    world = World()
    world.task.process.descriptors.put(1, OutputDescription(DescriptorSink(writer), 1, world.kernel.ledger))
    data = bytes(range(256)) * 4096
    taken = world.write(1, data)
    assert 0 < taken < len(data)
    with pytest.raises(WouldBlock) as blocked:
        world.raw("fd_write", 1, Buffer(data))
    assert blocked.value.writable == writer
    assert os.read(reader, 1 << 20) == data[:taken]
    assert world.kernel.wait([blocked.value])
    assert world.write(1, data[taken : taken + 10]) == 10


def test_closed_host_pipe(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    world = World()
    sink = DescriptorSink(writer)
    world.task.process.descriptors.put(1, OutputDescription(sink, 1, world.kernel.ledger))
    os.close(reader)
    assert world.errno("fd_write", 1, Buffer(b"x")) is Errno.PIPE
    assert sink.broken


def test_inherited_output(capfd: pytest.CaptureFixture[str]) -> None:
    world = World(stdout=INHERIT, stderr="inherit")
    world.write(1, b"to the host\n")
    world.write(2, b"error\n")
    assert capfd.readouterr() == ("to the host\n", "error\n")


def test_devices() -> None:
    world = World(stdin=b"typed", seed=1)
    assert world.read(world.open("/dev/null"), 10) == b""
    assert world.read(world.open("/dev/zero"), 5) == b"\0" * 5
    assert len(world.read(world.open("/dev/urandom"), 7)) == 7
    assert world.read(world.open("/dev/stdin"), 3) == b"typ"
    out = world.open("/dev/stdout", W)
    world.write(out, b"via device")
    assert world.kernel.stdout_bytes == b"via device"
    assert world.write(world.open("/dev/null", W), b"x" * 9) == 9
    assert world.errno("fd_write", world.open("/dev/full", W), Buffer(b"x")) is Errno.NOSPC
    assert world.errno("fd_write", world.open("/dev/null"), Buffer(b"x")) is Errno.BADF
    assert world.errno("fs_unlink", "/dev/null") is Errno.ROFS
    world.close(0)
    assert world.errno("fs_open", "/dev/stdin", 1, 0) is Errno.NOENT
    assert world.list("/dev") == ["full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero"]
