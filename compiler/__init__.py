"""The Pebble compiler: source text to a `.pbc` module, in the phases syntax, check and emit.

``compile_source`` and ``compile_file`` load the compiler when they are first used.
"""

from __future__ import annotations

from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.driver import check_source, compile_file, compile_source

__all__ = ["check_source", "compile_file", "compile_source"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from compiler import driver

        return getattr(driver, name)
    raise AttributeError(f"module 'compiler' has no attribute {name!r}")
