"""Runs a verified module under tight limits in a world without the host, and writes down all that can be seen.

Time is virtual and randomness seeded, so whatever two runs of a module show must be equal: results,
traps with their frames, output, files, fuel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, NamedTuple

from pvm.embed.instance import Instance
from pvm.embed.limits import Limits
from pvm.embed.module import Module as PublicModule
from pvm.engines.api import DEFAULT_QUANTUM, Bindings, Engine, EngineLimits, Statistics
from pvm.engines.native.checked import CheckedModule
from pvm.engines.native.debug import NO_DEBUG, Debug
from pvm.engines.native.engine import NativeEngine
from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import Exhaustion, GuestExit, LinkError, Trap
from pvm.isa.types import ArrayKind
from pvm.kernel import CAPTURE, Kernel, MemDir, Process, ProcessExit, Quotas
from pvm.pbc.boundary import BoundaryKind, BoundaryType, parse_boundary
from pvm.pbc.model import ImportKind, Module
from pvm.verify.verified import VerifiedModule
from tests.fuzz import edges

FUEL = 20_000
MEMORY = 4 << 20
STACKS = (32 << 10, 32 << 10, 32 << 10, 4 << 20)
"""One of them, by the case."""
SECONDS = 20.0
"""Wall time after which fuel has failed to bound a run; a machine may be busy."""


SECONDS_WITH_COMPILER = 150.0
"""The same where the run waits for each of its functions to be compiled."""


class RunLimits(NamedTuple):
    """Limits of a run; a stack of 0 is by the case."""

    fuel: int = FUEL
    memory: int = MEMORY
    stack: int = 0
    quantum: int = DEFAULT_QUANTUM


LIMITS = RunLimits()
QUOTAS = Quotas(bytes=1 << 20, file_size=1 << 19, files=64, descriptors=32, output_bytes=1 << 16)
FILES = {"file": b"some text\nof two lines\n", "empty": b"", "sub/deep": b"\xff\xfe"}


@dataclass(slots=True)
class Observation:
    """What a run showed; ``events`` has a line for each call from outside and each call of the host."""

    events: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    """The class of each call: returned, trap KIND, exhausted KIND, exit, link error."""
    stdout: bytes = b""
    stderr: bytes = b""
    statistics: Statistics | None = None
    usage: object = None

    @property
    def visible(self) -> tuple[object, ...]:
        """What must be equal in another run on the same engine."""
        figures = self.statistics and (self.statistics.fuel_used, self.statistics.allocated)
        return tuple(self.events), self.stdout, self.stderr, figures, self.usage

    @property
    def on_any_engine(self) -> tuple[object, ...]:
        """What must be equal on another engine: all but what was allocated, since strings of the module are too."""
        fuel = self.statistics and self.statistics.fuel_used
        return tuple(self.events), self.stdout, self.stderr, fuel, self.usage


class GuestProcess:
    """The kernel's view of the run."""

    def __init__(self, process: Process) -> None:
        self.process = process


def make_kernel(seed: int) -> Kernel:
    return Kernel(
        {"/": MemDir(), "/tmp": MemDir(), "/data": MemDir(FILES, read_only=True)},
        env={"A": "1"},
        stdin=b"line one\nline two\n",
        stdout=CAPTURE,
        stderr=CAPTURE,
        clock="virtual",
        seed=seed,
        quotas=QUOTAS,
    )


def observe(verified: VerifiedModule, seed: int, *, strict: bool = False, limits: RunLimits = LIMITS) -> Observation:
    """Run every export once, on the reference engine itself."""
    return _observed(verified, seed, partial(ReferenceEngine, verified, strict=strict), limits)


def observe_natively(
    verified: VerifiedModule, seed: int, *, debug: Debug = NO_DEBUG, limits: RunLimits = LIMITS
) -> Observation:
    """The same on the native engine, compiled if the mode is so.

    Raises:
        Unsupported: it cannot run this module.
    """
    return observe_checked(CheckedModule(verified), seed, debug=debug, limits=limits)


def observe_checked(
    checked: CheckedModule, seed: int, *, debug: Debug = NO_DEBUG, limits: RunLimits = LIMITS
) -> Observation:
    """The same, with what was compiled when the same object ran before.

    Raises:
        Unsupported: the native engine cannot run this module.
    """
    make = partial(NativeEngine, checked, debug=debug, jit=debug.eager)
    return _observed(checked.verified, seed, make, limits, SECONDS_WITH_COMPILER if debug.eager else SECONDS)


def _observed(
    verified: VerifiedModule, seed: int, make: Callable[..., Engine], limits: RunLimits, seconds: float = SECONDS
) -> Observation:
    seen = Observation()
    with make_kernel(seed) as kernel:
        process = kernel.new_process([verified.module.name])
        deadline = time.monotonic() + seconds
        try:
            engine = make(
                Bindings(kernel, GuestProcess(process), host_functions(verified.module, seen)),
                EngineLimits(
                    limits.fuel, limits.memory, limits.stack or STACKS[seed % len(STACKS)], deadline, limits.quantum
                ),
                seed=int.from_bytes(kernel.random.read(8), "little"),
            )
        except LinkError as error:
            note(seen, "link", error)
            return seen
        if verified.module.start is None or attempt(seen, "start", engine.run_start):
            call_exports(seen, verified.module, seed, engine.call_export)
        finish(seen, kernel, engine.statistics())
        engine.close()
    return seen


