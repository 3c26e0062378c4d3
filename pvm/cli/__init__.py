"""The ``pvm`` command.

``main`` turns every outcome into the exit status of the table in ``pvm/cli/status.py`` and every
message of PVM into a line on standard error that begins with ``pvm: ``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; arguments default to those of the process."""
    from pvm.cli.application import run_command

    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))
