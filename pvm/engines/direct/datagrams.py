"""UDP outside: guests keep their sockets, and what they send to an allowed address is passed on from here.

In the jail every address is a local one, so a socket of the jail's network can be bound to the very address that a
guest sends to: the *door*.  For each guest's socket that sends through it there is a *flow*: a socket of this machine
that is connected to that address, and to nothing else.  So guests never have a socket of this machine for
datagrams, which they could send from to anywhere, and hear only from those whom they have spoken to.

A published port is a *mailbox*, a socket of this machine.  For each who writes there a *visit* is a socket of the jail
that is bound to his address: so the guest sees who it is, and answers him as anybody else.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from pvm.engines.direct.rawsockets import Endpoint
from pvm.kernel.network.addresses import Address, canonical

IPV6_FREEBIND = 78
DATAGRAM_MAX = 65_536
IDLE_SECONDS = 120.0
LOOK_SECONDS = 10.0
DOORS_MAX = 256
AT_ONCE = 16
"""Datagrams of one socket before it is the next one's turn."""

GUEST_ADDRESSES = ("10.0.2.15", "fd00::2:15")
"""What guests have as their own addresses when they send outside."""


Sender = tuple[str, int] | tuple[str, int, int, int]
"""The address of a guest's socket, as Python has it."""


class Door(NamedTuple):
    """A socket of the jail's network at an address outside."""

    target: Endpoint
    inner: socket.socket


class Flow:
    """What one guest's socket, by its address, sends through a door."""

    __slots__ = ("door", "guest", "outer", "used")

    def __init__(self, door: Door, guest: Sender, outer: socket.socket) -> None:
        self.door = door
        self.guest = guest
        self.outer = outer
        self.used = time.monotonic()


class Mailbox(NamedTuple):
    """A socket of this machine that leads to a port of the guest."""

    guest_port: int
    outer: socket.socket


class Visit:
    """What somebody outside, by his address, sends to a mailbox."""

    __slots__ = ("client", "inner", "mailbox", "used")

    def __init__(self, mailbox: Mailbox, client: Sender, inner: socket.socket) -> None:
        self.mailbox = mailbox
        self.client = client
        self.inner = inner
        self.used = time.monotonic()


