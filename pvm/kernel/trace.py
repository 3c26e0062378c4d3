r"""Trace lines of hypercalls, in the manner of strace.

A line is made after the call from the declaration and the values: ``fd_read(3, "hello\n", 0x40) = 6``.
Buffers that the kernel fills show what was written, others what was read, both cut short.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.kernel.abi import Errno, Hypercall, Parameter
from pvm.kernel.task import Span, Value

PREVIEW = 32


def trace_line(hypercall: Hypercall, args: Sequence[object], outcome: str) -> str:
    """The line for a call that ended with ``outcome``."""
    shown = [_argument(parameter, value) for parameter, value in zip(hypercall.arguments, args, strict=True)]
    return f"{hypercall.name}({', '.join(shown)}) = {outcome}"


def outcome_of(result: Value) -> str:
    """The right side of a trace line for a call that returned."""
    if isinstance(result, int) and result < 0:
        errno = -result
        known = errno in Errno.__members__.values()
        return f"-{errno} {Errno(errno).name}" if known else str(result)
    if isinstance(result, str):
        return _text(result)
    return "null" if result is None else str(result)


def _argument(parameter: Parameter, value: object) -> str:
    match parameter.kind.guest:
        case "bytes":
            return _bytes(value, filled=parameter.kind.name == "out_bytes")  # type: ignore[arg-type]
        case "string":
            return _text(str(value))
        case _:
            return hex(value) if parameter.kind.name == "flags" and isinstance(value, int) else str(value)


def _bytes(span: Span, *, filled: bool) -> str:
    if filled:
        return f"<{len(span)}>"
    data = span.read()
    return _text(data[:PREVIEW].decode("latin-1"), cut=len(data) > PREVIEW) + f", {len(data)}"


def _text(text: str, *, cut: bool = False) -> str:
    shown = text[: 4 * PREVIEW]
    quoted = shown.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{quoted}"' + ("..." if cut or len(shown) < len(text) else "")
