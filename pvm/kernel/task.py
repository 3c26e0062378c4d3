"""The border between the kernel and an engine: what each may know of the other.

An engine runs guest code and owns guest memory; the kernel owns everything else that a guest can
name.  The kernel sees a guest as a ``Task`` and its memory as a ``Span``; an engine sees the kernel
as a ``KernelInterface`` that answers hypercalls.  A call that cannot finish now raises
``WouldBlock``: the engine parks the task and issues the same call again later, so a handler must
not have changed anything when it raises.
"""

from __future__ import annotations

from pvm.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pvm.kernel.process import Process

Value = int | str | None
"""What a hypercall gives back: an integer (a value, or a negated errno), a string, or nothing."""


class Task(Protocol):
    """A thread of guest execution, as far as the kernel cares."""

    @property
    def process(self) -> Process:
        """The process that the task belongs to."""


class Span(Protocol):
    """A bounds-checked piece of guest memory, made by the engine for one call.

    The engine raises ``GuestError(Errno.FAULT)`` when the bounds do not fit the array.
    """

    def __len__(self) -> int: ...

    def read(self) -> bytes:
        """Copy the guest bytes out."""

    def write(self, data: bytes) -> int:
        """Copy ``data`` to the front of the span, at most its length; the number of bytes copied."""

    def view(self) -> memoryview:
        """The guest bytes in place; not to be kept beyond the call."""


class HypercallInfo(Protocol):
    """What an engine needs to marshal one hypercall."""

    @property
    def number(self) -> int:
        """The frozen number."""

    @property
    def name(self) -> str:
        """The name that a program imports."""

    @property
    def params(self) -> tuple[str, ...]:
        """One of ``i64``, ``string``, ``bytes`` for each argument; ``bytes`` stands for (array u8, i64, i64)."""

    @property
    def result(self) -> str:
        """``i64``, ``string?`` or ``none``."""


class KernelInterface(Protocol):
    """What an engine may ask of a kernel."""

    def resolve(self, name: str) -> HypercallInfo:
        """The hypercall called ``name``; ``LinkError`` if there is none."""

    def call(self, task: Task, hypercall: HypercallInfo, args: Sequence[object]) -> Value:
        """Perform a call; ``args`` holds an int, a str or a Span for each of ``hypercall.params``."""

    def wait(self, waits: Iterable[WouldBlock], interrupted: Callable[[], bool] | None = None) -> bool:
        """Sleep until one of ``waits`` may succeed; false if interrupted before, or if none ever can."""


class WouldBlock(Exception):
    """The call must wait: until ``deadline_ns`` of the monotonic clock, or until a host descriptor is ready."""

    def __init__(
        self, deadline_ns: int | None = None, readable: int | None = None, writable: int | None = None
    ) -> None:
        super().__init__("the hypercall must wait")
        self.deadline_ns = deadline_ns
        self.readable = readable
        self.writable = writable


class ProcessExit(Exception):
    """The guest asked to end its process; status is 0 to 255."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status
