"""Loops in strips: rounds that neither look at the fuel nor check what was checked for all of them before.

A loop is emitted twice.  Who comes to its head from outside computes how many rounds the fuel suffices for and how many
stay within the bounds of the arrays that are indexed by what changes regularly (range check elimination by splitting
the iteration space, Gupta 1993).  So many rounds run in the *strip*; what is left, or fails, runs in the ordinary copy,
which leaves before the instruction as everything does.  In the strip, what does not change is computed before it; what
would trap there sends all rounds to the ordinary copy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.frames import FrameLowering
from pvm.engines.native.jit.loops import ExitTest, Induction, Loop
from pvm.engines.native.jit.lowering import SEGMENT
from pvm.engines.native.llvm.lowering import FALSE, TRUE, is_constant
from pvm.engines.native.llvm.text import LIKELY, UNLIKELY, Preheader
from pvm.isa.machine import Val
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, HeapKind, RefType, Storage, ValueType
from pvm.pbc.subtyping import is_subtype

_FAR = 1 << 61
"""Induction variables are at most so far from 0 in a strip, so that nothing that is computed of them overflows."""
_NEAR = 1 << 40
"""What is added to them is at most so far from 0."""
_MAX_CONSTANT = 1 << 31
_MAX_ROUNDS = 1 << 30
_MAX_STEP = (1 << 31) - 1
_MAX_TERMS = 4
_SHORT = 20
"""Instructions of a round of which four are written after each other."""
_MARKING = "marking"
"""Stands for whether the heap is being marked, which allocation may begin, among what changes."""


class Affine(NamedTuple):
    """``sign`` times what an induction variable has at the head of the loop, and what does not change."""

    local: int
    sign: int
    base: str
    """The operand of an i64 that is added, or empty."""
    constant: int
    terms: int
    """How many operands are in ``base``."""


class Plan(NamedTuple):
    """How a strip is tried."""

    local: int
    """The variable that the rounds are counted by."""
    test: ExitTest | None
    """What the loop tests it with, or None: then its head looks whether it is still a good index."""
    is_uniform: bool
    """Whether all rounds cost the same, so that the fuel follows from the variable."""
    loads_once: bool = True
    """Whether what can change is loaded before the rounds if nothing in them seems to change it."""


class Strip:
    """The strip that is being emitted."""

    def __init__(self, activation: Activation, loop: Loop, plan: Plan, preheader: Preheader, cost: int) -> None:
        self.activation = activation
        self.loop = loop
        self.induction = loop.inductions[plan.local]
        """The variable that the rounds are counted by."""
        self.test = plan.test
        self.is_uniform = plan.is_uniform
        self.loads_once = plan.loads_once
        self.preheader = preheader
        self.cost_before = cost
        self.leaves = loop.leaves
        """Whether a round may leave elsewhere than at the test."""
        self.affine: dict[str, Affine] = {}
        self.types: dict[str, ValueType] = {}
        """Types that operands have before the loop, where their declaration says so."""
        self.lengths: set[str] = set()
        self.loaded: dict[str, str] = {}
        """References that were loaded of arrays before the loop, and those arrays."""
        self.cast: dict[str, tuple[str, str]] = {}
        """What stands for such a reference before the loop where it is not of a type, an array; the flag that it is."""
        self.casts: dict[str, tuple[str, str, RefType]] = {}
        """By the flag that such a reference is not of a type: the reference, the flag that it is, and the type."""
        self.once: dict[str, Val] = {}
        """What was loaded before the loop."""
        self.failures: list[str] = []
        """Flags that must not be set."""
        self.bounds: list[tuple[Affine, str]] = []
        """Indices, and the lengths that they are below."""
        self.summed: set[int] = set()
        """Induction variables that something is added to, which is taken not to overflow."""
        self.starts: dict[int, str] = {}
        """What induction variables are at first."""
        self.steps: dict[int, str] = {}
        self.operands: tuple[Val, Val] | None = None
        """Of the comparison that the loop ends with."""
        self.limit: str = ""
        """What the loop compares the variable of its test with."""
        self.threshold = ""
        """What the strip compares the variable with, at the test or at the head."""
        self.fuel_at_zero, self.round_cost = "", ""
        self.accesses: dict[Storage, set[Affine | None]] = {}
        """Where elements are loaded and stored, by how they are stored; None is anywhere."""
        self.stored: set[Storage] = set()
        self.changed: set[Storage | str] = set()
        """What is stored in the loop: elements by how they are stored, fields by their owners."""
        self.settled: set[Storage | str] = set()
        """What was loaded before it, so nothing in it may store there."""
        self.node, self.group = "", ""
        """Metadata of the loop, and of its accesses to elements."""

    @property
    def is_parallel(self) -> bool:
        """Whether no round touches elements that another one stores: arrays are the same or disjoint."""
        return all(len(self.accesses[each]) == 1 and None not in self.accesses[each] for each in self.stored)

    def is_before(self, operand: str) -> bool:
        """Whether an operand is computed before the loop."""
        return self.preheader.has(operand)


class StripRefused(Exception):
    """The rounds of the loop cannot be counted before."""


class StripImpossible(StripRefused):
    """They cannot, whatever they are counted by: rounds may use any amount of fuel."""


class NotUniform(StripRefused):
    """Rounds of the loop may cost more or less."""


class NotSettled(StripRefused):
    """Rounds of the loop change what was loaded before it."""


class StripLowering(FrameLowering):
    """Adds to the machine what it knows while it emits a strip."""

    strip: Strip | None = None
    cost = 0
    """What all blocks that were emitted cost together."""
    counts = looks = True
    """Whether fuel is counted and looked at."""
    place: tuple[int, int] = (0, 0)
    """The block that is emitted, and the offset of the instruction."""

    # What does not change

    def local_get(self, index: int) -> Val:
        strip, activation = self.strip, self.current
        if strip is None:
            return super().local_get(index)
        if activation is not strip.activation:
            value = activation.values.get(index)
            return super().local_get(index) if value is None else value
        if index in strip.loop.written:
            value = super().local_get(index)
            induction = strip.loop.inductions.get(index)
            if induction is not None:
                self._note_induction(strip, induction, value)
            return value
        value = strip.activation.values.get(index)
        if value is None:
            with self.text.in_preheader() as preheader:
                value = super().local_get(index)
                preheader.names.add(self.raw(value))
            strip.activation.values[index] = value
            strip.types[self.raw(value)] = activation.facts.verified.local_types[index]
        return value

    def _note_induction(self, strip: Strip, induction: Induction, value: Val) -> None:
        is_behind = induction.is_behind(*self.place)
        if not induction.step and (is_behind or induction is not strip.induction):
            return
        constant = induction.step if is_behind else 0
        strip.affine[self.raw(value)] = Affine(induction.local, 1, "", constant, 0)

    def length(self, obj: Val) -> Val:
        strip = self.strip
        if strip is None or not self._is_known(strip, obj, (HeapKind.ARRAY, HeapKind.STRING)):
            return super().length(obj)
        known, flag = strip.cast.get(self.raw(obj), (self.raw(obj), ""))

        def load() -> Val:
            length = super(StripLowering, self).length(Val(known, "ref"))
            # What stands for another array may have smaller elements, so that no index is good there.
            return Val(self.text.value(f"select i1 {flag}, i64 {length.raw}, i64 0"), "i64") if flag else length

        found = self._once(strip, f"length {known}", load)
        strip.lengths.add(self.raw(found))
        return found

    def _is_known(self, strip: Strip, obj: Val, kinds: tuple[HeapKind, ...]) -> bool:
        """Whether an operand is an object of one of these kinds before the loop."""
        type_ = strip.types.get(self.raw(obj))
        return isinstance(type_, RefType) and not type_.nullable and type_.kind in kinds

    def _once(self, strip: Strip, what: str, load: Callable[[], Val]) -> Val:
        """What is loaded before the loop, if it is not there already."""
        with self.text.in_preheader() as preheader:
            found = strip.once.get(what)
            if found is None:
                found = strip.once[what] = load()
            preheader.names.add(self.raw(found))
        return found

    def _settles(self, strip: Strip, what: Storage | str) -> bool:
        """Whether something that can change can be loaded before the loop: nothing in it may store there."""
        if not strip.loads_once or what in strip.changed:
            return False
        strip.settled.add(what)
        return True

    def _note_change(self, what: Storage | str) -> None:
        strip = self.strip
        if strip is None:
            return
        if what in strip.settled:
            raise NotSettled
        strip.changed.add(what)

    def field_load(self, field: tuple[int, int], obj: Val) -> Val:
        strip = self.strip
        if strip is None or not self._is_known(strip, obj, (HeapKind.CLASS,)):
            return super().field_load(field, obj)
        owner = RefType(HeapKind.CLASS, nullable=False, index=field[0])
        if not is_subtype(self.metadata.verified.hierarchy, strip.types[self.raw(obj)], owner):
            return super().field_load(field, obj)
        declared = self.metadata.verified.layouts[field[0]].fields[field[1]]
        if declared.mutable and not self._settles(strip, self.owner_of(field)):
            return super().field_load(field, obj)
        found = self._once(strip, f"field {field} {obj.raw}", lambda: super(StripLowering, self).field_load(field, obj))
        if isinstance(declared.type, RefType):
            strip.types[self.raw(found)] = declared.type
        return found

    def field_store(self, field: tuple[int, int], obj: Val, value: Val) -> None:
        self._note_change(self.owner_of(field))
        super().field_store(field, obj, value)

    def is_instance(self, a: Val, target: RefType) -> Val:
        strip = self.strip
        if strip is None or not isinstance(strip.types.get(self.raw(a)), RefType):
            return super().is_instance(a, target)
        with self.text.in_preheader() as preheader:
            flag = super().is_instance(a, target)
            preheader.names.add(self.raw(flag))
        if self.raw(a) in strip.loaded and target.kind is HeapKind.ARRAY and not target.nullable:
            strip.casts[self.raw(self.negate(flag))] = self.raw(a), self.raw(flag), target
        return flag

    def trap_if(self, condition: Val, kind: TrapKind) -> None:
        strip = self.strip
        if strip is not None and condition.raw != "false" and strip.is_before(self.raw(condition)):
            strip.failures.append(self.raw(condition))
            if self.raw(condition) in strip.casts:
                self._note_cast(strip, *strip.casts[self.raw(condition)])
            return
        super().trap_if(condition, kind)

    def leave_if(self, flag: str) -> None:
        strip = self.strip
        if strip is not None and strip.is_before(flag):
            strip.failures.append(flag)
            return
        if strip is not None:
            strip.leaves = True
        super().leave_if(flag)

    def open_closure(self, closure: Val) -> tuple[str, Val]:
        strip = self.strip
        if strip is None or not self._is_known(strip, closure, (HeapKind.FUNC,)):
            return super().open_closure(closure)

        def load() -> Val:
            address, strip.once[f"captured {closure.raw}"] = super(StripLowering, self).open_closure(closure)
            return Val(address, "i64")

        address = self._once(strip, f"function {closure.raw}", load)
        captured = strip.once[f"captured {closure.raw}"]
        strip.preheader.names.add(self.raw(captured))
        return self.raw(address), captured

    def allocate(self, size: str, header: int) -> Val:
        self._note_change(_MARKING)
        return super().allocate(size, header)

    def is_marking(self) -> str:
        strip = self.strip
        if strip is None or not self._settles(strip, _MARKING):
            return super().is_marking()
        flag = self._once(strip, _MARKING, lambda: Val(super(StripLowering, self).is_marking(), "flag"))
        strip.failures.append(self.raw(flag))
        return "false"

    def _note_cast(self, strip: Strip, raw: str, flag: str, target: RefType) -> None:
        """A reference that was loaded before the loop is to an array in the strip; its length is loaded there too."""
        strip.types[raw] = target
        with self.text.in_preheader() as preheader:
            known = self.text.value(f"select i1 {flag}, i32 {raw}, i32 {strip.loaded[raw]}")
            preheader.names.add(known)
        strip.cast[raw] = known, flag

    def charge(self, units: Val) -> None:
        self.refuse_strip()
        super().charge(units)

    def refuse_uniform(self) -> None:
        """What comes next costs different things in different rounds.

        Raises:
            NotUniform: the strip that is being emitted takes it for granted that all rounds cost the same.
        """
        if self.strip is not None and self.strip.is_uniform:
            raise NotUniform

    def refuse_strip(self) -> None:
        """What comes next may use any amount of fuel, so it cannot be in a strip.

        Raises:
            StripImpossible: a strip is being emitted.
        """
        if self.strip is not None:
            raise StripImpossible

    # What changes regularly

    def _sum(self, a: Val, b: Val, sign: int) -> Affine | None:
        """The affine value of a + b or a - b, if that cannot overflow in a strip."""
        affine = self._affine_sum(a, b, sign)
        if affine is not None:
            assert self.strip is not None
            self.strip.summed.add(affine.local)
        return affine

    def _affine_sum(self, a: Val, b: Val, sign: int) -> Affine | None:
        strip = self.strip
        if strip is None or a.kind != "i64":
            return None
        left, right = strip.affine.get(self.raw(a)), strip.affine.get(self.raw(b))
        if left is not None and right is None and strip.is_before(self.raw(b)):
            return self._plus(strip, left, b, sign)
        if right is not None and left is None and strip.is_before(self.raw(a)):
            if sign > 0:
                return self._plus(strip, right, a, 1)
            if not right.base:
                negative = Affine(right.local, -right.sign, "", -right.constant, 0)
                return self._plus(strip, negative, a, 1)
        return None

    def _plus(self, strip: Strip, affine: Affine, value: Val, sign: int) -> Affine | None:
        raw = self.raw(value)
        if is_constant(raw):
            constant = affine.constant + sign * int(raw)
            return affine._replace(constant=constant) if abs(constant) <= _MAX_CONSTANT else None
        if affine.terms == _MAX_TERMS:
            return None
        text = self.text
        with text.in_preheader() as preheader:
            moved = text.pure(f"add i64 {raw}, {_NEAR}")
            strip.failures.append(text.pure(f"icmp ugt i64 {moved}, {2 * _NEAR}"))
            if sign < 0:
                raw = text.pure(f"sub i64 0, {raw}")
            base = text.pure(f"add i64 {affine.base}, {raw}") if affine.base else raw
            preheader.names.update({moved, raw, base})
        return affine._replace(base=base, terms=affine.terms + 1)

    def add(self, a: Val, b: Val) -> Val:
        return self._regular("add", a, b, self._sum(a, b, 1))

    def sub(self, a: Val, b: Val) -> Val:
        return self._regular("sub", a, b, self._sum(a, b, -1))

    def _regular(self, operation: str, a: Val, b: Val, affine: Affine | None) -> Val:
        if affine is None:
            return self.binary(operation, a, b)
        value = self.binary(f"{operation} nsw", a, b)
        assert self.strip is not None
        self.strip.affine[self.raw(value)] = affine
        return value

    def add_overflows_s(self, a: Val, b: Val) -> Val:
        return super().add_overflows_s(a, b) if self._sum(a, b, 1) is None else FALSE

    def sub_overflows_s(self, a: Val, b: Val) -> Val:
        return super().sub_overflows_s(a, b) if self._sum(a, b, -1) is None else FALSE

    def lt_u(self, a: Val, b: Val) -> Val:
        strip = self.strip
        if strip is not None and self.raw(b) in strip.lengths:
            affine = strip.affine.get(self.raw(a))
            if affine is not None and self._can_bound(strip, affine):
                strip.bounds.append((affine, self.raw(b)))
                return TRUE
        return super().lt_u(a, b)

    @staticmethod
    def _can_bound(strip: Strip, affine: Affine) -> bool:
        """Whether rounds can be limited so that a value stays below a length."""
        return affine.local == strip.induction.local or abs(strip.loop.inductions[affine.local].step) == 1

    # Elements

    def array_load(self, kind: ArrayKind, array: Val, index: Val) -> Val:
        strip, storage = self.strip, ARRAY_STORAGE[kind]
        if strip is not None and self._is_one_place(strip, array, index) and self._settles(strip, storage):
            return self._element_once(strip, storage, array, index)
        self._note_access(storage, index)
        return super().array_load(kind, array, index)

    def _is_one_place(self, strip: Strip, array: Val, index: Val) -> bool:
        """Whether an element is the same one in all rounds."""
        return strip.is_before(self.raw(index)) and self._is_known(strip, array, (HeapKind.ARRAY,))

    def _element_once(self, strip: Strip, storage: Storage, array: Val, index: Val) -> Val:
        """An element that does not change in the loop.

        If the index is not within bounds, there is no strip: then it is the header of the array, or the array itself.
        """
        length, (known, _) = self.length(array), strip.cast.get(self.raw(array), (self.raw(array), ""))

        def load() -> Val:
            text = self.text
            # What is no number (a conversion that traps) is some number here, which LLVM can draw no conclusions from.
            frozen = Val(text.value(f"freeze i64 {index.raw}"), "i64")
            inside = text.pure(f"icmp ult i64 {frozen.raw}, {length.raw}")
            element, header = self.element(Val(known, "ref"), frozen, storage.size), self.pointer(Val(known, "ref"), 0)
            place = text.value(f"select i1 {inside}, ptr {element}, ptr {header}")
            found = self.load(storage, place)
            if storage is Storage.REF:
                found = Val(text.value(f"select i1 {inside}, i32 {found.raw}, i32 {known}"), "ref")
                strip.loaded[self.raw(found)] = known
                strip.types[self.raw(found)] = RefType(HeapKind.ANY, nullable=True)
            return found

        return self._once(strip, f"element {storage} {known} {index.raw}", load)

    def array_store(self, kind: ArrayKind, array: Val, index: Val, value: Val) -> None:
        self._note_access(ARRAY_STORAGE[kind], index)
        self._note_change(ARRAY_STORAGE[kind])
        if self.strip is not None:
            self.strip.stored.add(ARRAY_STORAGE[kind])
        super().array_store(kind, array, index, value)

    def _note_access(self, storage: Storage, index: Val) -> None:
        if self.strip is not None:
            affine = self.strip.affine.get(self.raw(index))
            self.strip.accesses.setdefault(storage, set()).add(affine)

    def element_aliases(self, storage: Storage) -> str:
        aliases = super().element_aliases(storage)
        return aliases if self.strip is None else f"{aliases}, !llvm.access.group {self.strip.group}"

    # The test

    def is_strip_test(self, activation: Activation) -> bool:
        """Whether the block that is emitted ends the rounds of a strip."""
        strip = self.strip
        if strip is None or activation is not strip.activation or strip.test is None:
            return False
        return activation.block == strip.test.block

    def note_comparison(self, lhs: Val, rhs: Val) -> None:
        """The loop is about to compare these: the variable, and what it is compared with."""
        assert self.strip is not None
        self.strip.operands = lhs, rhs

    def strip_flag(self, test: ExitTest) -> str:
        """Whether another round begins, instead of what the loop tests."""
        strip = self.strip
        assert strip is not None
        assert strip.operands is not None
        variable, bound = strip.operands if test.is_left else strip.operands[::-1]
        induction = strip.induction
        if not strip.is_before(self.raw(bound)) or not _is_supported(test, induction):
            raise StripRefused
        strip.limit = self.raw(bound)
        return self._is_within(strip, variable)

    def _is_within(self, strip: Strip, variable: Val) -> str:
        """Whether the variable is not yet where the strip ends."""
        text = self.text
        with text.in_preheader() as preheader:
            self._step(strip, strip.induction)
            strip.threshold = threshold = text.fresh()
            preheader.names.add(threshold)
        return text.value(f"icmp {'slt' if strip.induction.step >= 0 else 'sgt'} i64 {variable.raw}, {threshold}")

    def note_end(self, test: ExitTest) -> None:
        """The strip ends at its test: say what the variable is there, and the fuel, without what they were before.

        LLVM makes vectors of the last few rounds too where nothing outside of a loop uses what the loop counts with.
        """
        strip = self.strip
        assert strip is not None
        induction = strip.induction
        if abs(induction.step) != 1:
            return
        self.set(strip.activation.local(induction.local), Val(strip.threshold, "i64"))
        if strip.is_uniform and self.counts:
            is_behind = induction.is_behind(test.block, induction.offset + 1)
            head = self._plus_constant(strip.threshold, -induction.step if is_behind else 0)
            self._take_fuel(strip, Val(head, "i64"))
            self.set_fuel(self.text.value(f"sub i64 {self.fuel()}, {self.cost - strip.cost_before}"))

    def _step(self, strip: Strip, induction: Induction) -> str:
        """What is added in each round, which is checked if it is not a number."""
        if induction.step:
            return str(induction.step)
        known = strip.steps.get(induction.local)
        if known is None:
            text, activation = self.text, strip.activation
            known = strip.steps[induction.local] = self.raw(self.get(activation.local(induction.step_local), "i64"))
            less = text.pure(f"sub i64 {known}, 1")
            strip.failures.append(text.pure(f"icmp uge i64 {less}, {_MAX_STEP}"))
        return known

    # The way in

    def start_strip(self, activation: Activation, loop: Loop, label: str, plan: Plan, cost: int) -> None:
        """What is emitted next is the strip of a loop, before which everything costs so much.

        ``label`` is where the loop is entered from outside.
        """
        self.text.preheader = Preheader(label)
        self.strip = Strip(activation, loop, plan, self.text.preheader, cost)
        module = self.text.module
        self.strip.node, self.strip.group = module.distinct_node(), module.distinct_node()

    def end_strip(self, cost: int, strip_label: str, ordinary_label: str) -> None:
        """Emit the way into the strip, whose rounds cost at most so much fuel, and into the ordinary copy."""
        strip, text = self.strip, self.text
        assert strip is not None
        if strip.test is None and not any(each.local == strip.induction.local for each, _ in strip.bounds):
            raise StripRefused
        if not strip.threshold:
            raise StripRefused  # no round comes to the test
        self.leave_strip()
        about = [strip.node]
        if strip.is_parallel:
            about.append(text.module.node(f'!"llvm.loop.parallel_accesses", {strip.group}'))
        if strip.test is not None and cost <= _SHORT and (strip.leaves or not strip.induction.step):
            # LLVM does this by itself where it can tell how many rounds there are.
            about.append(text.module.node('!"llvm.loop.unroll.count", i32 4'))
        text.module.complete(strip.node, ", ".join(about))
        text.begin_with(strip.preheader)
        failed = self._limit(strip, strip.induction, cost)
        text.branch(failed, ordinary_label, strip_label, UNLIKELY)

    def leave_strip(self) -> None:
        """What is emitted next is no strip any more."""
        if self.strip is not None:
            self.strip.activation.values.clear()
        self.strip = self.text.preheader = None

    def _limit(self, strip: Strip, induction: Induction, cost: int) -> str:
        """Compute how far the rounds go; the flag that says that there is no strip.

        All limits are of what comes behind the last value that begins a round, less what lies between that and
        what the loop compares with, so that the bound of the loop is taken as it is and nothing overflows.
        """
        text, test = self.text, strip.test
        is_up = induction.step >= 0
        one = 1 if is_up else -1
        start, step = self._start(strip, induction.local), self._step(strip, induction)
        is_behind = test is None or induction.is_behind(test.block, induction.offset + 1)
        is_inclusive = test is not None and test.relation in {"le", "ge"}
        between = (one if is_inclusive else 0) + (0 if is_behind else induction.step)
        others = sorted(strip.summed - {induction.local})
        rounds = self._affordable(strip, cost, others) if self.looks else str(_MAX_ROUNDS)
        for local in others:
            self._start(strip, local)
        limit = strip.limit
        for affine, length in dict.fromkeys(strip.bounds):
            first, last = self._bounded(affine, length, strip)
            if affine.local != induction.local:
                rounds = self._least(rounds, self._plus_constant(self._distance(strip, affine.local, last), 1))
            else:
                limit = self._nearer(limit, self._plus_constant(last, one - between), is_up=is_up)
            strip.failures.append(first)
        way = rounds if step == "1" else text.value(f"mul i64 {rounds}, {step}")
        limit = self._nearer(limit, self._plus_constant(text.value(f"add i64 {start}, {way}"), -between), is_up=is_up)
        # The first test has to let the round begin: where it is the head, whoever does not stay comes here again.
        first = self._plus_constant(start, (0 if is_behind else induction.step) - between)
        strip.failures.append(text.value(f"icmp {'sle' if is_up else 'sge'} i64 {limit}, {first}"))
        text.line(f"{strip.threshold} = add i64 {limit}, {between - (0 if is_behind else induction.step)}")
        if strip.is_uniform and self.counts:
            self._count_fuel(strip, induction, start, cost)
        return self._any(strip.failures)

    def _affordable(self, strip: Strip, cost: int, others: Sequence[int]) -> str:
        """How many rounds the fuel suffices for, and few enough that no sum of a variable, or of others, overflows.

        Half of them may be left, for a shift instead of a division: a loop of few rounds is come to as often as a long
        one is.  Where an index is made of another variable, its array limits the rounds.
        """
        text, step = self.text, strip.induction.step
        spare = text.value(f"sub i64 {self.fuel()}, {SEGMENT}")
        rounds = text.value(f"ashr i64 {spare}, {(cost - 1).bit_length()}")
        indices = {affine.local for affine, _ in strip.bounds}
        is_bounded = step and 4 * abs(step) <= cost and indices.issuperset(others)
        return rounds if is_bounded else self._least(rounds, str(_MAX_ROUNDS))

    def _plus_constant(self, raw: str, constant: int) -> str:
        return self.text.value(f"add i64 {raw}, {constant}") if constant else raw

    # Fuel

    def begin_round(self, way_in: str) -> None:
        """At the head of a strip: see whether it ends here, in which case the loop is entered anew.

        The fuel follows from the variable, if each round costs the same.
        """
        strip, text = self.strip, self.text
        assert strip is not None
        variable = self.get(strip.activation.local(strip.induction.local), "i64")
        if strip.is_uniform and self.counts:
            strip.fuel_at_zero, strip.round_cost = text.fresh(), text.fresh()
            self._take_fuel(strip, variable)
        if strip.test is None:
            on = text.fresh_label("on")
            text.branch(self._is_within(strip, variable), on, way_in, LIKELY)
            text.block(on, dominated=True)

    def _take_fuel(self, strip: Strip, variable: Val) -> None:
        text = self.text
        used = text.value(f"mul i64 {variable.raw}, {strip.round_cost}")
        self.set_fuel(text.value(f"sub i64 {strip.fuel_at_zero}, {used}"))

    def _count_fuel(self, strip: Strip, induction: Induction, start: str, cost: int) -> None:
        """Let the fuel at the head be ``fuel_at_zero`` less ``round_cost`` for each unit of the variable."""
        text = self.text
        text.line(f"{strip.round_cost} = add i64 0, {cost * induction.step}")
        used = text.value(f"mul i64 {start}, {strip.round_cost}")
        text.line(f"{strip.fuel_at_zero} = add i64 {self.fuel()}, {used}")

    def _start(self, strip: Strip, local: int) -> str:
        known = strip.starts.get(local)
        if known is None:
            text = self.text
            known = strip.starts[local] = self.raw(self.get(strip.activation.local(local), "i64"))
            if not any(each.local == local and each.sign > 0 and not each.base for each, _ in strip.bounds):
                # Else it is an index, or nearly so, that is looked at.
                moved = text.value(f"add i64 {known}, {_FAR}")
                strip.failures.append(text.value(f"icmp ugt i64 {moved}, {2 * _FAR}"))
        return known

    def _bounded(self, affine: Affine, length: str, strip: Strip) -> tuple[str, str]:
        """Of an index: the flag that the first is out of bounds, and the last value of the variable that is within."""
        text = self.text
        step = strip.loop.inductions[affine.local].step
        start = self._start(strip, affine.local)
        shift = str(affine.constant)
        if affine.base:
            shift = text.value(f"add i64 {affine.base}, {affine.constant}")
        signed = start if affine.sign > 0 else text.value(f"sub i64 0, {start}")
        first = text.value(f"add i64 {signed}, {shift}")
        flag = text.value(f"icmp uge i64 {first}, {length}")
        grows = (step >= 0) == (affine.sign > 0)
        extreme = text.value(f"sub i64 {length}, 1") if grows else "0"
        if affine.sign > 0:
            return flag, text.value(f"sub i64 {extreme}, {shift}")
        return flag, text.value(f"sub i64 {shift}, {extreme}")

    def _distance(self, strip: Strip, local: int, last: str) -> str:
        """How many more rounds there are until a variable with step 1 or -1 is at its last value.

        Something else if the first index is out of bounds: then there is no strip anyway.
        """
        start = self._start(strip, local)
        pair = (last, start) if strip.loop.inductions[local].step > 0 else (start, last)
        return self.text.value(f"sub i64 {pair[0]}, {pair[1]}")

    def _least(self, a: str, b: str) -> str:
        return self.text.call("i64", "llvm.smin.i64", f"i64 {a}, i64 {b}", "i64, i64")

    def _nearer(self, a: str, b: str, *, is_up: bool) -> str:
        if not a:
            return b
        name = "llvm.smin.i64" if is_up else "llvm.smax.i64"
        return self.text.call("i64", name, f"i64 {a}, i64 {b}", "i64, i64")

    def _any(self, flags: list[str]) -> str:
        text = self.text
        found = "false"
        for flag in dict.fromkeys(flags):
            frozen = text.value(f"freeze i1 {flag}")
            found = frozen if found == "false" else text.value(f"or i1 {found}, {frozen}")
        return found


def _is_supported(test: ExitTest, induction: Induction) -> bool:
    """Whether the values that another round begins with are all on one side of a limit."""
    if test.relation == "ne":
        return abs(induction.step) == 1
    if not induction.step and not induction.is_behind(test.block, induction.offset + 1):
        return False
    return test.relation in ({"lt", "le"} if induction.step >= 0 else {"gt", "ge"})
