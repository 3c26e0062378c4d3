"""The samples do what they say, on real input; expected results are known figures or computed here in another way."""

from __future__ import annotations

import csv
import json
import re
import struct
import zlib
from collections import Counter, deque
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import pvm

SAMPLES = Path(__file__).parents[2] / "samples"
DATA = SAMPLES / "data"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@cache
def compiled(name: str) -> pvm.Module:
    return pvm.compile(SAMPLES / f"{name}.peb")


def run(
    engine: str,
    name: str,
    *arguments: str,
    stdin: str | bytes = b"",
    mounts: Mapping[str, pvm.HostDir | pvm.MemDir] | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str, str, pvm.Kernel]:
    """Run a sample; give status, both outputs, and the kernel with its files."""
    kernel = pvm.Kernel(
        mounts=dict(mounts or {}),
        env=dict(env or {}),
        stdin=stdin,
        stdout=pvm.CAPTURE,
        stderr=pvm.CAPTURE,
        clock="virtual",
        seed=1,
    )
    with pvm.Instance(compiled(name), kernel=kernel, tier=engine) as instance:  # type: ignore[arg-type]
        status = instance.run([name, *arguments])
    return status, kernel.stdout_bytes.decode(), kernel.stderr_bytes.decode(), kernel


def test_every_sample_is_run_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for sample in SAMPLES.glob("*.peb"):
        assert f'"{sample.stem}"' in text


def test_hello(engine: str) -> None:
    assert run(engine, "hello")[:3] == (0, "Hello from Pebble!\n", "")


# wordcount


def counted(text: str) -> str:
    """What wordcount prints, computed with a regular expression."""
    words = re.findall(rb"[a-z'\x80-\xff]+", text.lower().encode())
    counts = Counter(words)  # keeps the order of first occurrence, and so does most_common among equals
    top = [f"{count:7}  {word.decode()}" for word, count in counts.most_common(10)]
    return "\n".join([f"{len(text.splitlines())} lines, {len(words)} words, {len(counts)} different", *top, ""])


def test_wordcount_of_a_book(engine: str) -> None:
    text = "".join((DATA / "book.txt").read_text(encoding="utf-8").splitlines(keepends=True)[:250])
    assert run(engine, "wordcount", stdin=text)[:3] == (0, counted(text), "")


def test_wordcount_of_a_file(engine: str) -> None:
    text = "The fox; the dog's fox.\r\nÉté the end"
    books = pvm.MemDir({"short.txt": text.encode()})
    done = run(engine, "wordcount", "/books/short.txt", mounts={"/books": books})
    assert done[0] == 0
    assert done[1].splitlines()[:3] == ["2 lines, 8 words, 5 different", "      3  the", "      2  fox"]


# json_pretty


def indented(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def test_json_pretty_prints_a_document(engine: str) -> None:
    text = (DATA / "planets.json").read_text(encoding="utf-8")
    status, out, err, _ = run(engine, "json_pretty", stdin=text)
    assert (status, err) == (0, "")
    assert json.loads(out) == json.loads(text)
    # Numbers and escapes are kept as they are written; the rest is what Python's own printer makes.
    kept = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*')
    assert kept.findall(out) == kept.findall(text)
    assert kept.sub("x", out) == kept.sub("x", indented(json.loads(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[]", "[]\n"),
        (" {\t}\r\n", "{}\n"),
        ("[[],{}]", "[\n  [],\n  {}\n]\n"),
        ('"\\u00e9\\n"', '"\\u00e9\\n"\n'),
        ("-0.5e+10", "-0.5e+10\n"),
        ("null", "null\n"),
        ('{"a":true,"a":[1]}', '{\n  "a": true,\n  "a": [\n    1\n  ]\n}\n'),
    ],
)
def test_json_pretty_of_every_kind(engine: str, text: str, shown: str) -> None:
    assert run(engine, "json_pretty", stdin=text)[:3] == (0, shown, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "line 1, column 1: expected a value, found the end"),
        (b"[1,]", "line 1, column 4: expected a value, found ']'"),
        (b"[1 2]", "line 1, column 4: expected `,` or `]`, found '2'"),
        (b"{1:2}", "line 1, column 2: expected a name in quotes, found '1'"),
        (b'{"a"\n 1}', "line 2, column 2: expected `:`, found '1'"),
        (b"01", "line 1, column 2: expected nothing more after the value, found '1'"),
        (b"1.", "line 1, column 3: expected a digit, found the end"),
        (b"-", "line 1, column 2: expected a digit, found the end"),
        (b'"\\x"', "line 1, column 3: expected an escape, found 'x'"),
        (b'"\\u12G4"', "line 1, column 6: expected four hexadecimal digits, found 'G'"),
        (b'"abc', "line 1, column 5: expected a closing quote, found the end"),
        (b'"\n"', "line 1, column 2: expected no control characters in a string, found '\n'"),
        (b"trux", "line 1, column 1: expected `true`, found 't'"),
        (b"[" * 501, "line 1, column 501: expected at most 500 levels, found '['"),
        (b'"\xff"', "the input is not UTF-8"),
    ],
)
def test_json_pretty_refuses(engine: str, text: bytes, message: str) -> None:
    assert run(engine, "json_pretty", stdin=text)[:3] == (2, "", f"json_pretty: {message}\n")


