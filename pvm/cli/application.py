"""The command group: what click does of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from pvm.cli.status import STATUS_HELP, Status, complain, status_from

COMMANDS = {
    "new": "Begin a project.",
    "run": "Run a program.",
    "compile": "Compile a Pebble program to a module.",
    "test": "Run the tests in Pebble files.",
    "verify": "Check that a module is safe to run.",
    "disasm": "Show a module as text.",
    "asm": "Make a module from its text form.",
    "doc": "Write documentation as web pages.",
    "explain": "Explain a code that the compiler prints.",
    "fmt": "Format Pebble sources.",
    "ps": "List the programs that run now.",
    "suspend": "Stop a run for a while.",
    "resume": "Let a suspended run go on.",
    "kill": "End a run, or send it a signal.",
    "cache": "Show or clear what is kept between runs.",
    "completion": "Print the shell's completion script.",
    "version": "Show the version.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that ``pvm run`` starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pvm.cli.commands.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a file name in its place gets a hint."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args and (Path(args[0]).exists() or args[0].endswith((".peb", ".pbc"))):
                raise click.UsageError(f"no such command {args[0]!r}; to run a file: pvm run {args[0]}") from error
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


HELP = """Run programs that you need not trust.

PVM is a process-level virtual machine: a program inside it has its own memory, files, clock and
limits, and reaches nothing of this machine that you did not grant.

\b
Start here:
  pvm run hello.peb                         compile and run a Pebble program
  pvm compile hello.peb -o hello.pbc        compile once ...
  pvm run hello.pbc                         ... run often
  pvm run --memory 64M --timeout 5s p.pbc   with hard limits
  pvm run --mount /data=.:ro p.pbc /data/x  with this directory, for reading
"""


@click.group(
    cls=LazyGroup,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"\b\n{STATUS_HELP}",
)
def pvm() -> None:
    """Hold the commands."""


def run_command(arguments: Sequence[str]) -> int:
    """Run a command line and give its exit status."""
    return status_from(lambda: _dispatch(list(arguments)))


def _dispatch(arguments: list[str]) -> object:
    """Run a command line through click, whose exceptions end here."""
    try:
        return pvm.main(arguments, prog_name="pvm", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        return Status.INTERRUPTED
    except click.UsageError as error:
        hint = f"; see {error.ctx.command_path} --help" if error.ctx else ""
        message = error.format_message().rstrip(".").replace("\n", " ")
        return complain(message[:1].lower() + message[1:] + hint)
    except click.ClickException as error:
        return complain(error.format_message())
