"""What travels through translated code as Python exceptions.

None of these reaches an embedder: the scheduler turns an uncaught ``GuestThrow`` into a ``Trap``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


class GuestThrow(Exception):
    """A guest exception object looking for a handler."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class TaskSwitch(Exception):
    """The running task gives way; it stands in a queue, or waits, already."""


class TailCall(Exception):
    """The frame that raises this is replaced by a call."""

    def __init__(self, code: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        super().__init__()
        self.code = code
        self.arguments = arguments


class SwitchRequest:
    """What a generator yields to give way: iterating over it, as the scheduler does over callees, says so."""

    __slots__ = ()

    def __iter__(self) -> NoReturn:
        raise TaskSwitch


SWITCH = SwitchRequest()


class Blocked:
    """The result of a hypercall that has to be issued again."""

    __slots__ = ()


BLOCKED = Blocked()
