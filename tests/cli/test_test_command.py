"""`pvm test`: discovery, isolation, what a failure shows, statuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pvm.cli.application import run_command
from pvm.cli.testing import OUTPUT_LIMIT, KeptOutput, find_files, program_folder

PASSES = 'test "sum" { assert 1 + 1 == 2 }\n'


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = run_command(["test", *arguments])
    captured = capsys.readouterr()
    return status, re.sub(r"in \d+\.\d s", "in T s", captured.out), captured.err


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_passing_tests(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", PASSES + 'test "text" { assert "a" + "b" == "ab" }\n')
    write("lib/b.peb", PASSES)
    assert run(capsys=capsys) == (
        0,
        "a.peb\n  ok      sum\n  ok      text\nlib/b.peb\n  ok      sum\n\n3 passed in T s\n",
        "",
    )


def test_failure_shows_place_both_sides_message_and_output(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "a.peb",
        "fun check(x: Int) {\n"
        '    println("checking ${x}")\n'
        '    assert x == 5, "x is off"\n'
        "}\n"
        'test "five" {\n'
        "    check(5)\n"
        "    check(3)\n"
        "}\n" + PASSES,
    )
    assert run("a.peb", capsys=capsys) == (
        1,
        (
            "a.peb\n"
            "  FAILED  five\n"
            "    a.peb:3: assertion failed: x == 5 (left: 3, right: 5): x is off\n"
            "      at check (a.peb:3)\n"
            '      at test "five" (a.peb:7)\n'
            "    it printed:\n"
            "      | checking 5\n"
            "      | checking 3\n"
            "  ok      sum\n"
            "\n"
            "1 passed, 1 failed in T s\n"
        ),
        "",
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('assert "a " == "a"', 'assertion failed: "a " == "a" (left: "a ", right: "a")'),
        ("assert [1, 2] == [1]", "assertion failed: [1, 2] == [1] (left: [1, 2], right: [1])"),
        ("let n = 3\n    assert n < 3", "assertion failed: n < 3 (left: 3, right: 3)"),
        ("let n = 3\n    assert n != 3", "assertion failed: n != 3 (left: 3, right: 3)"),
        ("let no = false\n    assert no", "assertion failed: no"),
        ('let no = false\n    assert no, "why"', "assertion failed: no: why"),
        ("let zero = 0\n    assert 1 / zero == 1", "uncaught ArithmeticError: division by zero"),
        ('throw Exception("boom")', "uncaught Exception: boom"),
        ("throw Exception()", "uncaught Exception\n"),
        ('println("\\u{1b}[31m\\n")\n    assert [1] == []', "      | <U+001B>[31m\n"),
    ],
)
def test_ways_to_fail(body: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", f'test "it" {{\n    {body}\n}}\n')
    status, out, err = run(capsys=capsys)
    assert (status, err) == (1, "")
    assert shown in out
    assert "0 passed, 1 failed" in out


def test_ending_the_process_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", 'import process\n\ntest "ends" { process.exit(0) }\n' + PASSES)
    status, out, _ = run(capsys=capsys)
    assert status == 1
    assert "a.peb:3: the test ended the program with status 0" in out
    assert "1 passed, 1 failed" in out


def test_limits(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", 'test "forever" {\n    while true { }\n}\ntest "deep" { assert down(1) == 0 }\n')
    with Path("a.peb").open("a") as file:
        file.write("fun down(n: Int) -> Int = down(n + 1) + 1\n")
    status, out, _ = run("--timeout", "50ms", capsys=capsys)
    assert status == 1
    assert "a.peb:2: the test was ended: time limit reached (--timeout sets this limit)" in out
    write("b.peb", 'test "hoard" {\n    var all = [[0]]\n    while true { all.add([1, 2, 3]) }\n}\n')
    status, out, _ = run("b.peb", "--memory", "64K", capsys=capsys)
    assert status == 1
    assert "FAILED  hoard" in out


def test_tests_share_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "a.peb",
        "import io\n\nvar count = 0\n"
        "fun once() {\n"
        "    count += 1\n"
        "    assert count == 1\n"
        '    io.writeText("/tmp/mark", "x")\n'
        "}\n"
        'test "one" { once() }\ntest "two" {\n    assert !io.exists("/tmp/mark")\n    once()\n}\n',
    )
    status, out, err = run(capsys=capsys)
    assert (status, err) == (0, ""), out


def test_random_numbers_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", 'import random\n\ntest "roll" {\n    assert random.fresh().below(1000000) == -1\n}\n')
    first, again, other = (run("--seed", seed, capsys=capsys)[1] for seed in ("7", "7", "8"))
    assert first == again
    assert first != other


def test_filter(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", PASSES + 'test "other" { assert "a" == "b" }\n')
    write("b.peb", 'test "another" { assert "a" == "b" }\n')
    assert run("--filter", "su", capsys=capsys)[:2] == (0, "a.peb\n  ok      sum\n\n1 passed, 2 left out in T s\n")
    assert run("--filter", "zzz", capsys=capsys) == (
        0,
        "",
        "pvm: none of the 3 tests in this folder has 'zzz' in its name\n",
    )


def test_no_tests(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", "fun main() { }\n")
    status, out, err = run(capsys=capsys)
    assert (status, out) == (0, "")
    assert err.startswith("pvm: no tests in this folder; ")


def test_compile_errors_do_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", 'test "wrong" { assert nothing == 1 }\n')
    write("b.peb", PASSES)
    status, out, err = run(capsys=capsys)
    assert status == 125
    assert "error[E0206]: there is no `nothing` here" in err
    assert "--> a.peb:1:23" in err
    assert out == "b.peb\n  ok      sum\n\n1 passed, 1 file does not compile in T s\n"


def test_missing_and_strange_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nowhere.peb", capsys=capsys) == (127, "", "pvm: nowhere.peb: no such file\n")
    Path("bytes.peb").write_bytes(b'test "a" { \xff }')
    status, _, err = run("bytes.peb", capsys=capsys)
    assert status == 125
    assert "Traceback" not in err


def test_hidden_folders_are_left_out_and_files_come_once() -> None:
    write(".hidden/a.peb", PASSES)
    write("lib/a.peb", PASSES)
    write("lib/.b.peb", PASSES)
    assert [file.name for file in find_files([".", "lib", "lib/a.peb"])] == ["lib/a.peb"]


def test_imports_are_found_in_the_folder_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    write("app/main.peb", "import shapes.round\n\nfun main() { println(round.area(1)) }\n")
    write(
        "app/shapes/round.peb",
        'import shapes.base\n\npub fun area(r: Int) -> Int = base.pi * r\ntest "area" { assert area(2) == 6 }\n',
    )
    write("app/shapes/base.peb", "pub let pi: Int = 3\n")
    write("lone/one.peb", "import two\n" + PASSES.replace("1 + 1", "two.two"))
    write("lone/two.peb", "pub let two: Int = 2\n")
    status, out, err = run(capsys=capsys)
    assert (status, err) == (0, ""), err
    assert out == "app/shapes/round.peb\n  ok      area\nlone/one.peb\n  ok      sum\n\n2 passed in T s\n"
    assert program_folder(Path("app/shapes/round.peb"), Path()) == Path("app")
    assert program_folder(Path("app/shapes/round.peb"), Path("app/shapes")) == Path("app/shapes")


def test_host_functions_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.peb", '@host("ask") fun ask() -> Int\ntest "asks" { assert ask() == 1 }\n')
    status, out, _ = run(capsys=capsys)
    assert status == 1
    assert "a.peb:2: no host function 'ask'" in out


def test_output_is_kept_up_to_a_limit() -> None:
    output = KeptOutput()
    assert output.write(b"a" * (OUTPUT_LIMIT - 1)) == OUTPUT_LIMIT - 1
    assert output.write(b"bc") == 2
    assert output.write(b"d") == 1
    assert output.text.endswith("ab\n... 2 bytes more\n")
