"""The Pebble blocks of a page, and the programs that they are.

A page is compiled in a few steps, not block by block: every block that should compile is a module of one program, and
so is every block that should not.  One would get wrong: a block with an error of the syntax stops the check of all the
others, so `Page.broken` sorts these out first.

| first line of a block | meaning |
| --- | --- |
| `// error: E0308` | exactly these codes of errors, and no others (several stand with blanks between them) |
| `// warning: W0203` | exactly these warnings |
| `// file: shapes.peb` | a module that other blocks of the page import |
| `// program` | compiled and run by itself, because of what it prints or how it ends |
| `// system` | a system module; its `//?` are calls of exports: `add(1, 2) = 3` |
| `// system: E0904` | a system module with exactly these codes of errors |

A block without a `main` is wrapped: lines that begin a declaration (`fun`, `class`, `import`, `pub let`, an annotation
and so on) stay at the top with what is indented below them, all others make up the body of `main`.  A block with a line
`// module` is taken as it stands, and so is one marked `// file:`.  `//? text` and the other marks are those of
`tests/lang/program.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```pebble\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"^// (error|warning|file|program|system)(?:: (.*))?$")
_DECLARES = re.compile(r"(?:pub |open |abstract |data |override )*(?:fun|class|interface|enum|typealias|import)\b")
_STAYS = re.compile(r"@|///|pub |test \"")
_HAS_MAIN = re.compile(r"^(?:pub )?fun main\(", re.MULTILINE)
_CLOSES = re.compile(r"[)}\]]|//\?|\"\"\"")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: the line on which its text begins, and what its first line says."""

    line: int
    text: str
    directive: str = ""
    argument: str = ""

    @property
    def name(self) -> str:
        """The name of the module that it becomes."""
        return f"line{self.line}"

    @property
    def codes(self) -> list[str]:
        """The codes that it must have, sorted."""
        return sorted(self.argument.split()) if self.directive in ("error", "warning", "system") else []

    @property
    def program(self) -> str:
        """Its text as a module with a `main`."""
        if self.directive == "file" or "// module\n" in self.text or _HAS_MAIN.search(self.text):
            return self.text
        return wrapped(self.text)

    @property
    def part(self) -> str:
        """Its text as a module of a larger program, which calls its `main`."""
        return _HAS_MAIN.sub("pub fun main(", self.program, count=1)


def wrapped(text: str) -> str:
    """Return a program of lines of which those that are no declarations become the body of `main`."""
    top: list[str] = []
    body: list[str] = []
    current = body
    for line in text.splitlines():
        if line and not line[0].isspace() and not _CLOSES.match(line):
            current = top if _DECLARES.match(line) or _STAYS.match(line) else body
        current.append(line)
    return "\n".join([*top, "fun main() {", *body, "}", ""])


def blocks(page: Path) -> list[Block]:
    """The blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for match in BLOCK.finditer(text):
        directive = _DIRECTIVE.match(match[1].partition("\n")[0])
        kind, argument = (directive[1], directive[2] or "") if directive else ("", "")
        found.append(Block(text.count("\n", 0, match.start(1)) + 1, match[1], kind, argument))
    return found
