"""Ctrl-C ends ``pvm run`` at once, with the status that shells expect and without a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

BODIES = {
    "loop": "var n = 0\n    while true { n = n &+ 1 }",
    "fill": "let a = Array<Int>(4_000_000)\n    while true { a.fill(7, 0, a.size) }",
    "copy": "let a = Array<Int>(4_000_000)\n    while true { a.copyFrom(a, 0, 1, a.size - 1) }",
    "text": 'var text = "0123456789abcdef"\n'
    "    while text.size < 1 << 24 { text = text + text }\n    var n = 0\n    while true { n = text.hash() }",
    "waiting": "let channel = Channel<Int>()\n    spawn { sleep(3_600_000_000_000) }\n    channel.receive()",
}


@pytest.mark.parametrize(
    ("name", "tier"),
    [("loop", "reference"), *((name, "interpreter") for name in BODIES), *((name, "jit") for name in BODIES)],
)
def test_ctrl_c(name: str, tier: str, tmp_path: Path) -> None:
    path = tmp_path / "endless.peb"
    path.write_text(f'import time.{{sleep}}\n\nfun main() {{\n    println("ready")\n    {BODIES[name]}\n}}\n')
    command = [sys.executable, "-m", "pvm", "run", "--tier", tier, "--memory", "512M", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert "Traceback" not in errors


def test_an_interruption_while_a_string_is_executed_has_the_same_status(tmp_path: Path) -> None:
    """Python notes that it was interrupted there, and would end by the signal although somebody has caught that."""
    (tmp_path / "interrupted.py").write_text("""
import sys, threading
import pvm.cli
try:
    exec("raise KeyboardInterrupt")
except KeyboardInterrupt:
    pvm.cli.main = lambda: sys.exit(130)
pvm.cli.process()
""")
    child = subprocess.run(
        [sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (child.returncode, child.stderr) == (130, "")
