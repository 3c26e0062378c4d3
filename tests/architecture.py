"""Checks of the source tree itself: layers, sizes, names, generated files.

Every check takes the root of a tree and returns its findings, one line each, so that it can be tried on a planted
violation in a temporary tree.  Nothing here imports the code that it judges, except to run a generator.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE_FOLDERS = ("pvm", "compiler", "stdlib", "tests", "samples", "bench")
FORBIDDEN_STEMS = frozenset(
    {"util", "utils", "common", "helper", "helpers", "misc", "manager", "managers", "shared", "stuff"}
)
GENERATED_MARK = "DO NOT EDIT, from "
MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 60


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of the layer table: what a package may import of ours, and what only inside functions."""

    imports: frozenset[str]
    lazily: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module name; ``lazy`` when it is not executed while the importing module loads."""

    name: str
    line: int
    lazy: bool


@dataclass(frozen=True, slots=True)
class Generated:
    """A committed file, or a folder (``path`` ends in ``/``), and the function that produces it.

    ``generator`` is ``module:function`` without arguments; it returns the text of the file, or for a folder a mapping
    from file name to text.
    """

    generator: str
    path: str


def sources(root: Path, *suffixes: str) -> Iterator[Path]:
    """Yield the files of the source folders that end in one of ``suffixes``, in order."""
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def module_name(root: Path, path: Path) -> str:
    """Return the dotted name under which ``path`` is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(root: Path, name: str) -> bool:
    """Tell whether the dotted name is a module or package of the tree."""
    base = root.joinpath(*name.split("."))
    return base.is_dir() or base.with_suffix(".py").is_file()


