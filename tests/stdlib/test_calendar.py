"""Dates, times and durations against Python's, and what they refuse."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

import pvm
from tests.stdlib.library import failure, instance

EPOCH = date(1970, 1, 1)
SECOND = 10**9


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("calendar_calls", engine)


def test_days(running: pvm.Instance) -> None:
    dice = random.Random(1)
    edges = [
        date(year, month, day)
        for year in (1, 4, 1900, 2000, 2023, 2024, 9999)
        for month, day in ((1, 1), (12, 31), (3, 1))
    ]
    leap = [date(2000, 2, 29), date(2024, 2, 29), date(1900, 2, 28)]
    for day in [*edges, *leap, *(date.fromordinal(dice.randrange(1, 3_652_059)) for _ in range(200))]:
        week = day.isocalendar()
        wanted = f"{day} {day.isoweekday()} {day.timetuple().tm_yday} {week.year} {week.week}"
        assert running.call("ofEpochDay", (day - EPOCH).days) == wanted


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-719528, "0000-01-01 6 1 -1 52"),
        (-719529, "-000001-12-31 5 365 -1 52"),
        (2932897, "+010000-01-01 6 1 9999 52"),
        (-719162, "0001-01-01 1 1 1 1"),
    ],
)
def test_days_that_python_does_not_know(running: pvm.Instance, days: int, text: str) -> None:
    assert running.call("ofEpochDay", days) == text


def test_the_calendar_repeats_after_400_years(running: pvm.Instance) -> None:
    dice = random.Random(2)
    for _ in range(100):
        days = dice.randrange(-700_000, 700_000)
        near, far = (running.call("ofEpochDay", days + 146097 * shift).split() for shift in (0, -1500))
        assert near[1:3] == far[1:3]
        assert near[0][-5:] == far[0][-5:]


def test_months(running: pvm.Instance) -> None:
    assert running.call("plusMonths", "2024-01-31", 1) == "2024-02-29"
    assert running.call("plusMonths", "2023-12-31", 2) == "2024-02-29"
    assert running.call("plusMonths", "2024-03-31", -1) == "2024-02-29"
    assert running.call("plusMonths", "2024-02-29", 12) == "2025-02-28"
    assert running.call("plusMonths", "2024-02-29", -12 * 2025) == "-000001-02-28"
    assert running.call("daysSince", "2024-03-01", "2023-03-01") == 366
    assert [running.call("daysInMonth", 1900, month) for month in range(1, 13)] == [
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
    ]  # fmt: skip
    assert failure(lambda: running.call("daysInMonth", 2024, 13)) == "ArgumentError: a month is 1 to 12, not 13"


def test_times(running: pvm.Instance) -> None:
    dice = random.Random(3)
    for _ in range(150):
        zone = timezone(timedelta(minutes=dice.randrange(-1439, 1440)))
        moment = datetime.fromtimestamp(dice.randrange(-9 * 10**9, 9 * 10**9), UTC).astimezone(zone)
        moment += timedelta(microseconds=dice.choice([0, 1, 500_000, 123_456]))
        text = moment.isoformat()
        stamp = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
        assert running.call("nanoseconds", text) == stamp
        shown = datetime.fromisoformat(running.call("parseTime", text))
        assert (shown, shown.utcoffset()) == (moment, moment.utcoffset())
        assert datetime.fromisoformat(running.call("ofNanoseconds", stamp)) == moment
        assert running.call("fields", text).split()[:4] == [
            str(moment.date()), str(moment.hour), str(moment.minute), str(moment.second),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-02-29T23:59", "2024-02-29T23:59:00Z"),
        ("2024-02-29 23:59:01z", "2024-02-29T23:59:01Z"),
        ("2024-02-29t23:59:01,25+01", "2024-02-29T23:59:01.25+01:00"),
        ("2024-02-29T00:00:00.000000001-0130", "2024-02-29T00:00:00.000000001-01:30"),
        ("2024-02-29T00:00:00.1234567899Z", "2024-02-29T00:00:00.123456789Z"),
        ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00+23:59"),
        ("+012345-06-07T08:09:10Z", "+012345-06-07T08:09:10Z"),
        ("-000001-06-07T08:09:10Z", "-000001-06-07T08:09:10Z"),
    ],
)
def test_texts(running: pvm.Instance, text: str, shown: str) -> None:
    assert running.call("parseTime", text) == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a digit at character 1, found the end"),
        ("2024", "expected `-` at character 5, found the end"),
        ("2024-2-01", "expected a digit at character 7, found `-`"),
        ("2024-02-30", "a day of 2024-2 is 1 to 29, not 30"),
        ("2023-02-29", "a day of 2023-2 is 1 to 28, not 29"),
        ("2024-13-01", "a month is 1 to 12, not 13"),
        ("2024-00-01", "a month is 1 to 12, not 0"),
        ("2024-01-00", "a day of 2024-1 is 1 to 31, not 0"),
        ("2024-01-01x", "expected the end at character 11, found `x`"),
        ("+2024-01-01", "expected a digit at character 6, found `-`"),
        ("é", "expected a digit at character 1, found `é`"),
    ],
)
def test_what_is_no_date(running: pvm.Instance, text: str, reason: str) -> None:
    assert failure(lambda: running.call("parseDate", text)) == f'FormatError: "{text}": {reason}'


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("", "expected `T` at character 11, found the end"),
        ("T24:00", "an hour is 0 to 23, not 24"),
        ("T00:60", "a minute is 0 to 59, not 60"),
        ("T00:00:60", "a second is 0 to 59, not 60"),
        ("T00", "expected `:` at character 14, found the end"),
        ("T00:00:00.", "expected a digit at character 21, found the end"),
        ("T00:00:00+1", "expected a digit at character 22, found the end"),
        ("T00:00:00+24:00", "a distance from UTC is less than a day, not 1440 minutes"),
        ("T00:00:00+01:60", "expected at most 59 minutes before here at character 26, found the end"),
        ("T00:00:00 Z", "expected `+` at character 20, found ` `"),
        ("T00:00Z+1", "expected the end at character 18, found `+`"),
    ],
)
def test_what_is_no_time(running: pvm.Instance, time: str, reason: str) -> None:
    text = f"2024-01-01{time}"
    assert failure(lambda: running.call("parseTime", text)) == f'FormatError: "{text}": {reason}'


def test_time_arithmetic(running: pvm.Instance) -> None:
    assert running.call("plus", "2023-12-31T23:59:59.999999999+01:00", 1) == "2024-01-01T00:00:00+01:00"
    assert running.call("plus", "2024-01-01T00:00:00Z", -1) == "2023-12-31T23:59:59.999999999Z"
    assert running.call("since", "2024-01-01T00:00:00Z", "2023-12-31T23:59:59.5Z") == SECOND // 2
    assert running.call("since", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00Z") == 0
    assert running.call("compare", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00Z") == 0
    assert running.call("compare", "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.2Z") == -1
    assert running.call("at", "2024-01-01T00:30:00Z", -60) == "2023-12-31T23:30:00-01:00"
    assert running.call("makeTime", 1, 2, 3, 90) == "2024-01-01T01:02:03+01:30"
    assert running.call("ofNanoseconds", -1) == "1969-12-31T23:59:59.999999999Z"
    assert running.call("ofNanoseconds", -(1 << 63)) == "1677-09-21T00:12:43.145224192Z"
    assert running.call("nanoseconds", "1677-09-21T00:12:43.145224192Z") == -(1 << 63)
    assert failure(lambda: running.call("makeTime", -1, 0, 0, 0)) == "ArgumentError: an hour is 0 to 23, not -1"
    assert running.call("now").split()[0].startswith("2000-01-01T00:00:00")


DURATIONS = [
    (0, "0s"), (1, "1ns"), (-999, "-999ns"), (1500, "1.5us"), (250_000_000, "250ms"), (999_999_999, "999.999999ms"),
    (SECOND, "1s"), (61 * SECOND, "1m1s"), (3600 * SECOND, "1h"), (3_723_500_000_000, "1h2m3.5s"),
    (-90 * SECOND, "-1m30s"), (86_400 * SECOND, "24h"), ((1 << 63) - 1, "2562047h47m16.854775807s"),
    (-(1 << 63), "-2562047h47m16.854775808s"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), DURATIONS)
def test_durations(running: pvm.Instance, value: int, text: str) -> None:
    assert running.call("durationText", value) == text
    shown = text if value != 999_999_999 else "999999999ns"
    assert running.call("parseDuration", shown) == value


def test_duration_texts(running: pvm.Instance) -> None:
    assert running.call("parseDuration", "+1.5d") == 129600 * SECOND
    assert running.call("parseDuration", "90min") == 5400 * SECOND
    assert running.call("parseDuration", "2µs") == 2000
    assert running.call("parseDuration", "0.25h30s") == 930 * SECOND
    for text in ("", "-", "1", "s", "1x", "1.s", ".5s", "1h 2m", "1..5s", "--1s", "1e3s"):
        wanted = f'FormatError: "{text}" is not a duration such as 1h30m, 2.5s or 250ms'
        assert failure(lambda: running.call("parseDuration", text)) == wanted  # noqa: B023 (called at once)
    wanted = 'FormatError: the duration "200000d" is too long'
    assert failure(lambda: running.call("parseDuration", "200000d")) == wanted
