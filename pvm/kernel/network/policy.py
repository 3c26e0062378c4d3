"""The policy of one kernel: who may be reached, which names may be looked up, and what was refused.

A name is bound to addresses when a guest looks it up: a destination that is a name allows exactly the addresses
that were handed out for it.  So what the policy judges is always the address that is connected to.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pvm.kernel.network.addresses import Address, Reach, canonical, reach, without_scope
from pvm.kernel.network.rules import ANYWHERE, Destination, Network, Published, is_near

REMEMBERED_MAX = 16_384
"""Addresses that were handed out; the oldest are forgotten."""

REFUSED_MAX = 256
NAMES_SHOWN = 3
NAME_SERVER = "127.0.0.53"
"""Where guests ask for names, in their own loopback network."""

Lookup = Callable[[str], Iterable[str]]


class Refused(NamedTuple):
    """What was refused: a connection, with the names that the address was handed out for, or a name, with port 0."""

    protocol: str
    address: str
    port: int
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As a destination that would allow it."""
        host = self.names[0] if self.names else f"[{self.address}]" if ":" in self.address else self.address
        if not self.port:
            return host
        return f"{host}:{self.port}" + ("" if self.protocol == "tcp" else f"/{self.protocol}")


class NetworkPolicy:
    """Judges for all guests of a kernel; ``lookup`` asks this machine for the addresses of a name."""

    def __init__(self, network: Network, lookup: Lookup | None = None) -> None:
        self.network = network
        self.rules = [rule for rule in network.allow if isinstance(rule, Destination)]
        self._lookup = lookup or host_addresses
        self._table = {name: [ipaddress.ip_address(address)] for name, address in network.hosts.items()}
        self._handed: OrderedDict[Address, set[str]] = OrderedDict()
        self._refused: OrderedDict[Refused, int] = OrderedDict()
        self._lock = threading.Lock()  # names are looked up on threads of their own

    def uses(self, protocol: str) -> bool:
        """Whether any destination or published port is of this protocol."""
        return protocol in {*(rule.protocol for rule in self.rules), *(port.protocol for port in self.published)}

    @property
    def published(self) -> list[Published]:
        """The ports of guests that are reachable from outside."""
        return [one for one in self.network.publish if isinstance(one, Published)]

    @property
    def is_open(self) -> bool:
        """Whether guests can have sockets of this machine at all."""
        return bool(self.rules or self.network.publish)

    # Addresses.

    def allows(self, protocol: str, address: Address, port: int) -> bool:
        """Whether a guest may reach a port of an address outside; a refusal is noted."""
        found = canonical(address)
        plain = without_scope(found)
        near = reach(found)
        rules = [rule for rule in self.rules if rule.protocol == protocol and rule.ports[0] <= port <= rule.ports[1]]
        if near is not Reach.NOWHERE and any(self._covers(rule, plain, near) for rule in rules):
            return True
        self._note(Refused(protocol, str(found), port, tuple(sorted(self._names_of(plain))[:NAMES_SHOWN])))
        return False

    def names_exactly(self, protocol: str, address: Address, port: int) -> bool:
        """Whether a destination is this very address, so that even this machine's loopback is meant."""
        plain = canonical(address)
        return any(
            rule.protocol == protocol
            and rule.ports[0] <= port <= rule.ports[1]
            and self._covers(rule, plain, Reach.LOCAL)
            for rule in self.rules
        )

    def _covers(self, rule: Destination, address: Address, near: Reach) -> bool:
        for network in rule.networks:
            if address in network:
                exact = network.num_addresses == 1 or is_near(network)
                return near < Reach.LOCAL or exact
        if rule.networks:
            return False
        if rule.host == ANYWHERE and near is Reach.PUBLIC:
            return True
        given = [name for name in self._names_of(address) if rule.host != ANYWHERE and rule.names(name)]
        return bool(given) if near < Reach.LOCAL else any(name in self._table for name in given)

    def _names_of(self, address: Address) -> set[str]:
        with self._lock:
            return set(self._handed.get(address, ()))

    def refuse_name(self, name: str) -> None:
        """Note that a name was looked up that guests may not know."""
        self._note(Refused("tcp", "", 0, (name,)))

    def _note(self, refused: Refused) -> None:
        with self._lock:
            self._refused[refused] = self._refused.get(refused, 0) + 1
            if len(self._refused) > REFUSED_MAX:
                self._refused.popitem(last=False)

    @property
    def refused(self) -> dict[Refused, int]:
        """What was refused and how often, the first first; of very many the last."""
        with self._lock:
            return dict(self._refused)

    # Names.

    def knows(self, name: str) -> bool:
        """Whether guests may look a name up."""
        return name in self._table or any(not rule.networks and rule.names(name) for rule in self.rules)

    def addresses(self, name: str) -> list[Address]:
        """The addresses of a name that guests may know, which are remembered as handed out; it may take long.

        Raises:
            OSError: this machine cannot tell now.
        """
        if name in self._table:
            found = self._table[name]
        else:
            every = [canonical(ipaddress.ip_address(text)) for text in self._lookup(name)]
            found = [address for address in dict.fromkeys(every) if reach(address) < Reach.LOCAL]
        with self._lock:
            for address in found:
                self._handed.setdefault(address, set()).add(name)
                self._handed.move_to_end(address)
            while len(self._handed) > REMEMBERED_MAX:
                self._handed.popitem(last=False)
        return found

    def files(self) -> dict[str, str]:
        """Files by path that tell guests where names are looked up."""
        lines = ["127.0.0.1\tlocalhost pvm", "::1\tlocalhost"]
        for name, addresses in self._table.items():
            self.addresses(name)
            lines += [f"{address}\t{name}" for address in addresses]
        hosts = "".join(f"{line}\n" for line in lines)
        return {"/etc/hosts": hosts, "/etc/resolv.conf": f"nameserver {NAME_SERVER}\n"}


def host_addresses(name: str) -> list[str]:
    """The addresses that this machine finds for a name, of the families that it has itself.

    Raises:
        OSError: it cannot tell now.
    """
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except socket.gaierror as error:
        if error.errno in {socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY}:
            return []
        raise
    return [str(address[0]).partition("%")[0] for _, _, _, _, address in found]
