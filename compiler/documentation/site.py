"""The files of a site, by their path below its top; nothing of it comes from elsewhere when it is read.

The same sources give the same bytes.  The search index is a script, not data, because a browser does not let a
page that is a local file read other files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

from compiler.documentation.model import make_module
from compiler.documentation.names import Names
from compiler.documentation.pages import Site, index_page, module_page, search_entries, source_page
from compiler.documentation.sources import ModuleSource

ASSETS = ("style.css", "search.js")


def make_site(
    sources: Sequence[ModuleSource], title: str, *, footer: str = "", with_private: bool = False
) -> dict[str, str]:
    """Make the pages of modules, the index, and what they need."""
    modules = [make_module(source, with_private=with_private) for source in sources]
    site = Site(title, modules, Names(modules), footer)
    made = {"index.html": index_page(site)}
    for module in modules:
        made[f"module/{module.name}.html"] = module_page(site, module)
        made[f"source/{module.name}.html"] = source_page(site, module)
    entries = json.dumps(search_entries(site), ensure_ascii=False, separators=(",", ":"))
    # U+2028 and U+2029 end a line in old readers of scripts.
    entries = entries.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    made["search-index.js"] = f"window.pebbleIndex = {entries};\n"
    folder = files("compiler.documentation") / "assets"
    for name in ASSETS:
        made[name] = (folder / name).read_text(encoding="utf-8")
    return made
