"""What a guest waits for with epoll follows when one of its sockets is put in the place of another.

The host's kernel knows a registration by open file and number.  So the new file is registered under the same number,
which a launcher does, where all numbers are free.
"""

from __future__ import annotations

import errno
import os
import re
import struct
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from pvm.engines.direct import linux
from pvm.engines.direct.jail import pidfd
from pvm.engines.direct.launching import Launcher
from pvm.engines.direct.machine_code import CONTROL_FD
from pvm.engines.direct.records import Batch

EPOLL_CTL = 233
EPOLL_CTL_ADD = 1
EVENT = struct.Struct("<IQ")
REGISTRATION = re.compile(rb"^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)\s+data:\s*([0-9a-f]+)", re.MULTILINE)
WANTED_MAX = 128
EPOLL_LINK = "anon_inode:[eventpoll]"


class Registration(NamedTuple):
    """What an epoll instance of a guest, by its descriptor, waits for."""

    epoll: int
    number: int
    events: int
    data: int


def registrations(pid: int, epolls: Sequence[int], numbers: Sequence[int]) -> list[Registration]:
    """The registrations of some numbers of descriptors in the epoll instances of a process; raises OSError."""
    found = []
    for epoll in epolls:
        with open(f"/proc/{pid}/fdinfo/{epoll}", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            text = file.read()
        for number, events, data in REGISTRATION.findall(text):
            if int(number) in numbers:
                found.append(Registration(epoll, int(number), int(events, 16), int(data, 16)))
    return found


def register_again(pid: int, wanted: Sequence[Registration], descriptor: int) -> None:
    """Register ``descriptor`` as ``wanted`` says; raises OSError."""
    if len(wanted) > WANTED_MAX:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    base = max(CONTROL_FD, *(one.number for one in wanted)) + 1  # from here on the launcher keeps what it needs
    epolls = sorted({one.epoll for one in wanted})
    places = {epoll: base + 2 + place for place, epoll in enumerate(epolls)}
    batch = Batch()
    batch.add(linux.DUP3, CONTROL_FD, base, 0)  # what it hears us by may have a wanted number itself
    for one in wanted:
        batch.add(linux.DUP3, base + 1, one.number, 0)
        batch.add(EPOLL_CTL, places[one.epoll], EPOLL_CTL_ADD, one.number, EVENT.pack(one.events, one.data), then=0)
        if one.number == CONTROL_FD:
            batch.add(linux.DUP3, base, CONTROL_FD, 0)
    with pidfd(pid) as process, ExitStack() as opened:
        given = {base + 1: descriptor}
        for epoll, place in places.items():
            given[place] = linux.syscall(linux.PIDFD_GETFD, process, epoll, 0)
            opened.callback(os.close, given[place])
        with Launcher(given) as launcher:
            results = launcher.perform(batch)
    failure = next((result for result in results if result < 0), 0)
    if failure:
        raise OSError(-failure, os.strerror(-failure))
