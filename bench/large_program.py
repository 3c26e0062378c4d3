"""A program of 2,000 lines of different real code, made of the programs of the corpus.

Once as modules, one a program, which a main module imports and runs; once as a single file, in which names that
two programs declare at the top level are told apart by the name of their program.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from compiler.diagnostics import Diagnostics
from compiler.syntax import ast, parse
from compiler.syntax.scanner import scan
from compiler.syntax.source import SourceFile

CORPUS = Path(__file__).parent.parent / "tests" / "lang" / "programs"
LINES = 2_000
MAIN = "fun main() {"

CALL = '    try {{ {}() }} catch (error: Exception) {{ println("ended by ${{error}}") }}\n'


class Part(NamedTuple):
    """A program of the corpus."""

    name: str
    text: str
    tree: ast.Module

    def top_level(self) -> set[str]:
        """Names that the program declares at the top level."""
        found = set()
        for node in self.tree.declarations:
            if isinstance(node, ast.Variable):
                assert isinstance(node.binding, ast.NameBinding)
                found.add(node.binding.name.text)
            elif not isinstance(node, ast.Test) and not (isinstance(node, ast.Function) and node.receiver):
                found.add(node.name.text)
        return found


def parts() -> list[Part]:
    """The programs that the large one is made of: the first of those that import nothing, as many as are needed."""
    found: list[Part] = []
    lines = 0
    for path in sorted(CORPUS.glob("*.peb")):
        text = path.read_text(encoding="utf-8")
        if lines < LINES and MAIN in text and "\nimport " not in text:
            found.append(Part(path.stem, text, parse(SourceFile(path.name, text), Diagnostics())))
            lines += text.count("\n")
    return found


def as_modules() -> dict[str, str]:
    """The program as texts by file name; ``main.peb`` is its main module."""
    texts = {part.name: rename(part, {"main": "run"}) for part in parts()}
    files = {f"{name}.peb": text.replace("fun run()", "pub fun run()") for name, text in texts.items()}
    imports = "".join(f"import {name}\n" for name in texts)
    calls = "".join(CALL.format(f"{name}.run") for name in texts)
    return {"main.peb": f"{imports}\nfun main() {{\n{calls}}}\n", **files}


def as_packages(count: int) -> dict[str, str]:
    """The program ``count`` times over, in folders: a large program of which each file is small."""
    texts = {name: text for name, text in as_modules().items() if name != "main.peb"}
    files = {f"part{number}/{name}": text for number in range(count) for name, text in texts.items()}
    names = {file: file.removesuffix(".peb").replace("/", ".") for file in files}
    imports = "".join(f"import {name} as {name.replace('.', '_')}\n" for name in names.values())
    calls = "".join(CALL.format(f"{name.replace('.', '_')}.run") for name in names.values())
    return {"main.peb": f"{imports}\nfun main() {{\n{calls}}}\n", **files}


def as_one_file() -> str:
    """The program as one text."""
    found = parts()
    seen: dict[str, int] = {}
    for part in found:
        for name in part.top_level():
            seen[name] = seen.get(name, 0) + 1
    texts = []
    for part in found:
        shared = [name for name in sorted(part.top_level()) if seen[name] > 1]
        texts.append(rename(part, {name: f"{name}_{part.name}" for name in shared}))
    calls = "".join(CALL.format(f"main_{part.name}") for part in found)
    return "\n".join([*texts, f"fun main() {{\n{calls}}}\n"])


def rename(part: Part, names: dict[str, str]) -> str:
    """The text of a program with names of its top level replaced; members of the same name keep theirs."""
    source = SourceFile(part.name, part.text)
    tokens = scan(source, Diagnostics())
    pieces = []
    copied = 0
    for number, (kind, start, end) in enumerate(zip(tokens.kinds, tokens.starts, tokens.ends, strict=True)):
        new = names.get(part.text[start:end]) if kind == "IDENT" else None
        before = tokens.kinds[number - 1] if number else ""
        is_member = before in {".", "?."} or (before == "fun" and source.position(tokens.starts[number - 1])[1] > 1)
        if new is not None and not is_member:
            pieces += [part.text[copied:start], new]
            copied = end
    return "".join([*pieces, part.text[copied:]])
