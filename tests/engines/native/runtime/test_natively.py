"""The tests of the runtime image hold for its machine code too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SUITES = ("arrays", "hash_tables", "numbers", "scheduler", "strings", "traces")


def test_machine_code_passes_the_same_tests() -> None:
    """In a process of its own, since native code that is wrong may end it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    child = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *(HERE / f"test_{name}.py" for name in SUITES),
        ],
        env=environment | {"PVM_RUNTIME_IMAGE": "native"},
        cwd=HERE.parents[3],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert child.returncode == 0, child.stdout[-5000:] + child.stderr[-2000:]
