"""The policy of the network: what is understood, what is allowed, what is told of names."""

from __future__ import annotations

import ipaddress
import random
import socket

import pytest

from pvm.errors import UsageError
from pvm.kernel import Kernel
from pvm.kernel.network import Destination, Network, NetworkPolicy, Published, addresses
from pvm.kernel.network.addresses import Reach, reach
from pvm.kernel.network.names import HEADER_SIZE, answer, parse_query
from pvm.kernel.network.policy import host_addresses

EVERY = "0.0.0.0"  # noqa: S104 - nothing is bound to it
HOST_ADDRESS = "203.0.113.7"
"""What these tests say that this machine has."""


@pytest.fixture(autouse=True)
def own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_own", lambda address: str(address) == HOST_ADDRESS)


def policy(*allow: str, found: dict[str, list[str]] | None = None, **options: object) -> NetworkPolicy:
    known = found or {}
    return NetworkPolicy(Network(allow, **options), lambda name: known.get(name, []))  # type: ignore[arg-type]


def allows(judge: NetworkPolicy, address: str, port: int = 443, protocol: str = "tcp") -> bool:
    return judge.allows(protocol, ipaddress.ip_address(address), port)


@pytest.mark.parametrize(
    "text",
    [
        *["example.org", "example.org:443", "*.example.org:1-1024", "*", "*:443", "10.0.0.0/8:5432", "192.168.1.1"],
        *["[2001:db8::1]:53/udp", "[2001:db8::/32]", "localhost:8080", "[::1]:80", "127.0.0.0/8:80", "*/udp"],
    ],
)
def test_destinations_are_shown_as_they_are_read(text: str) -> None:
    assert str(Destination.parse(text)) == text


def test_other_ways_to_write_a_destination() -> None:
    assert Destination.parse("EXAMPLE.org.:443/tcp") == Destination("example.org", (443, 443))
    assert Destination.parse(":443") == Destination("*", (443, 443))
    assert Destination.parse("2001:db8::1") == Destination("2001:db8::1")


@pytest.mark.parametrize(
    "text",
    [
        *["", "a b", "10.1", "0x7f.1", "2130706433", "x:0", "x:99999", "x:2-1", "x:http", "10.0.0.1/8", "x/udp/tcp"],
        *["[::1", "::ffff:1.2.3.4", "localhost", "127.0.0.1", "127.0.0.0/8", "::1", "*.", "*.*.org", "a..b", "-x"],
        *["x/sctp", "ex*mple.org", "é.org", "a" * 64, "fe80::1%eth0", "0.0.0.0:80", "[::]:80", "224.0.0.1"],
    ],
)
def test_what_is_no_destination_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Destination.parse(text)


def test_published_ports() -> None:
    assert Published.parse("8080") == Published(8080, 8080)
    assert Published.parse("8080:80") == Published(80, 8080, "127.0.0.1")
    assert Published.parse("0.0.0.0:0:80") == Published(80, 0, EVERY)
    assert Published.parse("[::1]:1:2") == Published(2, 1, "::1")
    assert Published.parse("53/udp") == Published(53, 53, protocol="udp")
    assert Published.parse("127.0.0.2:0:53/udp") == Published(53, 0, "127.0.0.2", "udp")
    for text in ("", "x", "80:", ":80", "1:2:3", "99999", "host:1:2", "1:0", "80/sctp", "/udp"):
        with pytest.raises(UsageError):
            Published.parse(text)


def test_networks_that_make_no_sense_are_refused() -> None:
    for options in (
        {"allow": "example.org"},
        {"publish": "80"},
        {"publish": ["80", "81:80"]},
        {"publish": [Published(80), "81:80"]},
        {"hosts": {"a": "b"}},
        {"hosts": {"1.2.3.4": "1.2.3.4"}},
        {"connections": -1},
        {"allow": [443]},
    ):
        with pytest.raises(UsageError):
            Network(**options)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="expected Network"):
        Kernel(network=["example.org"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1.1.1.1", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
        ("64:ff9b::101:101", Reach.PUBLIC),
        ("10.0.0.1", Reach.PRIVATE),
        ("100.100.100.200", Reach.PRIVATE),
        ("fd00:ec2::254", Reach.PRIVATE),
        ("fec0::1", Reach.PRIVATE),
        ("127.0.0.1", Reach.LOCAL),
        ("169.254.169.254", Reach.LOCAL),
        (HOST_ADDRESS, Reach.LOCAL),
        ("::1", Reach.LOCAL),
        ("fe80::1", Reach.LOCAL),
        ("::ffff:127.0.0.1", Reach.LOCAL),
        ("64:ff9b::7f00:1", Reach.LOCAL),
        ("64:ff9b::a9fe:a9fe", Reach.LOCAL),
        ("2002:a9fe:a9fe::1", Reach.LOCAL),
        (EVERY, Reach.NOWHERE),
        ("0.1.2.3", Reach.NOWHERE),
        ("224.0.0.1", Reach.NOWHERE),
        ("255.255.255.255", Reach.NOWHERE),
        ("::", Reach.NOWHERE),
        ("ff02::1", Reach.NOWHERE),
    ],
)
def test_reach(address: str, expected: Reach) -> None:
    assert reach(ipaddress.ip_address(address)) is expected


