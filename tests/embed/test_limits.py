"""Texts for sizes and durations, and the checks of ``Limits``."""

from __future__ import annotations

import pytest

import pvm
from pvm.embed.limits import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (0, 0),
        (4096, 4096),
        ("4096", 4096),
        ("64K", 65536),
        ("64k", 65536),
        ("256M", 256 << 20),
        ("2GiB", 2 << 30),
        ("1T", 1 << 40),
        (" 8 MB ", 8 << 20),
    ],
)
def test_size(text: int | str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "1.5M", "-1", "0x10", "1Q", "1 2", None, True, 1.5, -1])
def test_no_size(text: object) -> None:
    with pytest.raises(pvm.UsageError, match="size"):
        parse_size(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (0, 0.0),
        (2, 2.0),
        (0.25, 0.25),
        ("5", 5.0),
        ("5s", 5.0),
        ("250ms", 0.25),
        ("10us", 1e-5),
        ("1.5m", 90.0),
        ("1h", 3600.0),
        (".5s", 0.5),
    ],
)
def test_duration(text: float | str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize("text", ["", "s", "-1s", "5 days", "1e3", float("nan"), float("inf"), -1, True, None])
def test_no_duration(text: object) -> None:
    with pytest.raises(pvm.UsageError, match="duration"):
        parse_duration(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("fuel", [-1, 1.5, "many", True])
def test_fuel_is_a_whole_number(fuel: object) -> None:
    with pytest.raises(pvm.UsageError, match="fuel"):
        pvm.Limits(fuel=fuel)  # type: ignore[arg-type]


def test_limits_are_checked_when_made() -> None:
    with pytest.raises(pvm.UsageError):
        pvm.Limits(memory="lots")
    with pytest.raises(pvm.UsageError):
        pvm.Limits(timeout="soon")
    assert pvm.Limits().timeout_seconds is None
    assert pvm.Limits(memory="1K", stack=512, timeout="1m").timeout_seconds == 60.0
