"""Which functions are compiled, and how their code gets into a running program.

Whenever the interpreter looks at the clock, the functions on the stack are counted.  One that is seen often enough is
compiled by a worker in the background; its code is entered from then on where it is called, and in the heads of its
loops at the next place where the task may be preempted.  What was compiled is kept, and the next process that runs the
program installs it before the first instruction.
"""

from __future__ import annotations

import marshal
import struct
import sys
import time

from pvm.engines.api import Compilation
from pvm.engines.native import layout
from pvm.engines.native.interpreter.loading import PROFILING, code_region
from pvm.engines.native.jit.installed import BODY, COUNTS, ENTRY, decode_notes, encode_notes, osr_offset
from pvm.engines.native.jit.kept import AFTERWARDS, TURN, HotFunction, Kept, Rest, hot_version, load_hot, store_hot
from pvm.engines.native.jit.profile import CallProfile
from pvm.engines.native.machine_code.request import Request
from pvm.engines.native.translation import Translation
from pvm.errors import PvmError
from pvm.typed import TYPE_CHECKING
from pvm.user_cache import sha256, turn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pvm.engines.native.machine_code.blob import Blob
    from pvm.engines.native.machine_code.compiling import Compiler
    from pvm.engines.native.machine_code.loader import LoadedCode
    from pvm.engines.native.program import Program

GENERATOR = "pvm.engines.native.jit.build:function_code"
BACKGROUND = "pvm.engines.native.jit.background"
READY = "pvm.engines.native.jit.build:ready"
HOT = 6
"""What a function has to come to before it is compiled."""
SEEN = (3, 1, 1)
"""What each look adds: to the function that runs, to its caller, and to the caller of that."""
QUIET_LOOKS = 100
MAX_FUNCTIONS = 2000
MAX_FRAME = 8 << 10
"""Bytes of the frames of functions that are compiled, which may need about as much of the native stack of the host."""
_U32, _I32 = struct.Struct("<I"), struct.Struct("<i")


MAX_CODE = 64 << 20
"""Bytes of machine code of one program, which no limit of its instances counts."""


class CompilationFailed(PvmError):
    """A function that was to be compiled was not."""


