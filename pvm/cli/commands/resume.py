"""``pvm resume``: let a suspended run go on."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  pvm resume 4711                        let the run of process 4711 go on
"""


@click.command("resume", epilog=EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def command(names: tuple[str, ...]) -> None:
    """Let the suspended run NAME go on, with all processes that it started."""
    from pvm.embed.steering import find_run, resume

    for run in [find_run(name) for name in names]:
        resume(run)
