"""Limits of an instance, and the texts that people write for sizes and durations."""

from __future__ import annotations

from pvm.errors import UsageError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Self

_SIZE = r"(\d+)\s*([kmgt]?)(?:i?b)?"
_SIZE_UNITS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}
_DURATION = r"(\d+(?:\.\d*)?|\.\d+)\s*(ns|us|ms|s|m|h)?"
_DURATION_UNITS = {None: 1.0, "ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_size(text: int | str) -> int:
    """Bytes of ``4096``, ``"64K"``, ``"256M"``, ``"2G"`` (powers of 1024).

    Raises:
        UsageError: the text is no size.
    """
    if type(text) is int:
        if text < 0:
            raise UsageError(f"size {text} is negative")
        return text
    import re

    match = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE) if isinstance(text, str) else None
    if match is None:
        raise UsageError(f"size {text!r} is not understood, expected a number of bytes such as 4096, 64K, 256M or 2G")
    return int(match[1]) << _SIZE_UNITS[match[2].lower()]


def parse_duration(text: float | str) -> float:
    """Seconds of ``2.5``, ``"5s"``, ``"250ms"``, ``"2m"``.

    Raises:
        UsageError: the text is no duration.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        if not (0 <= text < float("inf")):
            raise UsageError(f"duration {text} is not a number of seconds, 0 or more")
        return float(text)
    import re

    match = re.fullmatch(_DURATION, text.strip()) if isinstance(text, str) else None
    if match is None:
        raise UsageError(f"duration {text!r} is not understood, expected a number with a unit such as 5s, 250ms or 2m")
    return float(match[1]) * _DURATION_UNITS[match[2]]


class _Limits(NamedTuple):
    memory: int | str
    fuel: int | None
    timeout: float | str | None
    stack: int | str


class Limits(_Limits):
    """What an instance may use.

    Args:
        memory: bytes of live guest objects, a number or a text such as ``"64M"``; reaching it is the
            guest's OutOfMemory, and ``Exhaustion("memory")`` if the guest does not handle that.
        fuel: units of work over the life of the instance, about one for each instruction, equal on
            every engine; None is no limit.  Using it up is ``Exhaustion("fuel")``.
        timeout: seconds of wall time for each ``run`` or ``call``, a number or a text such as
            ``"250ms"``; None is no limit.  Passing it is ``Exhaustion("time")``.
        stack: bytes of guest frames of one task; reaching it is the guest's StackOverflow.
    """

    __slots__ = ()

    def __new__(
        cls,
        memory: int | str = 256 << 20,
        fuel: int | None = None,
        timeout: float | str | None = None,
        stack: int | str = 4 << 20,
    ) -> Self:
        """Check and make them."""
        parse_size(memory)
        parse_size(stack)
        if timeout is not None:
            parse_duration(timeout)
        if fuel is not None and (type(fuel) is not int or fuel < 0):
            raise UsageError(f"fuel {fuel!r} is not a whole number, 0 or more")
        return super().__new__(cls, memory, fuel, timeout, stack)

    @property
    def memory_bytes(self) -> int:
        """``memory`` as a number."""
        return parse_size(self.memory)

    @property
    def stack_bytes(self) -> int:
        """``stack`` as a number."""
        return parse_size(self.stack)

    @property
    def timeout_seconds(self) -> float | None:
        """``timeout`` as a number, or None."""
        return None if self.timeout is None else parse_duration(self.timeout)
