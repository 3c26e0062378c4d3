"""The command line: statuses, messages, standard streams."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pvm.cli import files
from pvm.cli.application import COMMANDS, run_command
from pvm.pbc.asm import assemble
from pvm.pbc.writer import write_module

HELLO = """
import kernel fd_write(i64, ref array u8, i64, i64) -> i64

func main() -> i64 {
    .local bytes: ref array u8
    i64.const 3
    array.new u8
    local.set bytes
    local.get bytes
    i64.const 0
    i32.const 104
    array.set u8
    local.get bytes
    i64.const 1
    i32.const 105
    array.set u8
    local.get bytes
    i64.const 2
    i32.const 10
    array.set u8
    i64.const 1
    local.get bytes
    i64.const 0
    i64.const 3
    hypercall fd_write
    return
}
export main
"""
FOREVER = "func main() -> i64 {\n@again:\n jump @again\n}\nexport main\n"
TRAPS = "func main() -> i64 {\n unreachable\n}\nexport main\n"
FORGING = r"""
func "a\u{1b}[31m\n    at forged (x.peb:1)"() {
    unreachable
}
func main() {
    call "a\u{1b}[31m\n    at forged (x.peb:1)"
    return
}
export main
"""
DEEP = "func main() -> i64 {\n call main\n return\n}\nexport main\n"
HOARD = """
func main() -> i64 {
    .local kept: ref? any
    .local next: ref array ref
    ref.null
    local.set kept
@again:
    i64.const 1000
    array.new ref
    local.set next
    local.get next
    i64.const 0
    local.get kept
    array.set ref
    local.get next
    local.set kept
    jump @again
}
export main
"""


def write(path: Path, text: str) -> str:
    path.write_bytes(write_module(assemble(text, "test")))
    return str(path)


def pvm(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pvm", *arguments], input=stdin, capture_output=True, check=False, timeout=60
    )


def test_run_passes_output_and_status(tmp_path: Path) -> None:
    done = pvm("run", write(tmp_path / "hello.pbc", HELLO))
    assert (done.returncode, done.stdout, done.stderr) == (3, b"hi\n", b"")


def test_program_from_standard_input(tmp_path: Path) -> None:
    data = Path(write(tmp_path / "hello.pbc", HELLO)).read_bytes()
    assert pvm("run", "-", stdin=data).stdout == b"hi\n"


def test_asm_disasm_verify_and_pipes(tmp_path: Path) -> None:
    source = tmp_path / "hello.pasm"
    source.write_text(HELLO)
    assert pvm("asm", str(source)).returncode == 0
    module = tmp_path / "hello.pbc"
    shown = pvm("disasm", str(module))
    assert b"hypercall fd_write" in shown.stdout
    again = pvm("asm", "-", stdin=b"module hello\n" + shown.stdout.replace(b"module hello\n", b""))
    assert again.stdout == module.read_bytes()
    assert pvm("verify", str(module)).stdout.decode().startswith(f"{module}: ok: 1 functions, 0 classes")


@pytest.mark.parametrize(
    ("text", "options", "status", "message"),
    [
        (FOREVER, ["--fuel", "100000"], 124, "--fuel"),
        (FOREVER, ["--timeout", "50ms"], 124, "--timeout"),
        (HOARD, ["--memory", "1M"], 137, "--memory"),
        (TRAPS, [], 1, "unreachable code was reached"),
        (DEEP, [], 1, "stack overflow"),
    ],
)
def test_ends_that_pvm_brings_about(
    text: str, options: list[str], status: int, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", *options, write(tmp_path / "p.pbc", text)]) == status
    assert message in capfd.readouterr().err


def test_names_in_a_trace_cannot_write_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", write(tmp_path / "p.pbc", FORGING)]) == 1
    assert [line for line in capfd.readouterr().err.splitlines() if line.startswith("    at ")] == [
        r"    at a\x1b[31m\n    at forged (x.peb:1) (pc 0)",
        "    at main (pc 0)",
    ]


def test_long_stack_traces_are_cut(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_command(["run", write(tmp_path / "p.pbc", DEEP)])
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 42
    assert "frames more" in lines[21]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run", "nowhere.pbc"], 127, "nowhere.pbc: no such file"),
        (["run", "."], 125, "is a directory"),
        (["run"], 125, "missing argument"),
        (["frobnicate"], 125, "no such command"),
        (["run", "--mount", "data", "x"], 127, "no such file"),
        (["run", "--memory", "1Q", "x"], 125, "size '1Q' is not understood"),
        (["run", "--timeout", "soon", "x"], 125, "duration 'soon' is not understood"),
        (["run", "--nope", "x"], 125, "no such option"),
        (["compile", "nowhere.peb"], 127, "no such file"),
        (["asm", "nowhere.pasm"], 127, "no such file"),
    ],
)
def test_wrong_use(arguments: list[str], status: int, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(arguments) == status
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.lower().startswith("pvm: ")
    assert message in captured.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mount", "data=."], "absolute path"),
        (["--mount", "/data"], "expected GUEST=HOST"),
        (["--mount", "/data=nowhere-at-all"], "not a directory"),
        (["--env", "NAME"], "expected NAME=VALUE"),
        (["--tier", "fast"], "fast"),
    ],
)
def test_wrong_grants(options: list[str], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", *options, write(tmp_path / "p.pbc", HELLO)]) == 125
    assert message in capfd.readouterr().err


def test_other_executables_are_found_but_not_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for content, name in ((b"\x7fELF" + bytes(60), "Exec format error"), (b"MZ" + bytes(60), "Windows")):
        path = tmp_path / "program"
        path.write_bytes(content)
        path.chmod(0o755)
        assert run_command(["run", str(path)]) == 126
        assert name in capfd.readouterr().err


def test_damaged_module_names_the_offset(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = Path(write(tmp_path / "p.pbc", HELLO))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert run_command(["verify", str(path)]) == 125
    assert "offset" in capfd.readouterr().err


def test_unverifiable_module_names_function_and_rule(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.pasm"
    path.write_text("func main() -> i64 {\n return\n}\nexport main\n")
    assert run_command(["asm", str(path)]) == 125
    error = capfd.readouterr().err
    assert "function 'main' at 0" in error
    assert "[stack-underflow]" in error


def test_wrong_assembly_names_the_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.pasm"
    path.write_text("func main() {\n i64.ad\n}\n")
    assert run_command(["asm", str(path)]) == 125
    assert "bad.pasm:2:2: " in capfd.readouterr().err


@pytest.mark.parametrize("content", [HELLO, TRAPS, None])
def test_a_run_without_options_is_as_with(tmp_path: Path, content: str | None) -> None:
    path = str(tmp_path / "p.pbc")
    if content is not None:
        write(tmp_path / "p.pbc", content)
    plain, with_option = pvm("run", path, "--help"), pvm("run", "--tier", "auto", path, "--help")
    assert (plain.returncode, plain.stdout, plain.stderr) == (
        with_option.returncode,
        with_option.stdout,
        with_option.stderr,
    )
    assert plain.stdout or plain.stderr


def test_a_run_without_options_loads_no_command_line_library(tmp_path: Path) -> None:
    report = "import sys, pvm.cli\ntry: pvm.cli.main()\nfinally: print(*sys.modules)"
    path = write(tmp_path / "p.pbc", HELLO)
    done = subprocess.run([sys.executable, "-c", report, "run", path], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    loaded = set(done.stdout.split())
    assert "pvm.embed.instance" in loaded
    assert loaded & {"click", "tabulate", "dataclasses", "inspect", "pvm.pbc.asm", "pvm.kernel.fs.hostfs"} == set()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_missing_standard_streams_are_empty(closed: str, tmp_path: Path) -> None:
    path = write(tmp_path / "p.pbc", HELLO)
    command = f'"$0" -m pvm run {path} {closed}; echo $?'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False)
    shown = "" if ">&-" in closed and closed != "2>&-" else "hi\n"
    assert (done.stdout, done.stderr) == (f"{shown}3\n", "")


@pytest.mark.parametrize("options", [[], ["--fuel", "1000"]])
def test_all_output_is_written_before_the_process_ends(options: list[str], tmp_path: Path) -> None:
    script = "import sys, pvm.cli; sys.stdout.write('first '); sys.stderr.write('error'); pvm.cli.process()"
    words = ["run", *options, write(tmp_path / "p.pbc", HELLO)]
    ended = f"import atexit; atexit.register(print, 'last'); {script}"
    done = subprocess.run([sys.executable, "-c", ended, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert sorted(done.stdout.split()) == ["first", "hi", "last"]
    assert done.stderr == "error"


@pytest.mark.parametrize("words", [["x.peb"], ["x.peb", "-o", "y.pbc"], ["-o", "y.pbc", "x.peb"]])
def test_compiling_loads_no_command_line_library(tmp_path: Path, words: list[str]) -> None:
    report = "import sys, pvm.cli\ntry: pvm.cli.main()\nfinally: print(*sys.modules)"
    command = [sys.executable, "-c", report, "compile", *words]
    env = {**os.environ, "PVM_CACHE_DIR": str(tmp_path / "cache")}
    for text in ("fun main() {}\n", "fun main() -> Int = 1\n"):  # the first time lark makes the tables
        (tmp_path / "x.peb").write_text(text, encoding="utf-8")
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "compiler.emit.program" in loaded
    assert loaded & {"click", "tabulate", "dataclasses", "inspect"} == set()
    assert (tmp_path / ("y.pbc" if "-o" in words else "x.pbc")).is_file()


def test_stats_are_a_table_on_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--stats", write(tmp_path / "p.pbc", HELLO)]) == 3
    captured = capfd.readouterr()
    assert captured.out == "hi\n"
    assert "fuel used" in captured.err


def test_trace_shows_kernel_calls(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--trace", write(tmp_path / "p.pbc", HELLO)]) == 3
    assert 'pvm: fd_write(1, "hi\\n", 3) = 3' in capfd.readouterr().err


def test_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    endless = HELLO.replace(
        "hypercall fd_write\n    return", "hypercall fd_write\n    prim.drop\n    jump @again"
    ).replace(
        "    i64.const 1\n    local.get bytes\n    i64.const 0\n    i64.const 3",
        "@again:\n    i64.const 1\n    local.get bytes\n    i64.const 0\n    i64.const 3",
    )
    program = subprocess.Popen(
        [sys.executable, "-m", "pvm", "run", write(tmp_path / "p.pbc", endless)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    assert program.stdout.readline() == b"hi\n"
    program.stdout.close()
    assert program.wait(timeout=60) == 141
    assert program.stderr.read() == b""
    program.stderr.close()


def test_disasm_into_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m pvm disasm "{write(tmp_path / "p.pbc", HELLO)}" | true'],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == b""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command([name, "--help"]) == 0
    shown = capfd.readouterr().out
    assert shown.startswith(f"Usage: pvm {name}")
    assert len(shown.splitlines()) > 4


def test_help_shows_statuses_and_commands(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--help"]) == 0
    shown = capfd.readouterr().out
    assert all(name in shown for name in COMMANDS)
    assert "124    the time limit or the fuel was used up" in shown


def test_file_in_place_of_a_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "p.pbc", HELLO)
    assert run_command([path]) == 125
    assert f"to run a file: pvm run {path}" in capfd.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["completion", shell]) == 0
    assert "_PVM_COMPLETE" in capfd.readouterr().out


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["version"]) == 0
    assert capfd.readouterr().out.startswith("pvm 0.1.0 (module format 1.0")


def test_a_bug_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> int:
        message = "impossible"
        raise AssertionError(message)

    monkeypatch.setattr("pvm.cli.running.run_instance", broken)
    assert run_command(["run", write(tmp_path / "p.pbc", HELLO)]) == 70
    error = capfd.readouterr().err
    assert "this is a bug in pvm" in error
    assert "Traceback" not in error


def test_a_run_shows_warnings_to_somebody_who_looks_on(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "a.peb"
    program.write_text("fun main() { let unused = 1 }\n")
    shown = []
    for is_terminal in (False, True, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda seen=is_terminal: seen)
        files.compile_program(files.read_program(str(program)))
        shown.append("W0201" in capsys.readouterr().err)
        program.write_text(program.read_text() + ("// more\n" if not is_terminal else ""))
    assert shown == [False, True, False]
