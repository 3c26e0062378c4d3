"""``pvm ps``: what this user's PVM processes run now."""

from __future__ import annotations

import time

import click

from pvm.runs import runs

EPILOG = """\b
Examples:
  pvm ps                                 a table of all runs
  pvm ps --quiet                         their names only
"""


@click.command("ps", epilog=EPILOG)
@click.option("-q", "--quiet", is_flag=True, help="Print names only.")
def command(quiet: bool) -> None:
    """List the programs that run now: those of pvm run, and those that embedders listed.

    A run is called by its NAME, or by its PID where that has only one.
    """
    found = runs()
    if quiet:
        for run in found:
            click.echo(run.name)
        return
    from tabulate import tabulate

    from pvm.embed.steering import state_of

    now = time.time()
    rows = []
    for run in found:
        state, processes = state_of(run)
        rows.append((run.name, run.pid, run.kind, state, processes, elapsed(now - run.begun), run.program))
    headers = ("NAME", "PID", "KIND", "STATE", "PROCESSES", "TIME", "PROGRAM")
    click.echo(tabulate(rows, headers, tablefmt="plain", disable_numparse=True))


def elapsed(seconds: float) -> str:
    """A duration as hours, minutes and seconds."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
