"""What a guest waits for with epoll follows when one of its sockets is put in the place of another.

The host's kernel knows a registration by open file and number.  So the new file is registered under the same number,
which only a thread with a table of descriptors of its own can do without harm to those of the embedder.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
import threading
from collections.abc import Sequence
from typing import NamedTuple

from pvm.engines.direct import linux

EPOLL_CTL, UNSHARE_FILES = 233, 0x400
EPOLL_CTL_ADD = 1
EVENT = struct.Struct("<IQ")
REGISTRATION = re.compile(rb"^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)\s+data:\s*([0-9a-f]+)", re.MULTILINE)
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
    pidfd = os.pidfd_open(pid)
    instances: dict[int, int] = {}
    try:
        for epoll in {one.epoll for one in wanted}:
            instances[epoll] = linux.syscall(linux.PIDFD_GETFD, pidfd, epoll, 0)
        failures: list[OSError] = []
        arguments = (wanted, instances, descriptor, failures)
        thread = threading.Thread(target=_register_apart, args=arguments, name="pvm-epoll")
        thread.start()
        thread.join()
    finally:
        for opened in (pidfd, *instances.values()):
            os.close(opened)
    if failures:
        raise failures[0]


def _register_apart(
    wanted: Sequence[Registration], instances: dict[int, int], descriptor: int, failures: list[OSError]
) -> None:
    """Register on a thread that ends then, with numbers of descriptors that are its own from here on."""
    linux.syscall(linux.UNSHARE, UNSHARE_FILES)
    try:
        _register(wanted, instances, descriptor)
    except OSError as error:
        failures.append(error)
    finally:
        linux.syscall(linux.CLOSE_RANGE, 0, 0xFFFF_FFFF, 0)


def _register(wanted: Sequence[Registration], instances: dict[int, int], descriptor: int) -> None:
    high = max([descriptor, *instances.values(), *(one.number for one in wanted)]) + 1
    file = os.dup2(descriptor, high)
    moved = {epoll: os.dup2(instance, high + 1 + place) for place, (epoll, instance) in enumerate(instances.items())}
    linux.syscall(linux.CLOSE_RANGE, 0, high - 1, 0)  # what is replaced must not live on here
    for one in wanted:
        os.dup2(file, one.number)
        event = ctypes.create_string_buffer(EVENT.pack(one.events, one.data), EVENT.size)
        linux.syscall(EPOLL_CTL, moved[one.epoll], EPOLL_CTL_ADD, one.number, ctypes.addressof(event))
