"""CSV against Python's, and by hand what it refuses."""

from __future__ import annotations

import csv
import io
import json
import random

import pytest

import pvm
from tests.stdlib.library import failure, instance


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("bytes_calls", engine)


def random_rows(dice: random.Random) -> list[list[str]]:
    alphabet = 'ab,;"\n\r\té '
    return [
        ["".join(dice.choice(alphabet) for _ in range(dice.randrange(6))) for _ in range(dice.randrange(1, 5))]
        for _ in range(dice.randrange(6))
    ]


def written(rows: list[list[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_random_rows(running: pvm.Instance, separator: str) -> None:
    dice = random.Random(separator)
    for _ in range(60):
        rows = random_rows(dice)
        assert json.loads(running.call("csvParse", written(rows, separator), separator)) == rows
        for line_end in ("\r\n", "\n", "\r"):
            text = running.call("csvWrite", json.dumps(rows), separator, line_end)
            assert list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)) == rows
            assert json.loads(running.call("csvParse", text, separator)) == rows
            if rows:
                assert json.loads(running.call("csvParse", text.removesuffix(line_end), separator)) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("\n", [[""]]),
        ("a\n\nb", [["a"], [""], ["b"]]),
        (",", [["", ""]]),
        ("a,", [["a", ""]]),
        ('""', [[""]]),
        ('"a"\r', [["a"]]),
        ('"a""b","\r\n"\r\nc', [['a"b', "\r\n"], ["c"]]),
        ('"""",x', [['"', "x"]]),
        (" a , b ", [[" a ", " b "]]),
    ],
)
def test_rows(running: pvm.Instance, text: str, rows: list[list[str]]) -> None:
    assert json.loads(running.call("csvParse", text, ",")) == rows


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('a\r\n"b', "line 2: a quoted field is not closed"),
        ('"b\n\n""', "line 1: a quoted field is not closed"),
        ('"\r\n"\nb"', "line 3: a quote inside of a field that is not quoted"),
        ('"\r"x', "line 2: expected a separator after a quoted field, found `x`"),
        ('"a"é', "line 1: expected a separator after a quoted field, found `é`"),
        ('"a" ,', "line 1: expected a separator after a quoted field, found ` `"),
    ],
)
def test_refused(running: pvm.Instance, text: str, reason: str) -> None:
    assert failure(lambda: running.call("csvParse", text, ",")) == f"CsvError: {reason}"


@pytest.mark.parametrize("separator", ['"', "\n", "\r", "é"])
def test_separators_that_cannot_be(running: pvm.Instance, separator: str) -> None:
    wanted = "ArgumentError: a separator is an ASCII character other than a quote or a line end"
    assert failure(lambda: running.call("csvParse", "a", separator)) == wanted


def test_records(running: pvm.Instance) -> None:
    text = 'name,age\nAda,36\n"B, b","4\n2"\n'
    assert json.loads(running.call("csvRecords", text)) == [
        {"name": "Ada", "age": "36"},
        {"name": "B, b", "age": "4\n2"},
    ]
    assert running.call("csvRewrite", text) == 'age,name\r\n36,Ada\r\n"4\n2","B, b"\r\n'
    assert running.call("csvRecords", "") == "[]"
    assert running.call("csvRecords", "a,b") == "[]"
    wanted = "CsvError: line 4: expected 2 fields, found 1"
    assert failure(lambda: running.call("csvRecords", 'a,b\n"\n",1\nc\n')) == wanted
    wanted = "CsvError: line 1: the name a stands twice"
    assert failure(lambda: running.call("csvRecords", "a,b,a\n")) == wanted


def test_a_row_without_fields_cannot_be_written(running: pvm.Instance) -> None:
    assert failure(lambda: running.call("csvWrite", "[[]]", ",", "\n")) == "ArgumentError: a row has at least one field"
