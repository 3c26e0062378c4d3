"""Every Pebble block of the language's pages compiles, and does or reports what it says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import pvm
from compiler.check.system import check_system
from compiler.diagnostics import Diagnostics, render_all
from compiler.driver import check_source, compile_source, emit_checked
from compiler.syntax import parse
from compiler.syntax.source import SourceFile
from pvm.engines.reference.engine import ReferenceEngine
from pvm.verify import verify
from tests.docs.blocks import ROOT, Block, blocks
from tests.lang.program import expected, run

PAGES = [ROOT / "docs" / "language.md", ROOT / "docs" / "pebble-in-ten-minutes.md"]
TOLERATED = {"W0201", "W0206"}
"""Warnings about names that an example has no use for."""
_CALL = re.compile(r"(\w+)\((.*)\) = (\S+)")
_SEPARATOR = "--- {} ---"


def page_name(page: Path) -> str:
    return page.name


@cache
def page_blocks(page: Path) -> tuple[Block, ...]:
    return tuple(blocks(page))


def library(page: Path) -> dict[str, str]:
    """The modules that blocks of a page may import."""
    return {block.argument: block.text for block in page_blocks(page) if block.directive == "file"}


def all_codes(diagnostics: Diagnostics, block: Block) -> list[str]:
    """The codes reported; warnings only where the block asks for one, since errors can cause some."""
    kind = "W" if block.directive == "warning" else "E"
    return sorted({item.code for item in diagnostics.sorted() if item.code.startswith(kind)} - TOLERATED)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_examples_do_what_they_say(page: Path, engine: str) -> None:
    together = [block for block in page_blocks(page) if not block.directive]
    assert together
    calls = [f'    println("{_SEPARATOR.format(block.name)}")\n    {block.name}.main()' for block in together]
    imports = [f"import {block.name}" for block in together]
    source = "\n".join([*imports, "fun main() {", *calls, "}", ""])
    modules = library(page) | {f"{block.name}.peb": block.part for block in together}
    found = Diagnostics()
    module = pvm.Module(compile_source(source, page.stem, modules=modules, diagnostics=found))
    unexpected = [item for item in found.sorted() if item.code not in TOLERATED]
    assert not unexpected, render_all(found)
    outcome = run(module, engine, "", ())
    assert outcome.exception == ""
    printed: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in outcome.stdout:
        title = re.fullmatch(_SEPARATOR.format(r"(\w+)"), line)
        if title is not None:
            lines = printed.setdefault(title[1], [])
        else:
            lines.append(line)
    wanted = {block.name: list(expected(block.text).outcome.stdout) for block in together}
    assert printed == wanted


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_programs_do_what_they_say(page: Path, engine: str) -> None:
    for block in page_blocks(page):
        if block.directive == "program":
            module = pvm.Module(compile_source(block.program, f"{page.stem}.peb", modules=library(page)))
            wanted = expected(block.text)
            assert run(module, engine, wanted.stdin, wanted.arguments) == wanted.outcome, f"{page.name}:{block.line}"


def broken(block: Block) -> bool:
    """Tell whether a block has an error of the syntax, which ends compiling before names are looked at."""
    diagnostics = Diagnostics()
    parse(SourceFile("block.peb", block.program), diagnostics)
    return diagnostics.has_errors


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_mistakes_have_the_codes_they_are_given(page: Path) -> None:
    mistakes = [block for block in page_blocks(page) if block.codes and block.directive != "system"]
    assert all(re.fullmatch(r"[EW]\d{4}", code) for block in mistakes for code in block.codes)
    syntax = [block for block in mistakes if broken(block)]
    together = [block for block in mistakes if block not in syntax]
    problems = [problem for block in syntax for problem in wrong_codes(block, alone(page, block), page)]
    modules = library(page) | {f"{block.name}.peb": block.part for block in together}
    found = Diagnostics()
    check_source("\n".join(f"import {block.name}" for block in together), page.stem, found, modules=modules)
    for block in together:
        own = Diagnostics()
        for item in found.sorted():
            if item.span.file.name == f"{block.name}.peb":
                own.add(item)
        problems += wrong_codes(block, own, page)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_system_modules_do_what_they_say(page: Path) -> None:
    for block in page_blocks(page):
        if block.directive != "system":
            continue
        found = Diagnostics()
        program = check_system({f"{block.name}.peb": block.text}, block.name, found)
        assert all_codes(found, block) == block.codes, f"{page.name}:{block.line}: {render_all(found)}"
        if not found.has_errors:
            engine = ReferenceEngine(verify(emit_checked(program, found), privileged=True))
            for line in expected(block.text).outcome.stdout:
                call = _CALL.fullmatch(line)
                assert call is not None, line
                arguments = [int(item, 0) for item in call[2].split(",") if item.strip()]
                assert str(engine.call_export(call[1], arguments)) == call[3], f"{page.name}:{block.line}: {line}"


def alone(page: Path, block: Block) -> Diagnostics:
    """What the compiler says about one block."""
    found = Diagnostics()
    check_source(block.program, f"{block.name}.peb", found, modules=library(page))
    return found


def wrong_codes(block: Block, found: Diagnostics, page: Path) -> list[str]:
    """The difference between what a block says and what was found, if there is one."""
    codes = all_codes(found, block)
    if codes == block.codes:
        return []
    return [f"{page.name}:{block.line}: expected {block.codes}, found {codes}\n{render_all(found)}"]
