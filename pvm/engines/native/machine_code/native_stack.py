"""Where the stack of a thread ends, which compiled code must not come near to."""

from __future__ import annotations

from _thread import _local

from pvm.engines.native.machine_code import foreign

MARGIN = 64 << 10
"""Bytes that are left for what compiled code calls besides itself: the runtime image, and handlers of signals."""
_ATTRIBUTES_SIZE = 128
"""No less than a ``pthread_attr_t`` has anywhere."""
_thread = _local()


def native_floor() -> int:
    """The address that compiled code may come down to in this thread; 0 if the C library does not say it."""
    try:
        floor: int = _thread.floor
    except AttributeError:
        floor = _thread.floor = _find_floor()
    return floor


def _find_floor() -> int:
    try:
        this = foreign.function(foreign.symbol("pthread_self"), "Q", "")()
        get_attributes = foreign.function(foreign.symbol("pthread_getattr_np"), "i", "QQ")
        get_stack = foreign.function(foreign.symbol("pthread_attr_getstack"), "i", "QQQ")
        destroy = foreign.function(foreign.symbol("pthread_attr_destroy"), "i", "Q")
    except OSError:
        return 0
    words = foreign.words(_ATTRIBUTES_SIZE // 8 + 2)
    lowest, attributes = foreign.address_of(words), foreign.address_of(words) + 16
    if get_attributes(this, attributes):
        return 0
    try:
        return 0 if get_stack(attributes, lowest, lowest + 8) else words[0] + MARGIN
    finally:
        destroy(attributes)
