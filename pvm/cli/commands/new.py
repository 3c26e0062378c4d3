"""``pvm new``: a small project that runs and is tested, to begin from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from pvm.errors import UsageError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")

MAIN = """\
import greeting.{greet}

/// The program begins here; its arguments are names to greet.
fun main(args: Array<String>) {
    if args.size == 0 {
        println(greet("world"))
    }
    for name in args {
        println(greet(name))
    }
}
"""

GREETING = """\
/// Greetings, as text.

/// A greeting for `name`; spaces around it are left out.
pub fun greet(name: String) -> String {
    let trimmed = name.trim()
    return if trimmed.isEmpty { "Hello!" } else { "Hello, ${trimmed}!" }
}

test "a greeting has the name" {
    assert greet("Ada") == "Hello, Ada!"
    assert greet(" Ada ") == "Hello, Ada!"
}

test "nobody is greeted too" {
    assert greet("") == "Hello!"
}
"""

README = """\
# {name}

A program in Pebble, for PVM.

```
pvm run main.peb Ada     # compile and run
pvm test                 # run the test blocks
pvm doc main.peb         # write the documentation to doc/
```

`main.peb` is the program; every other `.peb` file is a module that it can import.
"""

GITIGNORE = """\
*.pbc
/doc/
"""

EPILOG = """\b
Examples:
  pvm new hello
  cd hello
  pvm run main.peb Ada
  pvm test
"""


@click.command("new", epilog=EPILOG)
@click.argument("name")
def command(name: str) -> None:
    """Make a folder NAME with a program that runs, a module, and tests.

    NAME is letters, digits, - and _, and begins with a letter. It may have a path before it. A folder
    or file of this name must not exist.
    """
    folder = checked_folder(name)
    files = {
        "main.peb": MAIN,
        "greeting.peb": GREETING,
        "README.md": README.format(name=folder.name),
        ".gitignore": GITIGNORE,
    }
    try:
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{name}: cannot be made: {error.strerror}") from None
    click.echo(f"made {folder}: {', '.join(files)}")
    click.echo(f"\nNow:\n  cd {folder}\n  pvm run main.peb Ada\n  pvm test")


def checked_folder(name: str) -> Path:
    """The folder to make.

    Raises:
        UsageError: the name is no good, its parent is missing, or something of this name is there.
    """
    folder = Path(name)
    if not _NAME.fullmatch(folder.name):
        raise UsageError(
            f"{folder.name or name!r} is no name for a project, expected letters, digits, - and _, a letter first"
        )
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{name}: is there already; choose another name, or remove it first")
    if not folder.parent.is_dir():
        raise UsageError(f"{name}: the folder {folder.parent} is not there")
    return folder
