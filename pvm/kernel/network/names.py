"""Answers to guests that look up names: messages of the domain name system (RFC 1035), and no more of it than that.

Only addresses are told, of names that the policy knows.  Every other name does not exist.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from pvm.kernel.network.policy import NetworkPolicy

HEADER_SIZE = 12
LABEL_MAX = 63
NAME_MAX = 253
CLASS_IN = 1
TYPE_A, TYPE_AAAA = 1, 28
ANSWERS_MAX = {TYPE_A: 24, TYPE_AAAA: 14}
"""How many answers fit into 512 bytes, which everybody takes."""

TIME_TO_LIVE = 30
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NAME_ERROR, NOT_IMPLEMENTED = 0, 1, 2, 3, 4
ANSWER, RECURSION_WANTED, RECURSION_OFFERED = 0x8000, 0x0100, 0x0080
OPERATION = 0x7800


class Query(NamedTuple):
    """A question: what to repeat of it, the name in lower case, the type of records."""

    identity: bytes
    flags: int
    question: bytes
    name: str
    type: int
    known_class: bool


def parse_query(message: bytes) -> Query | None:
    """Read a message of a guest; None if it is none with one question."""
    if len(message) < HEADER_SIZE or int.from_bytes(message[4:6], "big") != 1:
        return None
    flags = int.from_bytes(message[2:4], "big")
    if flags & ANSWER:
        return None
    labels: list[str] = []
    place = HEADER_SIZE
    while place < len(message) and message[place]:
        size = message[place]
        label = message[place + 1 : place + 1 + size]
        if size > LABEL_MAX or len(label) < size:
            return None
        labels.append(label.decode("latin-1").lower())
        place += 1 + size
    end = place + 5
    if end > len(message):
        return None
    kind, group = (int.from_bytes(message[at : at + 2], "big") for at in (place + 1, place + 3))
    return Query(message[:2], flags, message[HEADER_SIZE:end], ".".join(labels), kind, group == CLASS_IN)


def response(query: Query, code: int, records: list[bytes] | None = None) -> bytes:
    """The answer to a query, with data of records of its type."""
    given = records or []
    flags = ANSWER | query.flags & (OPERATION | RECURSION_WANTED) | RECURSION_OFFERED | code
    counts = b"".join(count.to_bytes(2, "big") for count in (1, len(given), 0, 0))
    head = b"\xc0\x0c" + query.type.to_bytes(2, "big") + CLASS_IN.to_bytes(2, "big") + TIME_TO_LIVE.to_bytes(4, "big")
    body = b"".join(head + len(data).to_bytes(2, "big") + data for data in given)
    return query.identity + flags.to_bytes(2, "big") + counts + query.question + body


def answer(policy: NetworkPolicy, message: bytes) -> bytes | None:
    """What to answer to a message, which may take as long as this machine takes; None is nothing."""
    query = parse_query(message)
    if query is None:
        return None
    if query.flags & OPERATION:
        return response(query, NOT_IMPLEMENTED)
    if not query.known_class or len(query.name) > NAME_MAX or not policy.knows(query.name):
        policy.refuse_name(query.name[:NAME_MAX])
        return response(query, NAME_ERROR)
    if query.type not in ANSWERS_MAX:
        return response(query, NO_ERROR)
    try:
        addresses = policy.addresses(query.name)
    except OSError:
        return response(query, SERVER_FAILURE)
    if not addresses:
        return response(query, NAME_ERROR)
    wanted = ipaddress.IPv4Address if query.type == TYPE_A else ipaddress.IPv6Address
    records = [address.packed for address in addresses if isinstance(address, wanted)]
    return response(query, NO_ERROR, records[: ANSWERS_MAX[query.type]])


def described(message: bytes, reply: bytes) -> str:
    """A line for the trace."""
    query = parse_query(message)
    assert query is not None, "there is a reply"
    kind = {TYPE_A: "A", TYPE_AAAA: "AAAA"}.get(query.type, str(query.type))
    code, count = reply[3] & 0xF, int.from_bytes(reply[6:8], "big")
    found = f"{count} found" if code == NO_ERROR else {NAME_ERROR: "no such name"}.get(code, f"failure {code}")
    return f"[names] {query.name!a} {kind} = {found}"
