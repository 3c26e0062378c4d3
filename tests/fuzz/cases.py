"""A case is a kind and a number, from which everything follows: input, verdict, and the way to repeat it.

``run_case`` never raises: whatever is not documented becomes a ``Finding``.  A case that takes too
much processor time or memory is a finding too.
"""

from __future__ import annotations

import resource
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from pvm.errors import PvmError
from pvm.pbc.disasm import disassemble
from pvm.pbc.model import Module
from tests.fuzz import corpus
from tests.fuzz.agreement import judge_compiled, judge_on_engines, parse_assembly
from tests.fuzz.compiled import generate_compiled
from tests.fuzz.extremes import generate_extreme
from tests.fuzz.generators import generate_module
from tests.fuzz.model_mutators import mutate_module
from tests.fuzz.mutators import mutate_file, mutate_text, vary_source, window
from tests.fuzz.oracles import Broken, Outcome, judge_assembly, judge_bytes, judge_model, judge_source
from tests.fuzz.programs import generate_program
from tests.fuzz.shrinking import shrink_module, shrink_text
from tests.fuzz.source_shapes import shaped_source

CPU_SECONDS = 20.0
"""Processor time of one case; even a slow one needs a tenth of that."""
GROWTH = 400 << 20
"""Bytes by which the peak memory of the process may rise in one case."""
SOURCE_SIZE = 4_000

MODULE_KINDS = {"generated": 30, "extreme": 2, "file": 30, "model": 30, "assembly": 8}
"""Kinds of case about modules, and how many of a hundred are of each."""
SOURCE_KIND = "source"
ON_ENGINES = "engines-"
"""Before a kind: its input is not only judged, but run on every engine, and what they show is compared."""
COMPILED = "compiled"
"""A kind of module that is drawn for compiled code, and runs with several limits of fuel."""
ENGINE_KINDS = {"generated": 30, "extreme": 1, "file": 10, "model": 20, "assembly": 5, "program": 10, COMPILED: 24}
"""The same shares for these cases."""


