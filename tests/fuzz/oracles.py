"""Judges what PVM does with a module or a source: a documented outcome, or a finding.

An outcome is documented if it is a result, or one of the errors of ``pvm.errors`` that the stage may raise,
with a position inside the input.  Beside that, what is read must write to the same bytes, text
must assemble to the same module, and two runs must not differ.  ``Broken`` says that one of these
failed; any other exception that comes out of here is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pvm.errors import AssemblyError, CompileError, FormatError, VerifyError
from pvm.pbc.asm import assemble
from pvm.pbc.disasm import disassemble
from pvm.pbc.model import Module
from pvm.pbc.reader import read_module
from pvm.pbc.writer import write_module
from pvm.verify import verify
from pvm.verify.rules import Rule
from tests.fuzz.execution import Observation, observe, observe_public

RULES = frozenset(rule.label for rule in Rule)
MESSAGE_LENGTH = 4_000
ROUND_TRIP = 60_000
"""Bytes of code up to which a module goes through its text form."""


class Broken(AssertionError):
    """PVM did something that it promises not to do."""


@dataclass(slots=True)
class Outcome:
    """How it ended: the stage's documented outcome, and details for the table."""

    label: str
    details: list[str] = field(default_factory=list)


def require(condition: object, message: str) -> None:
    """Raise ``Broken`` unless the condition holds."""
    if not condition:
        raise Broken(message)


def check_message(error: Exception) -> None:
    text = str(error)
    require(0 < len(text) <= MESSAGE_LENGTH, f"message of {len(text)} characters")
    require(text.isprintable(), f"message is not printable: {text[:80]!a}")


def judge_bytes(data: bytes, seed: int) -> Outcome:
    """What becomes of the bytes of a file."""
    try:
        module = read_module(data)
    except FormatError as error:
        require(0 <= error.offset <= len(data), f"offset {error.offset} in a file of {len(data)} bytes")
        check_message(error)
        return Outcome("format error")
    require(write_module(module) == data, "what was read writes to other bytes")
    return judge_module(module, seed, as_read=module)


def judge_model(module: Module, seed: int) -> Outcome:
    """What becomes of a module in memory, which may be one that no file can hold."""
    try:
        data = write_module(module)
    except FormatError as error:
        require(error.offset >= 0, f"offset {error.offset}")
        outcome = judge_module(module, seed, as_read=None)
        outcome.details.append("not writable")
        return outcome
    as_read = read_module(data)
    require(as_read == module, "what was written reads as another module")
    return judge_module(module, seed, as_read=as_read)


def judge_module(module: Module, seed: int, *, as_read: Module | None) -> Outcome:
    """Verify, and run what verifies; ``as_read`` is the equal module out of a file, if a file can hold it.

    Equal is not the same: 0.0 as the initial value of an integer equals the 0 that the file holds.
    """
    if as_read is not None and seed % 4 == 0:
        judge_text_form(as_read)
    try:
        verified = verify(module)
    except VerifyError as error:
        check_verify_error(module, error)
        if seed % 4 == 1:
            check_same_refusal(module, error)
        return Outcome("verify error", [error.rule])
    if as_read is not None and seed % 4 == 2:
        judge_text_form(as_read)
    first = observe(verified, seed)
    second = observe_public(module, seed) if seed % 3 == 0 and can_compare_public(first, module) else None
    compare(first, second or observe(verified, seed, strict=True))
    require("exhausted time" not in first.outcomes, "fuel did not bound time")
    return Outcome("ran", first.outcomes)


def can_compare_public(seen: Observation, module: Module) -> bool:
    """The public interface makes no call without an export, and has the start within the first one."""
    return bool(module.exports) and module.start is None and seen.outcomes[:1] != ["link error"]


def compare(first: Observation, second: Observation) -> None:
    """Two runs of one module must look alike."""
    if first.visible == second.visible:
        return
    for one, other in zip(first.events, second.events, strict=False):
        require(one == other, f"two runs differ: {one[:300]!r} and {other[:300]!r}")
    require(len(first.events) == len(second.events), "two runs differ in the number of events")
    require(first.stdout == second.stdout, "two runs differ in output")
    raise Broken(f"two runs differ: {first.visible[2:]} and {second.visible[2:]}")


def check_verify_error(module: Module, error: VerifyError) -> None:
    require(error.rule in RULES, f"unknown rule {error.rule}")
    check_message(error)
    if not error.function:
        return
    named = (each.name or f"function {index}" for index, each in enumerate(module.functions))
    codes = [len(each.code) for name, each in zip(named, module.functions, strict=True) if name == error.function]
    require(codes, f"error in {error.function[:80]!a}, which is no function")
    require(any(0 <= error.pc <= size for size in codes), f"error at {error.pc} of code of {codes} bytes")


def check_same_refusal(module: Module, first: VerifyError) -> None:
    try:
        verify(module)
    except VerifyError as second:
        require(str(first) == str(second), f"verifying twice gives {first} and {second}")
        return
    raise Broken(f"refused once, accepted twice: {first}")


def judge_text_form(module: Module) -> None:
    """A module goes to text and back unchanged, or its code does not decode."""
    if sum(len(each.code) for each in module.functions) > ROUND_TRIP:
        return
    try:
        text = disassemble(module)
    except FormatError as error:
        sizes = [len(each.code) for each in module.functions]
        require(0 <= error.offset <= max(sizes, default=0), f"offset {error.offset} outside of all code")
        check_message(error)
        return
    try:
        again = assemble(text)
    except AssemblyError as error:
        raise Broken(f"disassembly does not assemble: {error}") from error
    require(again == module, "disassembly assembles to another module")
    require(write_module(again) == write_module(module), "disassembly assembles to other bytes")


def judge_assembly(text: str, seed: int) -> Outcome:
    """What becomes of assembly text."""
    try:
        module = assemble(text, "fuzzed")
    except AssemblyError as error:
        lines = text.split("\n")
        require(1 <= error.line <= len(lines) + 1, f"line {error.line} of a text of {len(lines)} lines")
        width = len(lines[error.line - 1]) if error.line <= len(lines) else 0
        require(1 <= error.column <= width + 2, f"column {error.column} in a line of {width} characters")
        check_message(error)
        return Outcome("assembly error")
    return judge_bytes(write_module(module), seed)


def judge_source(text: str, seed: int, compile_text: Callable[[str], Module]) -> Outcome:
    """What becomes of a Pebble source: what compiles must verify."""
    try:
        module = compile_text(text)
    except CompileError as error:
        require(error.diagnostics, "a program is refused without a diagnostic")
        require(error.rendered.strip(), "a program is refused without a text to show")
        return Outcome("compile error", [code_of(each) for each in error.diagnostics[:1]])
    except VerifyError as error:
        raise Broken(f"the compiler made what the verifier refuses: {error}") from error
    try:
        verify(module)
    except VerifyError as error:
        raise Broken(f"the compiler made what the verifier refuses: {error}") from error
    return judge_bytes(write_module(module), seed)


def code_of(diagnostic: object) -> str:
    return str(getattr(diagnostic, "code", type(diagnostic).__name__))
