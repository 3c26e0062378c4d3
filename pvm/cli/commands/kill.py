"""``pvm kill``: end a run, or send it a signal."""

from __future__ import annotations

import signal

import click

EPILOG = """\b
Examples:
  pvm kill 4711                          end it at once; its status is 137
  pvm kill --signal TERM 4711            ask it to end
"""


@click.command("kill", epilog=EPILOG)
@click.option("-s", "--signal", "name", default="KILL", metavar="SIGNAL", help="A signal, by name or number.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def command(name: str, names: tuple[str, ...]) -> None:
    """End the run NAME with all processes that it started: pvm run exits with status 137.

    Another SIGNAL goes to the program, or to its process group if it is a Linux program.
    """
    from pvm.embed.steering import find_run, kill

    number = signal_number(name)
    for run in [find_run(text) for text in names]:
        kill(run, number)


def signal_number(name: str) -> int:
    """The number of a signal, which is given by number or by name, with or without SIG."""
    if name.isascii() and name.isdecimal() and 0 < int(name) < signal.NSIG:
        return int(name)
    spelled = name.upper().removeprefix("SIG")
    found = signal.Signals.__members__.get(f"SIG{spelled}")
    if found is None:
        raise click.BadParameter(f"{name!r} is no signal", param_hint="--signal")
    return found
