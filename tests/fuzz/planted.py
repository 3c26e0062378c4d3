"""Faults that are planted in the JIT, to see whether what is generated finds them.

Each is a generator for the worker, as ``pvm.engines.native.jit.build:function_code`` is: it compiles as that does, but
with something that was right made wrong, a mend of a known miscompilation or a condition that nothing else stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from pvm.engines.native.jit import build, copies, loops, ranges, unit
from pvm.engines.native.jit.activation import Activation, FunctionFacts
from pvm.engines.native.jit.calls import _Call
from pvm.engines.native.jit.frames import FrameLowering
from pvm.engines.native.jit.lowering import JitLowering
from pvm.engines.native.jit.shadows import ShadowLowering
from pvm.engines.native.jit.strips import Strip, StripLowering
from pvm.engines.native.jit.targets import Targets
from pvm.engines.native.jit.unit import Unit
from pvm.engines.native.machine_code.target import Target
from pvm.isa.instruction import Form
from pvm.isa.machine import Val
from tests.fuzz.planted_numbers import FAULTS_OF_NUMBERS
from tests.fuzz.planted_objects import FAULTS_OF_OBJECTS
from tests.fuzz.planting import Patch, changed, constant
from tests.fuzz.profiles import any_profile

Generator = Callable[[Target, bytes], tuple[str, bytes]]


def _without_failures(name: str) -> Patch:
    """A method of the way into a strip that adds none of the flags which must not be set."""

    def make(method: Any) -> Any:
        def unchecked(self: Any, strip: Any, *rest: Any) -> Any:
            count = len(strip.failures)
            result = method(self, strip, *rest)
            del strip.failures[count:]
            return result

        return unchecked

    return changed(StripLowering, name, make)


# The mends of the four that were found by reading


def waiting_operands_keep_shadows() -> Patch:
    """An operand that waits has the shadows of what its local is then."""

    def local_set(self: ShadowLowering, index: int, value: Any) -> None:
        JitLowering.local_set(self, index, value)
        self.note_set(self.current, index)

    return mock.patch.object(ShadowLowering, "local_set", local_set)


def handlers_around_calls_are_forgotten() -> Patch:
    """Frames do not have what only a handler reads that ends behind a call."""
    return mock.patch.object(FunctionFacts, "live_across", lambda self, call: self.live.get(call.end, 0))


def sums_beside_are_unbounded() -> Patch:
    """Sums of other variables than the one that the rounds are counted by may overflow in a strip."""
    return mock.patch.object(StripLowering, "_sum", StripLowering._affine_sum)


# The way into strips


def starts_are_unbounded() -> Patch:
    """A variable may begin near the ends of i64."""
    return _without_failures("_start")


def terms_are_unbounded() -> Patch:
    """What is added to a variable may be of any size."""
    return _without_failures("_plus")


def steps_are_unchecked() -> Patch:
    """What a local holds that is added in each round may be 0, or negative."""
    return _without_failures("_step")


def rounds_are_not_limited_by_fuel() -> Patch:
    """More rounds than the fuel suffices for."""

    def make(method: Any) -> Any:
        return lambda self, *rest: self._plus_constant(method(self, *rest), 40)

    return changed(StripLowering, "_affordable", make)


def _bounds(change: Callable[[Any, tuple[str, str], bool], tuple[str, str]]) -> Patch:
    def make(method: Any) -> Any:
        def bounded(self: Any, affine: Any, length: str, strip: Strip) -> tuple[str, str]:
            grows = (strip.loop.inductions[affine.local].step >= 0) == (affine.sign > 0)
            return change(self, method(self, affine, length, strip), grows)

        return bounded

    return changed(StripLowering, "_bounded", make)


def the_last_index_is_one_too_far() -> Patch:
    """Indices that grow may be equal to the length."""
    return _bounds(lambda self, found, grows: (found[0], self._plus_constant(found[1], 1) if grows else found[1]))


def indices_fall_below_zero() -> Patch:
    """Indices that fall may be -1."""
    return _bounds(lambda self, found, grows: (found[0], found[1] if grows else self._plus_constant(found[1], -1)))


def the_first_index_is_unchecked() -> Patch:
    """The first index may be out of bounds."""
    return _bounds(lambda _, found, __: ("false", found[1]))


def indices_of_other_variables_are_unchecked() -> Patch:
    """Variables beside the one that the rounds are counted by do not limit the rounds."""
    return changed(StripLowering, "_distance", lambda _: lambda *__: str(1 << 30))


def what_rounds_change_is_loaded_before_them() -> Patch:
    """Fields and elements that do not seem to change are loaded once, and nobody looks whether a round stores there."""
    return constant(StripLowering, "_note_change", None)


def strips_end_a_round_late() -> Patch:
    """A strip goes on where the variable is equal to what it ends at."""

    def make(method: Any) -> Any:
        def within(self: Any, strip: Strip, variable: Any) -> str:
            flag: str = method(self, strip, variable)
            line = self.text.lines[-1]
            self.text.lines[-1] = line.replace("slt i64", "sle i64").replace("sgt i64", "sge i64")
            return flag

        return within

    return changed(StripLowering, "_is_within", make)


def strips_leave_the_variable_behind() -> Patch:
    """A variable is said to be a round further than it is where a strip ends."""

    def make(method: Any) -> Any:
        def note_end(self: Any, test: Any) -> None:
            kept = self.strip.threshold
            self.strip.threshold = self._plus_constant(kept, 1)
            method(self, test)
            self.strip.threshold = kept

        return note_end

    return changed(StripLowering, "note_end", make)


def changes_are_not_counted() -> Patch:
    """What is behind the change of a variable is taken as if it was before it."""
    return constant(loops.Induction, "is_behind", False)


def conditional_changes_are_regular() -> Patch:
    """A variable that changes in some rounds only is taken to change in all of them."""
    return mock.patch.object(loops._Graph, "always_in", lambda _, body, __: body)


def tees_are_no_writes() -> Patch:
    """A local that only ``local.tee`` writes is taken not to change in a loop."""
    return mock.patch.object(loops, "_WRITES", frozenset({"local.set"}))


def what_traps_before_is_unchecked() -> Patch:
    """What does not change is taken not to trap."""

    def trap_if(self: StripLowering, condition: Any, kind: Any) -> None:
        if self.strip is None or not self.strip.is_before(self.raw(condition)):
            FrameLowering.trap_if(self, condition, kind)

    return mock.patch.object(StripLowering, "trap_if", trap_if)


def first_rounds_are_unchecked() -> Patch:
    """There is a round in each strip, whatever the first test says."""
    return changed(StripLowering, "_any", lambda found: lambda self, flags: found(self, flags[:-1]))


def changes_of_what_was_loaded_are_missed() -> Patch:
    """What was loaded before a loop is taken not to change, whatever the rounds store behind that."""

    def note_change(self: StripLowering, what: Any) -> None:
        if self.strip is not None:
            self.strip.changed.add(what)

    return mock.patch.object(StripLowering, "_note_change", note_change)


def changes_before_loads_are_missed() -> Patch:
    """What rounds store is taken to be of no matter to what they load behind that."""
    return changed(StripLowering, "_settles", lambda _: lambda _self, strip, _what: strip.loads_once)


def other_arrays_are_as_long() -> Patch:
    """Before a loop, what stands for an array that is none of the kind has its own length."""

    def make(length: Any) -> Any:
        def faulty(self: StripLowering, obj: Any) -> Any:
            strip = self.strip
            cast = {} if strip is None else {raw: (known, "") for raw, (known, _) in strip.cast.items()}
            with mock.patch.object(strip or self, "cast", cast, create=True):
                return length(self, obj)

        return faulty

    return changed(StripLowering, "length", make)


def heaps_are_never_marked() -> Patch:
    """The collector is not told of references that are stored while it marks."""
    return constant(JitLowering, "is_marking", "false")


@contextmanager
def all_rounds_cost_the_same() -> Iterator[None]:
    """The fuel follows from the variable, whatever the rounds cost."""
    straight = changed(copies, "_plans", lambda plans: lambda loop: plans(loop._replace(is_straight=True)))
    with constant(Unit, "refuse_uniform", None), straight:
        yield


def accesses_are_always_parallel() -> Patch:
    """Rounds are taken not to touch what others store."""
    return mock.patch.object(Strip, "is_parallel", property(lambda _: True))


def the_test_is_paid_twice() -> Patch:
    """Who leaves a strip pays for the test again."""
    return changed(
        Unit, "pay", lambda pay: lambda self, cost: pay(self, max(cost, 0)) if self.strip else pay(self, cost)
    )


# Frames, exits and calls


def exits_repeat_what_was_done() -> Patch:
    """Internal code does again what was done already."""
    return mock.patch.object(unit, "_changes_something", lambda each: each.opcode.form is Form.CALL)


def handlers_read_nothing() -> Patch:
    """What a handler reads is not live in its range."""

    def make(live: Any) -> Any:
        return lambda verified: live(verified._replace(function=verified.function._replace(handlers=())))

    from pvm.engines.native.jit import activation

    return changed(activation, "live_locals", make)


def frames_of_inlined_functions_are_dirty() -> Patch:
    """References of frames that come into being are not cleared."""
    return constant(FrameLowering, "_clear", None)


def references_do_not_wait() -> Patch:
    """References that wait for an inlined function are not written to its caller's frame."""

    def make(inline: Any) -> Any:
        def faulty(self: Any, function: int, *rest: Any) -> None:
            refs, self.activation.refs = self.activation.refs, []
            try:
                inline(self, function, *rest)
            finally:
                self.activation.refs = refs

        return faulty

    return changed(_Call, "_inline", make)


