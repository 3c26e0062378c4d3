"""The Python blocks of docs/embedding.md run in order, as one program."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path) -> list[tuple[int, str]]:
    """The blocks of a page, each with the number of its first line."""
    text = path.read_text(encoding="utf-8")
    return [(text.count("\n", 0, match.start(1)) + 1, match[1]) for match in BLOCK.finditer(text)]


def test_the_tutorial_runs_as_written() -> None:
    page = ROOT / "docs" / "embedding.md"
    found = blocks(page)
    assert len(found) >= 9
    scope: dict[str, object] = {}
    for line, block in found:
        code = compile("\n" * (line - 1) + block, str(page), "exec")
        exec(code, scope)  # noqa: S102 - the text of our own documentation
