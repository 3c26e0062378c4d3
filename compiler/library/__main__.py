"""``python -m compiler.library``: make the artefacts of the standard library ahead of the first compilation.

What is there already is kept.  Meant for images of containers and the like, whose first program should start fast.
"""

from __future__ import annotations

import sys

from compiler.library.standard import standard_library
from pvm.user_cache import cache_directory


def main() -> int:
    """Make what is missing, and say where it is."""
    library = standard_library()
    directory = cache_directory()
    if directory is None:
        sys.stderr.write("pvm: the cache cannot be used: its folder cannot be made, or is not the user's alone\n")
        return 1
    made = {artefact.name for artefact in library.make_all()}
    missing = [name for name in library.names() if name not in made]
    sys.stdout.write(f"{len(made)} modules of the library in {directory}\n")
    if missing:
        sys.stderr.write(f"pvm: with errors: {', '.join(missing)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