def the_stack_is_unchecked() -> Patch:
    """Nobody looks whether there is room for the frames of inlined functions."""
    return mock.patch.object(Unit, "extent", property(lambda _: 0, lambda _, __: None), create=True)


def callers_are_forgotten() -> Patch:
    """What a caller reads behind a call is not written to its frame when the callee has left."""

    def make(unwind: Any) -> Any:
        def faulty(self: Unit, activation: Activation, instruction: Any, *rest: Any) -> None:
            with constant(FunctionFacts, "live_across", 0):
                unwind(self, activation, instruction, *rest)

        return faulty

    return changed(Unit, "unwind", make)


def callees_may_be_too_deep() -> Patch:
    """Nobody looks whether there is room for the frame of a callee that is known."""
    return constant(_Call, "_see_to_stack", None)


def the_native_stack_is_unchecked() -> Patch:
    """Nobody looks whether the native stack suffices."""
    return mock.patch.object(Unit, "calls", property(lambda _: False, lambda _, __: None), create=True)


def looks_are_for_less() -> Patch:
    """Fuel is taken to suffice that is a quarter of what is needed from one look to the next."""

    def make(load: Any) -> Any:
        def faulty(self: Unit) -> None:
            load(self)
            self.cost //= 4

        return faulty

    return changed(ShadowLowering, "load_shadows", make)


