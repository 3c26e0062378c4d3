"""Short texts in place: what functions of the runtime image do with a text of one or two words, without calling them.

Whatever is longer, fails or finds no memory goes to the call, which begins from nothing.  So there are no exits here.
What is read in a whole word may begin before the bytes of a slice, but never ends behind the object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pvm.engines.native import layout
from pvm.engines.native.jit import numerals
from pvm.engines.native.jit.in_place import InPlace, Shortcut
from pvm.engines.native.llvm.text import phi
from pvm.isa.machine import Val
from pvm.isa.types import Storage

if TYPE_CHECKING:
    from pvm.engines.native.jit.lowering import JitLowering

SHORT = 15
"""Bytes of the longest text that is dealt with in place: what works on so many costs one unit of fuel."""
_ONES, _SEVEN_BITS = 0x0101010101010101, 0x7F7F7F7F7F7F7F7F
_HIGH_BITS = ~_SEVEN_BITS
_WIDE, _SEEN = "<16 x i8>", 0x7FFF
"""What a search looks at at once, and the places where finding something costs one unit of fuel."""


def shortcut_of(lowering: JitLowering, name: str, arguments: Sequence[Val]) -> Shortcut | None:
    """What does the work of a function of the image for short texts, if there may be any."""
    emit = _SHORTCUTS.get(name)
    if emit is None:
        return None
    known = [len(lowering.texts.get(lowering.raw(each), b"")) for each in arguments]
    if max(known) > SHORT or (emit is Texts.index_of and known[1] > 1):
        return None
    return lambda lowering, call, arguments: emit(Texts(lowering, call), arguments)


class Texts(InPlace):
    """Functions on texts."""

    # Parts

    def _size(self, string: Val) -> str:
        """Bytes of a text (i64)."""
        known = self.lowering.texts.get(self.lowering.raw(string))
        return self.lowering.raw(self.lowering.string_length(string)) if known is None else str(len(known))

    def _bytes(self, obj: Val) -> str:
        """Where the bytes of a text or an array begin."""
        return self.lowering.pointer(obj, layout.ELEMENTS)

    def _behind(self, pointer: str, offset: str) -> str:
        return self.text.value(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def _load(self, pointer: str, bits: int) -> str:
        return self.text.value(f"load i{bits}, ptr {pointer}, align 1")

    def _store(self, pointer: str, value: str, bits: int) -> None:
        """Store bytes into an array of bytes."""
        aliases = self.lowering.element_aliases(Storage.U8)
        self.text.line(f"store i{bits} {value}, ptr {pointer}, align 1{aliases}")

    def trailing_zeros(self, value: str, bits: int) -> str:
        """How many of the lowest bits of a number that is not 0 are not set."""
        name = self.text.module.declare(f"llvm.cttz.i{bits}", f"i{bits} (i{bits}, i1)")
        return self.text.value(f"call i{bits} {name}(i{bits} {value}, i1 true)")

    # Texts into arrays of bytes

    def extend(self, arguments: Sequence[Val]) -> Val:
        """``string.extend``."""
        target, at, string = arguments
        size = self._size(string)
        place = self._place(target, at, size)
        known = self.lowering.texts.get(self.lowering.raw(string))
        if known is None:
            self._copy(place, self._bytes(string), size)
        else:
            self._write(place, known)
        return target

    def extend_by_slice(self, arguments: Sequence[Val]) -> Val:
        """``string.extend_slice``."""
        target, at, string, start, end = arguments
        source, size = self._slice(string, start, end)
        self._copy(self._place(target, at, size), source, size)
        return target

    def _place(self, target: Val, at: Val, size: str) -> str:
        """Where so many bytes go that come to an index of an array."""
        text = self.text
        capacity = self.lowering.raw(self.lowering.array_length(target))
        room = text.value(f"sub i64 {capacity}, {at.raw}")
        is_inside = text.value(f"icmp ule i64 {at.raw}, {capacity}")
        fits = text.value(f"icmp ule i64 {size}, {room}")
        is_short = text.value(f"icmp ule i64 {size}, {SHORT}")
        self.unless(is_inside, fits, is_short)
        return self.lowering.element(target, at, 1)

    def _write(self, place: str, data: bytes) -> None:
        """Write bytes that are known."""
        done = 0
        while done < len(data):
            count = next(each for each in (8, 4, 2, 1) if each <= len(data) - done)
            value = int.from_bytes(data[done : done + count], "little")
            self._store(self._behind(place, str(done)), str(value), 8 * count)
            done += count

    def _copy(self, to: str, source: str, size: str) -> None:
        """Copy up to ``SHORT`` bytes: the first and the last of them at once, whatever is between overlaps."""
        text = self.text
        done = text.fresh_label("copied")
        for width in (8, 4):
            enough, less = text.fresh_label("enough"), text.fresh_label("less")
            text.branch(text.value(f"icmp uge i64 {size}, {width}"), enough, less)
            text.block(enough, dominated=True)
            last = text.value(f"sub i64 {size}, {width}")
            values = [self._load(each, 8 * width) for each in (source, self._behind(source, last))]
            for place, value in zip((to, self._behind(to, last)), values, strict=True):
                self._store(place, value, 8 * width)
            text.jump(done)
            text.block(less, dominated=True)
        some = text.fresh_label("some")
        text.branch(text.value(f"icmp eq i64 {size}, 0"), done, some)
        text.block(some, dominated=True)
        offsets = ("0", text.value(f"lshr i64 {size}, 1"), text.value(f"sub i64 {size}, 1"))
        values = [self._load(self._behind(source, each), 8) for each in offsets]
        for offset, value in zip(offsets, values, strict=True):
            self._store(self._behind(to, offset), value, 8)
        text.jump(done)
        text.block(done)

    # Texts of texts

    def _slice(self, string: Val, start: Val, end: Val) -> tuple[str, str]:
        """Where a slice that is not empty begins, and its size; none that traps."""
        text = self.text
        size, length = text.value(f"sub i64 {end.raw}, {start.raw}"), self._size(string)
        is_short = text.value(f"icmp ult i64 {text.value(f'sub i64 {size}, 1')}, {SHORT}")
        starts = text.value(f"icmp ult i64 {start.raw}, {length}")
        ends = text.value(f"icmp ule i64 {end.raw}, {length}")
        self.unless(is_short, starts, ends)
        source = self._behind(self._bytes(string), self.lowering.raw(start))
        # The end of the text is no byte of it; the start is one that is looked at anyway.
        is_end = text.value(f"icmp eq i64 {end.raw}, {length}")
        behind = self._behind(source, text.value(f"select i1 {is_end}, i64 0, i64 {size}"))
        self.unless(*(text.value(f"icmp sgt i8 {self._load(each, 8)}, -65") for each in (source, behind)))
        return source, size

    def slice(self, arguments: Sequence[Val]) -> Val:
        """``string.slice``."""
        text = self.text
        source, size = self._slice(*arguments)
        is_long = self._is_long(size)
        # The last 8 bytes of the slice, moved down, are its last word with zeros behind.
        end = self._behind(source, text.value(f"sub i64 {size}, 8"))
        first = self._load(text.value(f"select i1 {is_long}, ptr {source}, ptr {end}"), 64)
        shift = text.value(f"and i64 {text.value(f'mul i64 {size}, -8')}, 63")
        return self._made(size, first, text.value(f"lshr i64 {self._load(end, 64)}, {shift}"))

    def _is_long(self, size: str) -> str:
        """Whether a text that is not empty has two words."""
        return self.text.value(f"icmp ugt i64 {size}, 8")

    def _made(self, size: str, first: str, last: str) -> Val:
        """A text of two words, or of the last one only, whose bytes behind the text are 0."""
        text, is_long = self.text, self._is_long(size)
        bytes_ = text.value(f"select i1 {is_long}, i64 {layout.ELEMENTS + 16}, i64 {layout.ELEMENTS + 8}")
        made = self._new(bytes_, size)
        self._fill(self._bytes(made), first)
        self._fill(self._behind(self._bytes(made), text.value(f"select i1 {is_long}, i64 8, i64 0")), last)
        return made

    def made_word(self, size: str, word: str) -> Val:
        """A text of one word."""
        made = self._new(str(layout.ELEMENTS + 8), size)
        self._fill(self._bytes(made), word)
        return made

    def _new(self, bytes_: str, size: str) -> Val:
        """A text of a size whose object has so many bytes."""
        lowering = self.lowering
        made = lowering.allocate_with(None, self.call, bytes_, str(layout.CLASS_STRING))
        place = lowering.pointer(made, layout.LENGTH)
        self.text.line(f"store i64 {size}, ptr {place}, align 8{lowering.aliases('length')}")
        return made

    def _fill(self, place: str, word: str) -> None:
        """Store a word of a new text."""
        self.text.line(f"store i64 {word}, ptr {place}, align 8{self.lowering.aliases('text')}")

    def _words(self, string: Val) -> tuple[str, str, str]:
        """The size, the first and the last word of a text that is not empty; the bytes behind it are 0."""
        text, size = self.text, self._size(string)
        self.unless(text.value(f"icmp ult i64 {text.value(f'sub i64 {size}, 1')}, {SHORT}"))
        bytes_ = self._bytes(string)
        last = self._behind(bytes_, text.value(f"select i1 {self._is_long(size)}, i64 8, i64 0"))
        return size, self._load(bytes_, 64), self._load(last, 64)

    def word(self, string: Val) -> tuple[str, str]:
        """The size and the only word of a text that is not empty."""
        size = self._size(string)
        self.unless(self.text.value(f"icmp ult i64 {self.text.value(f'sub i64 {size}, 1')}, 8"))
        return size, self._load(self._bytes(string), 64)

    # Texts of several

    def concat(self, arguments: Sequence[Val]) -> Val:
        """``string.concat`` and ``string.concat3``: the bytes are put together as one number."""
        text = self.text
        size, number = self._number(arguments[0])
        for each in arguments[1:]:
            more, other = self._number(each)
            bits = text.value(f"zext i64 {text.value(f'shl i64 {size}, 3')} to i128")
            size = text.value(f"add i64 {size}, {more}")
            self.unless(text.value(f"icmp ule i64 {size}, {SHORT}"))
            number = text.value(f"or i128 {number}, {text.value(f'shl i128 {other}, {bits}')}")
        first = text.value(f"trunc i128 {number} to i64")
        second = text.value(f"trunc i128 {text.value(f'lshr i128 {number}, 64')} to i64")
        last = text.value(f"select i1 {self._is_long(size)}, i64 {second}, i64 {first}")
        return self._made(size, first, last)

    def _number(self, string: Val) -> tuple[str, str]:
        """The size of a text that is not empty, and its bytes as a number, the first one lowest (i128)."""
        text = self.text
        known = self.lowering.texts.get(self.lowering.raw(string))
        if known:
            return str(len(known)), str(int.from_bytes(known, "little"))
        size, first, last = self._words(string)
        second = text.value(f"select i1 {self._is_long(size)}, i64 {last}, i64 0")
        upper = text.value(f"shl i128 {text.value(f'zext i64 {second} to i128')}, 64")
        return size, text.value(f"or i128 {upper}, {text.value(f'zext i64 {first} to i128')}")

    # What is found in texts

    def index_of(self, arguments: Sequence[Val]) -> Val:
        """``string.index_of`` of one byte that is not 0, near the start, or nowhere in what is left."""
        text = self.text
        string, part, start = arguments
        byte, size, begin = self._byte(part), self._size(string), self.lowering.raw(start)
        self.unless(text.value(f"icmp ule i64 {begin}, {size}"))
        found, is_there = self._places(string, size, begin, byte)
        here, nowhere, done = (text.fresh_label(each) for each in ("here", "nowhere", "searched"))
        text.branch(is_there, here, nowhere)
        text.block(here, dominated=True)
        distance = text.value(f"zext i32 {self.trailing_zeros(found, 32)} to i64")
        index = text.value(f"add i64 {begin}, {distance}")
        text.jump(done)
        text.block(nowhere, dominated=True)
        self.unless(text.value(f"icmp ule i64 {text.value(f'sub i64 {size}, {begin}')}, {SHORT}"))
        before = text.label
        text.jump(done)
        text.block(done)
        return Val(text.value(f"phi i64 [ {index}, %{here} ], [ -1, %{before} ]"), "i64")

    def _byte(self, part: Val) -> str:
        """The only byte of a text (i8)."""
        known = self.lowering.texts.get(self.lowering.raw(part))
        if known and known[0]:
            return str(known[0])
        self.unless(self.text.value(f"icmp eq i64 {self._size(part)}, 1"))
        byte = self._load(self._bytes(part), 8)
        self.unless(self.text.value(f"icmp ne i8 {byte}, 0"))  # as are those that fill up a text
        return byte

    def _places(self, string: Val, size: str, start: str, byte: str) -> tuple[str, str]:
        """A bit for each of the ``SHORT`` bytes from a start on that is a byte (i32), and whether there is any.

        What is read at once ends with the object at the latest, so it may begin before the start.
        """
        text = self.text
        end = text.value(f"and i64 {text.value(f'add i64 {size}, 7')}, -8")
        latest = text.value(f"sub i64 {end}, 16")
        is_near = text.value(f"icmp sgt i64 {start}, {latest}")
        first = text.value(f"select i1 {is_near}, i64 {latest}, i64 {start}")
        before = text.value(f"trunc i64 {text.value(f'sub i64 {start}, {first}')} to i32")
        bytes_ = text.value(f"load {_WIDE}, ptr {self._behind(self._bytes(string), first)}, align 1")
        one = text.value(f"insertelement {_WIDE} poison, i8 {byte}, i64 0")
        all_ = text.value(f"shufflevector {_WIDE} {one}, {_WIDE} poison, <16 x i32> zeroinitializer")
        same = text.value(f"icmp eq {_WIDE} {bytes_}, {all_}")
        bits = text.value(f"zext i16 {text.value(f'bitcast <16 x i1> {same} to i16')} to i32")
        found = text.value(f"and i32 {text.value(f'lshr i32 {bits}, {before}')}, {_SEEN}")
        return found, text.value(f"icmp ne i32 {found}, 0")

    # What is said of texts, and other case

    def is_ascii(self, arguments: Sequence[Val]) -> Val:
        """``string.is_ascii``."""
        text = self.text
        _, first, last = self._words(arguments[0])
        high = text.value(f"and i64 {text.value(f'or i64 {first}, {last}')}, {_HIGH_BITS}")
        return Val(text.value(f"zext i1 {text.value(f'icmp eq i64 {high}, 0')} to i32"), "i32")

    def lower(self, arguments: Sequence[Val]) -> Val:
        """``string.lower_ascii``."""
        return self._changed(arguments[0], "A")

    def upper(self, arguments: Sequence[Val]) -> Val:
        """``string.upper_ascii``."""
        return self._changed(arguments[0], "a")

    def _changed(self, string: Val, letter: str) -> Val:
        """A text with the other case of the letters from one on."""
        size, *words = self._words(string)
        first, last = (self._changed_word(each, ord(letter)) for each in words)
        return self._made(size, first, last)

    def _changed_word(self, word: str, letter: int) -> str:
        """As ``ascii.peb`` does it: high bits are carried into by what is at least the letter, or behind the last."""
        text = self.text
        low = text.value(f"and i64 {word}, {_SEVEN_BITS}")
        at_least, behind = (text.value(f"add i64 {low}, {(128 - each) * _ONES}") for each in (letter, letter + 26))
        found = text.value(f"and i64 {text.value(f'xor i64 {at_least}, {behind}')}, {_HIGH_BITS}")
        found = text.value(f"and i64 {found}, {text.value(f'xor i64 {word}, -1')}")
        return text.value(f"xor i64 {word}, {text.value(f'lshr i64 {found}, 2')}")

    def equals(self, arguments: Sequence[Val]) -> Val:
        """``string.equals``."""
        text = self.text
        a, b = arguments
        size, other = self._size(a), self._size(b)
        if not any(each in self.lowering.texts for each in (a.raw, b.raw)):
            self.unless(text.value(f"icmp ule i64 {size}, {SHORT}"))
        same, compared = text.fresh_label("same"), text.fresh_label("compared")
        before = text.label
        text.branch(text.value(f"icmp eq i64 {size}, {other}"), same, compared)
        text.block(same, dominated=True)
        if "0" in {size, other}:
            result = "1"
        else:
            self.unless(text.value(f"icmp ne i64 {size}, 0"))
            result = self._same_bytes(a, b, size)
        label = text.label
        text.jump(compared)
        text.block(compared)
        return Val(text.value(f"phi i32 [ 0, %{before} ], [ {result}, %{label} ]"), "i32")

    def _same_bytes(self, a: Val, b: Val, size: str) -> str:
        """Whether two texts of one size, which is not 0, have the same first and last words (i32)."""
        text = self.text
        is_long = text.value(f"icmp ugt i64 {size}, 8")
        last = text.value(f"select i1 {is_long}, i64 {text.value(f'sub i64 {size}, 8')}, i64 0")
        differences = []
        for offset in ("0", last):
            words = [self._load(self._behind(self._bytes(each), offset), 64) for each in (a, b)]
            differences.append(text.value(f"xor i64 {words[0]}, {words[1]}"))
        either = text.value(f"or i64 {differences[0]}, {differences[1]}")
        return text.value(f"zext i1 {text.value(f'icmp eq i64 {either}, 0')} to i32")

    def compare(self, arguments: Sequence[Val]) -> Val:
        """``string.compare``: the order of the first words that differ, or of the sizes."""
        text = self.text
        a, b = (self._bytes(each) for each in arguments)
        size, other = (self._size(each) for each in arguments)
        least = text.value(f"select i1 {text.value(f'icmp ult i64 {size}, {other}')}, i64 {size}, i64 {other}")
        self.unless(text.value(f"icmp ult i64 {text.value(f'sub i64 {least}, 1')}, {SHORT}"))
        last = text.value(f"select i1 {self._is_long(least)}, i64 8, i64 0")
        differ, compared = text.fresh_label("differ"), text.fresh_label("compared")
        seen = []
        for offset in ("0", last):
            words = [self._load(self._behind(each, offset), 64) for each in (a, b)]
            seen.append((words, text.label))
            same = text.fresh_label("same")
            text.branch(text.value(f"icmp eq i64 {words[0]}, {words[1]}"), same, differ)
            text.block(same, dominated=True)
        by_size, same = self._order(size, other), text.label
        text.jump(compared)
        text.block(differ)
        pair = [text.value(phi("i64", [(words[side], label) for words, label in seen])) for side in (0, 1)]
        name = text.module.declare("llvm.bswap.i64", "i64 (i64)")
        by_bytes = self._order(*(text.value(f"call i64 {name}(i64 {each})") for each in pair))
        text.jump(compared)
        text.block(compared)
        return Val(text.value(phi("i32", ((by_size, same), (by_bytes, differ)))), "i32")

    def _order(self, a: str, b: str) -> str:
        """Whether an unsigned number is below another, the same, or above: -1, 0, 1 (i32)."""
        name = self.text.module.declare("llvm.ucmp.i32.i64", "i32 (i64, i64)")
        return self.text.value(f"call i32 {name}(i64 {a}, i64 {b})")


_SHORTCUTS: Mapping[str, Callable[[Texts, Sequence[Val]], Val]] = {
    "string.extend": Texts.extend,
    "string.extend_slice": Texts.extend_by_slice,
    "string.slice": Texts.slice,
    "string.equals": Texts.equals,
    "string.compare": Texts.compare,
    "string.is_ascii": Texts.is_ascii,
    "string.lower_ascii": Texts.lower,
    "string.upper_ascii": Texts.upper,
    "string.concat": Texts.concat,
    "string.concat3": Texts.concat,
    "string.index_of": Texts.index_of,
    "string.from_i64": numerals.from_int,
    "string.is_i64": numerals.is_int,
    "string.parse_i64": numerals.parse_int,
}
