"""``pvm doc``: the documentation of a program or of the library as pages for a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pvm.cli.status import Refusal, Status
from pvm.errors import UsageError

if TYPE_CHECKING:
    from compiler.documentation.sources import ModuleSource

MARKER = ".pvm-doc"
"""In the folder that is written: says that it is ours, and which files are."""

_PAGE = re.compile(r"(?:module|source)/[^/]+\.html")

EPILOG = """\b
Examples:
  pvm doc                                the standard library, to doc/
  pvm doc main.peb                       a program and the modules that it imports
  pvm doc main.peb --private -o build/d  what is not pub, too
  pvm doc json -o /tmp/json              one module of the library
\b
Documentation is written before what it is about, as Markdown:
  /// The greatest of `values`, or null if there is none.
  ///
  ///     largest([3, 1, 2])    // 3
  pub fun largest(values: List<Int>) -> Int? { ... }
Code that names something, such as `values` or `List.add`, becomes a link to it if it is documented.
The text about the module stands first in its file, with a blank line after it.
"""


@click.command("doc", epilog=EPILOG)
@click.argument("what", required=False, metavar="[FILE|MODULE]")
@click.option(
    "-o", "--output", default="doc", show_default=True, metavar="FOLDER", help="Where to write; is made if need be."
)
@click.option("--private", is_flag=True, help="Show everything, not only what is pub.")
@click.option("--title", help="Title of the site; by default the name of what is documented.")
def command(what: str | None, output: str, private: bool, title: str | None) -> None:
    """Write the documentation of a program (FILE), or of a MODULE of the standard library.

    Without either, that of the whole library. The pages need no server and load nothing from elsewhere:
    open index.html in a browser. Of FILE itself, what has documentation is shown even if it is not pub.
    """
    import pvm
    from compiler.documentation import make_site

    modules, name = find_modules(what)
    pages = make_site(modules, title or name, footer=f"Made by pvm doc, pvm {pvm.__version__}.", with_private=private)
    target = Path(output)
    write_site(target, pages)
    click.echo(f"{target / 'index.html'}: {len(modules)} modules, {len(pages)} files")


def find_modules(what: str | None) -> tuple[list[ModuleSource], str]:
    """The modules to document and the title for them."""
    from compiler.documentation import library_modules, one_library_module, program_modules

    if what is None:
        return library_modules(), "The Pebble library"
    path = Path(what)
    if path.is_dir():
        path /= "main.peb"
        if not path.is_file():
            raise UsageError(f"{what}: is a folder without a main.peb, expected a program or a module of the library")
    if path.is_file():
        return program_modules(path), path.resolve().parent.name if path.stem == "main" else path.stem
    if what.endswith(".peb") or "/" in what:
        raise Refusal(Status.NOT_FOUND, f"{what}: no such file")
    return one_library_module(what), what


def write_site(folder: Path, pages: dict[str, str]) -> None:
    """Write the files of a site, and take away those of the site that was there.

    Raises:
        UsageError: the folder has files that are not from here.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: is a file, expected a folder to write to")
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise UsageError(f"{folder}: has files that are not from pvm doc; choose another folder with -o")
        for name in ("module", "source"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for stale in _files_of(folder) - pages.keys():
            (folder / stale).unlink(missing_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        (folder / MARKER).write_text("\n".join(sorted(pages)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from None


def _files_of(folder: Path) -> set[str]:
    """The pages that an earlier run wrote; its list is not trusted with other files."""
    marker = folder / MARKER
    if not marker.is_file():
        return set()
    return {name for name in marker.read_text(encoding="utf-8", errors="replace").split("\n") if _PAGE.fullmatch(name)}
