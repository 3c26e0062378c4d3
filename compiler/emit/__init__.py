"""The back half of the compiler: typed HIR to a module."""

from compiler.emit.limits import LimitError
from compiler.emit.program import emit

__all__ = ["LimitError", "emit"]
