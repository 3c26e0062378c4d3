"""Rendering: excerpts, carets, labels, many lines, odd characters, colours, limits."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic, Diagnostics, Label, render, render_all
from compiler.diagnostics.model import MAX_KEPT
from compiler.syntax.source import SourceFile, Span


def span(file: SourceFile, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = file.text.index(text, start + 1)
    return Span(file, start, start + len(text))


def lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


AREA = SourceFile("area.peb", 'fun area(w: Int) -> Int {\n    if w < 0 {\n        return "none"\n    }\n}\n')


def test_label_on_another_line_notes_and_suggestion() -> None:
    found = Diagnostic(
        "E0308",
        "expected Int, found String",
        span(AREA, '"none"'),
        "this is a String",
        (Label(span(AREA, "Int", 1), "because this function returns Int"),),
        ("a first note\nof two lines",),
        "write `0`",
    )
    assert lines(render(found)) == [
        "error[E0308]: expected Int, found String",
        " --> area.peb:3:16",
        "   |",
        " 1 | fun area(w: Int) -> Int {",
        "   |                     --- because this function returns Int",
        " 2 |     if w < 0 {",
        ' 3 |         return "none"',
        "   |                ^^^^^^ this is a String",
        "   |",
        "   = note: a first note",
        "           of two lines",
        "   = help: write `0`",
    ]


def test_labels_on_one_line_hang_below_each_other() -> None:
    found = Diagnostic(
        "E0205",
        "names differ",
        span(AREA, "area"),
        "this name",
        (Label(span(AREA, "w"), "parameter"), Label(span(AREA, "Int"), "type")),
    )
    assert lines(render(found))[3:] == [
        " 1 | fun area(w: Int) -> Int {",
        "   |     ^^^^ -  --- type",
        "   |     |    |",
        "   |     |    parameter",
        "   |     this name",
    ]


def test_region_of_several_lines() -> None:
    found = Diagnostic("E0403", "no result", Span(AREA, AREA.text.index("{"), len(AREA.text) - 1), "this body")
    assert lines(render(found))[3:] == [
        " 1 |   fun area(w: Int) -> Int {",
        "   |  _________________________^",
        " 2 | |     if w < 0 {",
        ' 3 | |         return "none"',
        " 4 | |     }",
        " 5 | | }",
        "   | |_^ this body",
    ]


def test_long_region_is_elided() -> None:
    file = SourceFile("long.peb", "{\n" + "x\n" * 20 + "}")
    text = lines(render(Diagnostic("E0403", "long", Span(file, 0, len(file.text)))))
    assert text[3:] == ["  1 |   {", "    |  _^", "  2 | | x", "  3 | | x", "...", " 22 | | }", "    | |_^"]


def test_tabs_wide_and_combining_characters_keep_carets_in_place() -> None:
    file = SourceFile("wide.peb", '\tlet s = "日本" + e\u0301 + x')
    text = lines(render(Diagnostic("E0206", "unknown name", span(file, "x"))))
    assert text[3:] == [' 1 |     let s = "日本" + e\u0301 + x', "   |                          ^"]
    text = lines(render(Diagnostic("E0206", "text", span(file, '"日本"'))))
    assert text[4] == "   |             ^^^^^^"


def test_characters_that_act_on_the_terminal_are_spelt_out() -> None:
    file = SourceFile("evil\x1b.peb", "let a\u202eb\x1b[31m = 1")
    text = render(Diagnostic("E0123", "name \x07", span(file, "= 1")))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "let a<U+202E>b<U+001B>[31m = 1" in text
    assert lines(text)[4].index("^") == lines(text)[3].index("= 1")


def test_end_of_file_is_a_place() -> None:
    file = SourceFile("end.peb", "let x =\n")
    text = lines(render(Diagnostic("E0101", "expected an expression", Span(file, 8, 8), "here")))
    assert text[1:] == [" --> end.peb:2:1", "   |", " 2 |", "   | ^ here"]


def test_long_line_is_cut_around_the_place() -> None:
    file = SourceFile("line.peb", "a" * 500 + "!!" + "b" * 100_000)
    text = lines(render(Diagnostic("E0101", "odd", span(file, "!!"))))
    assert len(text[3]) < 200
    assert text[3].index("!!") == text[4].index("^^")


def test_label_in_another_file() -> None:
    other = SourceFile("other.peb", "let area = 1")
    found = Diagnostic("E0205", "twice", span(AREA, "area"), "", (Label(span(other, "area"), "first here"),))
    assert lines(render(found)) == [
        "error[E0205]: twice",
        " --> area.peb:1:5",
        "   |",
        " 1 | fun area(w: Int) -> Int {",
        "   |     ^^^^",
        " ::: other.peb:1:5",
        "   |",
        " 1 | let area = 1",
        "   |     ---- first here",
    ]


def test_colours_add_nothing_but_escapes() -> None:
    found = Diagnostic("W0101", "odd", span(AREA, "area"), "here", (), ("note",), "help")
    coloured = render(found, colour=True)
    assert "\x1b[1;33mwarning[W0101]\x1b[0m" in coloured
    plain = coloured
    for code in ("1;31", "1;33", "1;34", "1", "1;36", "1;32", "0"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == render(found)


def test_order_count_and_repetition() -> None:
    diagnostics = Diagnostics()
    for word in ("w", "area", "w"):
        diagnostics.error("E0206", span(AREA, word), f"unknown {word}")
    assert [item.message for item in diagnostics.sorted()] == ["unknown area", "unknown w"]
    assert diagnostics.error_count == 2
    text = render_all(diagnostics, limit=1)
    assert text.count("error[") == 1
    assert text.endswith("\nand 1 more\n")


def test_warnings_are_no_errors() -> None:
    diagnostics = Diagnostics()
    diagnostics.warning("W0101", span(AREA, "w"), "odd")
    assert not diagnostics.has_errors
    assert len(diagnostics) == 1


def test_what_is_kept_is_bounded_but_errors_are_counted() -> None:
    file = SourceFile("many.peb", "x" * (MAX_KEPT + 10))
    diagnostics = Diagnostics()
    for at in range(MAX_KEPT + 10):
        diagnostics.error("E0101", Span(file, at, at + 1), "odd")
    assert len(diagnostics) == MAX_KEPT
    assert diagnostics.dropped == 10
    assert diagnostics.error_count == MAX_KEPT + 10
    assert render_all(diagnostics).endswith(f"and {MAX_KEPT + 10 - 50} more\n")