def results_come_too_late() -> Patch:
    """A result that internal code has stored in its local already is left as an operand."""

    def make(leave: Any) -> Any:
        def faulty(self: Unit, activation: Activation, instruction: Any) -> None:
            after = activation.facts.points.after
            after[instruction.offset] = after[instruction.offset]._replace(result=-1)
            leave(self, activation, instruction)

        return faulty

    return changed(Unit, "leave_after", make)


def passed_blocks_cost_nothing() -> Patch:
    """Blocks that do nothing but jump are not paid for where they are passed."""

    def make(passed: Any) -> Any:
        return lambda self, offset: (passed(self, offset)[0], 0)

    return changed(FunctionFacts, "passed", make)


def bulk_operations_cost_nothing() -> Patch:
    """What an instruction costs beside its block is not paid."""
    return constant(JitLowering, "end", None)


# What is known of numbers


def tests_of_loops_always_hold() -> Patch:
    """Where a branch is not taken, numbers are taken to be what they are where it is."""

    def make(when: Any) -> Any:
        return lambda self, condition, **_: when(self, condition, holds=True)

    return changed(ranges._Analysis, "_when", make)


def sums_never_wrap() -> Patch:
    """A sum that wraps is taken for one that traps where it overflows."""
    return changed(ranges, "_arithmetic", lambda made: lambda *operands, **_: made(*operands, is_checked=True))


def handlers_find_what_was_before() -> Patch:
    """A handler is taken to find numbers as they are where its range begins."""

    def make(run: Any) -> Any:
        def faulty(self: Any) -> Any:
            handlers, self.function = self.function.handlers, self.function._replace(handlers=())
            starts = {each.start: self.labels[each.target] for each in handlers}
            leaving = self._leaving
            self._leaving = lambda offset: [
                *leaving(offset),
                *(
                    (starts[each.offset], self.entering[offset])
                    for each in self.blocks[offset]
                    if each.offset in starts
                ),
            ]
            return run(self)

        return faulty

    return changed(ranges._Analysis, "run", make)


def numbers_stay_as_they_come() -> Patch:
    """At a head, numbers are taken to be what they are where it is come to first."""

    def enter(self: Any, offset: int, state: Any) -> bool:
        is_news = offset not in self.entering
        self.entering.setdefault(offset, dict(state))
        return is_news

    return mock.patch.object(ranges._Analysis, "_enter", enter)


def compared_numbers_are_those_of_now() -> Patch:
    """What was compared is taken for what its local is now."""
    return mock.patch.object(ranges._Value, "without", lambda self, _: self)


# What is known of objects


def sets_do_not_load_shadows() -> Patch:
    """Shadows stay what they are when their local changes."""

    def local_set(self: ShadowLowering, index: int, value: Any) -> None:
        JitLowering.local_set(self, index, value)
        root = self.current.local(index)
        self.origins = {text: origin for text, origin in self.origins.items() if origin.root != root}

    return mock.patch.object(ShadowLowering, "local_set", local_set)


