"""What an embedder needs of any engine: limits, bindings, and the engine itself as a protocol.

An engine runs one instance of one verified module.  Values at this border are Python values,
converted by the boundary signatures of exports and host imports.
"""

from __future__ import annotations

from types import MappingProxyType

from pvm.engines.turns import DEFAULT_QUANTUM
from pvm.kernel.task import KernelInterface, Task
from pvm.typed import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

DEFAULT_MEMORY = 256 << 20
DEFAULT_STACK = 4 << 20


class EngineLimits(NamedTuple):
    """Limits of one instance; None is no limit.

    ``deadline`` is a reading of ``time.monotonic()``; the engine lets it be moved later.
    """

    fuel: int | None = None
    memory: int = DEFAULT_MEMORY
    stack: int = DEFAULT_STACK
    deadline: float | None = None
    quantum: int = DEFAULT_QUANTUM


class Bindings(NamedTuple):
    """What provides the imports: a kernel with the task that its calls are made for, and host functions."""

    kernel: KernelInterface | None = None
    task: Task | None = None
    host: Mapping[str, Callable[..., Any]] = MappingProxyType({})


class Collections(NamedTuple):
    """What a garbage collector did: collections of the nursery, complete ones, calls that did a slice of them; bytes.

    ``in_use`` is what the heap takes outside of the nursery, holes included, and ``peak`` the most that it ever took.
    """

    minor: int
    major: int
    slices: int
    promoted: int
    freed: int
    in_use: int
    peak: int
    seconds: float
    """Time of the collector: the program waits for it."""
    longest: float
    """The longest wait."""


class Compilation(NamedTuple):
    """What a JIT did for a program, all of its instances together; ``code`` is bytes of machine code.

    ``kept`` of the functions were compiled by earlier runs, ``waiting`` are hot and not compiled yet; ``failed`` says
    by name of the function why there is no code for it.  ``seconds`` is the time of the compiler, beside the program.
    Of ``looks`` at the instance, about one a millisecond, ``looks_compiled`` found it in a compiled function.
    ``trouble`` says why nothing can be compiled, if the host does not let it: the program runs on in the interpreter.
    """

    functions: int
    kept: int
    waiting: int
    failed: Mapping[str, str]
    code: int
    seconds: float
    looks: int
    looks_compiled: int
    trouble: str = ""


class Statistics(NamedTuple):
    """What a run used so far; ``memory`` is what was live at the last count, ``collections`` None if nobody counts.

    ``tier`` is the name of the engine, and ``stacks`` are the bytes that the stacks of all tasks take, where they
    are not counted as memory.  ``compilation`` is None without a JIT.
    """

    fuel_used: int
    fuel_remaining: int | None
    memory: int
    allocated: int
    translated: int
    tier: str
    stacks: int = 0
    collections: Collections | None = None
    compilation: Compilation | None = None

    def without_times(self) -> Statistics:
        """The same without what the clock and a compiler beside the program decide: equal for equal runs."""
        found = self.collections
        untimed = None if found is None else found._replace(seconds=0.0, longest=0.0)
        return self._replace(collections=untimed, compilation=None)


class Engine(Protocol):
    """One running instance."""

    deadline: float | None

    def run_start(self) -> None:
        """Run the start function, if there is one; once, before anything else."""

    def call(self, function: int, args: Sequence[object]) -> object:
        """Call a function with machine values (ints, floats, references) and give its result."""

    def call_export(self, name: str, args: Sequence[object]) -> object:
        """Call an export with Python values."""

    def add_fuel(self, units: int) -> None:
        """Raise the fuel limit."""

    def statistics(self) -> Statistics:
        """What was used."""

    def close(self) -> None:
        """Give everything back; nothing may run then."""
