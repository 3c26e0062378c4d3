"""Extended attributes: small values that a file has besides its content, under names that begin with ``user.``.

Others do not exist for guests: those of the host's ``security.`` and ``trusted.`` are its own business.
"""

from __future__ import annotations

import os

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.fs.growth import Growth
from pvm.kernel.fs.hoststatus import host_failure
from pvm.kernel.quotas import Ledger
from pvm.kernel.vfs.node import NOT_SUPPORTED
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Identity = tuple[int, int]
PREFIX = b"user."
LIST_MAX = 1 << 16
"""Most bytes of all names of a file, each with a zero byte: Linux lists no more."""
NAMELESS = frozenset({"ENODATA", "ENOATTR"})
UNSUPPORTED = frozenset({"ENOTSUP", "EOPNOTSUPP", "EPERM"})


def stored_size(values: Mapping[bytes, bytes]) -> int:
    """The bytes of storage that attributes are charged as."""
    return sum(len(name) + len(value) for name, value in values.items())


def changed(values: Mapping[bytes, bytes], name: bytes, value: bytes | None, ledger: Ledger) -> dict[bytes, bytes]:
    """The attributes with one that was set, or removed (None); the ledger is charged for what they grow."""
    after = dict(values)
    if value is None:
        after.pop(name, None)
    else:
        after[name] = value
    if sum(len(name) + 1 for name in after) > LIST_MAX:
        raise GuestError(Errno.NOSPC)
    growth = stored_size(after) - stored_size(values)
    if growth > 0:
        ledger.charge_bytes(growth)
    else:
        ledger.release_bytes(-growth)
    return after


def host_attributes(path: str) -> list[bytes]:
    """The names of those that a file of the host has and guests may know."""
    try:
        found = [os.fsencode(name) for name in os.listxattr(path)]
    except OSError as error:
        if is_one_of(error, UNSUPPORTED):
            return []
        raise host_failure(error) from None
    return sorted(name for name in found if name.startswith(PREFIX))


def host_attribute(path: str, name: bytes) -> bytes | None:
    """The value of one of a file of the host."""
    try:
        return os.getxattr(path, name)
    except OSError as error:
        raise_unless_missing(error)
        return None


def change_host_attribute(path: str, name: bytes, value: bytes | None, growth: Growth, identity: Identity) -> None:
    """Set or remove one of a file of the host; what it grows is charged before."""
    before = host_attribute(path, name)
    old = 0 if before is None else len(name) + len(before)
    added = 0 if value is None else len(name) + len(value)
    growth.add_attributes(identity, max(0, added - old))
    try:
        if value is not None:
            os.setxattr(path, name, value)
        elif before is not None:
            os.removexattr(path, name)
    except OSError as error:
        growth.add_attributes(identity, min(0, old - added))
        raise_unless_missing(error)
        return
    growth.add_attributes(identity, min(0, added - old))


def raise_unless_missing(error: OSError) -> None:
    """Raise the guest's error for one of the host's, unless that says that there is no such attribute."""
    if is_one_of(error, NAMELESS):
        return
    if is_one_of(error, UNSUPPORTED):
        raise GuestError(NOT_SUPPORTED) from None
    raise host_failure(error) from None


def is_one_of(error: OSError, names: frozenset[str]) -> bool:
    """Whether an error of the host has one of these names."""
    import errno

    return errno.errorcode.get(error.errno or 0, "") in names
