"""The tables that the host computes for the runtime image."""

from __future__ import annotations

from fractions import Fraction

from pvm.engines.native import layout
from pvm.engines.native.tables import power_of_ten, powers_of_ten


def test_powers_of_ten_are_the_truncated_leading_bits() -> None:
    for exponent in range(layout.POWERS_MIN, layout.POWERS_MAX + 1):
        significand = power_of_ten(exponent)
        assert significand >> 127 == 1
        exact = Fraction(10) ** exponent
        binary = exact.numerator.bit_length() - exact.denominator.bit_length() - 128
        scaled = [exact / Fraction(2) ** (binary + step) for step in (0, 1)]
        assert significand in {each.numerator // each.denominator for each in scaled}


def test_the_table_fits_where_the_layout_has_it() -> None:
    table = powers_of_ten()
    assert len(table) == 16 * (layout.POWERS_MAX - layout.POWERS_MIN + 1)
    assert layout.POWERS_OF_TEN + len(table) <= layout.METADATA_PROGRAM
    one = table[-16 * layout.POWERS_MIN :][:16]
    assert one == (1 << 127).to_bytes(16, "little")
