"""``pvm fmt``: Pebble sources in their canonical layout."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import click

from pvm.cli.files import has_colours, read_input
from pvm.cli.status import Refusal, Status, complain, print_error
from pvm.errors import PvmError, UsageError

EPILOG = """\b
Examples:
  pvm fmt hello.peb            rewrites the file, if its layout is another
  pvm fmt src tests            every .peb file below these folders
  pvm fmt --check src          for continuous integration: changes nothing, status 1 if it would
  pvm fmt --diff hello.peb     shows what it would change
  pvm fmt - < hello.peb        from standard input to standard output
"""

WOULD_CHANGE = 1
GENERATED = "// DO NOT EDIT"


@click.command("fmt", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Change nothing: list the files that would change; status 1 if any.")
@click.option("--diff", is_flag=True, help="As --check, and show what would change.")
def command(files: tuple[str, ...], *, check: bool, diff: bool) -> int:
    """Format FILES, Pebble programs, in place; - is standard input, a folder is all that is below it.

    Only the layout changes, never what the program means, and comments stay. A file with errors is
    reported, with status 125, and left as it is. In folders, files that begin with `// DO NOT EDIT`
    are passed over, and so is what is hidden.
    """
    was_enabled = gc.isenabled()
    # Trees and documents have no cycles, and looking for some takes more than half of the time.
    gc.disable()
    try:
        statuses = [_format_one(path, check=check or diff, diff=diff) for name in files for path in _sources(name)]
    finally:
        if was_enabled:
            gc.enable()
    return max(statuses, default=0)


def _sources(name: str) -> Iterator[str]:
    """The files that an argument stands for, in a fixed order."""
    if name == "-" or not os.path.isdir(name):  # noqa: PTH112 - the name is shown as it was given
        yield name
        return
    for folder, below, names in os.walk(name):
        below[:] = sorted(item for item in below if not item.startswith("."))
        for item in sorted(names):
            path = Path(folder, item)
            if item.endswith(".peb") and not item.startswith(".") and not _is_generated(path):
                yield str(path)


def _is_generated(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(GENERATED)) == GENERATED.encode()
    except OSError:
        return False


def _format_one(name: str, *, check: bool, diff: bool) -> int:
    """Format one file; what is wrong with it is reported and does not stop the others."""
    try:
        data = read_input(name)
        shown = "<stdin>" if name == "-" else name
        text = _formatted(shown, data)
        if text is None:
            return Status.USAGE
        if name == "-" and not check:
            sys.stdout.buffer.write(text.encode())
            return 0
        if text.encode() == data:
            return 0
        if not check:
            _rewrite(Path(name), text)
            return 0
        print(_difference(shown, data.decode(), text) if diff else shown, end="" if diff else "\n")
    except Refusal as error:
        return complain(str(error), error.status)
    except PvmError as error:
        return complain(str(error))
    return WOULD_CHANGE


def _formatted(name: str, data: bytes) -> str | None:
    """The canonical text, or None if there are errors, which are shown."""
    from compiler.diagnostics import Diagnostics, render_all
    from compiler.formatting import format_source
    from compiler.syntax import decode

    found = Diagnostics()
    source = decode(name, data, found)
    text = None if source is None else format_source(source, found)
    if text is None:
        print_error(render_all(found, colour=has_colours()).rstrip("\n"))
    return text


def _difference(name: str, before: str, after: str) -> str:
    # Not by str.splitlines, for which other characters end a line too.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    lines = unified_diff(old, new, name, f"{name} (formatted)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _rewrite(path: Path, text: str) -> None:
    """Replace the content of a file, whole or not at all; links and permissions stay."""
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        mode = target.stat().st_mode
        if not os.access(target, os.W_OK):
            raise UsageError(f"{path}: cannot be written: it is read-only")
        partial.write_bytes(text.encode())
        partial.chmod(mode)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
