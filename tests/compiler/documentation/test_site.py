"""Documentation pages: what is shown, where links lead, and that no text gets out of its place."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.documentation import library_modules, make_site, one_library_module, program_modules
from compiler.documentation.markdown import plain_summary, render, summary
from compiler.documentation.model import Item, make_module
from compiler.documentation.names import Names
from compiler.documentation.signatures import signature_text
from compiler.documentation.sources import ModuleSource
from compiler.syntax import ast, parse
from compiler.syntax.source import SourceFile
from pvm.errors import CompileError, UsageError

VOID = {"meta", "link", "input", "br", "hr"}


class Page(HTMLParser):
    """Addresses, anchors and loaded files of a page; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.loads: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "id" in found:
            self.anchors.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if "src" in found or tag == "link":
            self.loads.append(found.get("src") or found["href"])

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def source(text: str, name: str = "shapes", *, is_program: bool = False) -> ModuleSource:
    file = SourceFile(f"{name}.peb", text)
    diagnostics = Diagnostics()
    tree = parse(file, diagnostics)
    assert not diagnostics.has_errors
    assert isinstance(tree, ast.Module)
    return ModuleSource(name, file, tree, "Modules", is_program)


def items(text: str) -> dict[str, Item]:
    return {item.anchor: item for item in make_module(source(text)).walk()}


def signature(text: str, anchor: str) -> str:
    module = make_module(source(text))
    found = {item.anchor: item for item in module.walk()}
    return signature_text(found[anchor], Names([module]))


@pytest.fixture(scope="module")
def library() -> dict[str, str]:
    return make_site(library_modules(), "Library")


def test_every_link_of_the_library_leads_somewhere(library: dict[str, str]) -> None:
    pages = {name: Page(text) for name, text in library.items() if name.endswith(".html")}
    for name, page in pages.items():
        assert len(page.anchors) == len(set(page.anchors)), name
        for link in page.links:
            path, _, anchor = link.partition("#")
            target = name if not path else path.removeprefix("../")
            assert target in pages, f"{name} leads to {link}"
            assert not anchor or anchor in pages[target].anchors, f"{name} leads to {link}"


def test_nothing_is_loaded_from_elsewhere(library: dict[str, str]) -> None:
    for name, text in library.items():
        if name.endswith(".html"):
            assert {load.removeprefix("../") for load in Page(text).loads} <= library.keys()
    assert not re.search(r"url\(|@import|https?:", library["style.css"] + library["search.js"])


def test_library_pages(library: dict[str, str]) -> None:
    page = library["module/core.list.html"]
    assert '<section class="entry" id="List.add">' in page
    assert '<a class="t" href="../module/core.int.html#Int">Int</a>' in page
    assert "In sight in every module" in page
    assert "private" not in re.sub(r"<[^>]*>", "", page)
    assert '<a class="t" href="../module/core.list.html#List">List</a>' in library["module/io.html"]


def test_same_sources_same_site(library: dict[str, str]) -> None:
    assert make_site(library_modules(), "Library") == library


def test_search_index_is_a_script_of_one_value(library: dict[str, str]) -> None:
    text = library["search-index.js"]
    assert text.startswith("window.pebbleIndex = [")
    rows = json.loads(text.removeprefix("window.pebbleIndex = ").rstrip(";\n"))
    assert [
        "List.add",
        "method",
        "core.list",
        "module/core.list.html#List.add",
        "fun add(value: T)",
        "Append an element.",
    ] in rows


@pytest.mark.parametrize(
    ("text", "anchor", "expected"),
    [
        ('pub fun f(a: Int, b: String = "x") -> Bool = true', "f", 'fun f(a: Int, b: String = "x") -> Bool'),
        ("pub fun f(a: Int...) { }", "f", "fun f(a: Int...)"),
        ("pub fun f<T: A & B, U>(g: (T) -> U?) -> (T, U) { }", "f", "fun f<T: A & B, U>(g: (T) -> U?) -> (T, U)"),
        ("pub fun f(g: (() -> Int)?) { }", "f", "fun f(g: (() -> Int)?)"),
        ("pub fun List<T>.last2() -> T { }", "List.last2", "fun List<T>.last2() -> T"),
        ('@export("go") pub fun f() { }', "f", '@export("go") fun f()'),
        ("pub let limit = 100", "limit", "let limit = 100"),
        ("pub let limit: Int = -100", "limit", "let limit: Int = -100"),
        ("pub let table: Map<Int, Int> = build()", "table", "let table: Map<Int, Int>"),
        ("pub data class P(x: Int, let y: Int = 0) : Q(x), R", "P", "data class P(x: Int, let y: Int = 0) : Q, R"),
        ("pub abstract class A<T>", "A", "abstract class A<T>"),
        ("pub class C {\n    static let max: Int = 3\n}", "C.max", "static let max: Int = 3"),
        ("pub class C {\n    var n: Int\n        get() = 3\n        set(v) { }\n}", "C.n", "var n: Int"),
        ("pub interface I<T> : J<T> { fun f() }", "I", "interface I<T> : J<T>"),
        ("pub enum E { A(x: Int, String), B }", "E.A", "A(x: Int, String)"),
        ("pub enum E { A = 1, B = 2 }", "E.B", "B = 2"),
        ("pub typealias F<T> = (T) -> Bool", "F", "typealias F<T> = (T) -> Bool"),
    ],
)
def test_signatures(text: str, anchor: str, expected: str) -> None:
    assert signature(text, anchor) == expected


