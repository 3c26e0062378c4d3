"""What a name means on a page: the address of the item or module that it names.

Follows the rules of the language for the names of types (own declarations, imports, prelude) and is more generous
in texts, where `add` inside the documentation of `List` means `List.add`.  What is not documented has no address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from compiler.documentation.model import DocModule, Item

_REFERENCE = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)(?:\(\))?")


def page_of(module: str) -> str:
    """The address of a module's page, from the top of the site."""
    return f"module/{quote(module)}.html"


def source_of(module: str) -> str:
    """The address of a module's source."""
    return f"source/{quote(module)}.html"


def address(item: Item) -> str:
    """The address of an item, from the top of the site."""
    return f"{page_of(item.module.name)}#{quote(item.anchor)}"


class Names:
    """Every documented name of a site."""

    def __init__(self, modules: Sequence[DocModule]) -> None:
        self._modules = {module.name: module for module in modules}
        self._items: dict[str, dict[str, Item]] = {}
        self._prelude: dict[str, Item] = {}
        for module in modules:
            table: dict[str, Item] = {}
            for item in module.walk():
                table.setdefault(item.path, item)
            self._items[module.name] = table
            if module.source.is_core:
                for path, item in table.items():
                    self._prelude.setdefault(path, item)

    def type_address(self, path: Sequence[str], module: DocModule, scope: frozenset[str]) -> str | None:
        """The address of a type that is written in a module, or None if it is a parameter or not documented."""
        if len(path) == 1 and path[0] in scope:
            return None
        found = self._find(".".join(path), module)
        return None if found is None else address(found)

    def reference(self, text: str, module: DocModule, item: Item | None) -> str | None:
        """The address that code in a text means: `List`, `List.add`, `add()`, `io.readText`, `io`."""
        match = _REFERENCE.fullmatch(text)
        if match is None:
            return None
        path = match[1]
        owner = item
        while owner is not None:
            found = self._items[module.name].get(f"{owner.path}.{path}")
            if found is not None:
                return None if found is item else address(found)
            if path in owner.scope:
                return None
            owner = owner.owner
        found = self._find(path, module)
        if found is not None:
            return None if found is item else address(found)
        return page_of(path) if path in self._modules and path != module.name else None

    def _find(self, path: str, module: DocModule) -> Item | None:
        own = self._items[module.name].get(path)
        if own is not None:
            return own
        imported = self._imported(path, module)
        return imported if imported is not None else self._prelude.get(path)

    def _imported(self, path: str, module: DocModule) -> Item | None:
        first, _, rest = path.partition(".")
        for node in module.source.tree.imports:
            target = self._items.get(".".join(part.text for part in node.path))
            if target is None:
                continue
            if node.names is None:
                if (node.alias or node.path[-1]).text == first and rest in target:
                    return target[rest]
                continue
            for item in node.names:
                if (item.alias or item.name).text == first:
                    return target.get(f"{item.name.text}.{rest}" if rest else item.name.text)
        # A text may name what the module does not import.
        name, _, member = path.rpartition(".")
        return self._items.get(name, {}).get(member)