# json_query


def planets() -> dict[str, Any]:
    return json.loads((DATA / "planets.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def asked(engine: str, *arguments: str) -> list[object]:
    """What json_query finds in the planets, a value for each line."""
    text = (DATA / "planets.json").read_text(encoding="utf-8")
    status, out, err, _ = run(engine, "json_query", "--compact", *arguments, stdin=text)
    assert (status, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def test_json_query_finds_what_python_finds(engine: str) -> None:
    everything = planets()
    all_planets = everything["planets"]
    query = ".planets[] | select(.moons | length > 1) | .name"
    assert asked(engine, query) == [p["name"] for p in all_planets if len(p.get("moons", [])) > 1]
    assert asked(engine, "[.planets[].distance] | add, max, min") == [
        sum(p["distance"] for p in all_planets),
        max(p["distance"] for p in all_planets),
        min(p["distance"] for p in all_planets),
    ]
    by_name = sorted(all_planets, key=lambda p: p["name"])
    assert asked(engine, ".planets | sort_by(.name) | map({name, n: .moons | length})") == [
        [{"name": p["name"], "n": len(p.get("moons", []))} for p in by_name]
    ]
    assert asked(engine, "keys, .unit, .planets[-1].period") == [
        sorted(everything),
        everything["unit"],
        all_planets[-1]["period"],
    ]


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        (".", "[1,2.5,null]", ["[1,2.5,null]"]),
        (".[1], .[-1], .[9]", "[1,2,3]", ["2", "3", "null"]),
        ('.["a b"].c', '{"a b":{"c":true}}', ["true"]),
        (".[] | . < 3 and . != 1", "[1,2,3]", ["false", "true", "false"]),
        ("map(select(. == 1 or not))", "[1,false,null,2]", ["[1,false,null]"]),
        ("group_by(.a) | map(length)", '[{"a":1},{"a":2},{"a":1.0}]', ["[2,1]"]),
        ("add", '["x","y"]', ['"xy"']),
        ("(1, 2) | [., .]", "0", ["[1,1]", "[2,2]"]),
        (". < {} , [] < [1] , null < false", "1", ["true", "true", "true"]),
        ('length, type, {"k": .}', '"\u00e9a"', ["2", '"string"', '{"k":"\u00e9a"}']),
    ],
)
def test_json_query_of_every_form(engine: str, query: str, text: str, found: list[str]) -> None:
    status, out, err, _ = run(engine, "json_query", "-c", query, stdin=text)
    assert (status, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [json.loads(line) for line in found]


@pytest.mark.parametrize(
    ("query", "text", "message"),
    [
        (".a |", "{}", "column 5 of the query: expected a query, found the end"),
        ("[1", "{}", "column 3 of the query: expected `]`, found the end"),
        (".a ]", "{}", "column 4 of the query: expected the end, found ']'"),
        (".a", "[]", "cannot take member `a` of an array"),
        (".[]", "3", "cannot walk over a number"),
        ("add", '[1,"a"]', "expected a number, found a string"),
        (".", "[1", "the input: line 1, column 3: expected `,` or `]`, found the end"),
    ],
)
def test_json_query_refuses(engine: str, query: str, text: str, message: str) -> None:
    assert run(engine, "json_query", query, stdin=text)[:3] == (2, "", f"json_query: {message}\n")


def test_json_query_writes_texts_without_quotes(engine: str) -> None:
    assert run(engine, "json_query", "-r", ".[]", stdin='["a\\n\\"b",1]')[:3] == (0, 'a\n"b\n1\n', "")


# csv_report


def orders() -> list[dict[str, str]]:
    with (DATA / "orders.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summed(groups: Mapping[str, list[Decimal]]) -> list[list[str]]:
    """Rows of the report as CSV, without the shares and means, which are rounded; the largest sum first."""
    rows = sorted(groups.items(), key=lambda item: -sum(item[1]))
    return [[name, str(len(v)), f"{sum(v):,.2f}", f"{min(v):.2f}", f"{max(v):.2f}"] for name, v in rows]


def reported(engine: str, *arguments: str) -> tuple[list[list[str]], str]:
    text = (DATA / "orders.csv").read_bytes()
    status, out, err, _ = run(engine, "csv_report", "--csv", *arguments, stdin=text)
    assert status == (1 if err else 0)
    rows = list(csv.reader(out.splitlines()))
    assert [rows[0][1], *rows[0][3:]] == ["count", "share", "mean", "smallest", "largest"]
    assert all(re.fullmatch(r"\d+\.\d %", row[3]) for row in rows[1:])
    return [[*row[:3], *row[5:]] for row in rows[1:]], err


def test_csv_report_sums_up_orders(engine: str) -> None:
    rows = [row for row in orders() if row["quantity"] and row["price"] != "n/a"]
    assert len(rows) == len(orders()) - 2 == 318
    groups: dict[str, list[Decimal]] = {}
    for row in rows:
        groups.setdefault(row["category"], []).append(int(row["quantity"]) * Decimal(row["price"]))
    found, err = reported(engine, "--by", "category", "--sum", "quantity*price")
    assert found == summed(groups)
    assert err == (
        'csv_report: record 58 is left out: "" is not a number\n'
        'csv_report: record 212 is left out: "n/a" is not a number\n'
    )


def test_csv_report_of_some_rows_by_month(engine: str) -> None:
    groups: dict[str, list[Decimal]] = {}
    for row in orders():
        if row["country"] == "Côte d'Ivoire" and row["quantity"]:
            groups.setdefault(row["date"][:7], []).append(Decimal(row["quantity"]))
    arguments = ["--by", "month:date", "--sum", "quantity", "--where", "country=Côte d'Ivoire", "--sort", "name"]
    found, _ = reported(engine, *arguments, "--top", "4")
    assert found == sorted(summed(groups))[:4]


def test_csv_report_as_a_table(engine: str) -> None:
    text = 'day,who,n\n2024-02-29,"a ""b""",1.5\n2024-03-01,é,2\n2024-03-07,é,-1000\n'
    status, out, err, _ = run(engine, "csv_report", "--by", "weekday:day", "--sum", "n", "--sort", "name", stdin=text)
    assert (status, err) == (0, "")
    assert (
        out
        == """\
weekday   count        n    share     mean  smallest  largest
--------  -----  -------  -------  -------  --------  -------
Friday        1     2.00   -0.2 %     2.00      2.00     2.00
Thursday      2  -998.50  100.2 %  -499.25  -1000.00     1.50
--------  -----  -------  -------  -------  --------  -------
total         3  -996.50  100.0 %  -332.17  -1000.00     2.00
"""
    )


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["--sum", "x"], "a,b\n", "there is no column `x`, but a, b"),
        (["--sum", "b"], "a,b\n", "there is nothing to sum up"),
        (["--sum", "b"], "", "the input is empty"),
        (["--sum", "b"], "a,b\n1\n", "record 1 has 1 fields, not 2"),
        (["--sum", "b"], 'a,b\n"1,2\n', "line 2: a quoted field is not closed"),
        (["--sum", "b", "--sort", "size"], "a,b\n1,2\n", "groups are sorted by `name`, `count` or `sum`, not `size`"),
        ([], "a,b\n1,2\n", "say what to sum up: --sum COLUMN"),
    ],
)
def test_csv_report_refuses(engine: str, arguments: list[str], text: str, message: str) -> None:
    assert run(engine, "csv_report", *arguments, stdin=text)[:3] == (2, "", f"csv_report: {message}\n")