def test_wide_signature_has_a_line_for_each_parameter() -> None:
    parameters = ", ".join(f"parameterNumber{number}: String" for number in range(4))
    page = make_site([source(f"pub fun f({parameters}) {{ }}")], "Site")["module/shapes.html"]
    assert "(\n    parameterNumber0: " in page
    assert ",\n    parameterNumber3: " in page


def test_what_is_shown() -> None:
    text = (
        "/// Documented.\nfun hidden() { }\npub fun shown() { }\npub fun shown(x: Int) { }\n"
        'test "t" { }\n'
        "pub class C(/// The x.\nlet x: Int, let y: Int) {\n    private fun secret() { }\n    fun open2() { }\n"
        "    init { }\n    class Inner { fun deep() { } }\n}\n"
    )
    assert list(items(text)) == ["shown", "shown-2", "C", "C.x", "C.open2", "C.Inner", "C.Inner.deep"]
    program = make_module(source(text, is_program=True))
    assert [item.anchor for item in program.items] == ["hidden", "shown", "shown-2", "C"]
    everything = make_module(source(text), with_private=True)
    assert "C.secret" in {item.anchor for item in everything.walk()}


def test_references_in_texts() -> None:
    shapes = make_module(
        source(
            "import other.{Thing as It}\nimport deep.lib as lib\n"
            "pub class A<T> {\n    /// See.\n    fun f() { }\n    fun g() { }\n}\npub fun f() { }\n"
        )
    )
    other = make_module(source("pub class Thing { fun go() { } }", "other"))
    deep = make_module(source("pub fun run() { }", "deep.lib"))
    names = Names([shapes, other, deep])
    method = next(item for item in shapes.walk() if item.anchor == "A.f")
    expected = {
        "g": "module/shapes.html#A.g",
        "g()": "module/shapes.html#A.g",
        "A.g": "module/shapes.html#A.g",
        "A": "module/shapes.html#A",
        "It": "module/other.html#Thing",
        "It.go": "module/other.html#Thing.go",
        "lib.run": "module/deep.lib.html#run",
        "deep.lib.run()": "module/deep.lib.html#run",
        "other": "module/other.html",
        "T": None,
        "f": None,
        "nothing": None,
        "1 + 2": None,
        "": None,
    }
    assert {text: names.reference(text, shapes, method) for text in expected} == expected
    assert names.reference("f", shapes, None) == "module/shapes.html#f"
    assert names.type_address(["It"], shapes, frozenset()) == "module/other.html#Thing"
    assert names.type_address(["A"], shapes, frozenset({"A"})) is None


def test_extensions_are_listed_at_their_type() -> None:
    site = make_site(
        [source("pub class A\npub fun A.f() { }", "a"), source("import a.{A}\npub fun A.g() { }", "b")], "S"
    )
    assert '<a class="ref" href="../module/b.html#A.g"><code>g</code></a>' in site["module/a.html"]


def test_markdown() -> None:
    def resolve(text: str) -> str | None:
        return {"List": "list.html"}.get(text)

    assert render("Use `List` and `<x>`.", resolve) == (
        '<p>Use <a class="ref" href="list.html"><code>List</code></a> and <code>&lt;x&gt;</code>.</p>\n'
    )
    assert render("[`List`](https://example.org)", resolve) == (
        '<p><a href="https://example.org"><code>List</code></a></p>\n'
    )
    assert render("# Title", resolve) == "<h4>Title</h4>\n"
    assert '<span class="kd">let</span>' in render("```\nlet x = 1\n```", resolve)
    assert '<span class="kd">let</span>' in render("    let x = 1", resolve)
    assert render("```text\nlet < x\n```", resolve) == '<pre class="code"><code>let &lt; x</code></pre>\n'
    assert "<table>" in render("| a |\n| - |\n| b |", resolve)
    assert summary("First `a`\nline.\n\nSecond.") == "First <code>a</code> line."
    assert plain_summary("First `a`\nline.\n\nSecond.") == "First a line."


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/x.png)",
        '`"><script>`',
        "<img src=x onerror=y>",
        "```\n</code></pre><script>\n```",
    ],
)
def test_hostile_documentation(text: str) -> None:
    doc = "\n".join(f"/// {line}" for line in text.split("\n"))
    code = f'{doc}\n\n{doc}\npub fun f(x: String = "</pre><script>") {{ }}\n'
    for title in ("<script>", '"'):
        for name, page in make_site([source(code)], title).items():
            if name.endswith(".html"):
                assert set(Page(page).loads) <= {"search.js", "search-index.js", "style.css", "../search.js",
                                                 "../search-index.js", "../style.css"}  # fmt: skip
                assert not re.search(r"<script>|<img|href=\"javascript", page)


def test_program_has_its_own_modules_only(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "main.peb").write_text("/// About it.\n\nimport io\nimport lib.a\n\nfun main() { io.stdout }\n")
    (tmp_path / "lib" / "a.peb").write_text("import main\n/// Two.\npub let two: Int = 2\n")
    modules = program_modules(tmp_path / "main.peb")
    assert [(module.name, module.group) for module in modules] == [("main", "Program"), ("lib.a", "Modules")]
    site = make_site(modules, "hello")
    assert "<p>About it.</p>" in site["index.html"]
    assert "import" in site["module/lib.a.html"]


def test_wrong_programs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "main.peb"
    for data in (b"fun (", b"\xff"):
        path.write_bytes(data)
        with pytest.raises(CompileError, match=r"main\.peb"):
            program_modules(path)


def test_modules_of_the_library() -> None:
    assert [module.name for module in one_library_module("core.list")] == ["core.list"]
    assert {module.group for module in one_library_module("core")} == {"Prelude"}
    with pytest.raises(UsageError, match=r"called 'maths'; did you mean math\?"):
        one_library_module("maths")
