"""Hypercalls by name: a program loads the families that it imports from.

``table`` has the handlers of all families.
"""

from __future__ import annotations

from pvm.kernel.abi import Hypercall

FAMILIES = {
    "clock": "clock",
    "dir": "directory",
    "fd": "file",
    "fs": "path",
    "host": "process",
    "process": "process",
    "random": "random",
}
"""The module of each family, by the word that its names begin with."""


def find(name: str) -> Hypercall | None:
    """The hypercall of a name."""
    family = FAMILIES.get(name.partition("_")[0])
    if family is None:
        return None
    module = __import__(f"{__name__}.{family}", fromlist=[family])
    found = vars(module).get(name)
    return found if isinstance(found, Hypercall) else None
