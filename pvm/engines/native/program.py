"""A program as the native engine knows it, shared by its instances: metadata, translations, spare cages.

Functions are translated when they are first entered.  Their code goes behind the metadata, and their descriptors are
changed last, so that an instance on another thread sees a function either without code or with all of it.  What was
translated is kept with the linked program, and placed at once when the next process runs it.
"""

from __future__ import annotations

import os
import struct
import weakref
from _thread import RLock, allocate_lock, start_new_thread

from pvm.engines.native import layout
from pvm.engines.native.cage import CagePool, SharedMetadata
from pvm.engines.native.checked import CheckedModule
from pvm.engines.native.interpreter.loading import interpreter_key
from pvm.engines.native.translation import PlacedFunction, Translation
from pvm.errors import PvmError
from pvm.typed import TYPE_CHECKING
from pvm.user_cache import load, sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvm.engines.native.jit.promotion import Promotion
    from pvm.engines.native.linkage import Linkage
    from pvm.engines.native.machine_code.loader import LoadedCode
    from pvm.pbc.model import Module
    from pvm.verify.verified import VerifiedModule

HOT = "hot"
"""The kind of what is kept of the functions that became hot."""
KEPT_PROGRAMS = 16
PATIENCE, PATIENCE_ON_ONE_CORE, PATIENCE_RATIONED = 12, 60, 600
"""Looks at the clock, 2.5 ms each, before functions are counted: to begin compiling takes the program one or two ms,
and twelve where a worker can start only on the core of the program.  Where the worker's time is taken from the
program's, a tenth of a second for its start is little after so many."""
TRIES = 400
"""Looks from one attempt to begin to the next, if the host does not let it: it may be short of files or threads."""


class CodeSpaceFull(PvmError):
    """The internal code of a program does not fit into the cage's metadata."""