def observe_public(module: Module, seed: int) -> Observation:
    """The same by the public interface."""
    seen = Observation()
    public = PublicModule(module)
    with make_kernel(seed) as kernel:
        try:
            instance = Instance(
                public,
                limits=Limits(memory=MEMORY, fuel=FUEL, timeout=SECONDS, stack=STACKS[seed % len(STACKS)]),
                kernel=kernel,
                imports=host_functions(module, seen),
                tier="reference",
            )
        except LinkError as error:
            note(seen, "link", error)
            return seen
        with instance:
            # An instance starts with its first call; a start that fails must stay the outcome of that call.
            for name, arguments in planned_calls(module, seed):
                if not attempt(seen, name, lambda name=name, arguments=arguments: instance.call(name, *arguments)):  # type: ignore[misc]
                    break
            finish(seen, kernel, instance.statistics)
    return seen


def finish(seen: Observation, kernel: Kernel, statistics: Statistics) -> None:
    seen.stdout, seen.stderr = kernel.stdout_bytes, kernel.stderr_bytes
    seen.statistics = statistics
    seen.usage = kernel.usage()


def planned_calls(module: Module, seed: int) -> list[tuple[str, list[object]]]:
    """The calls to make: each export with arguments of its types."""
    random = Random(seed)
    return [
        (each.name, [argument(random, param) for param in parse_boundary(each.boundary).params])
        for each in module.exports[:8]
    ]


def call_exports(seen: Observation, module: Module, seed: int, call: Callable[[str, Sequence[object]], object]) -> None:
    for name, arguments in planned_calls(module, seed):
        if not attempt(seen, name, lambda name=name, arguments=arguments: call(name, arguments)):  # type: ignore[misc]
            return


def attempt(seen: Observation, what: str, action: Callable[[], object]) -> bool:
    """Do it and note the outcome; whether the program can still be called."""
    try:
        seen.events.append(f"{what} = {shown(action())}")
        seen.outcomes.append("returned")
    except (Trap, Exhaustion, GuestExit, ProcessExit, LinkError) as error:
        note(seen, what, error)
        return isinstance(error, Trap)
    return True


def note(seen: Observation, what: str, error: BaseException) -> None:
    match error:
        case Trap():
            outcome = f"trap {error.kind}"
        case Exhaustion():
            outcome = f"exhausted {error.kind}"
        case LinkError():
            outcome = "link error"
        case _:
            outcome = "exit"
    frames = " < ".join(f"{frame}@{frame.pc}:{frame.column}" for frame in getattr(error, "frames", ()))
    status = getattr(error, "status", "")
    message = "" if outcome == "exit" else str(error)
    seen.events.append(f"{what}: {outcome} {status} {message} {getattr(error, 'exception', '')} {frames}")
    seen.outcomes.append(outcome)


def shown(value: object) -> str:
    """A result as text; one object of the guest is like another."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return "object"


def host_functions(module: Module, seen: Observation) -> dict[str, Callable[..., Any]]:
    """A Python function for each host import, which notes its arguments and gives a value of its type."""
    found: dict[str, Callable[..., Any]] = {}
    for item in module.imports:
        if item.kind is ImportKind.HOST:
            found[item.name] = _host_function(item.name, parse_boundary(item.boundary).result, seen)
    return found


def _host_function(name: str, result: BoundaryType | None, seen: Observation) -> Callable[..., Any]:
    random = Random(name)

    def call(*arguments: object) -> object:
        if len(seen.events) < 200:
            seen.events.append(f"host {name}({', '.join(map(shown, arguments))})")
        return None if result is None else argument(random, result)

    return call


def argument(random: Random, wanted: BoundaryType) -> object:
    """A Python value of a boundary type."""
    if wanted.nullable and random.random() < 0.3:
        return None
    limits = wanted.int_range
    if limits is not None:
        low, high = limits
        return random.choice((low, high, 0, 1, 2, 3, random.randrange(low, high + 1)))
    match wanted.kind:
        case BoundaryKind.BOOL:
            return random.random() < 0.5
        case BoundaryKind.CHAR:
            return random.choice("aé\U0001f600\0")
        case BoundaryKind.F32:
            return random.choice(edges.F32S)
        case BoundaryKind.F64:
            return random.choice(edges.F64S)
        case BoundaryKind.ARRAY:
            assert wanted.element is not None
            element = BoundaryType(BoundaryKind(str(wanted.element)))
            listed = [argument(random, element) for _ in range(random.randrange(5))]
            return bytes(listed) if wanted.element is ArrayKind.U8 else listed  # type: ignore[arg-type]
        case _:
            return edges.text(random)
