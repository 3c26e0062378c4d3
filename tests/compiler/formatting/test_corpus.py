"""Every Pebble file of the project, formatted: stable, the same program, the same comments.

That the tree is equal and that no comment is lost or moved past another is checked by
`format_source` itself, which raises otherwise; `test_checks.py` shows that it does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics
from compiler.driver import compile_source
from compiler.formatting import WIDTH, MeaningChangedError, format_source
from compiler.syntax import parse
from compiler.syntax.source import SourceFile
from pvm.pbc.model import Module
from pvm.pbc.writer import write_module

sys.path.insert(0, str(Path(__file__).parent))
from respacing import respaced

ROOT = Path(__file__).resolve().parents[3]
CORPUS = sorted(
    path
    for folder in ("stdlib", "samples", "tests/lang", "tests/stdlib", "tests/regression", "tests/compiler/syntax")
    for path in (ROOT / folder).rglob("*.peb")
)
SHORT = [path for path in CORPUS if path.stat().st_size < 4000]


@pytest.fixture(autouse=True)
def _without_collections() -> Iterator[None]:
    """Look for no cycles: there are none, and it takes half of the time."""
    gc.disable()
    yield
    gc.enable()


def formatted(text: str) -> str | None:
    return format_source(SourceFile("corpus.peb", text), Diagnostics())


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in CORPUS}), ids=lambda path: str(path.relative_to(ROOT))
)
def test_formatting_is_stable(folder: Path) -> None:
    for path in (path for path in CORPUS if path.parent == folder):
        text = path.read_text(encoding="utf-8")
        once = formatted(text)
        if once is None:
            found = Diagnostics()
            parse(SourceFile(path.name, text), found)
            assert found.has_errors, f"{path} has no errors"
            continue
        assert formatted(once) == once, path


def without_positions(module: Module) -> bytes:
    """Return the module without tables of lines and without the source, which it holds too."""
    functions = tuple(function._replace(positions=(), lines=()) for function in module.functions)
    return write_module(module._replace(functions=functions, attributes=()))


@pytest.mark.parametrize("path", sorted((ROOT / "samples").glob("*.peb")), ids=lambda path: path.stem)
def test_the_same_code_comes_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    other = formatted(respaced(text, lambda limit: limit - 1, comments=False))
    assert other is not None
    assert without_positions(compile_source(text)) == without_positions(compile_source(other))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(SHORT), st.randoms(use_true_random=False), st.booleans())
def test_other_spaces_and_comments_everywhere(path: Path, random: object, comments: bool) -> None:
    text = respaced(path.read_text(encoding="utf-8"), random.randrange, comments=comments)  # type: ignore[attr-defined]
    try:
        once = formatted(text)
    except MeaningChangedError:
        # `spawn` before a line end is a name, and before a brace a word of the language.
        assert "spawn" in text or "<" in text
        return
    if once is not None:
        assert formatted(once) == once


@pytest.mark.parametrize("path", SHORT[::7], ids=lambda path: path.stem)
def test_lines_that_can_be_broken_are(path: Path) -> None:
    once = formatted(path.read_text(encoding="utf-8"))
    for line in (once or "").splitlines():
        code = line.split("  //")[0]
        assert len(code) <= WIDTH or code.lstrip().startswith("//") or '"' in code, line
