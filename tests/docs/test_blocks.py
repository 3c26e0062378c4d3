"""How a block of a page becomes a program."""

from __future__ import annotations

from pathlib import Path

from tests.docs.blocks import Block, blocks, wrapped


def test_declarations_stay_at_the_top() -> None:
    text = "let n = f()\nfun f() -> Int {\n    return 1\n}\nprintln(n)   //? 1\n//? 2\n"
    top = "fun f() -> Int {\n    return 1\n}\n"
    assert wrapped(text) == top + "fun main() {\nlet n = f()\nprintln(n)   //? 1\n//? 2\n}\n"


def test_closing_brackets_follow_what_they_close() -> None:
    text = "for i in [\n    1,\n] {\n    print(i)\n}\n@export fun f() { }\n"
    assert wrapped(text) == "@export fun f() { }\nfun main() {\nfor i in [\n    1,\n] {\n    print(i)\n}\n}\n"


def test_blocks_know_their_line_and_first_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n```pebble\n// error: E0308 E0305\nlet x: Int = 1.5\n```\n\n```python\npass\n```\n"
        '```pebble\n// file: a.peb\npub let k = 1\n```\n```pebble\nfun main() { println("a") }\n```\n'
    )
    first, second, third = blocks(page)
    assert (first.line, first.directive, first.codes) == (4, "error", ["E0305", "E0308"])
    assert (second.line, second.argument, second.program) == (12, "a.peb", "// file: a.peb\npub let k = 1\n")
    assert (third.name, third.part) == ("line16", 'pub fun main() { println("a") }\n')


def test_a_block_marked_as_a_module_is_not_wrapped() -> None:
    block = Block(1, "// module\nlet count = 1\n")
    assert block.program == block.text