class Program:
    """Everything that instances of one module share.

    Raises:
        Unsupported: the module is too large for the native engine.
        OSError: the host has no memory for it.
    """

    def __init__(self, checked: CheckedModule) -> None:
        self.checked = checked
        self._linkage: Linkage | None = None
        if checked.linked is None:
            self._linkage, self.linked = checked.link()
        else:
            self.linked = checked.linked
        self.shared = SharedMetadata()
        self.cages = CagePool(self.shared)
        self.placed: dict[int, PlacedFunction] = {}
        self.promotion: Promotion | None = None
        self.trouble = ""
        """Why nothing can be compiled, if the host does not let it."""
        self.control_blocks: dict[tuple[int | None, ...], bytes] = {}
        """The first words of instances, by their limits."""
        self.lock = RLock()
        """Whoever changes the metadata holds it."""
        self._left_out: set[int] = set()
        """Functions that have code, which callers do not enter yet."""
        self._end = self.linked.code_start
        for address, data in self.linked.segments:
            self.shared.write(address, data)
        for index, (address, fields) in checked.code.items():
            translation = Translation(*fields)
            assert address >= self._end, "code is placed in the order in which it was translated"
            self._end = address  # a signal may have left a gap
            self._append(translation.code)
            self._enter(index, self._place(index, PlacedFunction(address, translation)))
        self._looks = 0
        self._patience = PATIENCE
        self._is_warm = False
        self._hot_key: str | None = None
        self._compiled: list[LoadedCode] = []
        weakref.finalize(self, _give_back, self.cages, self.shared, self._compiled).atexit = False
        _live.add(self)

    @property
    def verified(self) -> VerifiedModule:
        """The module itself, which running does not need: it may have to be read and verified first."""
        return self.checked.verified

    @property
    def module(self) -> Module:
        """The same without what the verifier found out."""
        return self.checked.verified.module

    @property
    def linkage(self) -> Linkage:
        """What functions are translated by."""
        if self._linkage is None:
            self._linkage, _ = self.checked.link()
        return self._linkage

    def descriptor(self, function: int) -> int:
        """Address of a function's descriptor."""
        return self.linked.functions_address + layout.FUNCTION_SIZE * function

    def function_at(self, descriptor: int) -> int:
        """The function of a descriptor."""
        return (descriptor - self.linked.functions_address) // layout.FUNCTION_SIZE

    def class_index(self, number: int) -> int:
        """The class of a class id."""
        place = self.linked.words["classes"] + layout.CLASS_SIZE * number + layout.CLASS_INDEX
        return int.from_bytes(self.shared.read(place, 4), "little")

    def class_name(self, number: int) -> str:
        """The name of the class of a class id."""
        return self.module.classes[self.class_index(number)].name

    def translate(self, index: int, *, enter: bool = True, known: Translation | None = None) -> PlacedFunction:
        """Give a function its code, unless it has some: ``known`` if it is known already.

        Without ``enter`` whoever calls it still leaves for the host.

        Raises:
            CodeSpaceFull: there is no room for it.
        """
        with self.lock:
            placed = self.placed.get(index)
            if placed is None:
                translation = known or self._translated(index)
                placed = self._place(index, PlacedFunction(self._append(translation.code), translation))
            elif not enter or index not in self._left_out:
                return placed
            if enter:
                self._enter(index, placed)
            else:
                self._left_out.add(index)
            return placed

    def _translated(self, index: int) -> Translation:
        from pvm.engines.native.code.translator import translate

        return translate(self.linkage, index)

    def _append(self, code: bytes) -> int:
        size = len(code)
        address = self._end
        if address + size > layout.METADATA_END:
            raise CodeSpaceFull("the program's internal code is too large for the native engine")
        self._end = address + size  # first: the handler of a signal may come here too
        self.shared.write(address, code)
        return address

    def _place(self, index: int, placed: PlacedFunction) -> PlacedFunction:
        """Let a function's descriptor say where its code is and what its first block costs."""
        descriptor = self.descriptor(index)
        self.shared.write(descriptor + layout.FUNCTION_TEXT, struct.pack("<I", placed.address))
        self.shared.write(descriptor + layout.FUNCTION_COST, struct.pack("<I", placed.translation.cost))
        self.placed[index] = placed  # last: a signal may end this anywhere
        return placed

    def _enter(self, index: int, placed: PlacedFunction) -> None:
        """Let callers enter a function's code."""
        self._left_out.discard(index)
        entry = placed.address + placed.translation.entry
        self.shared.write(self.descriptor(index) + layout.FUNCTION_CODE, struct.pack("<I", entry))

    def metadata(self) -> bytes:
        """All of the metadata."""
        return self.shared.read(layout.METADATA, self._end - layout.METADATA)

    def forked(self, metadata: bytes) -> None:
        """Go on in a process that was forked when the metadata was this."""
        self.lock = RLock()
        self.shared.separate(metadata)
        if self.promotion is not None:
            self.promotion.forked()

    def promoted(self, code: LoadedCode) -> Promotion:
        """What compiles the program's hot functions, made when the first one may be hot."""
        with self.lock:
            if self.promotion is None:
                from pvm.engines.native.jit.promotion import Promotion

                self.promotion = Promotion(self, code, self._compiled, self._hot_key)
            return self.promotion

    @property
    def is_finding(self) -> bool:
        """Whether hot functions are being found."""
        return self._looks > self._patience and self.promotion is not None and not self.promotion.is_settled

    def is_time_to_compile(self, code: LoadedCode) -> bool:
        """Count a look at the clock of an instance; whether there were so many that compiling pays."""
        self._looks += 1
        if self._looks == PATIENCE:
            self._patience = patience()
        late = self._looks - self._patience
        if late >= 0 and late % TRIES == 0 and self.promotion is None:
            self.aside(lambda: self._prepare(code))
        return late > 0 and self.promotion is not None

    def aside(self, action: Callable[[], None]) -> None:
        """Do something of the JIT's while the program runs on, which it does whatever becomes of that."""
        try:
            start_new_thread(self.attempt, (action,))
        except RuntimeError as error:  # the host allows no more threads, or the process ends
            self.trouble = str(error)

    def attempt(self, action: Callable[[], None]) -> None:
        """Do something of the JIT's, and note if that is not possible."""
        try:
            action()
            self.trouble = ""
        except Exception as error:  # noqa: BLE001 - as no files or threads are left; statistics say so
            self.trouble = f"{type(error).__name__}: {error}"

    def _prepare(self, code: LoadedCode) -> None:
        from pvm.engines.native.jit.background import background

        background().prepare(self.promoted(code))

    def warm_up(self, code: LoadedCode) -> None:
        """Install what earlier runs have compiled, once."""
        if self._is_warm or self.checked.key is None:
            return
        self._is_warm = True
        key = interpreter_key()
        if key is None:
            return
        # The key stands for what is linked and for the interpreter that the code was made for.
        self._hot_key = sha256(f"{self.checked.key}\n{key}".encode()).hexdigest()
        data = load(HOT, self._hot_key)
        if data is not None:
            from pvm.engines.native.jit.kept import decode_hot

            self.promoted(code).install_kept(decode_hot(data))

    @property
    def entered(self) -> frozenset[int]:
        """Functions that were entered in this run or an earlier one."""
        with self.lock:
            return frozenset(self.placed.keys() - self._left_out)

    def keep(self) -> None:
        """Keep what was translated and compiled for the next process that runs this module."""
        if self.checked.key is not None and len(self.placed) > len(self.checked.code):
            with self.lock:
                code = {index: (each.address, tuple(each.translation)) for index, each in self.placed.items()}
            self.checked.keep(code)
        if self.promotion is not None:
            self.promotion.keep()

    def offset_at(self, index: int, pc: int, *, arrived: bool = False) -> int:
        """The bytecode offset that an address in a function's code comes from."""
        found = self.placed.get(index)
        return 0 if found is None else found.offset_at(pc, arrived=arrived)