# nbody: the figures of the Computer Language Benchmarks Game


def test_nbody(engine: str) -> None:
    assert run(engine, "nbody", "0")[1] == "-0.169075164\n-0.169075164\n"
    assert run(engine, "nbody", "1000")[:3] == (0, "-0.169075164\n-0.169087605\n", "")


# mandelbrot


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Split a PNG file, checking signature and checksums."""
    assert data[:8] == PNG_SIGNATURE
    found, at = [], 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        at += size + 12
    return found


def test_mandelbrot_is_a_picture(engine: str) -> None:
    width = 24
    status, out, _, kernel = run(engine, "mandelbrot", "/out/m.png", str(width), mounts={"/out": pvm.MemDir()})
    shape = re.fullmatch(rf"wrote /out/m\.png: {width} x (\d+)\n", out)
    assert status == 0
    assert shape is not None
    height = int(shape[1])
    chunks = png_chunks(kernel.read_file("/out/m.png"))
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    assert chunks[0][1] == struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.decompress(chunks[1][1])
    assert len(rows) == (width * 3 + 1) * height
    assert not any(rows[y * (width * 3 + 1)] for y in range(height))
    inside = sum(rows[y * (width * 3 + 1) + 1 + x * 3 :][:3] == b"\0\0\0" for y in range(height) for x in range(width))
    # The area of the set is 1.5066 of the 3.0 x 2.0 that the picture shows, or near to that.
    assert 0.15 < inside / (width * height) < 0.35


def test_mandelbrot_says_how_it_is_used(engine: str) -> None:
    assert run(engine, "mandelbrot")[:3] == (2, "", "usage: mandelbrot.peb FILE.png [WIDTH]\n")


# maze


def drawings(out: str) -> list[list[str]]:
    """The pictures of the maze in an output."""
    rows = [line for line in out.splitlines() if line.startswith("#")]
    return [rows[at : at + 13] for at in range(0, len(rows), 13)]


def solution(maze: list[str]) -> str:
    """Keys of a shortest way from the player to the X, by breadth-first search."""
    (start,) = [(x, y) for y, row in enumerate(maze) for x, cell in enumerate(row) if cell == "@"]
    keys = {start: ""}
    waiting = deque([start])
    while waiting:
        x, y = waiting.popleft()
        if maze[y][x] == "X":
            return keys[x, y]
        for key, dx, dy in (("w", 0, -1), ("a", -1, 0), ("s", 0, 1), ("d", 1, 0)):
            to = (x + dx, y + dy)
            if maze[to[1]][to[0]] != "#" and to not in keys:
                keys[to] = keys[x, y] + key
                waiting.append(to)
    raise AssertionError("the maze has no way out")


@pytest.mark.parametrize("seed", ["7", "8", "-1"])
def test_maze_can_be_solved(engine: str, seed: str) -> None:
    status, out, _, _ = run(engine, "maze", seed)
    assert status == 1
    assert out.endswith("The input ended after 0 steps.\n")
    (maze,) = drawings(out)
    assert [len(row) for row in maze] == [25] * 13
    # A perfect maze: each of the 72 cells is open, and so are the 71 walls that make it a tree.
    assert sum(cell != "#" for row in maze for cell in row) == 72 + 71
    keys = solution(maze)
    status, out, _, _ = run(engine, "maze", seed, stdin=f"{keys[:5]}\n{keys[5:]}\n")
    assert status == 0
    assert out.endswith(f"Out in {len(keys)} steps!\n")
    assert len(drawings(out)) == 3


def test_maze_has_walls_and_can_be_left(engine: str) -> None:
    status, out, _, _ = run(engine, "maze", stdin="wwaa\nq\n")
    assert status == 1
    assert out.endswith("You gave up after 0 steps.\n")
    assert drawings(out)[0] == drawings(out)[1]


# vfs_tour

TOUR = """\
-- what there is
list /                             data dev tmp work
list /data                         planets.json
list /work                         shared.txt
-- a private file, in memory
write /tmp/note.txt                done
read /tmp/note.txt                 kept for this run only
-- a directory of the host, for reading only
size of /data/planets.json         {size} bytes
write /data/new.txt                refused: cannot create /data/new.txt: read-only file system
remove /data/planets.json          refused: cannot remove /data/planets.json: read-only file system
-- a directory of the host, under an overlay
change /work/shared.txt            changed by the guest
-- nothing else of the host
read /etc/passwd                   refused: cannot open /etc/passwd: no such file or directory
read /data/../../etc/passwd        refused: cannot open /data/../../etc/passwd: no such file or directory
follow a link out of /tmp          refused: cannot open /tmp/link: no such file or directory
HOME is {home}
"""


@pytest.mark.parametrize("env", [{}, {"HOME": "/home/guest"}])
def test_vfs_tour(engine: str, env: dict[str, str], tmp_path: Path) -> None:
    planets = (DATA / "planets.json").read_bytes()
    (tmp_path / "data").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "data" / "planets.json").write_bytes(planets)
    (tmp_path / "work" / "shared.txt").write_text("of the host")
    mounts = {
        "/data": pvm.HostDir(str(tmp_path / "data"), mode="ro"),
        "/work": pvm.HostDir(str(tmp_path / "work"), mode="overlay"),
    }
    status, out, err, _ = run(engine, "vfs_tour", mounts=mounts, env=env)
    assert (status, err) == (0, "")
    assert out == TOUR.format(size=len(planets), home=env.get("HOME", "not set"))
    assert (tmp_path / "work" / "shared.txt").read_text() == "of the host"
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["planets.json"]


# lisp, sudoku, lz, markdown


def test_lisp(engine: str) -> None:
    program = (DATA / "primes.lisp").read_text(encoding="utf-8")
    primes = " ".join(str(n) for n in range(2, 60) if all(n % d for d in range(2, n)))
    total = 5000 * 5001 // 2
    expected = f"({primes})\n(4 9 16)\n{total}\nhypotenuse-squared 25\n"
    assert run(engine, "lisp", stdin=program)[:3] == (0, expected, "")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("(print (+ 1 x))", "x is not defined"),
        ("(print (car '()))", "car of ()"),
        ("((lambda (x) x))", " takes 1 arguments, not 0"),
        ("(print 1", "a ) is missing"),
        ("(/ 1 0)", "division by zero"),
    ],
)
def test_lisp_errors(engine: str, program: str, message: str) -> None:
    status, _, error, _ = run(engine, "lisp", stdin=program)
    assert status == 1
    assert message in error


def test_sudoku(engine: str) -> None:
    puzzles = (DATA / "sudoku.txt").read_text(encoding="utf-8").split()
    status, output, error, _ = run(engine, "sudoku", stdin="\n".join(puzzles))
    assert (status, error) == (0, "")
    solutions = re.split(r"\d+ guesses\n", output)[1:]
    assert len(solutions) == len(puzzles) == 2
    for puzzle, solution in zip(puzzles, solutions, strict=True):
        digits = re.findall(r"\d", solution)
        rows = [digits[start : start + 9] for start in range(0, 81, 9)]
        boxes = [
            [digits[(top + i // 3) * 9 + left + i % 3] for i in range(9)] for top in (0, 3, 6) for left in (0, 3, 6)
        ]
        assert all(len(set(unit)) == 9 for unit in [*rows, *zip(*rows, strict=True), *boxes])
        assert all(given in {".", "0", found} for given, found in zip(puzzle, digits, strict=True))


def test_sudoku_without_solution(engine: str) -> None:
    status, output, _, _ = run(engine, "sudoku", stdin="11" + "." * 79)
    assert (status, output) == (1, "no solution\n\n")


@pytest.mark.parametrize("content", [b"", b"a", b"abcabcabcabc" * 50, bytes(range(256)) * 3, b"\0" * 3000])
def test_lz_gives_back_what_it_packed(engine: str, content: bytes) -> None:
    status, output, _, kernel = run(
        engine, "lz", "pack", "/d/in", "/d/packed", mounts={"/d": pvm.MemDir({"in": content})}
    )
    assert (status, output) == (0, "")
    packed = kernel.read_file("/d/packed")
    again = run(engine, "lz", "unpack", "/d/packed", "/d/out", mounts={"/d": pvm.MemDir({"packed": packed})})
    assert again[0] == 0
    assert again[3].read_file("/d/out") == content
    if len(content) > 500:
        assert len(packed) < len(content) // 2 or content[:2] == b"\0\1"


@pytest.mark.parametrize("packed", [b"", b"PLZ1", b"ZIP1\5", b"PLZ1\5\1\7", b"PLZ1\5\x0c12345", b"PLZ1" + b"\xff" * 9])
def test_lz_refuses_damaged_files(engine: str, packed: bytes) -> None:
    status, _, error, _ = run(
        engine, "lz", "unpack", "/d/packed", "/d/out", mounts={"/d": pvm.MemDir({"packed": packed})}
    )
    assert status == 1
    assert error.startswith("lz: /d/packed: ")


def test_markdown(engine: str) -> None:
    text = """# A *title* & more