class Promotion:
    """The compiled code of one program, shared by its instances.

    ``loaded`` gets what is put into memory, which whoever made it gives back.  ``key`` is what is kept under, if
    something is.
    """

    def __init__(self, program: Program, code: LoadedCode, loaded: list[LoadedCode], key: str | None) -> None:
        self._program = program
        self._loaded = loaded
        self._key = key
        self._table = code.symbol("handlers")
        self._heat: dict[int, int] = {}
        self.profile = CallProfile()
        self._asked: set[int] = set()
        self._taken: set[int] = set()
        self._module = b""
        self._loops_only = False
        self._blobs: dict[int, Blob] = {}
        self._used: dict[int, tuple[int, ...]] = {}
        """Functions whose translations the code of a function depends on."""
        self._called: dict[int, tuple[int, ...]] = {}
        """What compiled functions call that was not asked for yet."""
        self._quiet = 0
        """Looks since something was asked for."""
        self._kept = 0
        """Of how many functions the code was kept."""
        self._kept_wanted: set[int] = set()
        """Which functions it was kept of that they are wanted."""
        self._wanted: list[int] = []
        """What earlier runs have wanted, until it is asked for."""
        self.compiled: dict[int, int] = {}
        """Bytes of machine code by function."""
        self._fuel = COUNTS
        """What the code does about fuel that is compiled from now on."""
        self.from_cache = 0
        """How many of them another run has compiled."""
        self._written: tuple[int, int] | None = None
        """Which version of what is kept was looked at last."""
        self.seconds = 0.0
        """Time of waiting for the worker."""
        self.natives: dict[int, int] = {}
        """Where functions are entered, in bytes from the dispatch table."""
        self.failures: dict[int, str] = {}
        self.entries: dict[int, int] = {}
        """Where machine code goes on, in bytes from the dispatch table, by address of internal code."""

    def sample(self, functions: Iterable[int]) -> None:
        """Count the functions of a stack, innermost first, and ask for those that are hot."""
        self._quiet += 1
        while self._wanted:
            self._ask(self._wanted.pop())
        for function, weight in zip(functions, SEEN, strict=False):
            heat = self._heat[function] = self._heat.get(function, 0) + weight
            if heat >= HOT:
                self._ask(function)
            # Compiled code leaves to call what is not compiled, which is seldom seen if it is short.
            for called in self._called.pop(function, ()):
                self._heat[called] = max(heat, self._heat.get(called, 0))
                self._ask(called)

    def note_calls(self, calls: Iterable[tuple[int, int, int]]) -> None:
        """Count calls that were seen: a function, the address where it goes on, and what it called."""
        placed = self._program.placed
        for caller, address, callee in calls:
            if caller in placed:
                self.profile.note(caller, address - placed[caller].address, callee)

    def _ask(self, function: int) -> None:
        """Have a function compiled, unless that was asked before."""
        if function not in self._asked and len(self._asked) < MAX_FUNCTIONS and self._is_small(function):
            self._asked.add(function)
            self._quiet = 0
            if BACKGROUND in sys.modules:
                self._program.attempt(self._ask_background)
            else:
                # What has to be loaded for it the first time is loaded while the program runs on.
                self._program.aside(self._ask_background)

    def _ask_background(self) -> None:
        from pvm.engines.native.jit.background import background

        background().ask(self)

    def _is_small(self, function: int) -> bool:
        """Whether the native stack has room for the locals and operands of a function."""
        place = self._program.descriptor(function) + layout.FUNCTION_FRAME
        return bool(_U32.unpack(self._program.shared.read(place, 4))[0] <= MAX_FRAME)

    @property
    def is_settled(self) -> bool:
        """Whether what is hot seems to be known."""
        return self._quiet > QUIET_LOOKS

    def hottest(self) -> int | None:
        """Take the hottest function of those that are asked for.

        Of those that are equally hot, as is all that a function calls, the shortest does: each is an exit less, and ten
        short ones are compiled in the time of a long one.
        """
        waiting = self._asked - self._taken
        if not waiting:
            return None
        found = max(waiting, key=lambda function: (self._heat[function], -self._length(function)))
        self._taken.add(found)
        return found

    def _length(self, function: int) -> int:
        """Bytes of internal code of a function, if it was translated."""
        placed = self._program.placed.get(function)
        return 0 if placed is None else len(placed.translation.code)

    def compile_now(self, functions: Iterable[int], speed: int = 2, *, keep: bool = True) -> None:
        """Compile functions that are not compiled yet and not too large, and wait for it: for tests.

        Raises:
            CompilationFailed: it could not be done.
        """
        from pvm.engines.native.jit.background import patient_compiler

        for function in functions:
            if function not in self.compiled and self._is_small(function):
                self._asked.add(function)
                self._taken.add(function)
                self.compile(patient_compiler(), function, speed, keep=keep)
                if function in self.failures:
                    raise CompilationFailed(f"function {function}: {self.failures[function]}")

    def compile_for(self, fuel: str) -> None:
        """Let code do less about fuel than is right; it is not kept."""
        self._fuel = fuel
        self._key = None

    def enter_loops_only(self) -> None:
        """Do not lead callers to what is compiled from now on, only those who ask ``entries`` in a loop: for tests."""
        self._loops_only = True

    def compile_all(self, speed: int = 2) -> None:
        """Compile every function now."""
        self.compile_now(range(len(self._program.linked.functions)), speed)

    # In the background

    @property
    def is_attended(self) -> bool:
        """Whether a worker that an earlier run has left behind is compiling for the next one, which is this."""
        return self._key is not None and turn(TURN) == self._key

    def prepare(self, compiler: Compiler) -> None:
        """Let the worker load what it needs, and read the program."""
        self._module = self._program.checked.to_bytes()
        compiler.prepare(Request(READY, self._module))

    def compile(self, compiler: Compiler, function: int, speed: int = 2, *, keep: bool = True) -> None:
        """Compile a function and let the program use it."""
        if not self._module:
            self._module = self._program.checked.to_bytes()
        argument = (self._module, function, self._fuel, self.profile.of(function))
        request = Request(GENERATOR, marshal.dumps(argument), speed)
        begun = time.perf_counter()
        # What is kept with the program is not kept a second time.
        blob = compiler.obtain(request, keep=keep and self._key is None)
        self.seconds += time.perf_counter() - begun
        if blob is None:
            self.failures[function] = compiler.failure
            return
        self.install(function, blob)

    def install(self, function: int, blob: Blob) -> None:
        """Load the code of a function and lead to it whoever comes to the function or to the head of a loop in it."""
        with self._program.lock:
            self._install(function, blob)

    def _install(self, function: int, blob: Blob) -> None:
        program = self._program
        translations, called = decode_notes(blob.notes)
        for used, fields in translations.items():
            known = program.placed.get(used)
            if known is not None and fields is not None and known.translation != fields:
                message = f"it was made for another translation of function {used}"
                raise CompilationFailed(message)
        fits = sum(self.compiled.values()) + len(blob.data) <= MAX_CODE
        loaded = code_region().load(blob) if fits else None
        if loaded is None:
            self.failures[function] = "there is no room for its code"
            return
        self._loaded.append(loaded)
        if PROFILING in sys.modules:
            name = self._program.module.functions[function].name
            sys.modules[PROFILING].note_function(loaded, blob.code_size, name)
        self._called[function] = called
        for used, fields in translations.items():
            program.translate(used, enter=False, known=None if fields is None else Translation(*fields))
        placed = program.translate(function)
        descriptor = program.descriptor(function)
        native = loaded.symbol(ENTRY) - self._table
        if self._loops_only:
            for name in blob.symbols:
                offset = osr_offset(name)
                if offset is not None:
                    self.entries[placed.address + placed.position_of(offset)] = loaded.symbol(name) - self._table
            self.compiled[function] = len(blob.data)
            return
        body = loaded.symbol(BODY) - self._table
        program.shared.write(descriptor + layout.FUNCTION_NATIVE, _I32.pack(native))
        program.shared.write(descriptor + layout.FUNCTION_BODY, _I32.pack(body))
        for name in blob.symbols:
            offset = osr_offset(name)
            if offset is not None:
                position = placed.position_of(offset)
                self._add_entry(placed.address + position, loaded.symbol(name) - self._table)
        self._add_entry(placed.address + placed.translation.entry, native)
        program.shared.write(descriptor + layout.FUNCTION_CODE, _U32.pack(program.linked.native_stub))
        self.natives[function] = native
        self.compiled[function] = len(blob.data)
        self._used[function] = tuple(translations)
        self._blobs[function] = blob._replace(notes=encode_notes({}, called))

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

    def forked(self) -> None:
        """Go on in a process that was forked from another one: what that is compiling will not come here."""
        self._asked &= self.compiled.keys() | self.failures.keys()
        self._taken &= self._asked

    def summary(self, looks: int, looks_compiled: int) -> Compilation:
        """What was done so far, with what an instance has seen."""
        functions = self._program.module.functions if self.failures else ()
        failed = {functions[number].name: reason for number, reason in list(self.failures.items())}
        waiting = len(self._asked) - len(self.compiled) - len(self.failures)
        code = sum(list(self.compiled.values()))
        times = (self.seconds, looks, looks_compiled)
        return Compilation(len(self.compiled), self.from_cache, waiting, failed, code, *times, self._program.trouble)

    # Between runs

    def install_kept(self, kept: Kept) -> None:
        """Install what earlier runs have compiled, and note what they wanted."""
        for function, hot in kept.functions.items():
            self._install_hot(function, hot)
        self.from_cache = self._kept = len(self.compiled)
        self._written = self._version()
        self._heat.update(kept.wanted)
        self._wanted = [function for function, heat in kept.wanted.items() if heat >= HOT]
        self._kept_wanted = set(kept.wanted)

    def _install_hot(self, function: int, hot: HotFunction) -> None:
        """Install what others have compiled; the program runs without what cannot be."""
        self._asked.add(function)
        self._taken.add(function)
        self._heat[function] = max(self._heat.get(function, 0), hot.heat // 2)
        try:
            self.install(function, hot.blob)
        except Exception as error:  # noqa: BLE001 - statistics say so
            self.failures[function] = f"{type(error).__name__}: {error}"

    def keep(self) -> None:
        """Keep what is compiled by now, and what is wanted, for the next process that runs the program."""
        wanted = self._waiting()
        if self._key is not None and (len(self._blobs) > self._kept or wanted.keys() != self._kept_wanted):
            self._kept, self._kept_wanted = len(self._blobs), set(wanted)
            store_hot(self._key, {function: self._hot(function) for function in list(self._blobs)}, wanted)

    def _hot(self, function: int) -> HotFunction:
        """What is kept of a function: translations too that are not kept with the linked program."""
        blob, placed, known = self._blobs[function], self._program.placed, self._program.checked.code
        translations = {
            each: None if each in known else tuple(placed[each].translation) for each in self._used[function]
        }
        _, called = decode_notes(blob.notes)
        return HotFunction(self._heat.get(function, 0), blob._replace(notes=encode_notes(translations, called)))

    def _version(self) -> tuple[int, int] | None:
        return None if self._key is None else hot_version(self._key)

    def fetch(self) -> None:
        """Install what other processes that run the program, or have run it, have compiled since this one looked."""
        version = self._version()
        if self._key is None or version is None or version == self._written:
            return
        self._written = version
        for function, hot in load_hot(self._key).functions.items():
            if function not in self.compiled and function not in self.failures:
                self._install_hot(function, hot)
                self.from_cache += function in self.compiled

    def keep_soon(self) -> None:
        """The same, if it is twice as much as what was kept: a process may end without a chance to do it."""
        if len(self._blobs) >= 2 * self._kept:
            self.keep()

    def _waiting(self) -> dict[int, int]:
        """The heat of what is not compiled, and was asked for or at least seen, now or in earlier runs."""
        return {
            function: heat
            for function, heat in self._heat.copy().items()
            if function not in self.compiled and function not in self.failures and self._is_small(function)
        }

    def rest(self, seconds: float) -> Request | None:
        """What a worker that knows the program can do for the next run, if there is something."""
        wanted = self._waiting()
        if self._key is None or not wanted or not self._module:
            return None
        name, program = sha256(self._module).hexdigest(), self._program
        compiled = frozenset([*self.compiled, *self.failures])
        translated, profile = frozenset(program.checked.code), self.profile.of()
        rest = Rest(name, self._key, wanted, program.entered, translated, compiled, seconds, profile)
        return Request(AFTERWARDS, marshal.dumps(tuple(rest)))
