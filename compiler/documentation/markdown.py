"""``///`` texts as HTML: CommonMark with tables, without raw HTML and without images.

Code that names something documented becomes a link to it, blocks of code are Pebble unless they say otherwise, and
headings are made smaller than those of the page.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from compiler.highlighting import for_html

Resolve = Callable[[str], str | None]
"""Gives the address that code in a text means, as seen from the page."""

PEBBLE = frozenset({"", "pebble", "peb"})
HEADING_SHIFT = 3


def render(text: str, resolve: Resolve) -> str:
    """A text as HTML."""
    return str(_READER.render(text, {"resolve": resolve}))


def summary(text: str) -> str:
    """The first paragraph as HTML without links, to stand in a list or inside a link."""
    return str(_PLAIN_READER.renderInline(first_paragraph(text), {"resolve": lambda _: None}))


def plain_summary(text: str) -> str:
    """The first paragraph without marks, for the search."""
    return first_paragraph(text).replace("`", "").replace("**", "")


def first_paragraph(text: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(text.strip().split("\n\n")[0].split())


def _code_inline(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    text = tokens[index].content
    is_in_link = sum(token.nesting for token in tokens[:index] if token.type.startswith("link_")) > 0
    href = None if is_in_link else env["resolve"](text)
    code = f"<code>{escape(text)}</code>"
    return code if href is None else f'<a class="ref" href="{escape(href)}">{code}</a>'


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[index]
    text = token.content.rstrip("\n")
    html = for_html(text) if token.info.strip() in PEBBLE else escape(text)
    return f'<pre class="code"><code>{html}</code></pre>\n'


def _heading(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    level = min(6, int(tokens[index].tag[1:]) + HEADING_SHIFT)
    return f"<h{level}>" if tokens[index].nesting == 1 else f"</h{level}>\n"


def _reader(*, with_links: bool) -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    if not with_links:
        reader.disable(["link", "autolink"])
    for name, rule in (
        ("code_inline", _code_inline),
        ("fence", _fence),
        ("code_block", _fence),
        ("heading_open", _heading),
        ("heading_close", _heading),
    ):
        reader.add_render_rule(name, rule)
    return reader


_READER = _reader(with_links=True)
_PLAIN_READER = _reader(with_links=False)