class Datagrams:
    """Passes datagrams on, on a thread of its own, which begins with the first door or mailbox.

    ``make`` makes sockets in the jail's network, ``flows`` is how many flows, and how many visits, there are at a time.
    """

    def __init__(self, make: Callable[[int, int], int], flows: int) -> None:
        self._make = make
        self._flows_max = flows
        self._doors: OrderedDict[Endpoint, Door] = OrderedDict()
        self._flows: OrderedDict[tuple[Endpoint, Sender], Flow] = OrderedDict()
        self._visits: OrderedDict[tuple[int, Sender], Visit] = OrderedDict()
        self._lock = threading.Lock()
        self._selector: selectors.BaseSelector | None = None
        self._thread: threading.Thread | None = None
        self._wake, self._woken = -1, -1

    def open(self, address: Address, port: int) -> None:
        """Make sure that there is a door at an address that was judged; raises OSError."""
        target = Endpoint(canonical(address), port)
        with self._lock:
            if target in self._doors:
                self._doors.move_to_end(target)
                return
            family = socket.AF_INET if target.address.version == 4 else socket.AF_INET6
            inner = self._inner(family, (str(target.address), port))
            door = self._doors[target] = Door(target, inner)
            self._begin().register(inner, selectors.EVENT_READ, door)
            if len(self._doors) > DOORS_MAX:
                self._close_door(next(iter(self._doors)))

    @property
    def is_open(self) -> bool:
        """Whether anything may be passed on."""
        return self._thread is not None

    def publish(self, guest_port: int, outer: socket.socket) -> None:
        """Let what is sent to a socket of this machine arrive at a port of the guest."""
        outer.setblocking(False)
        with self._lock:
            self._begin().register(outer, selectors.EVENT_READ, Mailbox(guest_port, outer))

    def has_visitor(self, address: Address, port: int) -> bool:
        """Whether somebody at an address has written to a mailbox, so that he may be answered."""
        wanted = (str(canonical(address)), port)
        with self._lock:
            return any(client[:2] == wanted for _, client in self._visits)

    def _inner(self, family: int, address: Sender) -> socket.socket:
        """A socket of the jail's network that is bound to an address outside; raises OSError."""
        descriptor = self._make(family, socket.SOCK_DGRAM)
        inner = socket.socket(family, socket.SOCK_DGRAM, fileno=descriptor)
        try:
            inner.setblocking(False)
            if family == socket.AF_INET6:
                inner.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                inner.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)  # routes alone are not enough here
            inner.bind(address)
        except OSError:
            inner.close()
            raise
        return inner

    def _begin(self) -> selectors.BaseSelector:
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
            self._woken, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            self._selector.register(self._woken, selectors.EVENT_READ)
            self._thread = threading.Thread(target=self._serve, args=(self._selector,), name="pvm-udp", daemon=True)
            self._thread.start()
        return self._selector

    def close(self) -> None:
        """End the thread and close all."""
        if self._thread is None or self._selector is None:
            return
        os.write(self._wake, b"x")
        self._thread.join()
        for target in list(self._doors):
            self._close_door(target)
        for key in list(self._visits):
            self._close_visit(key)
        self._selector.close()
        os.close(self._wake)
        os.close(self._woken)
        self._thread = self._selector = None

    def _serve(self, selector: selectors.BaseSelector) -> None:
        due = time.monotonic() + LOOK_SECONDS
        while True:
            for key, _ in selector.select(LOOK_SECONDS):
                if key.fd == self._woken:
                    return
                with self._lock:
                    self._pass_on(key.data)
            if time.monotonic() >= due:
                due = time.monotonic() + LOOK_SECONDS
                with self._lock:
                    self._forget_idle(due - LOOK_SECONDS - IDLE_SECONDS)

    def _pass_on(self, source: object) -> None:
        """Pass on what has arrived; that nothing is left, or that it cannot be sent, is how datagrams are lost."""
        with suppress(OSError):
            for _ in range(AT_ONCE):
                match source:
                    case Door():
                        self._go_out(source)
                    case Flow():
                        self._come_in(source)
                    case Mailbox():
                        self._visit(source)
                    case Visit():
                        self._answer(source)

    def _go_out(self, door: Door) -> None:
        """Pass on what guests have sent to an address."""
        data, guest = door.inner.recvfrom(DATAGRAM_MAX)
        self._flow(door, guest).outer.send(data)

    def _come_in(self, flow: Flow) -> None:
        """Pass on what has come from an address."""
        flow.used = time.monotonic()
        flow.door.inner.sendto(flow.outer.recv(DATAGRAM_MAX), flow.guest)

    def _visit(self, mailbox: Mailbox) -> None:
        """Pass on what somebody has sent to a mailbox."""
        data, client = mailbox.outer.recvfrom(DATAGRAM_MAX)
        key = (mailbox.guest_port, client)
        visit = self._visits.get(key)
        if visit is None:
            inner = self._inner(mailbox.outer.family, client)
            visit = self._visits[key] = Visit(mailbox, client, inner)
            self._begin().register(inner, selectors.EVENT_READ, visit)
            while len(self._visits) > self._flows_max:
                self._close_visit(next(iter(self._visits)))
        visit.used = time.monotonic()
        self._visits.move_to_end(key)
        own = GUEST_ADDRESSES[mailbox.outer.family == socket.AF_INET6]
        visit.inner.sendto(data, (own, mailbox.guest_port))

    def _answer(self, visit: Visit) -> None:
        """Pass on what the guest has answered."""
        visit.used = time.monotonic()
        visit.mailbox.outer.sendto(visit.inner.recv(DATAGRAM_MAX), visit.client)

    def _flow(self, door: Door, guest: Sender) -> Flow:
        key = (door.target, guest)
        flow = self._flows.get(key)
        if flow is None:
            flow = self._flows[key] = self._new_flow(door, guest)
            while len(self._flows) > self._flows_max:
                self._close_flow(next(iter(self._flows)))
        flow.used = time.monotonic()
        self._flows.move_to_end(key)
        return flow

    def _new_flow(self, door: Door, guest: Sender) -> Flow:
        outer = socket.socket(door.inner.family, socket.SOCK_DGRAM)
        try:
            outer.setblocking(False)
            outer.connect((str(door.target.address), door.target.port))
        except OSError:
            outer.close()
            raise
        flow = Flow(door, guest, outer)
        assert self._selector is not None, "a door registers with it"
        self._selector.register(outer, selectors.EVENT_READ, flow)
        return flow

    def _forget_idle(self, before: float) -> None:
        for key in [key for key, flow in self._flows.items() if flow.used < before]:
            self._close_flow(key)
        for visit_key in [key for key, visit in self._visits.items() if visit.used < before]:
            self._close_visit(visit_key)

    def _close_visit(self, key: tuple[int, Sender]) -> None:
        visit = self._visits.pop(key)
        assert self._selector is not None, "a visit registers with it"
        self._selector.unregister(visit.inner)
        visit.inner.close()

    def _close_flow(self, key: tuple[Endpoint, Sender]) -> None:
        flow = self._flows.pop(key)
        assert self._selector is not None, "a door registers with it"
        self._selector.unregister(flow.outer)
        flow.outer.close()

    def _close_door(self, target: Endpoint) -> None:
        for key in [key for key in self._flows if key[0] == target]:
            self._close_flow(key)
        door = self._doors.pop(target)
        assert self._selector is not None, "a door registers with it"
        self._selector.unregister(door.inner)
        door.inner.close()


def route_messages() -> list[bytes]:
    """Messages to the host's kernel by which every address becomes one of the jail's own: addresses, then routes."""
    messages = []
    for family, text, bits in ((socket.AF_INET, GUEST_ADDRESSES[0], 32), (socket.AF_INET6, GUEST_ADDRESSES[1], 128)):
        packed = socket.inet_pton(family, text)
        address = (
            struct.pack("<BBBBI", family, bits, NO_DETECTION, SCOPE_HOST, LOOPBACK)
            + attribute(1, packed)
            + attribute(2, packed)
        )
        messages.append(netlink(RTM_NEWADDR, address))
        route = struct.pack("<8BI", family, 0, 0, 0, TABLE_LOCAL, PROTOCOL_BOOT, SCOPE_HOST, TYPE_LOCAL, 0)
        route += attribute(4, struct.pack("<I", LOOPBACK)) + attribute(7, packed)  # RTA_OIF, RTA_PREFSRC
        messages.append(netlink(RTM_NEWROUTE, route))
    return messages


LOOPBACK, TABLE_LOCAL, PROTOCOL_BOOT, SCOPE_HOST, TYPE_LOCAL = 1, 255, 3, 254, 2
RTM_NEWADDR, RTM_NEWROUTE = 20, 24
NO_DETECTION = 0x02
"""IFA_F_NODAD: an address is good at once, nobody else is asked whether he has it."""

CREATE = 0x0401
"""NLM_F_REQUEST and NLM_F_CREATE."""


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute of a message, whose value fills whole words."""
    return struct.pack("<HH", len(value) + 4, kind) + value


def netlink(kind: int, body: bytes) -> bytes:
    """A message to the host's kernel about its network."""
    return struct.pack("<IHHII", len(body) + 16, kind, CREATE, 0, 0) + body