def test_ports_and_protocols_are_exact() -> None:
    judge = policy("1.1.1.1:443", "2.2.2.2:10-20", "1.1.1.1:53/udp")
    assert allows(judge, "1.1.1.1")
    assert allows(judge, "::ffff:1.1.1.1")
    assert not allows(judge, "1.1.1.1", 444)
    assert not allows(judge, "1.1.1.2")
    assert [allows(judge, "2.2.2.2", port) for port in (9, 10, 20, 21)] == [False, True, True, False]
    assert allows(judge, "1.1.1.1", 53, "udp")
    assert not allows(judge, "1.1.1.1", 53)
    assert not allows(judge, "1.1.1.1", 443, "udp")


def test_the_nearer_the_more_explicit() -> None:
    near = ["10.0.0.1", "127.0.0.1", "169.254.169.254", HOST_ADDRESS, "255.255.255.255", "fd00::1", "::1"]
    anywhere = policy("*")
    assert allows(anywhere, "1.1.1.1")
    assert not any(allows(anywhere, address) for address in near)
    everything = policy("0.0.0.0/0", "::/0")
    assert [allows(everything, address) for address in near] == [True, False, False, False, False, True, False]
    named = policy("127.0.0.1:443", "169.254.0.0/16", f"{HOST_ADDRESS}:443")
    assert [allows(named, address) for address in near[1:4]] == [True, True, True]
    assert not allows(named, "127.0.0.2")


def test_only_an_exact_destination_means_the_loopback_of_this_machine() -> None:
    loopback = ipaddress.ip_address("127.0.0.1")
    assert policy("127.0.0.1:80").names_exactly("tcp", loopback, 80)
    assert policy("localhost:80").names_exactly("tcp", ipaddress.ip_address("::1"), 80)
    assert not policy("127.0.0.1:80").names_exactly("tcp", loopback, 81)
    assert not policy("*", "0.0.0.0/0").names_exactly("tcp", loopback, 80)


def test_a_name_allows_the_addresses_that_were_handed_out_for_it() -> None:
    judge = policy("example.org:443", found={"example.org": ["1.1.1.1", "2606:4700::1111"], "other.org": ["2.2.2.2"]})
    assert not allows(judge, "1.1.1.1")
    assert judge.knows("example.org")
    assert not judge.knows("other.org")
    assert not judge.knows("www.example.org")
    assert [str(address) for address in judge.addresses("example.org")] == ["1.1.1.1", "2606:4700::1111"]
    assert allows(judge, "1.1.1.1")
    assert not allows(judge, "1.1.1.1", 80)
    assert not allows(judge, "2.2.2.2")


def test_names_below_a_name() -> None:
    judge = policy("*.example.org", found={"a.example.org": ["1.1.1.1"]})
    assert judge.knows("a.example.org")
    assert judge.knows("a.b.example.org")
    assert not judge.knows("example.org")
    assert not judge.knows("badexample.org")
    judge.addresses("a.example.org")
    assert allows(judge, "1.1.1.1")


def test_a_name_leads_not_to_this_machine_unless_the_embedder_says_so() -> None:
    """Whoever owns a name may let it be any address."""
    answers = ["127.0.0.1", "169.254.169.254", HOST_ADDRESS, "::1", "10.0.0.1"]
    judge = policy("example.org:443", "db.test:443", found={"example.org": answers}, hosts={"db.test": "127.0.0.1"})
    assert [str(address) for address in judge.addresses("example.org")] == ["10.0.0.1"]
    assert not allows(judge, "127.0.0.1")
    assert allows(judge, "10.0.0.1")
    judge.addresses("db.test")
    assert allows(judge, "127.0.0.1")


def test_what_is_refused_is_noted() -> None:
    judge = policy("example.org:443", found={"example.org": ["1.1.1.1"]})
    judge.addresses("example.org")
    for _ in range(2):
        allows(judge, "1.1.1.1", 80)
    allows(judge, "::1", 5, "udp")
    judge.refuse_name("other.org")
    assert {str(refused): times for refused, times in judge.refused.items()} == {
        "example.org:80": 2,
        "[::1]:5/udp": 1,
        "other.org": 1,
    }
    for port in range(1, 1000):
        allows(judge, "9.9.9.9", port)
    assert len(judge.refused) == 256


def question(name: str, kind: int = 1, group: int = 1, flags: int = 0x0100) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    head = b"\x12\x34" + flags.to_bytes(2, "big") + b"\0\1\0\0\0\0\0\0"
    return head + labels + b"\0" + kind.to_bytes(2, "big") + group.to_bytes(2, "big")