Some **bold** and `a < b` with a [link](x.html)
on two lines.

* one
* two
  goes on

1. first
2. second

> quoted

    code <here>

| a | b |
| --- | --- |
| 1 | 2 |

---
"""
    html = """<h1>A <em>title</em> &amp; more</h1>
<p>Some <strong>bold</strong> and <code>a &lt; b</code> with a <a href="x.html">link</a> on two lines.</p>
<ul>
<li>one</li>
<li>two goes on</li>
</ul>
<ol>
<li>first</li>
<li>second</li>
</ol>
<blockquote>
<p>quoted</p>
</blockquote>
<pre><code>code &lt;here&gt;
</code></pre>
<table>
<tr><th>a</th><th>b</th></tr>
<tr><td>1</td><td>2</td></tr>
</table>
<hr>
"""
    assert run(engine, "markdown", stdin=text)[:3] == (0, html, "")


# pipeline


def histogram(text: str) -> list[list[str]]:
    """Length and number of the words, computed with a regular expression."""
    lengths = Counter(len(word.decode()) for word in re.findall(rb"[A-Za-z'\x80-\xff]+", text.encode()))
    return [[str(length), str(lengths[length])] for length in range(1, max(lengths) + 1)]


@pytest.mark.parametrize("workers", [(), ("1",), ("20",)])
def test_pipeline_counts_the_words_of_a_book(engine: str, workers: tuple[str, ...]) -> None:
    text = "".join((DATA / "book.txt").read_text(encoding="utf-8").splitlines(keepends=True)[:120]) + "vögel"
    status, out, err, _ = run(engine, "pipeline", *workers, stdin=text)
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert [row[:2] for row in rows] == histogram(text)
    bars = [len(row[2]) if len(row) > 2 else 0 for row in rows]
    assert max(bars) == 50
    assert [bar > 0 for bar in bars] == [row[1] != "0" for row in rows]


def test_pipeline_with_nothing_to_do(engine: str) -> None:
    assert run(engine, "pipeline")[:3] == (0, "", "")
    assert run(engine, "pipeline", "0")[:3] == (
        2,
        "",
        "pipeline: expected a number of workers from 1 to 100, found 0\n",
    )
