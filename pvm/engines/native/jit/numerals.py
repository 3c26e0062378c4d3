"""Numbers and short texts of one another, without a call of the runtime image: decimal digits, a byte of a word each.

As ``decimal.peb`` and ``integers.peb`` do it.  A number of up to eight digits is a word, so how much memory it takes
does not wait for the digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvm.isa.machine import Val

if TYPE_CHECKING:
    from pvm.engines.native.jit.texts import Texts

_ZEROS, _SIXES, _HIGH_NIBBLES = 0x3030303030303030, 0x0606060606060606, -0x0F0F0F0F0F0F0F10
_MOST = 10**8
_PAIRS, _FOURS = 0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF


def from_int(texts: Texts, arguments: Sequence[Val]) -> Val:
    """``string.from_i64`` of a number that is not negative."""
    text, number = texts.text, texts.lowering.raw(arguments[0])
    texts.unless(text.value(f"icmp ult i64 {number}, {_MOST}"))
    digits = _eight_digits(texts, number)
    # The last digit counts also where it is 0.
    some = text.value(f"or i64 {digits}, {1 << 56}")
    leading = text.value(f"and i64 {texts.trailing_zeros(some, 64)}, 56")
    word = text.value(f"lshr i64 {text.value(f'or i64 {digits}, {_ZEROS}')}, {leading}")
    size = text.value(f"lshr i64 {text.value(f'sub i64 64, {leading}')}, 3")
    return texts.made_word(size, word)


def _eight_digits(texts: Texts, number: str) -> str:
    """The digits of a number below 10**8, the first one lowest: halves, quarters and single ones."""
    text = texts.text
    upper = text.value(f"udiv i64 {number}, 10000")
    lower = text.value(f"sub i64 {number}, {text.value(f'mul i64 {upper}, 10000')}")
    halves = text.value(f"or i64 {upper}, {text.value(f'shl i64 {lower}, 32')}")
    # A hundredth is 10486 / 2**20, a tenth 103 / 2**10, which is close enough.
    hundreds = text.value(f"lshr i64 {text.value(f'mul i64 {halves}, 10486')}, 20")
    hundreds = text.value(f"and i64 {hundreds}, {0x7F0000007F}")
    rest = text.value(f"sub i64 {halves}, {text.value(f'mul i64 {hundreds}, 100')}")
    pairs = text.value(f"or i64 {hundreds}, {text.value(f'shl i64 {rest}, 16')}")
    tens = text.value(f"lshr i64 {text.value(f'mul i64 {pairs}, 103')}, 10")
    tens = text.value(f"and i64 {tens}, {0x000F000F000F000F}")
    rest = text.value(f"sub i64 {pairs}, {text.value(f'mul i64 {tens}, 10')}")
    return text.value(f"or i64 {tens}, {text.value(f'shl i64 {rest}, 8')}")


def is_int(texts: Texts, arguments: Sequence[Val]) -> Val:
    """``string.is_i64`` of a text of one word."""
    text = texts.text
    _, _, wrong = _digits(texts, arguments[0])
    return Val(text.value(f"zext i1 {text.value(f'xor i1 {wrong}, true')} to i32"), "i32")


def parse_int(texts: Texts, arguments: Sequence[Val]) -> Val:
    """``string.parse_i64`` of a text of one word that is a number."""
    text = texts.text
    digits, is_negative, wrong = _digits(texts, arguments[0])
    texts.unless(text.value(f"xor i1 {wrong}, true"))
    pairs = text.value(f"and i64 {text.value(f'lshr i64 {_times(texts, digits, 2561)}, 8')}, {_PAIRS}")
    fours = text.value(f"and i64 {text.value(f'lshr i64 {_times(texts, pairs, 6553601)}, 16')}, {_FOURS}")
    value = text.value(f"lshr i64 {_times(texts, fours, 42949672960001)}, 32")
    negative = text.value(f"sub i64 0, {value}")
    return Val(text.value(f"select i1 {is_negative}, i64 {negative}, i64 {value}"), "i64")


def _times(texts: Texts, value: str, factor: int) -> str:
    return texts.text.value(f"mul i64 {value}, {factor}")


def _digits(texts: Texts, string: Val) -> tuple[str, str, str]:
    """The digits as if zeros came before, whether there is a minus, and whether there is anything else, or no digit."""
    text = texts.text
    size, word = texts.word(string)
    first = text.value(f"and i64 {word}, 255")
    is_negative = text.value(f"icmp eq i64 {first}, {ord('-')}")
    is_positive = text.value(f"icmp eq i64 {first}, {ord('+')}")
    is_signed = text.value(f"or i1 {is_negative}, {is_positive}")
    sign = text.value(f"select i1 {is_signed}, i64 8, i64 0")
    # Digits are the last bytes of 8; there are some, or all of it is moved out.
    bits = text.value(f"sub i64 {text.value(f'shl i64 {size}, 3')}, {sign}")
    before = text.value(f"and i64 {text.value(f'sub i64 64, {bits}')}, 63")
    moved = text.value(f"shl i64 {text.value(f'lshr i64 {word}, {sign}')}, {before}")
    is_full = text.value(f"icmp eq i64 {bits}, 64")
    zeros = text.value(f"select i1 {is_full}, i64 0, i64 {text.value(f'lshr i64 {_ZEROS}, {bits}')}")
    digits = text.value(f"xor i64 {text.value(f'or i64 {moved}, {zeros}')}, {_ZEROS}")
    above = text.value(f"or i64 {text.value(f'add i64 {digits}, {_SIXES}')}, {digits}")
    others = text.value(f"icmp ne i64 {text.value(f'and i64 {above}, {_HIGH_NIBBLES}')}, 0")
    return digits, is_negative, text.value(f"or i1 {others}, {text.value(f'icmp eq i64 {bits}, 0')}")
