"""Faults that are planted in what the JIT does with objects that nobody keeps, short texts and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from pvm.engines.native.jit import build, entries, escape, numerals, tables, texts
from pvm.engines.native.jit.aliasing import Aliasing
from pvm.engines.native.jit.virtual import VirtualLowering
from tests.fuzz.planting import Patch, changed, constant

# Objects that are replaced


def objects_are_made_twice() -> Patch:
    """Each place of a frame gets an object of its own."""

    def make(method: Any) -> Any:
        return lambda self, name, *rest: None if name.endswith(".real") else method(self, name, *rest)

    return changed(VirtualLowering, "set", make)


def narrow_fields_keep_everything() -> Patch:
    """A field of eight bits keeps what is stored in it."""
    return mock.patch.object(VirtualLowering, "_narrowed", lambda *arguments: arguments[-1])


@contextmanager
def objects_overlap() -> Iterator[None]:
    """An object is made while the one before, whose variables it has, is still of use."""
    with constant(escape._Solution, "overlapping", set()), constant(escape, "_is_alone", value=True):
        yield


def kept_objects_are_replaced() -> Patch:
    """What is stored in an object that is not replaced is."""

    def make(method: Any) -> Any:
        def made(self: Any, class_index: int, values: Any) -> Any:
            found = method(self, class_index, values)
            del self.flows.initialised[:]
            return found

        return made

    return changed(VirtualLowering, "new_object", make)


@contextmanager
def _unsound(*patches: Patch) -> Iterator[None]:
    """What was taken for granted is not looked at afterwards."""
    with ExitStack() as stack:
        stack.enter_context(constant(build, "is_sound", value=True))
        for each in patches:
            stack.enter_context(each)
        yield


def others_are_taken_for_replaced() -> Patch:
    """Whoever may have a replaced object or another one finds the replaced one."""

    def make(identity: Any) -> Any:
        def faulty(self: VirtualLowering, value: Any) -> frozenset[int]:
            found: frozenset[int] = identity(self, value)
            return found - {escape.OTHER} or found

        return faulty

    unsettled = constant(escape._Solution, "unsettled", set())
    return _unsound(unsettled, changed(VirtualLowering, "_identity", make))


def escaping_objects_are_replaced() -> Patch:
    """Objects are replaced that somebody keeps."""
    return _unsound(constant(escape._Solution, "escaping", set()))


def parts_are_not_held() -> Patch:
    """What an object that is of use refers to is taken to be of no use."""
    return _unsound(changed(escape, "_closed", lambda _: lambda groups, _: groups))


def callers_hold_nothing() -> Patch:
    """What the callers of an inlined function hold is taken to be of no use there."""

    def make(holders: Any) -> Any:
        def faulty(self: VirtualLowering) -> Any:
            with mock.patch.object(self.current, "parent", None):
                yield from list(holders(self))

        return faulty

    return changed(VirtualLowering, "_holders", make)


def exits_make_no_parts() -> Patch:
    """Frames get an object, but not what it refers to."""
    is_inside = [False]

    def make(real: Any) -> Any:
        def faulty(self: VirtualLowering, value: Any) -> Any:
            if is_inside[0]:
                return value
            is_inside[0] = True
            try:
                return real(self, value)
            finally:
                is_inside[0] = False

        return faulty

    return _unsound(changed(VirtualLowering, "_real", make))


def exits_do_not_collect() -> Patch:
    """Where an exit has made objects behind the nursery, there is no collection."""
    return changed(entries, "_load", lambda load: lambda unit, name: "0" if name == "nursery_top" else load(unit, name))


def objects_begin_as_they_were() -> Patch:
    """Fields of an object that is made without values are not cleared."""

    def make(method: Any) -> Any:
        def faulty(self: VirtualLowering, class_index: int) -> Any:
            with mock.patch.object(self, "_set_field"):
                return method(self, class_index)

        return faulty

    return changed(VirtualLowering, "new_default", make)


def replaced_objects_are_of_any_class() -> Patch:
    """A replaced object is taken to be of each class that it is compared with."""
    return constant(VirtualLowering, "_fits_type", value=True)


# Short texts


def two_whole_words_are_short() -> Patch:
    """A text of two whole words is dealt with in place, though it costs two units."""
    return mock.patch.object(texts, "SHORT", 16)


def texts_are_short() -> Patch:
    """Texts are taken to be short, to fit in where they go, and slices not to begin or end within characters."""
    return constant(texts.Texts, "unless", None)


def texts_touch_nothing() -> Patch:
    """Functions on texts are taken not to change the array that they extend."""
    return mock.patch.object(Aliasing, "texts", lambda self: self.suffix("nothing"))


def letters_begin_early() -> Patch:
    """What is before the first letter is taken for one, and the last one is not."""

    def make(method: Any) -> Any:
        return lambda self, string, letter: method(self, string, chr(ord(letter) - 1))

    return changed(texts.Texts, "_changed", make)


def first_words_are_all() -> Patch:
    """Two texts of one size are taken for equal where the first word of both is."""
    return changed(texts.Texts, "_same_bytes", lambda same: lambda self, a, b, _: same(self, a, b, "8"))


def searches_see_sixteen() -> Patch:
    """A byte is found in place where the search has cost more than one unit."""
    return mock.patch.object(texts, "_SEEN", 0xFFFF)


def numerals_have_nine_digits() -> Patch:
    """A number of nine digits is made a text of eight."""
    return mock.patch.object(numerals, "_MOST", 10**9)


def numerals_have_no_sign() -> Patch:
    """A minus is taken for a plus."""

    def make(digits: Any) -> Any:
        def faulty(generator: Any, string: Any) -> Any:
            found, _, wrong = digits(generator, string)
            return found, "false", wrong

        return faulty

    return changed(numerals, "_digits", make)


# Tables of numbers


def numbers_are_found_at_once() -> Patch:
    """The first slot of a search for a number is taken to be the one."""
    return constant(tables.Tables, "unless", None)


FAULTS_OF_OBJECTS: tuple[Callable[[], Patch], ...] = (
    objects_are_made_twice,
    narrow_fields_keep_everything,
    objects_overlap,
    kept_objects_are_replaced,
    others_are_taken_for_replaced,
    escaping_objects_are_replaced,
    parts_are_not_held,
    callers_hold_nothing,
    exits_make_no_parts,
    exits_do_not_collect,
    objects_begin_as_they_were,
    replaced_objects_are_of_any_class,
    two_whole_words_are_short,
    texts_are_short,
    texts_touch_nothing,
    letters_begin_early,
    first_words_are_all,
    searches_see_sixteen,
    numerals_have_nine_digits,
    numerals_have_no_sign,
    numbers_are_found_at_once,
)
