"""Why the native engine cannot run something: the embedder takes the reference engine then."""

from __future__ import annotations


class Unsupported(Exception):
    """There is no machine code for this machine, or a module is too large for the tables of a cage."""
