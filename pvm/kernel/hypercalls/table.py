"""The table of hypercalls: the handlers of all families, by name and by number.

Numbers are frozen: a program that was compiled once imports by name, but traces, recordings and
personalities go by number.  The high byte is the family.
"""

from __future__ import annotations

from types import MappingProxyType

from pvm.kernel.abi import Hypercall
from pvm.kernel.hypercalls import clock, directory, file, path, process, random
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

FAMILIES: tuple[ModuleType, ...] = (file, path, directory, process, clock, random)


def _declared() -> list[Hypercall]:
    found = [entry for family in FAMILIES for entry in vars(family).values() if isinstance(entry, Hypercall)]
    assert len({entry.name for entry in found}) == len(found), "two hypercalls have one name"
    assert len({entry.number for entry in found}) == len(found), "two hypercalls have one number"
    return sorted(found, key=lambda entry: entry.number)


HYPERCALLS: Mapping[str, Hypercall] = MappingProxyType({entry.name: entry for entry in _declared()})
BY_NUMBER: Mapping[int, Hypercall] = MappingProxyType({entry.number: entry for entry in HYPERCALLS.values()})
