"""Sockets of this machine in the place of guests' own: what the policy of the network allows.

A guest's socket belongs to the jail's network, which leads nowhere.  When it is connected to an address outside that
the policy allows, the supervisor makes a socket of this machine, connects it to exactly that address, and puts it in
the place of the guest's, wherever the calling process has that.  From then on the guest reads and writes by itself.

What is waited for is in the supervisor's loop; a guest whose signal comes meanwhile goes on as Linux would let it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Collection
from functools import cache
from typing import NamedTuple

from pvm.engines.direct import rawsockets
from pvm.engines.direct.calls.call import ANSWERED, Call
from pvm.engines.direct.datagrams import GUEST_ADDRESSES, Datagrams
from pvm.engines.direct.epolls import EPOLL_LINK, register_again, registrations
from pvm.engines.direct.jailsockets import JailSockets
from pvm.engines.direct.nameserver import NameServer
from pvm.engines.direct.publishing import PublishedPorts
from pvm.engines.direct.signals import RESTART, interruption
from pvm.errors import GuestError
from pvm.kernel.network import NetworkPolicy
from pvm.kernel.network.addresses import canonical, is_loopback

TCP = socket.IPPROTO_TCP
COPIED = {
    socket.SOL_SOCKET: {
        2: 4,  # SO_REUSEADDR
        9: 4,  # SO_KEEPALIVE
        10: 4,  # SO_OOBINLINE
        13: 8,  # SO_LINGER
        15: 4,  # SO_REUSEPORT
        18: 4,  # SO_RCVLOWAT
        20: 16,  # SO_RCVTIMEO
        21: 16,  # SO_SNDTIMEO
        29: 4,  # SO_TIMESTAMP
    },
    TCP: {
        1: 4,  # TCP_NODELAY
        3: 4,  # TCP_CORK
        4: 4,  # TCP_KEEPIDLE
        5: 4,  # TCP_KEEPINTVL
        6: 4,  # TCP_KEEPCNT
        7: 4,  # TCP_SYNCNT
        8: 4,  # TCP_LINGER2
        9: 4,  # TCP_DEFER_ACCEPT
        13: 16,  # TCP_CONGESTION
        18: 4,  # TCP_USER_TIMEOUT
        25: 4,  # TCP_NOTSENT_LOWAT
    },
    socket.IPPROTO_IP: {1: 4, 2: 4, 11: 4, 12: 4, 13: 4},  # IP_TOS, TTL, RECVERR, RECVTTL, RECVTOS
    socket.IPPROTO_IPV6: {16: 4, 25: 4, 26: 4, 66: 4, 67: 4},  # UNICAST_HOPS, RECVERR, V6ONLY, RECVTCLASS, TCLASS
}
"""Options that a socket keeps, by level and name, with the size of their values."""

SNDTIMEO = 21
BUFFERS = {1: 7, 2: 8}  # SO_BUF_LOCK says that SO_SNDBUF, SO_RCVBUF were set
SYN_SENT, SYN_RECV, CLOSED, LISTENING = 2, 3, 7, 10


class Attempt(NamedTuple):
    """A blocking ``connect`` that waits; ``old`` is the guest's socket, or -1 if ``new`` is that."""

    call: Call
    address: bytes
    old: int
    new: int
    deadline: float | None


