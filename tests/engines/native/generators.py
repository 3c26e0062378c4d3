"""What a worker may be asked for that goes wrong, each with the signature of a generator; and a worker that is odd."""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import Any, NoReturn

from pvm.engines.native.machine_code.blob import Blob, encode_blob
from pvm.engines.native.machine_code.request import DONE, FAILED, LENGTH, decode_request


def hang(target: Any) -> NoReturn:
    while True:
        signal.pause()


def abort(target: Any) -> NoReturn:
    os.abort()


def leave(target: Any, argument: bytes) -> NoReturn:
    os._exit(int(argument))


def devour(target: Any, argument: bytes) -> str:
    return " " * (int(argument) << 20)


def fail(target: Any) -> NoReturn:
    message = "no such luck: \udcff"
    raise ValueError(message)


def limits(target: Any) -> NoReturn:
    message = f"{resource.getrlimit(resource.RLIMIT_AS)[0]} {resource.getrlimit(resource.RLIMIT_CPU)[0]}"
    raise ValueError(message)


def chatter(target: Any) -> str:
    print("to standard output")
    os.write(1, b"and below it")
    return "define i64 @f() {\n ret i64 7\n}\n"


def process(target: Any, argument: bytes) -> str:
    return f"define i64 @f() {{\n ret i64 {os.getpid()}\n}}\n"


def main() -> None:
    """A worker that answers with whatever the generator of the request names."""
    size = LENGTH.unpack(sys.stdin.buffer.read(LENGTH.size))[0]
    kind = decode_request(sys.stdin.buffer.read(size))[0].generator
    blob = encode_blob(Blob("x86_64", bytes(64), 64, (), {"f": 0}))
    answers = {
        "damaged": DONE + blob[:-1],
        "flipped": DONE + blob[:40] + bytes((blob[40] ^ 1,)) + blob[41:],
        "empty": b"",
        "nonsense": b"nonsense",
        "text": FAILED + b"\xff\xfe",
    }
    answer = LENGTH.pack(len(answers[kind])) + answers[kind] if kind in answers else b""
    answer = {"huge": b"\xff" * 1000, "short": LENGTH.pack(100) + b"few"}.get(kind, answer)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
