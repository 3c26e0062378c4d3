"""``pvm version``."""

from __future__ import annotations

import platform

import click

import pvm
from pvm.pbc.model import MAJOR, MINOR


@click.command("version")
def command() -> None:
    """Show the version of pvm, of the module format, and of Python."""
    click.echo(f"pvm {pvm.__version__} (module format {MAJOR}.{MINOR}, Python {platform.python_version()})")
