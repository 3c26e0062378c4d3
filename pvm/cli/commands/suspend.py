"""``pvm suspend``: stop a run for a while."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  pvm suspend 4711                       stop the run of process 4711 ...
  pvm resume 4711                        ... and let it go on
"""


@click.command("suspend", epilog=EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def command(names: tuple[str, ...]) -> None:
    """Stop the run NAME with all processes that it started, until pvm resume.

    The time limits of a Linux program stop with it; those of a module go on.
    """
    from pvm.embed.steering import find_run, suspend

    for run in [find_run(name) for name in names]:
        suspend(run)
