"""Base64, hexadecimal and hashes against those of Python."""

from __future__ import annotations

import base64
import hashlib
import random
import zlib

import pytest

import pvm
from tests.stdlib.library import failure, growth, instance

WORD = (1 << 64) - 1
PRIMES = (
    11400714785074694791,
    14029467366897019727,
    1609587929392839161,
    9650029242287828579,
    2870177450012600261,
)
SIZES = [*range(36), 55, 56, 63, 64, 65, 119, 120, 200, 1000]


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("bytes_calls", engine)


def blobs() -> list[bytes]:
    dice = random.Random(6)
    return [dice.randbytes(size) for size in SIZES] + [bytes(40), b"\xff" * 41]


def rotated(value: int, count: int) -> int:
    value &= WORD
    return (value << count | value >> (64 - count)) & WORD


def xxhash64(data: bytes, seed: int) -> int:
    """Return XXH64 as the specification has it (xxHash fast digest algorithm, XXH64 algorithm description)."""
    p1, p2, p3, p4, p5 = PRIMES

    def step(lane: int, word: int) -> int:
        return rotated(lane + word * p2, 31) * p1 & WORD

    lanes = [seed + p1 + p2, seed + p2, seed, seed - p1]
    whole = len(data) // 32 * 32
    for start in range(0, whole, 32):
        words = [int.from_bytes(data[at : at + 8], "little") for at in range(start, start + 32, 8)]
        lanes = [step(lane, word) for lane, word in zip(lanes, words, strict=True)]
    total = seed + p5
    if whole:
        total = sum(rotated(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            total = ((total ^ step(0, lane)) * p1 + p4) & WORD
    total = (total + len(data)) & WORD
    rest = data[whole:]
    while len(rest) >= 8:
        total = (rotated(total ^ step(0, int.from_bytes(rest[:8], "little")), 27) * p1 + p4) & WORD
        rest = rest[8:]
    if len(rest) >= 4:
        total = (rotated(total ^ (int.from_bytes(rest[:4], "little") * p1 & WORD), 23) * p2 + p3) & WORD
        rest = rest[4:]
    for byte in rest:
        total = rotated(total ^ (byte * p5 & WORD), 11) * p1 & WORD
    total = (total ^ total >> 33) * p2 & WORD
    total = (total ^ total >> 29) * p3 & WORD
    return total ^ total >> 32


def test_base64(running: pvm.Instance) -> None:
    for blob in blobs():
        text = base64.b64encode(blob).decode()
        assert running.call("base64Encode", blob) == text
        assert running.call("base64Decode", text) == blob
        plain = base64.urlsafe_b64encode(blob).decode().rstrip("=")
        assert running.call("base64EncodeUrl", blob) == plain
        assert running.call("base64DecodeUrl", plain) == blob


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("QQ", "Base64 has a multiple of 4 characters, not 2"),
        ("QQ=", "Base64 has a multiple of 4 characters, not 3"),
        ("QQ=a", "byte 2 of the text, 61, is none of Base64"),
        ("Q===", "byte 1 of the text, 61, is none of Base64"),
        ("====", "byte 0 of the text, 61, is none of Base64"),
        ("QR==", "the last character of the Base64 has bits that are left over"),
        ("QUF=", "the last character of the Base64 has bits that are left over"),
        ("QU-_", "byte 2 of the text, 45, is none of Base64"),
        ("QQ==QQ==", "byte 2 of the text, 61, is none of Base64"),
        ("QU\nJ", "byte 2 of the text, 10, is none of Base64"),
        ("Qé=", "byte 1 of the text, 195, is none of Base64"),
    ],
)
def test_what_is_no_base64(running: pvm.Instance, text: str, reason: str) -> None:
    assert failure(lambda: running.call("base64Decode", text)) == f"FormatError: {reason}"


def test_what_is_no_base64_of_addresses(running: pvm.Instance) -> None:
    wanted = "FormatError: Base64 cannot have 5 characters: one is left over"
    assert failure(lambda: running.call("base64DecodeUrl", "QQQQQ")) == wanted
    wanted = "FormatError: byte 0 of the text, 43, is none of Base64"
    assert failure(lambda: running.call("base64DecodeUrl", "++++")) == wanted


def test_hexadecimal(running: pvm.Instance) -> None:
    for blob in blobs():
        assert running.call("hexEncode", blob) == blob.hex()
        assert running.call("hexDecode", blob.hex()) == blob
        assert running.call("hexDecode", blob.hex().upper()) == blob
    wanted = "FormatError: hexadecimal digits come in pairs, not as 3 bytes"
    assert failure(lambda: running.call("hexDecode", "abc")) == wanted
    wanted = "FormatError: byte 1 of the text, 103, is no hexadecimal digit"
    assert failure(lambda: running.call("hexDecode", "ag")) == wanted


def test_checksums(running: pvm.Instance) -> None:
    for blob in blobs():
        assert running.call("crc32", blob, 0) == zlib.crc32(blob)
        assert running.call("crc32", blob[5:], zlib.crc32(blob[:5])) == zlib.crc32(blob)
        assert running.call("adler32", blob, 1) == zlib.adler32(blob)
        assert running.call("adler32", blob[5:], zlib.adler32(blob[:5])) == zlib.adler32(blob)


def test_fnv(running: pvm.Instance) -> None:
    """The vectors of its authors."""
    assert running.call("fnv1a", b"") == 0xCBF29CE484222325
    assert running.call("fnv1a", b"a") == 0xAF63DC4C8601EC8C
    assert running.call("fnv1a", b"foobar") == 0x85944171F73967E8


def test_xxhash(running: pvm.Instance) -> None:
    assert running.call("xxHash64", b"", 0) == 0xEF46DB3751D8E999
    assert running.call("xxHash64", b"abc", 0) == 0x44BC2CF5AD770999
    for blob in blobs():
        for seed in (0, 1, 2654435761, WORD):
            assert running.call("xxHash64", blob, seed) == xxhash64(blob, seed)


def test_sha256(running: pvm.Instance) -> None:
    for blob in blobs():
        assert running.call("sha256", blob) == hashlib.sha256(blob).digest()
    blob = blobs()[-3]
    for part in (1, 7, 63, 64, 65):
        assert running.call("sha256Parts", blob, part) == hashlib.sha256(blob).digest()
    assert failure(lambda: running.call("sha256Late")) == "StateError: the hash is finished"


def test_cost_is_linear(running: pvm.Instance) -> None:
    assert growth(running, "work", 400) < 2.3
    assert growth(running, "workHash", 4000) < 2.3