class ImportCollector(ast.NodeVisitor):
    """Collects imports, and knows which of them run when the module loads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.depth = 0
        self.found: list[Import] = []
        self.relative: list[int] = []

    def _visit_deferred(self, node: ast.AST) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_FunctionDef = _visit_deferred  # noqa: N815 (name given by ast.NodeVisitor)
    visit_AsyncFunctionDef = _visit_deferred  # noqa: N815 (the same)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) not in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            self.generic_visit(node)
            return
        self.depth += 1
        for statement in node.body:
            self.visit(statement)
        self.depth -= 1
        for statement in node.orelse:
            self.visit(statement)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [Import(alias.name, node.lineno, self.depth > 0) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            self.relative.append(node.lineno)
            return
        for alias in node.names:
            submodule = f"{node.module}.{alias.name}"
            name = submodule if is_module(self.root, submodule) else node.module
            self.found.append(Import(name, node.lineno, self.depth > 0))


def collect_imports(root: Path, path: Path) -> ImportCollector:
    """Return the imports of one file."""
    collector = ImportCollector(root)
    collector.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return collector


def layer_of(name: str, layers: Mapping[str, Layer]) -> str | None:
    """Return the longest row of ``layers`` that is ``name`` or contains it.

    A row whose name contains other rows (``pvm``) stands for that module alone, lest every new package fall into it.
    """
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        row = ".".join(parts[:length])
        if row in layers:
            is_parent = "." not in row and any(other.startswith(f"{row}.") for other in layers)
            return None if is_parent and length < len(parts) else row
    return None


def ours(name: str, layers: Mapping[str, Layer]) -> bool:
    """Tell whether the name belongs to a top-level package of the layer table."""
    return name.split(".", maxsplit=1)[0] in {row.split(".")[0] for row in layers}


def layer_findings(root: Path, layers: Mapping[str, Layer]) -> list[str]:
    """Find imports that do not point downward, and modules that have no row."""
    findings = []
    for path in sources(root, ".py"):
        name = module_name(root, path)
        if not ours(name, layers):
            continue
        layer = layer_of(name, layers)
        if layer is None:
            findings.append(f"{path.relative_to(root)} is in no layer: give {name} a row")
            continue
        allowed = layers[layer]
        for item in collect_imports(root, path).found:
            if not ours(item.name, layers):
                continue
            target = layer_of(item.name, layers)
            if target == layer or target in allowed.imports:
                continue
            if target in allowed.lazily:
                if not item.lazy:
                    findings.append(
                        f"{path.relative_to(root)}:{item.line} imports {item.name} when it loads: do it in a function"
                    )
                continue
            findings.append(f"{path.relative_to(root)}:{item.line} ({layer}) must not import {item.name}")
    return findings


def relative_import_findings(root: Path) -> list[str]:
    """Find relative imports."""
    return [
        f"{path.relative_to(root)}:{line} has a relative import"
        for path in sources(root, ".py")
        for line in collect_imports(root, path).relative
    ]


def file_size_findings(root: Path, exempt: Mapping[str, str]) -> list[str]:
    """Find files over the limit that have no reason, and reasons without such a file."""
    findings = []
    long = set()
    for path in sources(root, ".py", ".peb", ".lark"):
        text = path.read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines <= MAX_FILE_LINES or GENERATED_MARK in text[:400]:
            continue
        name = path.relative_to(root).as_posix()
        long.add(name)
        if name not in exempt:
            findings.append(f"{name} has {lines} lines, at most {MAX_FILE_LINES} are allowed")
    return findings + [f"{name} is exempt but not long" for name in sorted(exempt.keys() - long)]


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yield the qualified name and the number of lines of every function in the tree."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}"
            if not isinstance(node, ast.ClassDef):
                assert node.end_lineno is not None, "ast.parse sets end_lineno"
                yield name, node.end_lineno - node.lineno + 1
            yield from functions(node, f"{name}.")
        else:
            yield from functions(node, prefix)


def function_size_findings(root: Path, exempt: Mapping[str, str]) -> list[str]:
    """Find functions over the limit that have no reason (``path::name``), and reasons without such a function."""
    findings = []
    long = set()
    for path in sources(root, ".py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for function, lines in functions(tree):
            if lines <= MAX_FUNCTION_LINES:
                continue
            name = f"{path.relative_to(root).as_posix()}::{function}"
            long.add(name)
            if name not in exempt:
                findings.append(f"{name} has {lines} lines, at most {MAX_FUNCTION_LINES} are allowed")
    return findings + [f"{name} is exempt but not long" for name in sorted(exempt.keys() - long)]


def file_name_findings(root: Path) -> list[str]:
    """Find file and folder names that name no concept."""
    findings = []
    for path in sources(root, ".py", ".peb", ".lark"):
        relative = path.relative_to(root)
        if FORBIDDEN_STEMS & {*relative.parts[:-1], relative.stem}:
            findings.append(f"{relative.as_posix()} names no concept")
    return findings


def module_docstring_findings(root: Path) -> list[str]:
    """Find Python modules without a docstring."""
    return [
        f"{path.relative_to(root).as_posix()} has no module docstring"
        for path in sources(root, ".py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"), str(path)))
    ]


def generate(entry: Generated) -> dict[str, str]:
    """Run a generator and return text by path relative to the root."""
    module, _, function = entry.generator.partition(":")
    produced = getattr(importlib.import_module(module), function)()
    if entry.path.endswith("/"):
        return {entry.path + name: text for name, text in produced.items()}
    return {entry.path: produced}


def generated_file_findings(root: Path, entry: Generated) -> list[str]:
    """Find files of one generator that are missing, stale, unmarked, or no longer produced."""
    produced = generate(entry)
    findings = []
    for name, text in produced.items():
        path = root / name
        if GENERATED_MARK not in text[:400]:
            findings.append(f"{name} does not begin with '{GENERATED_MARK}...'")
        if not path.is_file():
            findings.append(f"{name} is missing: make docs")
        elif path.read_text(encoding="utf-8") != text:
            findings.append(f"{name} is stale: make docs")
    if entry.path.endswith("/"):
        present = {path.relative_to(root).as_posix() for path in (root / entry.path).glob("*") if path.is_file()}
        findings += [f"{name} is produced by no generator" for name in sorted(present - produced.keys())]
    return findings


def write_generated(root: Path, entry: Generated) -> None:
    """Write the files of one generator."""
    for name, text in generate(entry).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def unlisted_generated_findings(root: Path, entries: tuple[Generated, ...]) -> list[str]:
    """Find files that say that they are generated but that no entry covers."""
    findings = []
    documents = [path for path in sorted((root / "docs").rglob("*.md")) if path.is_file()]
    for path in [*documents, *sources(root, ".peb", ".lark", ".md", ".txt")]:
        name = path.relative_to(root).as_posix()
        covered = any(
            name.startswith(entry.path) if entry.path.endswith("/") else name == entry.path for entry in entries
        )
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(400)
        if GENERATED_MARK in head and not covered:
            findings.append(f"{name} says that it is generated, but no entry of GENERATED covers it")
    return findings