def patience() -> int:
    """Looks at the clock before functions are counted, by the cores that this process may use."""
    from pvm.engines.native import cores

    if cores.is_rationed():
        return PATIENCE_RATIONED
    return PATIENCE if cores.has_cores() else PATIENCE_ON_ONE_CORE


_PROGRAMS: dict[tuple[int, bool], Program] = {}
_live: weakref.WeakSet[Program] = weakref.WeakSet()
_forking = allocate_lock()
_held: list[tuple[Program, RLock, bytes]] = []
"""While this process forks: its programs, which nobody changes meanwhile, their locks, and their metadata."""


def _before_fork() -> None:
    _forking.acquire()
    for program in list(_live):
        lock = program.lock
        lock.acquire()
        _held.append((program, lock, program.metadata()))


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop()[1].release()
    _forking.release()


def _after_fork_in_child() -> None:
    """Part from the other process; some servers in C say only here that they have forked."""
    global _forking  # noqa: PLW0603 - another thread may have held it, which is not here
    _forking = allocate_lock()
    known = {id(program): metadata for program, _, metadata in _held}
    _held.clear()
    for program in list(_live):
        program.forked(known.get(id(program)) or program.metadata())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def _give_back(cages: CagePool, shared: SharedMetadata, compiled: list[LoadedCode]) -> None:
    """Give back what a program had that nobody uses any more."""
    cages.close()
    shared.close()
    for code in compiled:
        code.close()


def program_of(checked: CheckedModule, *, jit: bool = False) -> Program:
    """The program of a module, the same while it is among the ones used last.

    Instances with and without compiled code share none: its functions enter their machine code for whoever calls them.
    """
    key = id(checked), jit
    found = _PROGRAMS.pop(key, None)
    if found is None or found.checked is not checked:
        found = Program(checked)
    _PROGRAMS[key] = found
    while len(_PROGRAMS) > KEPT_PROGRAMS:
        _PROGRAMS.pop(next(iter(_PROGRAMS)), None)
    return found
