"""What a worker process is asked, and how requests and answers are framed: a length, 4 bytes, and that many bytes."""

from __future__ import annotations

import marshal
import struct

from pvm.engines.native.machine_code.target import Target
from pvm.typed import NamedTuple

LENGTH = struct.Struct("<I")
DONE, FAILED = b"\0", b"\1"
"""First byte of an answer; the file form of a blob follows, or a text."""


class Request(NamedTuple):
    """What to compile: the function ``module:name`` makes IR of the target and, if there is one, the argument.

    It may give notes for whoever gets the code beside the IR, or nothing: then the call itself is what is wanted.

    It has to be a function of these alone, of the installed sources and of the runtime image.  ``speed`` is how much
    LLVM does for fast code, 0 to 3.
    """

    generator: str
    argument: bytes | None = None
    speed: int = 2


class Limits(NamedTuple):
    """Of one request: bytes of the worker's address space, and seconds, of the processor and of the clock."""

    memory: int = 2 << 30
    seconds: float = 60.0


def literal(target: Target, argument: bytes) -> str:
    """The generator whose argument is the IR."""
    return argument.decode("utf-8")


def literal_request(ir: str) -> Request:
    """A request to compile this IR."""
    return Request(f"{__name__}:{literal.__name__}", ir.encode("utf-8"))


def encode_request(request: Request, target: Target, limits: Limits, sources: bytes = b"") -> bytes:
    """A request as a frame; ``sources`` is the digest of those that this process runs, if it is known."""
    body = marshal.dumps((tuple(request), tuple(target), tuple(limits), sources))
    return LENGTH.pack(len(body)) + body


def decode_request(body: bytes) -> tuple[Request, Target, Limits, bytes]:
    """What is in a frame, which the process that started this one has written."""
    request, target, limits, sources = marshal.loads(body)  # noqa: S302
    return Request(*request), Target(*target), Limits(*limits), sources
