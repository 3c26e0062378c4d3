"""Calls of native functions by address, views of native memory, and the C library functions that map it.

``ctypes`` is a layer of Python over ``_ctypes`` that takes a millisecond to load, a tenth of what a short run costs;
this module is the part of it that the native engine needs.  The GIL is released during a call.
"""

from __future__ import annotations

import _ctypes
import os
import sys

from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROT_NONE, PROT_READ, PROT_WRITE, PROT_EXECUTE = 0, 1, 2, 4
_IS_LINUX = sys.platform == "linux"
MAP_SHARED, MAP_PRIVATE, MAP_FIXED = 0x01, 0x02, 0x10
MAP_ANONYMOUS = 0x20 if _IS_LINUX else 0x1000
MAP_NORESERVE = 0x4000 if _IS_LINUX else 0x40
_NO_ADDRESS = (1 << 64) - 1
_RTLD_NOW = 2

_types: dict[str, Any] = {}
_prototypes: dict[tuple[str, str], Any] = {}


def _simple(code: str) -> Any:
    """The C type of a ``struct`` letter."""
    found = _types.get(code)
    if found is None:
        found = _types[code] = type(f"C{code}", (_ctypes._SimpleCData,), {"_type_": code})  # noqa: SLF001 - as ctypes does
    return found


def function(address: int, result: str, parameters: str) -> Callable[..., Any]:
    """A native function as a callable.

    Types are ``struct`` letters: ``Q`` and ``q`` are 64-bit numbers, ``I`` and ``i`` 32-bit ones, ``d`` and ``f``
    floats, ``z`` the address of bytes, and ``""`` is no result.
    """
    prototype = _prototypes.get((result, parameters))
    if prototype is None:
        members = {
            "_flags_": _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO,
            "_restype_": _simple(result) if result else None,
            "_argtypes_": tuple(map(_simple, parameters)),
        }
        prototype = _prototypes[result, parameters] = type("Foreign", (_ctypes.CFuncPtr,), members)
    made: Callable[..., Any] = prototype(address)
    return made


def symbol(name: str) -> int:
    """The address of a function of the C library."""
    return _ctypes.dlsym(_ctypes.dlopen(None, _RTLD_NOW), name)  # type: ignore[arg-type] # None is the process itself


def words(count: int) -> Any:
    """Numbers of 64 bits in memory, all 0, for functions that write there."""
    return (_simple("Q") * count)()


def address_of(memory: Any) -> int:
    """Where ``words`` are."""
    return _ctypes.addressof(memory)


def view(address: int, size: int) -> memoryview:
    """Native memory as bytes that can be read and, where it is mapped so, written.  Nothing keeps it mapped."""
    return memoryview((_simple("B") * size).from_address(address)).cast("B")


class Memory:
    """The C library's functions for mapped memory; they raise ``OSError``."""

    def __init__(self) -> None:
        self._map = function(symbol("mmap"), "Q", "QQiiiq")
        self._unmap = function(symbol("munmap"), "i", "QQ")
        self._protect = function(symbol("mprotect"), "i", "QQi")
        self._advise = function(symbol("madvise"), "i", "QQi")
        self._resident = function(symbol("mincore"), "i", "QQQ")

    def map(
        self, size: int, protection: int, flags: int, *, address: int = 0, descriptor: int = -1, offset: int = 0
    ) -> int:
        """Map memory, and return its address."""
        found: int = self._map(address, size, protection, flags, descriptor, offset)
        if found == _NO_ADDRESS:
            _fail()
        return found

    def unmap(self, address: int, size: int) -> None:
        """Give memory back."""
        if self._unmap(address, size):
            _fail()

    def protect(self, address: int, size: int, protection: int) -> None:
        """Change what may be done with whole pages."""
        if self._protect(address, size, protection):
            _fail()

    def advise(self, address: int, size: int, advice: int) -> None:
        """Say how whole pages will be used."""
        if self._advise(address, size, advice):
            _fail()

    def resident(self, address: int, size: int) -> bytes:
        """A byte for each page: 1 if the host has memory for it."""
        vector = (_simple("B") * -(-size // os.sysconf("SC_PAGE_SIZE")))()
        if self._resident(address, size, _ctypes.addressof(vector)):
            _fail()
        return bytes(vector)


def _fail() -> None:
    number = _ctypes.get_errno()
    raise OSError(number, os.strerror(number))
