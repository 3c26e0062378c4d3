"""Generated text: the manual of the hypercalls and the Pebble declarations that bind them.

``python -m pvm.kernel.stubs`` writes both into the tree that it is run in; a test compares what is
there with what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pvm.errors import UsageError
from pvm.kernel.abi import ERRNO_TEXT, PARAMETER_KINDS, RESULT_KINDS, Errno, Hypercall
from pvm.kernel.hypercalls.table import HYPERCALLS
from pvm.kernel.vfs.node import FileKind, OpenFlag

MANUAL_PATH = "docs/abi.md"
STUBS_FOLDER = "stdlib/sys"

GUEST_TYPES = {"i64": "Int", "string": "String", "string?": "String?"}

INTRODUCTION = """\
# The hypercalls of the kernel

A program calls the kernel through imported functions, one for each hypercall. Every integer is an
i64. A `path` or `text` argument is one non-null string. A buffer is three arguments: an array of
bytes, the index of the first byte, the number of bytes; bounds outside the array give FAULT in any
call. An integer result that is negative is a negated errno. Times are nanoseconds.
"""


def families() -> dict[str, list[Hypercall]]:
    """The table by family, in order of numbers."""
    grouped: dict[str, list[Hypercall]] = {}
    for entry in HYPERCALLS.values():
        grouped.setdefault(entry.family, []).append(entry)
    return grouped


def manual() -> str:
    """The text of docs/abi.md."""
    parts = ["<!-- DO NOT EDIT, from pvm/kernel/hypercalls -->\n", INTRODUCTION, _kinds(), _records(), _errnos()]
    for family, entries in families().items():
        parts.append(f"## {family.capitalize()}\n")
        parts.extend(_entry(entry) for entry in entries)
    return "\n".join(parts)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _kinds() -> str:
    rows = [(f"`{kind.name}`", f"`{kind.guest}`", kind.meaning) for kind in PARAMETER_KINDS.values()]
    results = [
        (f"`{kind.name}` (result)", f"`{kind.guest}`", kind.meaning)
        for kind in RESULT_KINDS.values()
        if PARAMETER_KINDS.get(kind.name) != kind
        and (kind.name not in PARAMETER_KINDS or kind.guest != PARAMETER_KINDS[kind.name].guest)
    ]
    return "## Kinds of arguments and results\n\n" + _table(("kind", "guest type", "meaning"), rows + results)


def _records() -> str:
    kinds = ", ".join(f"{kind.value} {kind.name.lower()}" for kind in FileKind)
    flags = ", ".join(f"{flag.name} {flag.value}" for flag in OpenFlag)
    fields = [
        ("0", "u64", "file system"),
        ("8", "u64", "inode"),
        ("16", "u32", "kind"),
        ("20", "u32", "permission bits"),
        ("24", "u64", "number of names"),
        ("32", "i64", "size in bytes"),
        ("40", "i64", "last change of content"),
        ("48", "i64", "last change of the node"),
        ("56", "i64", "last access"),
    ]
    return (
        "## Records and flags\n\n"
        "A stat record has 64 bytes, little-endian:\n\n"
        + _table(("offset", "type", "field"), fields)
        + f"\nKinds of files: {kinds}.\n\nFlags of opening: {flags}.\n"
    )


def _errnos() -> str:
    rows = [(errno.name, str(errno.value), ERRNO_TEXT[errno]) for errno in Errno]
    return "## Errors\n\n" + _table(("name", "number", "meaning"), rows)


def _entry(entry: Hypercall) -> str:
    errors = ", ".join(errno.name for errno in sorted(entry.errors)) or "none"
    note = f"\nPartial support: {entry.note}.\n" if entry.note else ""
    doc = _paragraphs(entry.doc)
    return f"### `{entry.signature}`\n\n{doc}\n\nNumber 0x{entry.number:04x}. Errors: {errors}.\n{note}"


def _paragraphs(doc: str) -> str:
    return "\n".join(line.strip() for line in doc.strip().splitlines())


def stubs() -> dict[str, str]:
    """The Pebble files of stdlib/sys, by name."""
    return {f"{family}.peb": _stub_file(family, entries) for family, entries in families().items()}


def _stub_file(family: str, entries: list[Hypercall]) -> str:
    head = f"// DO NOT EDIT, from pvm/kernel/hypercalls/{family}.py\n"
    return head + "".join(f"\n{_stub(entry)}" for entry in entries)


def _stub(entry: Hypercall) -> str:
    doc = "".join(f"/// {line}".rstrip() + "\n" for line in _paragraphs(entry.doc).splitlines())
    if entry.errors:
        doc += f"/// Negated errors: {', '.join(errno.name for errno in sorted(entry.errors))}.\n"
    parameters = []
    for parameter in entry.arguments:
        if parameter.kind.guest == "bytes":
            parameters += [f"{camel(parameter.name)}: Array<Byte>", "start: Int", "count: Int"]
        else:
            parameters.append(f"{camel(parameter.name)}: {GUEST_TYPES[parameter.kind.guest]}")
    arrow = "" if entry.result == "none" else f" -> {GUEST_TYPES[entry.result]}"
    return f'{doc}@kernel("{entry.name}") pub fun {camel(entry.name)}({", ".join(parameters)}){arrow}\n'


def camel(name: str) -> str:
    """``fd_read`` as ``fdRead``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def write(root: Path) -> list[Path]:
    """Write all generated files below ``root``; their paths."""
    texts = {root / MANUAL_PATH: manual()}
    texts |= {root / STUBS_FOLDER / name: text for name, text in stubs().items()}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def main(arguments: list[str]) -> int:
    """Write the files into the tree named by the only argument, or here."""
    if len(arguments) > 1:
        raise UsageError("expected at most one argument, the root of the tree")
    for path in write(Path(arguments[0] if arguments else ".")):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
