"""Mutates bytes and texts: files with their checksum repaired, assembly, and Pebble sources."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from random import Random

from pvm.errors import FormatError
from pvm.isa.encoding import decode_uleb, encode_uleb
from pvm.pbc.container import CHECKSUM_SIZE, HEADER_SIZE

INTERESTING = (0, 1, 2, 0x7F, 0x80, 0x81, 0xFF, 0x10, 0x13, 0x93, 0xE0, 0xE1, 0xF8)
TOKEN = re.compile(
    r'\s+|"[^"\n]*"|[A-Za-z_@$][A-Za-z0-9_.$-]*|[0-9][0-9A-Fa-fxX_.]*|//[^\n]*|[-+*/<>=!&|?.:]+|.', re.DOTALL
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SPLICES: tuple[str, ...] = _words(
    r"""( ) { } [ ] < > " ' ${ \ /* */ // ; , ? !! => .. -> @ # null this super return fun class interface match if
    else for in while throw try catch let var is as import pub static where 9223372036854775808 0x 1e999 0b2 1_
    '\u{110000}' Int String Any? List< Nothing enum override open abstract break continue _"""
)
SPLICES += ("\n", "\t", "\0", "é", "\u202e", "\U0001f600")
NUMBERS = _words("0 1 -1 2 63 64 255 256 2147483648 9223372036854775807 1.5 0.0 1e308 'c' true false null this \"x\"")
SWAPS = (
    NUMBERS,
    _words("+ - * / % == != < > <= >= && || &+ &- &* & | ^ << >> ?: .. ..<"),
    _words("Int Int32 Int8 UInt64 UInt8 Float Float32 String Bool Char Any Any? Int? String? Unit Nothing"),
    _words("let var"),
    _words("while if"),
    _words("return throw break continue"),
    _words("class interface object"),
    _words("open abstract override private protected static pub"),
    _words("first last size get set toString hash equals map filter add x y value name"),
)
"""Words that often stand for each other in a program that still means something."""
_SWAP_OF = {word: words for words in SWAPS for word in words}


# Bytes


def splice(random: Random, data: bytes, donor: bytes) -> bytes:
    """One small change of a string of bytes."""
    if not data:
        return bytes(random.randrange(256) for _ in range(random.randrange(4)))
    at = random.randrange(len(data))
    length = min(len(data) - at, 1 << random.randrange(6))
    match random.randrange(8):
        case 0:
            return data[:at] + bytes((data[at] ^ 1 << random.randrange(8),)) + data[at + 1 :]
        case 1:
            return data[:at] + bytes((random.choice(INTERESTING),)) + data[at + 1 :]
        case 2:
            return data[:at] + bytes(((data[at] + random.choice((-1, 1))) & 0xFF,)) + data[at + 1 :]
        case 3:
            return data[:at] + data[at + length :]
        case 4:
            return data[:at] + data[at : at + length] + data[at:]
        case 5:
            return data[:at] + bytes(random.randrange(256) for _ in range(random.randrange(1, 5))) + data[at:]
        case 6 if donor:
            start = random.randrange(len(donor))
            return data[:at] + donor[start : start + length] + data[at + length :]
        case _:
            other = random.randrange(len(data))
            low, high = sorted((at, other))
            return data[:low] + data[high : high + 1] + data[low + 1 : high] + data[low : low + 1] + data[high + 1 :]


def seal(data: bytes) -> bytes:
    """Append the checksum that belongs to a file without one."""
    return data + zlib.crc32(data).to_bytes(CHECKSUM_SIZE, "little")


def sections(data: bytes) -> list[tuple[int, bytes]]:
    """The sections of a sound file."""
    found = []
    offset = HEADER_SIZE
    while offset < len(data) - CHECKSUM_SIZE:
        size, start = decode_uleb(data, offset + 1)
        found.append((data[offset], data[start : start + size]))
        offset = start + size
    return found


def mutate_file(random: Random, data: bytes, donor: bytes) -> bytes:
    """Change a file; mostly inside of sections whose sizes are repaired, so that the change is reached."""
    if random.random() < 0.03:
        return data[: random.randrange(len(data) + 1)]
    if random.random() < 0.02:
        return splice(random, data, donor)
    try:
        parts = sections(data)
    except FormatError:
        parts = []
    if not parts or random.random() < 0.1:
        body = data[:-CHECKSUM_SIZE]
        body = body[: random.randrange(len(body) + 1)] if random.random() < 0.2 else splice(random, body, donor)
        return seal(body)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        # Bytes of code are the most and say the least: choose the section first.
        at = random.randrange(len(parts))
        number, payload = parts[at]
        match random.randrange(20):
            case 0:
                del parts[at]
                parts = parts or [(number, payload)]
            case 1:
                own = dict(sections(donor)).get(number) if donor else None
                parts[at] = (number, own or payload)
            case _:
                parts[at] = (number, splice(random, payload, donor))
    body = b"".join(bytes((number,)) + encode_uleb(len(payload)) + payload for number, payload in parts)
    return seal(data[:HEADER_SIZE] + body)


# Texts


def vary_source(random: Random, text: str) -> str:
    """Change a few words of a program into words of their kind, so that it is often still one."""
    tokens = TOKEN.findall(text)
    names = [at for at, token in enumerate(tokens) if token[0].isalpha()]
    known = [at for at, token in enumerate(tokens) if token in _SWAP_OF or token[0].isdigit()]
    for _ in range(random.choice((1, 1, 1, 2))):
        match random.randrange(6):
            case 0 if names:
                tokens[random.choice(names)] = tokens[random.choice(names)]
            case 1:
                return _mutate_lines(random, "".join(tokens), text)
            case _ if known:
                at = random.choice(known)
                tokens[at] = random.choice(_SWAP_OF.get(tokens[at], NUMBERS))
    return "".join(tokens)


def mutate_text(random: Random, text: str, donor: str) -> str:
    """Change a text by tokens, lines or characters, one to four times."""
    for _ in range(random.choice((1, 1, 2, 2, 3, 4))):
        match random.randrange(10):
            case 0:
                text = _mutate_lines(random, text, donor)
            case 1:
                text = _mutate_characters(random, text)
            case _:
                text = _mutate_tokens(random, text, donor)
    return text


def window(random: Random, text: str, most: int) -> str:
    """Whole lines of a text, at most so many characters; the whole if it is short."""
    if len(text) <= most:
        return text
    lines = text.splitlines(keepends=True)
    start = random.randrange(len(lines))
    taken: list[str] = []
    for line in lines[start:]:
        if sum(map(len, taken)) + len(line) > most:
            break
        taken.append(line)
    return "".join(taken)


def _pick(random: Random, tokens: Sequence[str]) -> int:
    """The number of a token that is no space, if there is one."""
    for _ in range(4):
        at = random.randrange(len(tokens))
        if not tokens[at].isspace():
            break
    return at


def _mutate_tokens(random: Random, text: str, donor: str) -> str:
    tokens = TOKEN.findall(text)
    if not tokens:
        return random.choice(SPLICES)
    at, other = _pick(random, tokens), _pick(random, tokens)
    length = random.choice((1, 1, 1, 2, 5, 20))
    match random.randrange(8):
        case 0:
            del tokens[at : at + length]
        case 1:
            tokens[at:at] = tokens[other : other + length]
        case 2:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        case 3:
            tokens[at] = tokens[other]
        case 4:
            tokens.insert(at, random.choice(SPLICES))
        case 5:
            tokens[at] = random.choice(SPLICES)
        case 6:
            given = TOKEN.findall(donor[:4_000]) or [" "]
            start = random.randrange(len(given))
            tokens[at : at + 1] = given[start : start + length]
        case _:
            tokens[at:at] = [random.choice(SPLICES)] * random.choice((2, 3, 40, 600))
    return "".join(tokens)


def _mutate_lines(random: Random, text: str, donor: str) -> str:
    lines = text.split("\n")
    given = donor.split("\n")
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines[at], lines[other] = lines[other], lines[at]
        case 2:
            lines.insert(at, lines[other])
        case 3:
            start = random.randrange(len(given))
            lines[at:at] = given[start : start + random.randrange(1, 8)]
        case _:
            del lines[at:]
    return "\n".join(lines)


def _mutate_characters(random: Random, text: str) -> str:
    if not text:
        return "\0"
    at = random.randrange(len(text))
    match random.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return (
                text[:at]
                + chr(random.choice((0, 9, 34, 39, 92, 127, 0xA0, 0x2028, 0xD800, 0xFEFF, 0x1F600)))
                + text[at:]
            )
        case 2:
            return text[:at] + text[at] * random.choice((2, 3, 300)) + text[at + 1 :]
        case _:
            return text[:at]
