"""Which functions are compiled, and how their code gets into a running program.

Whenever the interpreter looks at the clock, the functions on the stack are counted.  One that is seen twice is compiled
by a worker in the background; its code is entered from then on where it is called, and in the heads of its loops at the
next place where the task may be preempted.
"""

from __future__ import annotations

import struct
import threading
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pvm.engines.native import layout
from pvm.engines.native.interpreter.loading import code_region
from pvm.engines.native.jit.installed import COUNTS, ENTRY, osr_offset, used_function
from pvm.engines.native.machine_code.blob import Blob
from pvm.engines.native.machine_code.compiling import Compiler
from pvm.engines.native.machine_code.loader import LoadedCode
from pvm.engines.native.machine_code.request import Limits, Request
from pvm.errors import PvmError

if TYPE_CHECKING:
    from pvm.engines.native.program import Program

GENERATOR = "pvm.engines.native.jit.build:function_ir"
HOT = 6
"""What a function has to come to before it is compiled: 1 for each look that finds it on the stack."""
INNERMOST = 3
"""What it gets instead if it is the one that runs."""
MAX_FUNCTIONS = 2000
_LIMITS = Limits(seconds=30.0)
_U32, _I32 = struct.Struct("<I"), struct.Struct("<i")


class CompilationFailed(PvmError):
    """A function that was to be compiled was not."""


class Promotion:
    """The compiled code of one program, shared by its instances."""

    def __init__(self, program: Program, code: LoadedCode) -> None:
        self._program = program
        self._table = code.symbol("handlers")
        self._interpret = code.symbol("interpret") - self._table
        self._seen: dict[int, int] = {}
        self._asked: set[int] = set()
        self._taken: set[int] = set()
        self._module = b""
        self._prepared = False
        self.compiled: dict[int, int] = {}
        """Bytes of machine code by function."""
        self.fuel = COUNTS
        """What the code does about fuel that is compiled from now on."""
        self.natives: dict[int, int] = {}
        """Where functions are entered, in bytes from the dispatch table."""
        self.failures: dict[int, str] = {}
        self.entries: dict[int, int] = {}
        """Where machine code goes on, in bytes from the dispatch table, by address of internal code."""

    def sample(self, functions: Iterable[int]) -> None:
        """Count the functions of a stack, innermost first, and ask for those that are hot."""
        for depth, function in enumerate(functions):
            seen = self._seen[function] = self._seen.get(function, 0) + (INNERMOST if depth == 0 else 1)
            if function not in self._asked and seen >= HOT and len(self._asked) < MAX_FUNCTIONS:
                self._asked.add(function)
                background().ask(self)

    def hottest(self) -> int | None:
        """Take the function that was seen most of those that are asked for."""
        waiting = self._asked - self._taken
        if not waiting:
            return None
        found = max(waiting, key=lambda function: self._seen[function])
        self._taken.add(found)
        return found

    def compile_now(self, functions: Iterable[int], speed: int = 2) -> None:
        """Compile functions that are not compiled yet, and wait for it: for tests.

        Raises:
            CompilationFailed: it could not be done.
        """
        compiler = background().compiler
        for function in functions:
            if function not in self.compiled:
                self._asked.add(function)
                self._taken.add(function)
                self.compile(compiler, function, speed)
                if function in self.failures:
                    raise CompilationFailed(f"function {function}: {self.failures[function]}")

    def compile_all(self, speed: int = 2) -> None:
        """Compile every function now."""
        self.compile_now(range(len(self._program.module.functions)), speed)

    # In the background

    def compile(self, compiler: Compiler, function: int, speed: int = 2) -> None:
        """Compile a function and let the program use it."""
        from pvm.engines.native.jit.build import encode_argument

        if not self._module:
            from pvm.pbc.writer import write_module

            self._module = write_module(self._program.module)
        blob = compiler.obtain(Request(GENERATOR, encode_argument(self._module, function, self.fuel), speed))
        if blob is None:
            self.failures[function] = compiler.failure
            return
        self.install(function, blob)

    def install(self, function: int, blob: Blob) -> None:
        """Load the code of a function and lead to it whoever comes to the function or to the head of a loop in it."""
        loaded = code_region().load(blob)
        if loaded is None:
            self.failures[function] = "there is no room for its code"
            return
        self._prepare()
        program = self._program
        for name in blob.symbols:
            used = used_function(name)
            if used is not None:
                program.translate(used, enter=False)
        placed = program.translate(function)
        descriptor = program.descriptor(function)
        native = loaded.symbol(ENTRY) - self._table
        program.shared.write(descriptor + layout.FUNCTION_NATIVE, _I32.pack(native))
        for name in blob.symbols:
            offset = osr_offset(name)
            if offset is not None:
                position = placed.position_of(offset)
                self._add_entry(placed.address + position, loaded.symbol(name) - self._table)
        self._add_entry(placed.address + placed.translation.entry, native)
        program.shared.write(descriptor + layout.FUNCTION_CODE, _U32.pack(program.linked.native_stub))
        self.natives[function] = native
        self.compiled[function] = len(blob.data)

    def _prepare(self) -> None:
        """Before the first compiled function: its callees are interpreted."""
        if self._prepared:
            return
        program = self._program
        for function in range(len(program.linked.functions)):
            descriptor = program.descriptor(function)
            program.shared.write(descriptor + layout.FUNCTION_NATIVE, _I32.pack(self._interpret))
        self._prepared = True

    def _add_entry(self, pc: int, distance: int) -> None:
        """Let whoever polls at an address go on in machine code, if there is room in the table."""
        self.entries[pc] = distance
        shared = self._program.shared
        slot = pc >> 3
        for probe in range(layout.OSR_PROBES):
            place = layout.OSR_TABLE + 8 * ((slot + probe) & (layout.OSR_ENTRIES - 1))
            known = _U32.unpack(shared.read(place, 4))[0]
            if known in {0, pc}:
                shared.write(place + 4, _I32.pack(distance))
                shared.write(place, _U32.pack(pc))
                return


class Background:
    """The thread that waits for the worker, one for the process."""

    def __init__(self) -> None:
        self._wanted: deque[Promotion] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self.compiler = Compiler(_LIMITS)
        self._thread: threading.Thread | None = None

    def ask(self, promotion: Promotion) -> None:
        """Have one more function compiled, soon."""
        with self._changed:
            self._wanted.append(promotion)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pvm-jit", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait until nothing is to be compiled: for tests and measurements."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wanted and not self._busy)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._wanted))
                promotion = self._wanted.popleft()
                self._busy = True
            function = promotion.hottest()
            if function is None:
                continue
            try:
                promotion.compile(self.compiler, function)
            except OSError as error:
                promotion.failures[function] = str(error)


_background: list[Background] = []


def background() -> Background:
    """The thread of this process."""
    if not _background:
        _background.append(Background())
    return _background[0]