def parameters_never_change() -> Patch:
    """What is known of an argument is taken for true although the parameter is written."""

    def make(init: Any) -> Any:
        def faulty(self: FunctionFacts, *rest: Any) -> None:
            init(self, *rest)
            self.written = set()

        return faulty

    return changed(FunctionFacts, "__init__", make)


def fields_never_change() -> Patch:
    """Mutable fields are taken for immutable ones."""

    def make(verify: Any) -> Any:
        def faulty(module: Any) -> Any:
            verified = verify(module)
            fixed = (
                each._replace(fields=tuple(field._replace(mutable=False) for field in each.fields))
                for each in verified.layouts
            )
            return verified._replace(layouts=tuple(fixed))

        return faulty

    return changed(build, "verify", make)


def fields_of_subclasses_are_others() -> Patch:
    """A field is taken not to be the one that the superclass has."""
    return mock.patch.object(JitLowering, "owner_of", lambda _, field: f"{field[0]}.{field[1]}")


def classes_are_intervals() -> Patch:
    """Methods are told apart by intervals of classes that have others within."""

    def interval(self: Targets, class_index: int, slot: int, function: int) -> tuple[int, int]:
        own = self._ids(class_index, slot)[function]
        return min(own), max(own) - min(own) + 1

    return mock.patch.object(Targets, "interval", interval)


def function_values_capture_nothing() -> Patch:
    """A function value that is inlined finds null for what it has captured."""
    return changed(
        _Call, "_with_captured", lambda make: lambda self, function, _: make(self, function, Val("0", "ref"))
    )


def what_was_seen_is_all() -> Patch:
    """Methods that were not seen are taken never to be called."""

    def make(method: Any) -> Any:
        return lambda self, receiver, wanted, **_: method(self, receiver, wanted, complete=bool(wanted))

    return changed(_Call, "_by_class", make)


def stores_dirty_no_cards() -> Patch:
    """The collector is not told where references were stored."""

    def store_plainly(self: JitLowering, place: str, card: str, value: Any, aliases: str) -> None:
        self.text.line(f"store i32 {value.raw}, ptr {place}, align 4{aliases}")

    return mock.patch.object(JitLowering, "store_plainly", store_plainly)


FAULTS: dict[str, Callable[[], Patch]] = {
    each.__name__: each
    for each in (
        waiting_operands_keep_shadows,
        handlers_around_calls_are_forgotten,
        sums_beside_are_unbounded,
        starts_are_unbounded,
        terms_are_unbounded,
        steps_are_unchecked,
        rounds_are_not_limited_by_fuel,
        the_last_index_is_one_too_far,
        indices_fall_below_zero,
        the_first_index_is_unchecked,
        indices_of_other_variables_are_unchecked,
        what_rounds_change_is_loaded_before_them,
        strips_end_a_round_late,
        strips_leave_the_variable_behind,
        changes_are_not_counted,
        conditional_changes_are_regular,
        tees_are_no_writes,
        what_traps_before_is_unchecked,
        first_rounds_are_unchecked,
        changes_of_what_was_loaded_are_missed,
        changes_before_loads_are_missed,
        other_arrays_are_as_long,
        all_rounds_cost_the_same,
        accesses_are_always_parallel,
        the_test_is_paid_twice,
        exits_repeat_what_was_done,
        handlers_read_nothing,
        frames_of_inlined_functions_are_dirty,
        references_do_not_wait,
        the_stack_is_unchecked,
        callers_are_forgotten,
        callees_may_be_too_deep,
        the_native_stack_is_unchecked,
        looks_are_for_less,
        results_come_too_late,
        passed_blocks_cost_nothing,
        bulk_operations_cost_nothing,
        tests_of_loops_always_hold,
        sums_never_wrap,
        handlers_find_what_was_before,
        numbers_stay_as_they_come,
        compared_numbers_are_those_of_now,
        sets_do_not_load_shadows,
        parameters_never_change,
        fields_never_change,
        fields_of_subclasses_are_others,
        classes_are_intervals,
        function_values_capture_nothing,
        what_was_seen_is_all,
        stores_dirty_no_cards,
        heaps_are_never_marked,
        *FAULTS_OF_OBJECTS,
        *FAULTS_OF_NUMBERS,
    )
}


def __getattr__(name: str) -> Generator:
    """The generator with the fault of a name: ``code_with_NAME``."""
    make = FAULTS.get(name.removeprefix("code_with_"))
    if make is None:
        raise AttributeError(name)

    def function_code(target: Target, argument: bytes) -> tuple[str, bytes]:
        with make(), any_profile():
            return build.function_code(target, argument)

    return function_code


def generator_of(name: str) -> str:
    """What the worker is asked for, to compile with a fault."""
    return f"{__name__}:code_with_{name}"
