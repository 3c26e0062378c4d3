"""``pvm cache``: what is kept between runs, and how to get rid of it."""

from __future__ import annotations

import time

import click

from pvm.errors import UsageError
from pvm.user_cache import MAX_SIZE, cache_directory, cache_location, clear, survey

KINDS = {
    "native": "machine code of the interpreter, and of functions of programs that were made in memory",
    "linked": "programs that ran: verified, linked, translated",
    "hot": "machine code of the hot functions of programs that ran (tier jit)",
    "program": "modules that sources were compiled to",
    "incremental": "what the compiler knows of programs from one compilation to the next",
    "library": "functions of the standard library, compiled",
    "artefact": "files of the standard library, checked",
    "ast": "sources, parsed",
    "tables": "tables of the parser",
}
"""What each kind of entry is."""

EPILOG = f"""\b
Examples:
  pvm cache                       where it is, how large, and what is in it
  pvm cache clear                 remove everything
  pvm cache clear hot linked      remove two kinds only
  PVM_CACHE_DIR=/tmp/mine pvm run hello.peb      use another directory

What is in the cache can be computed again: clearing it costs speed only, and is safe while programs run.
It keeps at most {MAX_SIZE >> 20} MiB of each kind; entries that were not used for longest go first. It holds
machine code that is executed, so a directory that others can read or write is not used, and no program
can be granted it. Entries of another processor or version of PVM are never used.
"""


@click.group("cache", invoke_without_command=True, epilog=EPILOG)
@click.pass_context
def command(context: click.Context) -> None:
    """Show what PVM keeps between runs, so that the next one starts sooner: compiled sources, linked programs, code."""
    if context.invoked_subcommand is None:
        show()


@command.command("clear")
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
def clear_command(kinds: tuple[str, ...]) -> None:
    """Remove the entries of each KIND, or all."""
    known = {*KINDS, *(each.kind for each in survey())}
    for kind in kinds:
        if kind not in known:
            raise UsageError(f"no kind {kind!r} of entries; there are: {', '.join(sorted(known))}")
    count, size = clear(kinds)
    click.echo(f"{count:,} entries removed, {size_text(size)}")


def show() -> None:
    """Print the table."""
    location = cache_location()
    if location is None:
        click.echo("there is no cache: this user has no home directory; PVM_CACHE_DIR can name a directory")
        return
    click.echo(f"{location}{'' if cache_directory() else ' (not used: it cannot be made, or others can reach it)'}")
    found = survey()
    if not found:
        click.echo("empty")
        return
    from tabulate import tabulate

    now = time.time()
    rows = [
        (each.kind, f"{each.entries:,}", size_text(each.size), age_text(now - each.used), KINDS.get(each.kind, ""))
        for each in sorted(found, key=lambda each: -each.size)
    ]
    total = sum(each.size for each in found)
    rows.append(("all", f"{sum(each.entries for each in found):,}", size_text(total), "", ""))
    headers = ("kind", "entries", "size", "used", "what it is")
    click.echo(tabulate(rows, headers, tablefmt="plain", colalign=("left", "right", "right", "right", "left")))


def size_text(size: int) -> str:
    """A number of bytes for people."""
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >> shift:
            return f"{size / (1 << shift):.1f} {unit}"
    return f"{size} B"


def age_text(seconds: float) -> str:
    """How long ago something was, to the hour as the cache notes it."""
    hours = int(seconds // 3600)
    if hours < 1:
        return "now"
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} d ago"
