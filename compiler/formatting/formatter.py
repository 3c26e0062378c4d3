"""One file, formatted: parse, print, lay out, and check that nothing but the layout has changed."""

from __future__ import annotations

from compiler.diagnostics import Diagnostics
from compiler.formatting import concrete
from compiler.formatting.concrete import Node
from compiler.formatting.declarations import DeclarationPrinter
from compiler.formatting.printing import CHAINS, POSTFIX
from compiler.formatting.rendering import render
from compiler.formatting.same_tree import difference
from compiler.formatting.trivia import Trivia, read_trivia
from compiler.syntax import ast, parse
from compiler.syntax.layout import lay_out
from compiler.syntax.scanner import scan
from compiler.syntax.source import SourceFile
from compiler.syntax.tokens import Tokens
from pvm.errors import PvmError

WIDTH = 100


class MeaningChangedError(PvmError):
    """The text cannot be formatted, because it would mean something else on other lines; ``line`` is where."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(
            f"{name}:{line}: cannot be formatted: with other line ends this would mean something else; parentheses "
            "around comparisons with `<` and `>`, or another name than a word of the language, make it clear"
        )
        self.line = line


class Printer(DeclarationPrinter):
    """All printers together."""

    def finish(self, node: Node) -> None:
        """Make the document of a node whose kids are complete."""
        if node.action in CHAINS or node.action in POSTFIX:
            self.link(node)
        else:
            node.doc = getattr(self, node.action)(node)


def format_source(source: SourceFile, diagnostics: Diagnostics) -> str | None:
    """Return the text of ``source`` in its canonical form, or None if it has errors, which are reported.

    Raises:
        MeaningChangedError: the canonical form would be another program.
    """
    found = Diagnostics()
    clean = SourceFile(source.name, source.text.replace("\r\n", "\n"))
    module = parse(clean, found)
    if found.has_errors:
        parse(source, diagnostics)
        return None
    tokens, trivia = _tokens(clean)
    printer = Printer(clean, tokens, trivia)
    root = concrete.read(tokens, printer.finish)
    text = render(printer.doc(root), WIDTH)
    _check(clean, module, trivia, text)
    return text


def _tokens(source: SourceFile) -> tuple[Tokens, Trivia]:
    unused = Diagnostics()
    tokens = lay_out(source, scan(source, unused), unused)
    return tokens, read_trivia(source.text, tokens)


def _check(source: SourceFile, module: ast.Module, trivia: Trivia, text: str) -> None:
    """Make sure that ``text`` is the same program with the same comments."""
    found = Diagnostics()
    written = SourceFile(source.name, text)
    again = parse(written, found)
    node = module if found.has_errors else difference(module, again)
    if node is not None:
        raise MeaningChangedError(source.name, node.span.line)
    before, after = (_words(item) for item in (trivia, _tokens(written)[1]))
    assert before == after, "every comment is printed once, in its place"


def _words(trivia: Trivia) -> list[list[str]]:
    """Return the comments without the spaces in them, which depend on the indentation."""
    return [comment.split() for comment in trivia.comments()]
