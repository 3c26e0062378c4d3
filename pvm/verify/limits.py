"""Limits that keep the verifier's time and memory in proportion to the file, and frames to the stack."""

from __future__ import annotations

MAX_PARAMS = 255
MAX_LOCALS = 65_535
"""Locals of a function, parameters included: the set of initialised ones is at most 8 KiB."""
MAX_BORDER_BITS = 1 << 28
"""Labels and handlers of a function, times its locals: the sets of initialised locals kept for them."""
MAX_CODE = 4 << 20
"""Bytes of code of all functions: decoded instructions take some hundred bytes each."""
MAX_REMEMBERED = 100_000
"""Steps between states, actions, and answers about types that are remembered before a fresh start."""
MAX_STACK = 65_535
"""Values on one operand stack."""
MAX_CLASSES = 1 << 20
"""The heap header has 24 bits for a class, which arrays and other built-in kinds share."""
MAX_INLINE_DEPTH = 64
"""Positions in a chain of inlined callers."""
MERGE_BASE = 100_000
MERGES_PER_INSTRUCTION = 8
"""Stack slots that may be compared at labels, over the whole module; equal stacks cost nothing."""
