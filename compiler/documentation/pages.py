"""The pages: a frame with the list of modules and the search, and in it the index, a module, or a source.

Every text that comes from a program passes through ``escape`` or through `signatures`, `markdown` and
``compiler.highlighting``, which escape; addresses are made by `names`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import groupby

from compiler.documentation.markdown import plain_summary, render, summary
from compiler.documentation.model import GROUPS, MEMBER_GROUPS, TYPES, DocModule, Item, grouped
from compiler.documentation.names import Names, address, page_of, source_of
from compiler.documentation.signatures import signature_html, signature_text
from compiler.highlighting import for_html

UP = "../"
"""From a page of a module to the top of the site; the index is at the top."""


@dataclass(frozen=True, slots=True)
class Site:
    """What every page needs to know."""

    title: str
    modules: Sequence[DocModule]
    names: Names
    footer: str


def index_page(site: Site) -> str:
    """The page with all modules."""
    parts = [f"<h1>{escape(site.title)}</h1>"]
    intro = next((module for module in site.modules if module.source.is_program), None)
    if intro is not None and intro.source.doc:
        resolve = partial(_reference, site, intro, None, "")
        parts.append(f'<div class="doc">{render(intro.source.doc, resolve)}</div>')
    for group, modules in groupby(site.modules, key=lambda module: module.source.group):
        parts.append(f'<h2>{escape(group)}</h2>\n<div class="cards">')
        parts += [_card(module) for module in modules]
        parts.append("</div>")
    return _frame(site, site.title, "", "\n".join(parts), "", None)


def _card(module: DocModule) -> str:
    href = escape(page_of(module.name))
    names = [item for item in module.items if item.group == TYPES]
    links = ", ".join(f'<a href="{escape(address(item))}">{escape(item.name)}</a>' for item in names)
    types = f'<p class="types">{links}</p>' if links else ""
    return (
        f'<section class="card"><h3><a href="{href}">{escape(module.name)}</a></h3>'
        f"<p>{summary(_about(module))}</p>{types}</section>"
    )


def _about(module: DocModule) -> str:
    """What a module is about: its own text, or that of what it begins with."""
    return module.source.doc or next((item.doc for item in module.items if item.doc), "")


def module_page(site: Site, module: DocModule) -> str:
    """The page of a module."""
    groups = grouped(module.items, GROUPS)
    doc = module.source.doc
    source = f'<a class="source" href="{UP}{escape(source_of(module.name))}">source</a>'
    parts = [f'<div class="title"><h1>{escape(module.name)}</h1>{source}</div>', _usage(module)]
    if doc:
        parts.append(f'<div class="doc">{render(doc, partial(_reference, site, module, None, UP))}</div>')
    if not groups:
        parts.append('<p class="empty">This module has nothing that is public.</p>')
    for group, items in groups:
        parts.append(f"<h2>{group}</h2>")
        parts += [_type(site, item) if item.group == TYPES else _entry(site, item) for item in items]
    return _frame(site, f"{module.name} - {site.title}", UP, "\n".join(parts), _contents(groups), module)


def _usage(module: DocModule) -> str:
    if module.source.is_program:
        return ""
    if module.source.is_core:
        return '<p class="usage">In sight in every module, without an import.</p>'
    return f'<pre class="usage">{for_html("import " + module.name)}</pre>'


def _contents(groups: Sequence[tuple[str, Sequence[Item]]]) -> str:
    """The list of what is on a page, for its side."""
    parts = []
    for group, items in groups:
        parts.append(f"<h2>{group}</h2><ul>")
        names = dict.fromkeys((item.path, item.anchor) for item in items)
        seen: set[str] = set()
        for path, anchor in names:
            if path not in seen:
                seen.add(path)
                parts.append(f'<li><a href="#{escape(anchor)}">{escape(path)}</a></li>')
        parts.append("</ul>")
    return "\n".join(parts)


def _type(site: Site, item: Item) -> str:
    """A type with its members."""
    level = 4 if item.owner is not None else 3
    anchor = escape(item.anchor)
    parts = [
        f'<section class="type" id="{anchor}"><div class="head">',
        f'<h{level}><a href="#{anchor}"><span class="kind">{item.kind}</span> {escape(item.path)}</a></h{level}>',
        f"{_source_link(item)}</div>",
        f'<pre class="signature">{signature_html(item, site.names, UP)}</pre>',
        _doc(site, item),
        _extensions(site, item),
    ]
    for group, members in grouped(item.members, MEMBER_GROUPS):
        parts.append(f'<h{level + 1} class="group">{group}</h{level + 1}>')
        parts += [_type(site, member) if member.group == "Nested types" else _entry(site, member) for member in members]
    parts.append("</section>")
    return "\n".join(part for part in parts if part)


def _entry(site: Site, item: Item) -> str:
    """A function, variable or member."""
    return f'<section class="entry" id="{escape(item.anchor)}">{_signature(site, item)}{_doc(site, item)}</section>'


def _signature(site: Site, item: Item) -> str:
    return (
        f'<div class="head"><pre class="signature">{signature_html(item, site.names, UP)}</pre>'
        f'<a class="anchor" href="#{escape(item.anchor)}" title="address of this">#</a>{_source_link(item)}</div>'
    )


def _source_link(item: Item) -> str:
    href = f"{UP}{source_of(item.module.name)}#L{item.line}"
    return f'<a class="source" href="{escape(href)}">source</a>'


def _doc(site: Site, item: Item) -> str:
    if not item.doc:
        return ""
    return f'<div class="doc">{render(item.doc, partial(_reference, site, item.module, item, UP))}</div>'


def _extensions(site: Site, item: Item) -> str:
    """Links to the extension functions for a type, wherever they are."""
    found: dict[str, Item] = {}
    for module in site.modules:
        for other in module.items:
            if other.kind == "extension" and other.path == f"{item.path}.{other.name}":
                found.setdefault(other.name, other)
    if not found:
        return ""
    links = ", ".join(
        f'<a class="ref" href="{UP}{escape(address(other))}"><code>{escape(name)}</code></a>'
        for name, other in found.items()
    )
    return f'<p class="extensions">Extensions: {links}</p>'


def _reference(site: Site, module: DocModule, item: Item | None, root: str, text: str) -> str | None:
    found = site.names.reference(text, module, item)
    return None if found is None else root + found


def source_page(site: Site, module: DocModule) -> str:
    """The source of a module, with an anchor for each line."""
    lines = for_html(module.source.file.text.rstrip("\n")).split("\n")
    body = "\n".join(f'<span class="line" id="L{number}">{line}</span>' for number, line in enumerate(lines, 1))
    head = (
        f'<div class="title"><h1>{escape(module.source.file.name)}</h1>'
        f'<a class="source" href="{UP}{escape(page_of(module.name))}">documentation</a></div>'
    )
    title = f"{module.source.file.name} - {site.title}"
    return _frame(site, title, UP, f'{head}\n<pre class="code listing">{body}</pre>', "", module)


def search_entries(site: Site) -> list[list[str]]:
    """What the search looks through: name, kind, module, address, signature, summary."""
    entries = [
        [module.name, "module", "", page_of(module.name), "", plain_summary(_about(module))] for module in site.modules
    ]
    for module in site.modules:
        for item in module.walk():
            text = signature_text(item, site.names)
            entries.append([item.path, item.kind, module.name, address(item), text, plain_summary(item.doc)])
    return entries


def _frame(site: Site, title: str, root: str, body: str, contents: str, current: DocModule | None) -> str:
    """A whole page."""
    parts = []
    for group, modules in groupby(site.modules, key=lambda module: module.source.group):
        parts.append(f"<h2>{escape(group)}</h2><ul>")
        for module in modules:
            mark = ' aria-current="page"' if module is current else ""
            parts.append(f'<li><a{mark} href="{root}{escape(page_of(module.name))}">{escape(module.name)}</a></li>')
        parts.append("</ul>")
    aside = f'<nav class="contents" aria-label="On this page">{contents}</nav>' if contents else ""
    return _FRAME.format(
        home=escape(site.title),
        title=escape(title),
        root=root,
        modules="\n".join(parts),
        body=body,
        aside=aside,
        footer=escape(site.footer),
    )


_FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{root}style.css">
<script defer src="{root}search-index.js"></script>
<script defer src="{root}search.js" data-root="{root}"></script>
</head>
<body>
<header>
<label class="menu" for="menu" aria-label="Modules">&#9776;</label>
<a class="home" href="{root}index.html">{home}</a>
<div class="search"><input type="search" id="search" placeholder="Search (press /)" autocomplete="off"
 spellcheck="false" aria-label="Search" role="combobox" aria-controls="results" aria-expanded="false">
<ul id="results" role="listbox" hidden></ul></div>
</header>
<input type="checkbox" id="menu">
<nav class="modules" aria-label="Modules">
{modules}
</nav>
<main>
{body}
<footer>{footer}</footer>
</main>
{aside}
</body>
</html>
"""