class Outside:
    """The sockets of this machine that guests of one jail have; ``alive`` tells all that they have open.

    ``names`` is the name server of the jail, whose socket belongs to its network.
    """

    def __init__(
        self,
        policy: NetworkPolicy,
        names: NameServer,
        ports: PublishedPorts,
        alive: Callable[[], Collection[tuple[int, int]]],
    ) -> None:
        self.policy = policy
        self.ports = ports
        self._sockets = JailSockets(names.fileno())
        self.datagrams = Datagrams(self._sockets.make, policy.network.connections)
        for guest_port, mailbox in ports.mailboxes.items():
            self.datagrams.publish(guest_port, mailbox)
        self._names = names
        self._network = rawsockets.network_of(names.fileno())
        self._alive = alive
        self._made: set[tuple[int, int]] = set()
        self._attempts: dict[int, Attempt] = {}
        self._poll: select.poll | None = None
        self._named = False

    def watch(self, poll: select.poll) -> None:
        """Wait with this poll object from now on."""
        self._poll = poll
        poll.register(self._names.fileno(), select.POLLIN)

    def close(self) -> None:
        """Give up what waits; every guest has ended."""
        self.datagrams.close()
        self._sockets.close()
        self._names.close()
        while self._attempts:
            self._drop(next(iter(self._attempts)))

    def open_door(self, protocol: str, target: rawsockets.Endpoint) -> None:
        """Let datagrams to an address outside be passed on, if the policy allows it; one of the guest's own needs not.

        Raises:
            GuestError: ENETUNREACH.
        """
        if self.means_itself(protocol, target):
            return
        if self.datagrams.has_visitor(*target):
            return
        if not self.policy.allows(protocol, *target):
            raise GuestError(errno.ENETUNREACH)
        try:
            self.datagrams.open(*target)
        except OSError as error:
            usual = error.errno in {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
            raise GuestError(errno.ENETUNREACH if usual else errno.ENOBUFS) from None

    def is_inside(self, descriptor: int) -> bool:
        """Whether a socket belongs to the jail's network.

        Raises:
            GuestError: it is no socket.
        """
        try:
            return rawsockets.network_of(descriptor) == self._network
        except OSError as error:
            raise GuestError(error.errno or errno.ENOTSOCK) from None

    def means_itself(self, protocol: str, target: rawsockets.Endpoint) -> bool:
        """Whether an address is one of the guest's own, and not this machine's by an explicit grant."""
        if not is_loopback(target.address) and str(canonical(target.address)) not in GUEST_ADDRESSES:
            return False
        return canonical(target.address).is_unspecified or not self.policy.names_exactly(protocol, *target)

    @property
    def in_use(self) -> bool:
        """Whether guests have, or had, a socket of this machine, or somebody of this machine may reach them."""
        return bool(self._made or self._attempts or self._named or self.ports.places() or self.datagrams.is_open)

    # Listening.

    def listen(self, call: Call, old: int, backlog: int) -> int:
        """Let a socket of the jail listen: at this machine, if its port is published."""
        try:
            name = rawsockets.name_of(old)
            bound, family = rawsockets.endpoint(name), rawsockets.family_of(name)
            if bound is None or not is_stream(old) or not self.ports.fits(bound.port, family, old):
                rawsockets.listen(old, backlog)
                return 0
            new = self.ports.found(old, name)
            if new < 0:
                new = self._make(old)
            try:
                self.ports.listen(new, bound.port, family, backlog)
                numbers = hand_over(call, old, new, waits=not fcntl.fcntl(old, fcntl.F_GETFL) & os.O_NONBLOCK)
                self.ports.remember(old, name, new, call.guest.pid, numbers[0])
            finally:
                os.close(new)
        except OSError as error:
            raise GuestError(error.errno or errno.EADDRINUSE) from None
        return 0

    def listen_again(self, own: int, backlog: int) -> int:
        """Let a socket of this machine listen that does so at a published port, or did before it was shut down."""
        bound = rawsockets.endpoint(rawsockets.name_of(own))
        if not is_stream(own) or bound is None or self.ports.guest_port(bound) is None:
            raise GuestError(errno.EINVAL)
        if state_of(own) not in {LISTENING, CLOSED}:  # others may lose their port, and get another by listening
            raise GuestError(errno.EINVAL)
        return rawsockets.performed(rawsockets.listen, own, backlog)

    def shown_name(self, own: int, *, peer: bool) -> bytes | None:
        """The address of a socket of this machine as the guest knows it, where that is at a published port."""
        name = rawsockets.peer_of(own) if peer else rawsockets.name_of(own)
        place = rawsockets.endpoint(name)
        guest_port = None if place is None else self.ports.guest_port(place)
        if guest_port is None or not is_stream(own):
            return None
        if not peer and state_of(own) == LISTENING:
            bound = self.ports.bound_name(own)
            if bound is not None:
                return bound
        return name[:2] + guest_port.to_bytes(2, "big") + name[4:]

    # Connecting.

    def connect(self, call: Call, old: int, address: bytes) -> int:
        """Connect a new socket of this machine to an address that was judged, and give it to the guest."""
        waits = not fcntl.fcntl(old, fcntl.F_GETFL) & os.O_NONBLOCK
        new = self._make(old)
        try:
            try:
                rawsockets.connect(new, address)
                result = 0
            except BlockingIOError:
                result = -errno.EINPROGRESS
            if result and waits:
                self._wait(Attempt(call, address, os.dup(old), os.dup(new), deadline_of(old)))
                return ANSWERED
            hand_over(call, old, new, waits=waits)
        except OSError as error:
            raise GuestError(error.errno or errno.ENETUNREACH) from None
        finally:
            os.close(new)
        return result

    def connect_again(self, call: Call, own: int, address: bytes) -> int:
        """``connect`` to an address that was judged, of a TCP socket of this machine that a guest has."""
        waits = not fcntl.fcntl(own, fcntl.F_GETFL) & os.O_NONBLOCK
        state = state_of(own)
        if waits and state == CLOSED:
            return self.connect(call, own, address)
        if waits and state in {SYN_SENT, SYN_RECV}:
            self._wait(Attempt(call, address, -1, os.dup(own), deadline_of(own)))
            return ANSWERED
        return rawsockets.performed(rawsockets.connect, own, address)

    def taken_back(self, call: Call, own: int) -> int:
        """Put a socket of the jail's network in the place of one of this machine's that is not connected."""
        state = state_of(own)
        if state != CLOSED:
            raise GuestError(errno.EALREADY if state in {SYN_SENT, SYN_RECV} else errno.EISCONN)
        family, kind = own_kind(own)
        waits = not fcntl.fcntl(own, fcntl.F_GETFL) & os.O_NONBLOCK
        try:
            new = self._sockets.make(family, kind | os.O_NONBLOCK)
            try:
                copy_options(own, new, family, kind)
                hand_over(call, own, new, waits=waits)
            except BaseException:
                os.close(new)
                raise
        except OSError as error:
            raise GuestError(error.errno or errno.ENOBUFS) from None
        return new

    def _make(self, old: int) -> int:
        """A socket of this machine like the guest's, which does not block."""
        self._count()
        family, kind = own_kind(old)
        try:
            made = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        except OSError as error:  # this machine has not that family, or no more descriptors
            raise GuestError(errno.ENETUNREACH if error.errno == errno.EAFNOSUPPORT else errno.ENOBUFS) from None
        made.setblocking(False)
        new = made.detach()
        try:
            copy_options(old, new, family, kind)
            status = os.fstat(new)
        except OSError:
            os.close(new)
            raise
        self._made.add((status.st_dev, status.st_ino))
        return new

    def _count(self) -> None:
        """Refuse one socket more than guests may have."""
        limit = self.policy.network.connections
        if len(self._made) >= limit:
            self._made &= set(self._alive())
        if len(self._made) + len(self._attempts) >= limit:
            raise GuestError(errno.ENOBUFS)

    # Waiting.

    def _wait(self, attempt: Attempt) -> None:
        assert self._poll is not None, "calls are answered in the loop"
        self._attempts[attempt.new] = attempt
        self._poll.register(attempt.new, select.POLLOUT)

    def _drop(self, descriptor: int) -> None:
        attempt = self._attempts.pop(descriptor)
        if self._poll is not None:
            self._poll.unregister(descriptor)
        if attempt.old >= 0:
            os.close(attempt.old)
        os.close(descriptor)

    def serve(self, descriptor: int) -> bool:
        """Do what a descriptor is ready for, if it is one of these: a ``connect`` has ended, a name is asked for."""
        if descriptor == self._names.fileno() and self._poll is not None:
            self._poll.unregister(descriptor)
            self._names.start()
            self._named = True
            return True
        attempt = self._attempts.get(descriptor)
        if attempt is None:
            return False
        result = rawsockets.performed(rawsockets.connect, descriptor, attempt.address)
        if result in {-errno.EALREADY, -errno.EINPROGRESS}:
            return True
        self._finish(attempt, result, replace=result == 0)
        return True

    def look(self) -> None:
        """End the waiting of callers who died, have a signal, or waited long enough."""
        now = time.monotonic()
        for attempt in list(self._attempts.values()):
            if not attempt.call.is_waiting():
                self._drop(attempt.new)
            elif attempt.deadline is not None and now >= attempt.deadline:
                self._finish(attempt, -errno.EINPROGRESS, replace=True)
            elif answer := interruption(attempt.call.tid, RESTART if attempt.deadline is None else errno.EINTR):
                self._finish(attempt, answer, replace=True)

    def _finish(self, attempt: Attempt, answer: int, *, replace: bool) -> None:
        try:
            if replace and attempt.old >= 0:
                hand_over(attempt.call, attempt.old, attempt.new, waits=True)
        except (GuestError, OSError) as error:
            answer = -(error.errno or errno.EMFILE)
        self._drop(attempt.new)  # before the guest goes on: its own socket must not live on here
        attempt.call.supervisor.answer(attempt.call.ticket, answer)


def state_of(descriptor: int) -> int:
    """The state of a TCP connection; raises OSError."""
    return rawsockets.get_option(descriptor, TCP, rawsockets.TCP_INFO, 1)[0]


def own_kind(descriptor: int) -> tuple[int, int]:
    """Family and type of a socket; raises OSError."""
    level = socket.SOL_SOCKET
    return rawsockets.get_number(descriptor, level, socket.SO_DOMAIN), rawsockets.get_number(
        descriptor, level, socket.SO_TYPE
    )


def is_stream(descriptor: int) -> bool:
    """Whether a socket is one of TCP."""
    return rawsockets.get_number(descriptor, socket.SOL_SOCKET, socket.SO_PROTOCOL) == TCP


def hand_over(call: Call, old: int, new: int, *, waits: bool) -> list[int]:
    """Put a socket in the place of another wherever the calling process has that; the numbers where it did.

    ``waits`` is for blocking ones.

    Raises:
        GuestError: it cannot be put there, since the caller has died or has closed its own.
        OSError: the caller has died.
    """
    if waits:
        fcntl.fcntl(new, fcntl.F_SETFL, fcntl.fcntl(new, fcntl.F_GETFL) & ~os.O_NONBLOCK)
    guest = call.guest
    wanted = f"socket:[{os.fstat(old).st_ino}]"
    numbers, epolls = [], []
    for name in os.listdir(guest.descriptors):  # noqa: PTH208 - a descriptor is all that there is
        try:
            link = os.readlink(name, dir_fd=guest.descriptors)
        except OSError:  # another thread has closed it meanwhile
            continue
        if link == wanted:
            numbers.append(int(name))
        elif link == EPOLL_LINK:
            epolls.append(int(name))
    if not numbers:
        raise GuestError(errno.EBADF)
    followed = registrations(guest.pid, epolls, numbers) if epolls else []
    if followed:
        register_again(guest.pid, followed, new)
    for number in numbers:
        call.put_descriptor(new, number, close_on_exec=closes_on_exec(guest.pid, number))
    return numbers


def closes_on_exec(pid: int, number: int) -> bool:
    """Whether a descriptor of a process is closed when it executes a program; raises OSError."""
    with open(f"/proc/{pid}/fdinfo/{number}", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
        for line in file:
            if line.startswith(b"flags:"):
                return bool(int(line[6:], 8) & os.O_CLOEXEC)
    return False


def deadline_of(descriptor: int) -> float | None:
    """When a blocking call that begins now is to end by the socket's time-out."""
    seconds, micros = struct.unpack("<qq", rawsockets.get_option(descriptor, socket.SOL_SOCKET, SNDTIMEO, 16))
    return time.monotonic() + seconds + micros / 1e6 if seconds or micros else None


@cache
def defaults(family: int, kind: int) -> dict[tuple[int, int], bytes]:
    """What the options of a new socket are."""
    with socket.socket(family, kind) as fresh:
        return options(fresh.fileno(), family, kind)


def options(descriptor: int, family: int, kind: int) -> dict[tuple[int, int], bytes]:
    """The options that a socket keeps."""
    found = {}
    for level, names in COPIED.items():
        if (level == TCP and kind != socket.SOCK_STREAM) or (
            level == socket.IPPROTO_IPV6 and family != socket.AF_INET6
        ):
            continue
        for name, size in names.items():
            found[level, name] = rawsockets.get_option(descriptor, level, name, size)
    return found


def copy_options(old: int, new: int, family: int, kind: int) -> None:
    """Give a new socket the options that were set of another."""
    usual = defaults(family, kind)
    for (level, name), value in options(old, family, kind).items():
        if usual[level, name] != value:
            try:
                rawsockets.set_option(new, level, name, value)
            except OSError:  # one that this machine does not offer, such as a congestion control
                continue
    locked = rawsockets.get_number(old, socket.SOL_SOCKET, rawsockets.SO_BUF_LOCK)
    for bit, name in BUFFERS.items():
        if locked & bit:
            size = rawsockets.get_number(old, socket.SOL_SOCKET, name) // 2
            rawsockets.set_option(new, socket.SOL_SOCKET, name, size.to_bytes(4, "little"))
