r"""Trace lines of hypercalls, in the manner of strace.

A line is made after the call from the declaration and the values: ``fd_read(3, "hello\n", 64) = 6``.
Buffers that the kernel fills show what was written, others what was read, both cut short.
"""

from __future__ import annotations

from pvm.kernel.abi import Errno, Hypercall, Parameter
from pvm.kernel.task import Span, Value
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PREVIEW = 32


def trace_line(hypercall: Hypercall, args: Sequence[object], ending: str, result: Value = None) -> str:
    """The line for a call; ``ending`` tells why there is no ``result``, and is empty if there is one."""
    filled = result if isinstance(result, int) and result > 0 else 0
    shown = [_argument(parameter, value, filled) for parameter, value in zip(hypercall.arguments, args, strict=True)]
    return f"{hypercall.name}({', '.join(shown)}) = {ending or _outcome(result)}"


def _outcome(result: Value) -> str:
    if isinstance(result, int) and result < 0:
        errno = -result
        known = errno in Errno.__members__.values()
        return f"-{errno} {Errno(errno).name}" if known else str(result)
    if isinstance(result, str):
        return _text(result)
    return "null" if result is None else str(result)


def _argument(parameter: Parameter, value: object, filled: int) -> str:
    match parameter.kind.guest:
        case "bytes":
            span: Span = value  # type: ignore[assignment] # a declaration of bytes says so
            return _bytes(span, filled if parameter.kind.name == "out_bytes" else len(span))
        case "string":
            return _text(str(value))
        case _:
            return hex(value) if parameter.kind.name == "flags" and isinstance(value, int) else str(value)


def _bytes(span: Span, used: int) -> str:
    """The first of the bytes that matter, and the size of the buffer."""
    data = bytes(span.view()[: min(used, PREVIEW)])
    return _text(data.decode("latin-1"), cut=used > PREVIEW) + f", {len(span)}"


def _text(text: str, *, cut: bool = False) -> str:
    shown = text[: 4 * PREVIEW]
    quoted = shown.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{quoted}"' + ("..." if cut or len(shown) < len(text) else "")
