"""Tables at the start of the metadata, which the runtime image reads: computed exactly with Python's integers."""

from __future__ import annotations

from pvm.engines.native.layout import POWERS_MAX, POWERS_MIN

_BITS = 128


def power_of_ten(exponent: int) -> int:
    """The first 128 bits of a power of ten, truncated; the highest of them is 1."""
    if exponent >= 0:
        power: int = 10**exponent
        shift = power.bit_length() - _BITS
        return power >> shift if shift >= 0 else power << -shift
    divisor: int = 10**-exponent
    quotient: int = (1 << (divisor.bit_length() - 1 + _BITS)) // divisor
    return quotient >> (quotient.bit_length() - _BITS)


def powers_of_ten() -> bytes:
    """What is at ``layout.POWERS_OF_TEN``."""
    return b"".join(
        power_of_ten(exponent).to_bytes(_BITS // 8, "little") for exponent in range(POWERS_MIN, POWERS_MAX + 1)
    )
