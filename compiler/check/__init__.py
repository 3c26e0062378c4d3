"""From syntax to meaning: names, types, flow; the result is typed HIR (``compiler.ir``).

Everything needed outside is `check_program`.  Inside, one function's check is a `Body`; what outlives it is
the `Session`.  Symbols of declarations complete themselves on first use (`declared`), so that a program
costs what it touches of the library.
"""

from compiler.check.program import check_program, compiling

__all__ = ["check_program", "compiling"]
