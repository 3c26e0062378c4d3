"""The reference engine: runs one instance of a verified module in plain Python.

It is the oracle that native engines are compared with: it executes the semantics of the instruction
table itself.  Host functions that raise end the call with their exception unchanged; it passes
guest frames without running handlers, so that guest code cannot swallow an embedder's error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pvm.engines.api import Bindings, EngineLimits, Statistics
from pvm.engines.boundary import argument_count
from pvm.engines.reference.boundary import from_guest, to_guest
from pvm.engines.reference.imports import Linker
from pvm.engines.reference.machine import Machine
from pvm.engines.reference.program import program_of
from pvm.engines.reference.scheduler import entry
from pvm.errors import Trap, UsageError
from pvm.isa.traps import TrapKind
from pvm.pbc.boundary import Boundary, parse_boundary
from pvm.verify.verified import VerifiedModule

MAX_ACTIVATIONS = 24
"""Calls of a guest from host functions that it called, nested; they use Python's own stack."""


class ReferenceEngine:
    """One instance.

    Args:
        verified: the module.
        bindings: what provides the imports.
        limits: fuel, memory, stack and time.
        seed: what ``hash.seed`` gives.
        strict: call every primitive, whose assertions watch the table, instead of inlining.

    Raises:
        LinkError: an import has no provider or another signature.
    """

    def __init__(
        self,
        verified: VerifiedModule,
        bindings: Bindings | None = None,
        limits: EngineLimits | None = None,
        *,
        seed: int = 0,
        strict: bool = False,
    ) -> None:
        bindings = bindings or Bindings()
        self._module = verified.module
        self._machine = Machine(program_of(verified), bindings, limits or EngineLimits(), seed, strict=strict)
        self._machine.imports = Linker(self._machine, bindings).function
        self._exports: dict[str, tuple[int, Boundary]] = {
            each.name: (each.function, parse_boundary(each.boundary)) for each in self._module.exports
        }
        self._activations = 0

    @property
    def deadline(self) -> float | None:
        """The reading of ``time.monotonic()`` at which the program ends."""
        return self._machine.budget.deadline

    @deadline.setter
    def deadline(self, deadline: float | None) -> None:
        self._machine.budget.deadline = deadline

    def run_start(self) -> None:
        """Run the start function, if there is one."""
        if self._module.start is not None:
            self.call(self._module.start, ())

    def call(self, function: int, args: Sequence[object]) -> Any:
        """Call a function with machine values and give its result, None if it has none.

        Precondition: the values are of the types of its parameters.
        """
        machine = self._machine
        if self._activations >= MAX_ACTIVATIONS:
            kind = TrapKind.STACK_OVERFLOW
            raise Trap(kind.mnemonic, "calls between host and guest are nested too deep", machine.frames())
        self._activations += 1
        try:
            machine.budget.refresh()
            arguments = (*args, machine.host_depth)
            machine.scheduler.run(entry(machine.namespace, machine.function(function), arguments))
            result = machine.namespace["R"]
            machine.namespace["R"] = None
        finally:
            self._activations -= 1
        has_result = bool(self._module.signatures[self._module.functions[function].signature].results)
        return result if has_result else None

    def call_export(self, name: str, args: Sequence[object]) -> Any:
        """Call an export with Python values.

        Raises:
            UsageError: there is no such export, or the arguments do not fit its boundary signature.
        """
        if name not in self._exports:
            raise UsageError(f"no export {name!r}")
        function, boundary = self._exports[name]
        argument_count(len(args), len(boundary.params), name)
        account = self._machine.account
        values = [
            to_guest(param, value, f"{name}: argument {number}", account)
            for number, (param, value) in enumerate(zip(boundary.params, args, strict=True), 1)
        ]
        result = self.call(function, values)
        return None if boundary.result is None else from_guest(boundary.result, result)

    def add_fuel(self, units: int) -> None:
        """Raise the fuel limit; without a limit nothing changes."""
        budget = self._machine.budget
        if budget.fuel_limit is not None:
            budget.fuel_limit += units
            budget.refresh()

    def statistics(self) -> Statistics:
        """What was used so far."""
        machine = self._machine
        used, limit = machine.budget.used(), machine.budget.fuel_limit
        remaining = None if limit is None else max(limit - used, 0)
        return Statistics(used, remaining, machine.live, machine.total_allocated(), machine.translated, "reference")

    def close(self) -> None:
        """Nothing has to be given back: Python collects it."""
