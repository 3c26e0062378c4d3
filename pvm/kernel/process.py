"""A guest process: arguments, environment, working directory and descriptors.

A process lasts for one run; the kernel that it runs on may see several.  Closing the process closes
its descriptors, whatever the guest left open.
"""

from __future__ import annotations

from pvm.kernel.abi import Errno, GuestError
from pvm.kernel.quotas import Ledger
from pvm.kernel.vfs.description import Description
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from pvm.kernel.kernel import Kernel
    from pvm.kernel.vfs.path import Last, Location, Walk

FIRST_PID = 1


class Descriptors:
    """The table of open descriptors; a new one takes the lowest free number."""

    __slots__ = ("_ledger", "_lowest", "_table")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._table: dict[int, Description] = {}
        self._lowest = 0  # no number below it is free

    def __len__(self) -> int:
        return len(self._table)

    def find(self, fd: int) -> Description | None:
        """The description behind ``fd``, if it is open."""
        return self._table.get(fd)

    def get(self, fd: int) -> Description:
        """The description behind ``fd``, or BADF."""
        description = self._table.get(fd)
        if description is None:
            raise GuestError(Errno.BADF)
        return description

    def add(self, description: Description) -> int:
        """Enter a description at the lowest free number; MFILE when the quota is used up."""
        self.check_room()
        while self._lowest in self._table:
            self._lowest += 1
        self._enter(self._lowest, description)
        return self._lowest

    def add_from(self, description: Description, lowest: int) -> int:
        """Enter a description at the lowest free number that is not below ``lowest``."""
        limit = self._ledger.quotas.descriptors
        if not 0 <= lowest < limit:
            raise GuestError(Errno.INVAL)
        self.check_room()
        fd = next((number for number in range(lowest, limit) if number not in self._table), None)
        if fd is None:
            raise GuestError(Errno.MFILE)
        self._enter(fd, description)
        return fd

    def put(self, fd: int, description: Description) -> None:
        """Enter a description at ``fd``, closing what was there."""
        if not 0 <= fd < self._ledger.quotas.descriptors:
            raise GuestError(Errno.BADF)
        if self._table.get(fd) is description:
            return
        description.retain()
        if fd in self._table:
            self.close(fd)
        self._enter(fd, description)
        description.release()

    def check_room(self) -> None:
        """MFILE unless one more descriptor is allowed."""
        if len(self._table) >= self._ledger.quotas.descriptors:
            raise GuestError(Errno.MFILE, f"quota of {self._ledger.quotas.descriptors} descriptors")

    def _enter(self, fd: int, description: Description) -> None:
        self._table[fd] = description
        self._ledger.descriptors += 1
        description.retain()

    def close(self, fd: int) -> None:
        """Close ``fd``, or BADF."""
        description = self.get(fd)
        del self._table[fd]
        self._ledger.descriptors -= 1
        self._lowest = min(self._lowest, fd)
        description.release()

    def close_all(self) -> None:
        """Close everything."""
        for fd in list(self._table):
            self.close(fd)


class Process:
    """One run of a guest program."""

    __slots__ = ("_cwd", "args", "closed", "descriptors", "env", "env_names", "kernel", "pid")

    def __init__(
        self, kernel: Kernel, args: Sequence[str], env: Mapping[str, str], cwd: Location | None = None
    ) -> None:
        self.kernel = kernel
        self.args = tuple(args)
        self.env = dict(env)
        self.env_names = tuple(sorted(env))
        self.pid = FIRST_PID
        self._cwd = cwd
        self.descriptors = Descriptors(kernel.ledger)
        self.closed = False

    @property
    def cwd(self) -> Location:
        """The working directory, the root at first."""
        if self._cwd is None:
            self._cwd = self.kernel.root
        return self._cwd

    @cwd.setter
    def cwd(self, place: Location) -> None:
        self._cwd = place

    def walk(self, path: str, last: Last | None = None) -> Walk:
        """Walk a path of the guest; without ``last`` a link at its end is followed."""
        from pvm.kernel.vfs.path import Last, walk

        return walk(self.kernel.root, self.cwd, path, last or Last.FOLLOW)

    def standing_at(self, place: Location) -> Process:
        """The same process, for one operation that starts its walks from ``place``."""
        view = object.__new__(Process)
        for name in Process.__slots__:
            setattr(view, name, getattr(self, name))
        view.cwd = place
        return view

    def close(self) -> None:
        """End the process: close what it left open."""
        self.closed = True
        self.descriptors.close_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
