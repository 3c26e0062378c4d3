"""What an embedder says of the network: destinations, published ports, names.  Descriptions only, checked when made."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pvm.errors import UsageError
from pvm.kernel.network.addresses import NEAR, Address, IPNetwork

PORT_MAX = 65_535
ANY_PORT = (1, PORT_MAX)
ANYWHERE = "*"
LOCALHOST = "localhost"
NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*", re.ASCII)
NUMERIC = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
"""What the last part of a name must not be: C libraries take such names for addresses."""

EXAMPLES = "example.org:443, *.example.org, 10.0.0.0/8:5432, [2001:db8::1]:53/udp or :443"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where guests may connect to.

    Args:
        host: a name, ``*.`` and a name for all names below it, an address, a network such as ``10.0.0.0/8``, or ``*``
            for every public address.
        ports: the first and the last port.
        protocol: ``tcp`` or ``udp``.

    This machine's own addresses, its loopback among them, and those of its link are reached only by a destination
    that is exactly that address, or a network of nothing else; those of private networks not by ``*``.
    """

    host: str
    ports: tuple[int, int] = ANY_PORT
    protocol: str = "tcp"
    networks: tuple[IPNetwork, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it."""
        if self.protocol not in {"tcp", "udp"}:
            raise UsageError(f"protocol {self.protocol!r} is unknown, expected tcp or udp")
        first, last = self.ports
        if not 1 <= first <= last <= PORT_MAX:
            raise UsageError(f"ports {first}-{last} are none, expected 1 to {PORT_MAX}")
        networks = host_networks(self.host)
        host = self.host
        if not networks and host != ANYWHERE:
            wildcard = host.startswith("*.")
            host = ("*." if wildcard else "") + checked_name(host[2:] if wildcard else host)
        if any(network.is_unspecified or network.is_multicast for network in networks):
            raise UsageError(f"{self.host!r} is no address of one machine")
        if self.ports == ANY_PORT and any(network.is_loopback for network in networks):
            raise UsageError(f"{host!r} needs a port: guests have a loopback network of their own besides")
        object.__setattr__(self, "host", host)
        object.__setattr__(self, "networks", networks)

    @classmethod
    def parse(cls, text: str) -> Destination:
        """Read ``HOST[:PORT[-PORT]][/udp]``."""
        if not isinstance(text, str):
            raise UsageError(f"destination is {type(text).__name__}, expected text or a Destination")
        rest, protocol = text, "tcp"
        for known in ("tcp", "udp"):
            if text.endswith(f"/{known}"):
                rest, protocol = text[: -len(known) - 1], known
        host, ports = split_port(rest)
        if not rest:
            raise UsageError(f"destination {text!r} is empty; examples are {EXAMPLES}")
        try:
            return cls(host or ANYWHERE, ANY_PORT if ports is None else parse_ports(ports), protocol)
        except UsageError as error:
            raise UsageError(f"destination {text!r}: {error}; examples are {EXAMPLES}") from None

    def __str__(self) -> str:
        """As it is parsed."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        first, last = self.ports
        ports = "" if self.ports == ANY_PORT else f":{first}" if first == last else f":{first}-{last}"
        return f"{host}{ports}" + ("" if self.protocol == "tcp" else f"/{self.protocol}")

    def names(self, name: str) -> bool:
        """Whether it is about a name."""
        if self.host.startswith("*."):
            return name.endswith(self.host[1:])
        return self.host in {ANYWHERE, name}


@dataclass(frozen=True, slots=True)
class Published:
    """A port of guests that this machine's port leads to.

    Args:
        guest_port: where the guest listens.
        port: of this machine; 0 is any that is free.
        address: of this machine, by default its loopback; ``0.0.0.0`` lets other machines in.
        protocol: ``tcp`` or ``udp``.
    """

    guest_port: int
    port: int = 0
    address: str = "127.0.0.1"
    protocol: str = "tcp"

    def __post_init__(self) -> None:
        """Check it."""
        if self.protocol not in {"tcp", "udp"}:
            raise UsageError(f"protocol {self.protocol!r} is unknown, expected tcp or udp")
        if not 1 <= self.guest_port <= PORT_MAX or not 0 <= self.port <= PORT_MAX:
            raise UsageError(f"ports {self.port}:{self.guest_port} are none, expected 1 to {PORT_MAX}")
        if parse_address(self.address) is None:
            raise UsageError(f"{self.address!r} is no address of this machine")

    @classmethod
    def parse(cls, text: str) -> Published:
        """Read ``[ADDRESS:]PORT[:GUESTPORT][/udp]``."""
        if not isinstance(text, str):
            raise UsageError(f"published port is {type(text).__name__}, expected text or a Published")
        found = re.fullmatch(
            r"(?:(\[[0-9a-fA-F:.]+\]|[0-9]+\.[0-9.]+):)?(\d{1,5})(?::(\d{1,5}))?(?:/(tcp|udp))?", text, re.ASCII
        )
        if found is None:
            wanted = "[ADDRESS:]PORT[:GUESTPORT][/udp], such as 8080:80 or 0.0.0.0:53/udp"
            raise UsageError(f"published port {text!r} is not understood, expected {wanted}")
        address, port, guest_port, protocol = found.groups()
        return cls(int(guest_port or port), int(port), (address or "127.0.0.1").strip("[]"), protocol or "tcp")


@dataclass(frozen=True, slots=True)
class Network:
    """What a kernel grants of the network; without one, guests have a loopback network of their own and nothing else.

    Args:
        allow: destinations, or texts such as ``"example.org:443"``, ``"10.0.0.0/8:5432"`` or ``":443"``.
        publish: ports of guests that are reachable from outside, or texts such as ``"8080:80"``.
        hosts: addresses by name that guests can look up besides; what a destination names so may be this machine.
        connections: how many sockets to the outside guests may have open at a time.
    """

    allow: Sequence[Destination | str] = ()
    publish: Sequence[Published | str] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)
    connections: int = 256

    def __post_init__(self) -> None:
        """Check it."""
        for what, given in (("allow", self.allow), ("publish", self.publish)):
            if isinstance(given, str):
                raise UsageError(f"{what} is one text, expected a list of them")
        if type(self.connections) is not int or self.connections < 0:
            raise UsageError(f"connections {self.connections!r} is not a whole number, 0 or more")
        object.__setattr__(self, "allow", tuple(destinations(self.allow)))
        published = tuple(one if isinstance(one, Published) else Published.parse(one) for one in self.publish)
        guest_ports = [(one.protocol, one.guest_port) for one in published]
        if len(set(guest_ports)) < len(guest_ports):
            raise UsageError("a port of the guest is published twice")
        object.__setattr__(self, "publish", published)
        hosts = {checked_name(name): checked_address(name, address) for name, address in self.hosts.items()}
        object.__setattr__(self, "hosts", hosts)