def outcome(judge: NetworkPolicy, message: bytes) -> tuple[int, int]:
    """Code and number of answers."""
    reply = answer(judge, message)
    assert reply is not None
    assert reply[:2] == message[:2]
    assert reply[HEADER_SIZE:].startswith(message[HEADER_SIZE:])
    assert len(reply) <= 512
    return reply[3] & 0xF, int.from_bytes(reply[6:8], "big")


def test_answers_to_questions_for_names() -> None:
    many = [f"1.1.1.{number}" for number in range(200)]
    judge = policy("*.org", found={"a.org": ["1.1.1.1", "2606:4700::1"], "b.org": ["1.1.1.1"], "many.org": many})
    assert outcome(judge, question("A.org")) == (0, 1)
    assert outcome(judge, question("a.org", 28)) == (0, 1)
    assert outcome(judge, question("b.org", 28)) == (0, 0)
    assert outcome(judge, question("a.org", 16)) == (0, 0)
    assert outcome(judge, question("many.org")) == (0, 24)
    assert outcome(judge, question("none.org")) == (3, 0)
    assert outcome(judge, question("example.com")) == (3, 0)
    assert outcome(judge, question("a.org", group=3)) == (3, 0)
    assert outcome(judge, question("a.org", flags=0x2800)) == (4, 0)
    reply = answer(judge, question("a.org"))
    assert reply is not None
    assert reply.endswith(b"\0\4\1\1\1\1")


def test_a_machine_that_cannot_tell_is_a_failure_of_the_server() -> None:
    def fail(_name: str) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "again")

    judge = NetworkPolicy(Network(["example.org"]), fail)
    assert outcome(judge, question("example.org")) == (2, 0)


def test_messages_that_are_no_questions_get_no_answer() -> None:
    judge = policy("*")
    whole = question("example.org")
    for message in (b"", *(whole[:size] for size in range(len(whole))), question("x", flags=0x8000)):
        assert answer(judge, message) is None
    assert parse_query(whole[:4] + b"\0\2" + whole[6:]) is None
    assert parse_query(whole[:HEADER_SIZE] + b"\xc0\x0c\0\1\0\1") is None


def test_no_message_does_harm() -> None:
    """Messages at random, and questions with some bytes changed."""
    judge = policy("*", "*.org", "10.0.0.0/8", found={"a.org": ["1.1.1.1"]})
    source = random.Random(1)
    for number in range(5000):
        message = bytearray(question("a.org") if number % 2 else source.randbytes(source.randrange(60)))
        for _ in range(source.randrange(4) if message else 0):
            message[source.randrange(len(message))] = source.randrange(256)
        reply = answer(judge, bytes(message))
        assert reply is None or (reply[:2] == message[:2] and len(reply) <= 512)


def test_no_text_is_taken_for_what_it_is_not() -> None:
    """Texts at random are refused, or shown as something that is read as the same."""
    source = random.Random(2)
    understood = 0
    for _ in range(20_000):
        text = "".join(source.choices("ab.*:1/-[]0", k=source.randrange(1, 9)))
        try:
            found = Destination.parse(text)
        except UsageError:
            continue
        assert Destination.parse(str(found)) == found
        understood += 1
    assert understood > 100


def test_a_name_of_any_bytes_is_looked_up_nowhere() -> None:
    judge = policy("*.org")
    message = question("x.org")
    assert outcome(judge, message.replace(b"\1x", b"\1\xff"))[0] == 3


def test_what_this_machine_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET6, 1, 6, "", ("fe80::1%2", 0, 0, 2)), (socket.AF_INET, 1, 6, "", ("1.2.3.4", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    assert host_addresses("example.org") == ["fe80::1", "1.2.3.4"]

    def fail(code: int) -> list[str]:
        def raise_it(*_args: object, **_options: object) -> list[object]:
            raise socket.gaierror(code, "no")

        monkeypatch.setattr(socket, "getaddrinfo", raise_it)
        return host_addresses("example.org")

    assert fail(socket.EAI_NONAME) == []
    with pytest.raises(OSError, match="no"):
        fail(socket.EAI_AGAIN)


def test_files_of_the_guest() -> None:
    with Kernel(network=Network(hosts={"DB.test": "127.0.0.1", "v6.test": "2001:db8::1"})) as kernel:
        assert kernel.read_file("/etc/resolv.conf") == b"nameserver 127.0.0.53\n"
        hosts = kernel.read_file("/etc/hosts").decode().splitlines()
        assert hosts == ["127.0.0.1\tlocalhost pvm", "::1\tlocalhost", "127.0.0.1\tdb.test", "2001:db8::1\tv6.test"]
        assert kernel.list_directory("/etc") == ["hosts", "resolv.conf"]
    with Kernel() as kernel:
        assert not kernel.exists("/etc")
