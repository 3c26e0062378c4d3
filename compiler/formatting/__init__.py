"""Formatting: the canonical layout of a Pebble source text.

`format_source` changes spaces, line ends and commas before closing brackets, and nothing
else: the result parses to an equal tree and has the same comments in the same order,
which is checked each time.  See compiler/README.md.
"""

from compiler.formatting.formatter import WIDTH, MeaningChangedError, format_source

__all__ = ["WIDTH", "MeaningChangedError", "format_source"]
