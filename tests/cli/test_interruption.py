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
