"""``pvm completion``: the script that makes a shell complete pvm's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

EPILOG = """\b
Examples:
  eval "$(pvm completion bash)"          in ~/.bashrc
  eval "$(pvm completion zsh)"           in ~/.zshrc
  pvm completion fish > ~/.config/fish/completions/pvm.fish
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL."""
    from pvm.cli.application import pvm

    kind = get_completion_class(shell)
    assert kind is not None, f"click knows {shell}"
    click.echo(kind(pvm, {}, "pvm", "_PVM_COMPLETE").source())
