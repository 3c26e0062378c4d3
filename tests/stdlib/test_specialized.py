"""Functions of the library that are functions of the runtime image for some types: those are what is imported."""

from __future__ import annotations

import pytest

import pvm
from pvm.pbc.model import ImportKind
from pvm.pbc.reader import read_module

SEARCHES = {"table.find_number", "table.find_string", "table.find_hash"}


@pytest.mark.parametrize(
    ("key", "search"),
    [
        ("1", "table.find_number"),
        ('"text"', "table.find_string"),
        ("true", "table.find_hash"),
        ("[1]", "table.find_hash"),
    ],
)
def test_maps_search_by_what_their_keys_are(key: str, search: str) -> None:
    module = pvm.compile(source=f"fun main() {{ let map = [{key}: 2]\n println(map[{key}]) }}")
    imported = {each.name for each in read_module(module.to_bytes()).imports if each.kind is ImportKind.RUNTIME}
    assert imported & SEARCHES == {search}
    kernel = pvm.Kernel(stdout=pvm.CAPTURE)
    with kernel, pvm.Instance(module, kernel=kernel) as instance:
        assert instance.run() == 0
        assert kernel.stdout_bytes == b"2\n"