@dataclass(frozen=True, slots=True)
class Case:
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"

    @property
    def random(self) -> Random:
        return Random(str(self))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something undocumented: ``symptom`` is equal for what is likely the same bug."""

    case: Case
    symptom: str
    report: str


@dataclass(slots=True)
class Result:
    case: Case
    label: str
    details: list[str]
    finding: Finding | None = None


class OutOfTime(BaseException):
    """The case has used up its processor time; no Exception, so that nobody swallows it."""


def module_case(number: int) -> Case:
    """The case of that number in a campaign over modules."""
    return Case(_kind_of(MODULE_KINDS, number), number)


def engine_case(number: int) -> Case:
    """The case of that number in a campaign that compares engines."""
    return Case(ON_ENGINES + _kind_of(ENGINE_KINDS, number), number)


def _kind_of(shares: dict[str, int], number: int) -> str:
    place = number % 100
    for kind, share in shares.items():
        if place < share:
            return kind
        place -= share
    raise AssertionError("shares are of a hundred")


def source_case(number: int) -> Case:
    return Case(SOURCE_KIND, number)


# Inputs


def make_input(case: Case) -> bytes | str | Module:
    """The input of a case."""
    random = case.random
    match case.kind.removeprefix(ON_ENGINES):
        case "generated":
            return generate_module(random)
        case "extreme":
            return generate_extreme(random)
        case "compiled":
            return generate_compiled(random)
        case "file":
            size = corpus.pool_size()
            data, donor = corpus.pool_bytes(random.randrange(size)), corpus.pool_bytes(random.randrange(size))
            return mutate_file(random, data, donor)
        case "model":
            size = corpus.pool_size()
            return mutate_module(
                random, corpus.pool_module(random.randrange(size)), corpus.pool_module(random.randrange(size))
            )
        case "assembly":
            return mutate_text(random, _assembly_text(random), _assembly_text(random))
        case "program":
            return generate_program(random)
        case _:
            if random.random() < 0.06:
                return shaped_source(random)
            text, other = random.choice(corpus.sources()), random.choice(corpus.sources())
            if random.random() < 0.5:
                return vary_source(random, text)
            return mutate_text(random, window(random, text, SOURCE_SIZE), other)


def _assembly_text(random: Random) -> str:
    if random.random() < 0.5:
        return random.choice(corpus.assembly())
    return disassemble(corpus.generated_module(random.randrange(corpus.GENERATED)))


def judge(case: Case, given: bytes | str | Module) -> Outcome:
    """Judge an input as the kind of the case says."""
    seed = case.number
    if case.kind == ON_ENGINES + COMPILED:
        assert isinstance(given, Module)
        return judge_compiled(given, seed)
    if case.kind.startswith(ON_ENGINES):
        return judge_on_engines(given, seed, parse_assembly if case.kind.endswith("assembly") else compile_text)
    if isinstance(given, bytes):
        return judge_bytes(given, seed)
    if isinstance(given, Module):
        outcome = judge_model(given, seed)
        if case.kind in {"generated", "extreme"} and outcome.label != "ran":
            raise Broken(f"a generated module is refused: {outcome.label} {' '.join(outcome.details)}")
        return outcome
    if case.kind == "assembly":
        return judge_assembly(given, seed)
    return judge_source(given, seed, compile_text)


def compile_text(text: str) -> Module:
    from compiler.driver import compile_source

    return compile_source(text, "fuzzed.peb")


# Running


def run_case(case: Case) -> Result:
    """Make the input, judge it, and turn what is not documented into a finding."""
    return _guarded(case, lambda: make_input(case))


def run_input(case: Case, given: bytes | str | Module) -> Result:
    """The same for an input that was made otherwise."""
    return _guarded(case, lambda: given)


def _guarded(case: Case, make: Callable[[], bytes | str | Module]) -> Result:
    before = _peak_memory()
    warnings.simplefilter("error")  # a warning of Python on the host's stderr is documented nowhere
    try:
        with cpu_limit(CPU_SECONDS):
            outcome = judge(case, make())
    except OutOfTime as error:
        return _found(case, "too slow", error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - anything else is exactly what is sought
        return _found(case, "", error)
    growth = _peak_memory() - before
    if growth > GROWTH:
        finding = Finding(case, "memory", f"peak memory rose by {growth >> 20} MiB")
        return Result(case, "finding", [finding.symptom], finding)
    return Result(case, outcome.label, outcome.details)


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _found(case: Case, symptom: str, error: BaseException) -> Result:
    finding = Finding(case, symptom or symptom_of(error), "".join(traceback.format_exception(error))[-6_000:])
    return Result(case, "finding", [finding.symptom], finding)


def symptom_of(error: BaseException) -> str:
    """What names a bug: the kind of error and the innermost place of the project it comes from."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if str(corpus.ROOT) in each.filename]
    ours = [each for each in frames if "/tests/" not in each.filename] or frames
    where = f"{Path(ours[-1].filename).relative_to(corpus.ROOT)}:{ours[-1].name}" if ours else "unknown place"
    if isinstance(error, Broken):
        return str(error).partition(": ")[0][:80]
    kind = type(error).__name__
    return f"undocumented {kind} in {where}" if isinstance(error, PvmError) else f"{kind} in {where}"


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTime`` after so much processor time of this process."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    previous: Any = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


# Keeping


def save_input(case: Case, folder: Path) -> Path | None:
    """Write the input of a case, if it can be made, and give its path."""
    try:
        given = make_input(case)
    except Exception:  # noqa: BLE001 - the input of a finding in a generator cannot be made
        return None
    stem = f"{case.kind}-{case.number}"
    if isinstance(given, bytes):
        path = folder / f"{stem}.pbc"
        path.write_bytes(given)
        return path
    is_text = isinstance(given, str)
    suffix = (".pasm" if case.kind.endswith("assembly") else ".peb") if is_text else ".txt"
    path = folder / f"{stem}{suffix}"
    text = given if isinstance(given, str) else repr(given)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


def shrink(case: Case) -> bytes | str | Module:
    """Make the input of a finding smaller, as long as the symptom stays."""
    wanted = run_case(case).finding
    given = make_input(case)
    if wanted is None:
        return given

    def still_fails(candidate: bytes | str | Module) -> bool:
        found = run_input(case, candidate).finding
        return found is not None and found.symptom == wanted.symptom

    if isinstance(given, bytes):
        return given
    return shrink_text(given, still_fails) if isinstance(given, str) else shrink_module(given, still_fails)