def checked_address(name: str, address: str) -> str:
    """The address that a name is to have."""
    found = parse_address(address)
    if found is None:
        raise UsageError(f"{address!r} is no address for {name!r}")
    return str(found)


def destinations(given: Sequence[Destination | str]) -> list[Destination]:
    """The destinations that an embedder lists."""
    return [one if isinstance(one, Destination) else Destination.parse(one) for one in given]


def split_port(text: str) -> tuple[str, str | None]:
    """Host and port of ``HOST[:PORT]``; an IPv6 address with a port is in brackets."""
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        if closing and (not rest or rest.startswith(":")):
            return host, rest[1:] if rest else None
        return text, None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def parse_ports(text: str) -> tuple[int, int]:
    """Read ``PORT`` or ``PORT-PORT``."""
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text, re.ASCII)
    if found is None:
        raise UsageError(f"{text!r} is no port")
    first, last = found.groups()
    return int(first), int(last or first)


def parse_address(text: str) -> Address | None:
    """An address, or None if the text is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else address


def host_networks(host: str) -> tuple[IPNetwork, ...]:
    """The networks that a host is, if it is no name; an address is a network of one."""
    if host == LOCALHOST:
        return ipaddress.IPv4Network("127.0.0.1"), ipaddress.IPv6Network("::1")
    if parse_address(host) is None and "/" not in host:
        return ()
    try:
        found = ipaddress.ip_network(host)
    except ValueError as error:
        raise UsageError(str(error)) from None
    mapped = found.network_address.ipv4_mapped if isinstance(found, ipaddress.IPv6Network) else None
    if mapped is not None:
        raise UsageError(f"{host!r} is an IPv4 address: write {mapped}")
    return (found,)


def is_near(network: IPNetwork) -> bool:
    """Whether all of a network is this machine's loopback or its link."""
    return any(network.version == near.version and network.subnet_of(near) for near in NEAR)  # type: ignore[arg-type]


def checked_name(name: str) -> str:
    """A name in lower case, without the dot of the root."""
    if not isinstance(name, str):
        raise UsageError(f"the name of a host is {type(name).__name__}, expected text")
    found = name.lower().removesuffix(".")
    if NAME.fullmatch(found) is None or NUMERIC.fullmatch(found.rpartition(".")[2]):
        raise UsageError(f"{name!r} is no name of a host, no address and no network")
    return found
