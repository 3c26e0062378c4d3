"""The native engine: one instance of a verified module, run by the interpreter's machine code."""

from __future__ import annotations

import weakref

from pvm.engines.api import Bindings, Collections, EngineLimits, Statistics
from pvm.engines.native import layout
from pvm.engines.native.checked import CheckedModule
from pvm.engines.native.debug import Debug, current
from pvm.engines.native.heap import Reference
from pvm.engines.native.interpreter.loading import interpreter_code
from pvm.engines.native.linked import REFERENCE
from pvm.engines.native.machine import Machine
from pvm.engines.native.program import program_of
from pvm.engines.native.slots import slot_value
from pvm.engines.native.unsupported import Unsupported
from pvm.errors import UsageError
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pvm.engines.native.entry import Entry

_UNCONVERTED = frozenset({"()", "() -> i64"})
"""Boundary signatures across which machine values are Python values: those of main, so that a run loads no more."""


class NativeEngine:
    """One instance.

    Args:
        checked: the module.
        bindings: what provides the imports.
        limits: fuel, memory, stack and time.
        seed: what ``hash.seed`` gives.
        debug: how to run to find mistakes; by default as ``debugging`` says.
        jit: compile hot functions.

    Raises:
        LinkError: an import has no provider or another signature.
        Unsupported: the module is too large for this engine, or there is no machine code for the host.
    """

    def __init__(
        self,
        checked: CheckedModule,
        bindings: Bindings | None = None,
        limits: EngineLimits | None = None,
        *,
        seed: int = 0,
        debug: Debug | None = None,
        jit: bool = False,
    ) -> None:
        code = interpreter_code()
        try:
            program = program_of(checked, jit=jit)
        except OSError as error:
            raise Unsupported(f"the host has no memory for it: {error.strerror}") from None
        self._machine = Machine(
            program, code, bindings or Bindings(), limits or EngineLimits(), seed, debug or current(), jit=jit
        )
        self._finalizer = weakref.finalize(self, Machine.close, self._machine)
        self._finalizer.atexit = False
        self._tier = "jit" if jit else "interpreter"
        self._linked = program.linked
        self._entries: dict[str, Entry] = {}

    @property
    def deadline(self) -> float | None:
        """The reading of ``time.monotonic()`` at which the program ends."""
        return self._machine.deadline

    @deadline.setter
    def deadline(self, deadline: float | None) -> None:
        self._machine.deadline = deadline

    def run_start(self) -> None:
        """Run the start function, if there is one."""
        if self._linked.start is not None:
            self.call(self._linked.start, ())

    def call(self, function: int, args: Sequence[object]) -> Any:
        """Call a function with machine values and give its result, None if it has none.

        References are ``Reference``s, bytes for strings, or None.
        """
        machine = self._machine
        entered = machine.entered
        if entered != machine.hosting:
            machine.refuse_to_nest()
        try:
            machine.entered = entered + 1
            return self._call(function, args)
        finally:
            machine.entered = entered

    def _call(self, function: int, args: Sequence[object]) -> Any:
        params, result = self._linked.signatures[self._linked.functions[function].signature]
        heap = self._machine.heap
        values: list[Any] = list(args)
        references = [number for number, type_ in enumerate(params) if type_ == REFERENCE]
        handles = [heap.keep(self._address(args[number])) for number in references]
        for number, handle in zip(references, handles, strict=True):
            values[number] = heap.resolve(handle)
            heap.release(handle)
        bits = self._machine.call(self._machine.target(function), values)
        return None if result is None else self._value(result, bits)

    def _address(self, value: object) -> int:
        if isinstance(value, bytes):
            return self._machine.heap.new_string(value)
        address = 0 if value is None else value.address_in(self._machine.heap)  # type: ignore[attr-defined] # References
        assert address is not None
        return address

    def _value(self, type_: str, bits: int) -> object:
        value = slot_value(type_, bits)
        if type_ != REFERENCE:
            return value
        heap = self._machine.heap
        if not value:
            return None
        address = int(value)
        return heap.text(address) if heap.is_string(address) else Reference(heap, heap.keep(address))

    def call_export(self, name: str, args: Sequence[object]) -> Any:
        """Call an export with Python values.

        Raises:
            UsageError: there is no such export, or the arguments do not fit its boundary signature.
        """
        machine = self._machine
        entered = machine.entered
        if entered != machine.hosting:
            machine.refuse_to_nest()
        try:
            machine.entered = entered + 1
            entry = self._entries.get(name)
            return self._call_first(name, args) if entry is None else entry(args)
        finally:
            machine.entered = entered

    def _call_first(self, name: str, args: Sequence[object]) -> Any:
        """The same the first time."""
        function = self._linked.exports.get(name)
        if function is None:
            raise UsageError(f"no export {name!r}")
        boundary = self._linked.interface.exports[name]
        if not args and boundary in _UNCONVERTED:
            return self._call(function, ())
        from pvm.engines.native.entry import Entry

        entry = self._entries[name] = Entry(self._machine, name, function, boundary)
        return entry(args)

    def add_fuel(self, units: int) -> None:
        """Raise the fuel limit; without a limit nothing changes."""
        if self._machine.limits.fuel is not None:
            cage = self._machine.cage
            cage.set_word("fuel_limit", cage.word("fuel_limit") + units)
            self._machine.native.fuel_refresh()

    def statistics(self) -> Statistics:
        """What was used so far."""
        machine = self._machine
        cage = machine.cage
        used = machine.fuel_used()
        remaining = None if machine.limits.fuel is None else max(cage.word("fuel_limit") - used, 0)
        young = max(cage.word("nursery_top") - layout.HEAP, 0)
        allocated = cage.word("allocated") + young
        words = ("minor_collections", "major_collections", "collector_slices")
        sizes = ("promoted", "freed", "in_use", "in_use_peak")
        pauses = (cage.word(name) / 1e9 for name in ("pause_total", "pause_longest"))
        collections = Collections(*map(cage.word, (*words, *sizes)), *pauses)
        translated = len(machine.program.placed)
        stacks = cage.word("stack_bytes")
        live = cage.word("live")
        compilation = machine.compilation()
        return Statistics(used, remaining, live, allocated, translated, self._tier, stacks, collections, compilation)

    def close(self) -> None:
        """Give the memory back, and keep what was translated for the next process.

        An instance that is only forgotten gives its memory back too, but its finalizer is no place to write files.
        """
        self._machine.program.keep()
        self._finalizer()
