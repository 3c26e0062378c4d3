"""Every node of the tree is built, with the fields that were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.syntax import ast
from compiler.syntax.depth import all_nodes
from tests.compiler.syntax.shorthand import declaration, expression, read, statements, written

SAMPLE = Path(__file__).with_name("every_node.peb").read_text(encoding="utf-8")
NOT_WRITTEN = {ast.ErrorExpression, ast.ErrorType, ast.Elided, ast.PartlyLate}


def test_the_sample_has_every_node() -> None:
    classes = {item for item in vars(ast).values() if isinstance(item, type) and issubclass(item, ast.Node)}
    assert classes - {type(node) for node in all_nodes(read(SAMPLE))} == {ast.Node} | NOT_WRITTEN


def test_spans_are_proper_and_inside_their_parent() -> None:
    module = read(SAMPLE)
    for node in all_nodes(module):
        assert 0 <= node.span.start <= node.span.end <= len(SAMPLE)
        for child in all_nodes(node):
            assert node.span.start <= child.span.start or isinstance(child, ast.Modifiers)
            assert child.span.end <= node.span.end


def test_nodes_are_compared_by_identity() -> None:
    first, second = expression("a"), expression("a")
    assert first != second
    assert len({first, second}) == 2


def test_imports() -> None:
    module = read("import a\nimport a.b as c\npub import a.{x, y as z,}")
    first, second, third = module.imports
    assert [part.text for part in first.path] == ["a"]
    assert (first.alias, first.names) == (None, None)
    assert [part.text for part in second.path] == ["a", "b"]
    assert second.alias is not None
    assert second.alias.text == "c"
    assert third.modifiers.has("pub")
    assert third.names is not None
    assert [(item.name.text, item.alias and item.alias.text) for item in third.names] == [("x", None), ("y", "z")]


def test_function() -> None:
    function = declaration('@host("f") pub fun List<A>.name<T: B & C>(@d x: Int, y: Int... = 1) -> (Int) -> Int = x')
    assert isinstance(function, ast.Function)
    assert written(function.receiver) == "List<A>"
    assert function.name.text == "name"
    assert [(item.name.text, [written(bound) for bound in item.bounds]) for item in function.type_parameters] == [
        ("T", ["B", "C"])
    ]
    first, second = function.parameters
    assert [item.name.text for item in first.annotations] == ["d"]
    assert (second.is_variadic, written(second.default)) == (True, "1")
    assert written(function.result) == "((Int) -> Int)"
    assert isinstance(function.body, ast.Name)
    annotation = function.modifiers.annotation("host")
    assert annotation is not None
    assert written(annotation.arguments[0].value) == "'f'"


@pytest.mark.parametrize(
    ("head", "receiver", "name", "parameters"),
    [
        ("fun f()", "-", "f", []),
        ("fun f<T>()", "-", "f", ["T"]),
        ("fun <T> f()", "-", "f", ["T"]),
        ("fun A.f()", "A", "f", []),
        ("fun A?.f()", "A?", "f", []),
        ("fun a.B.f()", "a.B", "f", []),
        ("fun <T> A<T>.f()", "A<T>", "f", ["T"]),
        ("fun A<T>?.f<T, U>()", "A<T>?", "f", ["T", "U"]),
        ("fun A<List<B>>.match()", "A<List<B>>", "match", []),
    ],
)
def test_function_heads(head: str, receiver: str, name: str, parameters: list[str]) -> None:
    function = declaration(head)
    assert isinstance(function, ast.Function)
    assert function.body is None
    assert written(function.receiver) == receiver
    assert function.name.text == name
    assert [item.name.text for item in function.type_parameters] == parameters


def test_class() -> None:
    text = (
        "abstract class A<T>(x: Int, pub let y: T, var z: Int = 1) : B<T>(x), C {\n    init {}\n    static let k = 1\n}"
    )
    node = declaration(text)
    assert isinstance(node, ast.Class)
    assert node.modifiers.has("abstract")
    assert node.parameters is not None
    assert [(item.name.text, item.is_mutable) for item in node.parameters] == [("x", None), ("y", False), ("z", True)]
    assert [(written(item.type), item.arguments is None) for item in node.supertypes] == [("B<T>", False), ("C", True)]
    assert [type(item) for item in node.members] == [ast.Init, ast.Variable]


def test_class_without_header_differs_from_an_empty_header() -> None:
    assert declaration("class A").parameters is None
    assert declaration("class A()").parameters == ()


def test_properties() -> None:
    node = declaration("class A {\n    var a: Int\n        get() = b\n        private set(v) { c }\n    let d = 1\n}")
    first, second = node.members
    assert isinstance(first.getter.body, ast.Name)
    assert isinstance(first.setter.body, ast.Block)
    assert first.setter.modifiers.has("private")
    assert (first.is_mutable, first.initializer) == (True, None)
    assert (second.getter, written(second.initializer)) == (None, "1")


def test_enum() -> None:
    node = declaration("enum E<T> : I {\n    A, B = 2\n    C(Int, x: T = 1,)\n    fun f() {}\n}")
    assert isinstance(node, ast.Enum)
    assert [case.name.text for case in node.cases] == ["A", "B", "C"]
    assert [written(case.value) for case in node.cases] == ["-", "2", "-"]
    fields = node.cases[2].fields
    assert [(item.name and item.name.text, written(item.type), written(item.default)) for item in fields] == [
        (None, "Int", "-"),
        ("x", "T", "1"),
    ]
    assert len(node.members) == 1


def test_test_and_typealias() -> None:
    node = declaration('test "it works" { assert a == b, "why" }')
    assert isinstance(node, ast.Test)
    assert node.name == "it works"
    (check,) = node.body.statements
    assert isinstance(check, ast.Assert)
    assert written(check.message) == "'why'"
    alias = declaration("typealias F<T> = (T) -> Unit?")
    assert isinstance(alias, ast.TypeAliasDeclaration)
    assert written(alias.type) == "((T) -> Unit?)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_", "_"),
        ("Red", "Red"),
        ("Color.Red", "Color.Red"),
        ("-1", "(-1)"),
        ("-1.5..2.0", "(-1.5)..2.0"),
        ("'a'..<'z'", "'a'..<'z'"),
        ("Circle(_, radius: r)", "Circle(_, radius: r)"),
        ("a.B()", "a.B()"),
        ("(a, (b, _))", "(a, (b, _))"),
        ("((a))", "a"),
        ("is List<Int>?", "is List<Int>?"),
        ("p @ Point(x, 0)", "p @ Point(x, 0)"),
        ('"a" | "b" | null', "('a' | 'b' | null)"),
        ("A(1 | 2)", "A((1 | 2))"),
    ],
)
def test_patterns(text: str, expected: str) -> None:
    node = expression(f"match x {{ {text} => 1 }}")
    assert isinstance(node, ast.Match)
    assert written(node.arms[0].pattern) == expected


def test_match_arms() -> None:
    node = expression(
        "match x {\n    1 if a => b = 2\n    2 => { c }\n    3 => d.e, 4 => throw f\n    else => return\n}"
    )
    assert isinstance(node, ast.Match)
    assert [type(arm.body) for arm in node.arms[:2]] == [ast.Assign, ast.Block]


def test_match_arms_of_one_line() -> None:
    node = expression("match x { 1 => a, 2 => b, else => c }")
    assert isinstance(node, ast.Match)
    assert [written(arm.body) for arm in node.arms] == ["a", "b", "c"]
    assert isinstance(node.arms[2].pattern, ast.WildcardPattern)


def test_loops_and_labels() -> None:
    first, second, third = statements("a: while b { break a }\nfor (k, v): T in m {}\nc: do { continue c } while d")
    assert isinstance(first, ast.While)
    assert first.label is not None
    assert isinstance(second, ast.For)
    assert (written(second.binding), written(second.type), second.label) == ("(k, v)", "T", None)
    assert isinstance(third, ast.DoWhile)
    assert written(third.condition) == "d"


def test_if_chain() -> None:
    node = expression("if a { b } else if c { d } else { e }")
    assert isinstance(node, ast.If)
    assert isinstance(node.otherwise, ast.If)
    assert isinstance(node.otherwise.otherwise, ast.Block)


def test_try() -> None:
    node = expression("try { a } catch (e: B) { c } catch (f: D<E>) {} finally { g }")
    assert isinstance(node, ast.Try)
    assert [(item.name.text, written(item.type)) for item in node.catches] == [("e", "B"), ("f", "D<E>")]
    assert node.catches[0].span.text == "catch (e: B) { c }"
    assert node.finally_body is not None


def test_select() -> None:
    node = expression("select {\n    let v = c.receive() if ok => a\n    d.send(x) => b = 1\n    else => {}\n}")
    assert isinstance(node, ast.Select)
    first, second, third = node.arms
    assert (written(first.binding), written(first.operation), written(first.guard)) == ("v", "c.receive()", "ok")
    assert (second.binding, written(second.operation), type(second.body)) == (None, "d.send(x)", ast.Assign)
    assert (third.operation, type(third.body)) == (None, ast.Block)


def test_assignments() -> None:
    found = statements("a = 1\nb.c += 2\nd[0] >>>= 3\ne.0 &+= 4")
    assert [(written(item.target), item.operator and item.operator.value) for item in found] == [
        ("a", None),
        ("b.c", "+"),
        ("d[0]", ">>>"),
        ("e.0", "&+"),
    ]


def test_template() -> None:
    node = expression('"a${b}${"c"}d"')
    assert isinstance(node, ast.StringTemplate)
    assert [written(part) for part in node.parts] == ["'a'", "b", "'c'", "'d'"]


def test_collection_literals() -> None:
    assert [len(item.expression.elements) for item in statements("[]\n[1,]\n[1, 2]")] == [0, 1, 2]
    empty, one = statements('[:]\n["a": 1,]')
    assert empty.expression.entries == ()
    assert written(one.expression.entries[0].key) == "'a'"


def test_lambdas() -> None:
    node = expression("f { x, (a, b), y: Int? -> a; b }")
    assert written(node) == "f() {x, (a, b), y: Int? -> a; b}"
    assert expression("f { it }").trailing.parameters is None
    assert expression("f { -> a }").trailing.parameters == ()
    assert expression("f {}").trailing.body.statements == ()
