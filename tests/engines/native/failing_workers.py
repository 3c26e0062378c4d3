"""A worker that does not listen, for ``test_jit_afterwards``."""

from __future__ import annotations

import signal


def main() -> None:
    signal.pause()
