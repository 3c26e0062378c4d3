"""Short forms for tests of the syntax: parse a text, and write trees so that they can be compared by eye."""

from __future__ import annotations

from compiler.diagnostics import Diagnostics, render_all
from compiler.syntax import ast, parse
from compiler.syntax.layout import lay_out
from compiler.syntax.scanner import scan
from compiler.syntax.source import SourceFile


def read(text: str) -> ast.Module:
    """Parse a text that must have no finding."""
    diagnostics = Diagnostics()
    module = parse(SourceFile("test.peb", text), diagnostics)
    assert len(diagnostics) == 0, render_all(diagnostics)
    return module


def codes(text: str) -> list[str]:
    """Return the codes found in a text, in order of position."""
    diagnostics = Diagnostics()
    parse(SourceFile("test.peb", text), diagnostics)
    return [item.code for item in diagnostics.sorted()]


def messages(text: str) -> list[str]:
    diagnostics = Diagnostics()
    parse(SourceFile("test.peb", text), diagnostics)
    return [item.message for item in diagnostics.sorted()]


def kinds(text: str) -> list[str]:
    """Return the kinds of the tokens that the parser reads, without EOF."""
    source, diagnostics = SourceFile("test.peb", text), Diagnostics()
    tokens = lay_out(source, scan(source, diagnostics), diagnostics)
    assert len(diagnostics) == 0, render_all(diagnostics)
    return tokens.kinds[:-1]


def declaration(text: str) -> ast.Declaration:
    module = read(text)
    assert len(module.declarations) == 1
    return module.declarations[0]


def statements(text: str) -> tuple[ast.Statement, ...]:
    """Return the statements of a function's body."""
    function = declaration(f"fun f() {{\n{text}\n}}")
    assert isinstance(function, ast.Function)
    assert isinstance(function.body, ast.Block)
    return function.body.statements


def expression(text: str) -> ast.Expression:
    """Return the one expression of a body."""
    (statement,) = statements(text)
    assert isinstance(statement, ast.ExpressionStatement), statement
    return statement.expression


def written(node: ast.Node | None) -> str:  # noqa: C901 - one case for each node
    """Return an expression, type or pattern with every grouping in parentheses."""
    match node:
        case None:
            return "-"
        case ast.Name() | ast.Identifier():
            return node.text
        case ast.IntLiteral() | ast.FloatLiteral():
            return str(node.value)
        case ast.StringLiteral() | ast.CharLiteral():
            return repr(node.value)
        case ast.NullLiteral():
            return "null"
        case ast.Binary():
            return f"({written(node.left)} {node.operator.value} {written(node.right)})"
        case ast.Unary():
            return f"({node.operator.value}{written(node.operand)})"
        case ast.Cast():
            return f"({written(node.operand)} {'as?' if node.is_safe else 'as'} {written(node.type)})"
        case ast.TypeTest():
            return f"({written(node.operand)} {'!is' if node.is_negated else 'is'} {written(node.type)})"
        case ast.Member():
            return f"{written(node.object)}{'?.' if node.is_safe else '.'}{node.name.text}"
        case ast.TupleField():
            return f"{written(node.object)}{'?.' if node.is_safe else '.'}{node.index}"
        case ast.NotNull():
            return f"{written(node.operand)}!!"
        case ast.Index():
            return f"{written(node.object)}[{_list(node.arguments)}]"
        case ast.TypeApply():
            return f"{written(node.callee)}<{_list(node.arguments)}>"
        case ast.Argument():
            name = f"{node.name.text}: " if node.name else ""
            return f"{name}{written(node.value)}{'...' if node.is_spread else ''}"
        case ast.Call():
            trailing = f" {written(node.trailing)}" if node.trailing else ""
            return f"{written(node.callee)}({_list(node.arguments)}){trailing}"
        case ast.Lambda():
            head = "" if node.parameters is None else f"{_list(node.parameters)} -> "
            return f"{{{head}{'; '.join(written(item) for item in node.body.statements)}}}"
        case ast.LambdaParameter():
            return written(node.binding) + (f": {written(node.type)}" if node.type else "")
        case ast.NameBinding():
            return node.name.text
        case ast.TupleBinding() | ast.TupleType() | ast.TupleLiteral() | ast.TuplePattern():
            return f"({_list(node.elements)})"
        case ast.ExpressionStatement():
            return written(node.expression)
        case ast.Return():
            return "return" if node.value is None else f"(return {written(node.value)})"
        case ast.Throw():
            return f"(throw {written(node.value)})"
        case ast.NamedType() | ast.NullableType() | ast.FunctionType():
            return _written_type(node)
        case _:
            return _written_pattern(node)


def _written_type(node: ast.Type) -> str:
    match node:
        case ast.NamedType():
            arguments = f"<{_list(node.arguments)}>" if node.arguments else ""
            return ".".join(part.text for part in node.path) + arguments
        case ast.NullableType():
            return f"{written(node.inner)}?"
        case ast.FunctionType():
            return f"(({_list(node.parameters)}) -> {written(node.result)})"
    raise AssertionError(type(node).__name__)


def _written_pattern(node: ast.Node) -> str:
    match node:
        case ast.WildcardPattern():
            return "_"
        case ast.NamePattern():
            return node.name.text
        case ast.PathPattern():
            return ".".join(part.text for part in node.path)
        case ast.LiteralPattern():
            return written(node.value)
        case ast.RangePattern():
            return f"{written(node.low)}{'..' if node.is_inclusive else '..<'}{written(node.high)}"
        case ast.ConstructorPattern():
            return ".".join(part.text for part in node.path) + f"({_list(node.arguments)})"
        case ast.PatternArgument():
            return (f"{node.name.text}: " if node.name else "") + written(node.pattern)
        case ast.TypePattern():
            return f"is {written(node.type)}"
        case ast.AtPattern():
            return f"{node.name.text} @ {written(node.pattern)}"
        case ast.OrPattern():
            return f"({' | '.join(written(item) for item in node.alternatives)})"
    raise AssertionError(type(node).__name__)


def _list(nodes: tuple[ast.Node, ...]) -> str:
    return ", ".join(written(node) for node in nodes)
