"""Judges whether the native engine shows of a module what the reference engine shows.

Collectors find at different times that memory is full.  So there is far more memory than fuel to fill it, and runs
that still come near the limit are not compared.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from unittest import mock

from pvm.engines.api import DEFAULT_QUANTUM
from pvm.engines.native.checked import CheckedModule
from pvm.engines.native.debug import NO_DEBUG, Debug
from pvm.engines.native.jit import promotion
from pvm.engines.native.unsupported import Unsupported
from pvm.errors import AssemblyError, CompileError, FormatError, VerifyError
from pvm.pbc.asm import assemble
from pvm.pbc.model import Module
from pvm.pbc.reader import read_module
from pvm.pbc.writer import write_module
from pvm.verify import verify
from tests.fuzz import profiles
from tests.fuzz.execution import Observation, RunLimits, observe, observe_checked, observe_natively
from tests.fuzz.oracles import Broken, Outcome, require

LIMITS = RunLimits(memory=64 << 20)
ORDINARY = promotion.GENERATOR
SOURCE_LIMITS = RunLimits(fuel=400_000, memory=128 << 20, stack=256 << 10)
MODES = (
    NO_DEBUG,
    Debug(stress=1, check_every=300),
    Debug(suspend_every=800),
    Debug(stress=2, marks=40, check_every=500, suspend_every=900),
)
"""One of them, by the case; the compiled code of the same program runs in the next one."""
EAGER = Debug(eager=True, speed=0, keep=False)
LOOKS = (30, 400, 90, 1_500, 200)
SHORT_LOOKS = (45, 60, 90, 130, 200, 400)
"""Units from one look to the next, by the case: some more than what a short function needs."""
LOOPS = (300, 2_000, 900, 6_000)
COMPILED_MODES = (
    *MODES,
    NO_DEBUG._replace(loops=LOOPS),
    NO_DEBUG._replace(looks=LOOKS),
    Debug(stress=2, marks=40, check_every=500, loops=LOOPS),
)
"""How compiled code runs a module that was drawn for it: each mode with and without all that LLVM does and any profile,
since their number has no divisor in common with how many modules there are for one of those."""
QUANTA = (97, 500, 3_000, DEFAULT_QUANTUM)
SELDOM_OPTIMISED = 4
"""One of so many such modules is compiled with all that LLVM does, which takes eight times as long."""
FUEL_COMPILED = 60_000
FUEL_LIMITS = 4
SLOWER = 25
"""Factor on the intervals where programs are longer."""


def judge_on_engines(given: bytes | str | Module, seed: int, parse: Callable[[str], Module]) -> Outcome:
    """Run what verifies on every engine, and compare."""
    try:
        verified = verify(as_module(given, parse))
    except (FormatError, AssemblyError, CompileError, VerifyError):
        return Outcome("refused")
    is_source = isinstance(given, str) and parse is not parse_assembly
    limits = SOURCE_LIMITS if is_source else LIMITS
    first = observe(verified, seed, limits=limits)
    for debug in modes_for(seed, is_source=is_source):
        if debug.eager and not is_writable(verified.module):
            continue
        try:
            second = observe_natively(verified, seed, limits=limits, debug=debug)
        except Unsupported:
            return Outcome("unsupported", first.outcomes)
        if first.on_any_engine == second.on_any_engine:
            continue
        if fills_memory(first, limits) or fills_memory(second, limits):
            return Outcome("memory", first.outcomes)
        raise Broken(f"{'JIT' if debug.eager else 'interpreter'} differs: {difference(first, second)}")
    return Outcome("agreed", first.outcomes)


def judge_compiled(module: Module, seed: int) -> Outcome:
    """Run a module that was drawn for compiled code, and again with fuel that ends anywhere in between.

    A third of them is compiled by profiles that say anything.
    """
    random = Random(seed)
    if promotion.GENERATOR == ORDINARY and seed % 3 == 0:
        with mock.patch.object(promotion, "GENERATOR", profiles.GENERATOR):
            return judge_compiled(module, seed)
    verified = verify(module)
    limits = LIMITS._replace(quantum=random.choice(QUANTA), fuel=FUEL_COMPILED)
    first = observe(verified, seed, limits=limits)
    mode, others = COMPILED_MODES[seed % len(COMPILED_MODES)], seed // len(COMPILED_MODES)
    if mode.looks or (mode == NO_DEBUG and others % 2):
        mode = mode._replace(looks=(SHORT_LOOKS[others % len(SHORT_LOOKS)],))
    debug = mode._replace(eager=True, whole=others % 3 > 0, keep=False, speed=2 if is_slow(seed) else 0)
    checked = CheckedModule(verified)
    ways = {"interpreter": MODES[seed % len(MODES)], "JIT": debug}
    for name, way in ways.items():
        second = observe_checked(checked, seed, limits=limits, debug=way)
        if first.on_any_engine != second.on_any_engine:
            raise Broken(f"{name} differs: {difference(first, second)}")
    assert first.statistics is not None
    for fuel in fuel_limits(random, first.statistics.fuel_used):
        less = limits._replace(fuel=fuel)
        one, other = (observe_checked(checked, seed, limits=less, debug=way) for way in (NO_DEBUG, debug))
        if one.on_any_engine != other.on_any_engine:
            raise Broken(f"JIT differs with fuel {fuel}: {difference(one, other)}")
    return Outcome("agreed", first.outcomes)


def is_slow(seed: int) -> bool:
    """Whether a module is compiled with all that LLVM does."""
    return seed % SELDOM_OPTIMISED == 0


def fuel_limits(random: Random, used: int) -> list[int]:
    """Some amounts of fuel that are less than what a run has used, neighbours among them."""
    if used < 2:
        return []
    apart = [random.randrange(1, used) for _ in range(FUEL_LIMITS)]
    begin = random.randrange(1, used)
    return [*apart, *range(begin, min(begin + FUEL_LIMITS, used))]


def is_writable(module: Module) -> bool:
    """Whether a module has a file form, which the worker of the JIT reads: some that were never files have none."""
    try:
        write_module(module)
    except FormatError:
        return False
    return True


def modes_for(seed: int, *, is_source: bool) -> tuple[Debug, Debug]:
    """How the interpreter and how compiled code runs a case."""
    slower = SLOWER if is_source else 1
    interpreted, compiled = (MODES[number % len(MODES)] for number in (seed, seed // len(MODES)))
    looks = LOOKS if seed % 3 == 0 and not compiled.suspend_every else ()
    return tuple(
        each._replace(check_every=slower * each.check_every, suspend_every=slower * each.suspend_every)
        for each in (interpreted, compiled._replace(eager=True, speed=EAGER.speed, keep=EAGER.keep, looks=looks))
    )


def as_module(given: bytes | str | Module, parse: Callable[[str], Module]) -> Module:
    """A module in memory, of a file, or of a text."""
    if isinstance(given, Module):
        return given
    return parse(given) if isinstance(given, str) else read_module(given)


def parse_assembly(text: str) -> Module:
    """Assembly text as a module."""
    return assemble(text, "fuzzed")


def fills_memory(seen: Observation, limits: RunLimits) -> bool:
    """Whether so much was allocated that the collector may have found memory full."""
    require(seen.statistics is not None, "one engine links, the other does not")
    assert seen.statistics is not None
    return seen.statistics.allocated > limits.memory // 2


def difference(first: Observation, second: Observation) -> str:
    """Where two runs differ first."""
    for one, other in zip(first.events, second.events, strict=False):
        if one != other:
            return f"{one[:600]!r} and {other[:600]!r}"
    names = ("events", "stdout", "stderr", "fuel", "usage")
    for name, left, right in zip(names, first.on_any_engine, second.on_any_engine, strict=True):
        if left != right:
            return f"{name} {left!r:.300} and {right!r:.300}"
    raise AssertionError("they do not differ")
