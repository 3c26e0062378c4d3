"""The tour of the samples names every program, and quotes what stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
README = (SAMPLES / "README.md").read_text(encoding="utf-8")
SECTIONS = README.split("\n## ")[1:]


def programs() -> list[str]:
    return sorted(path.name for path in SAMPLES.glob("*.peb"))


def test_every_program_is_in_the_table_and_has_a_section() -> None:
    assert sorted(re.findall(r"^\| `(\w+\.peb)` \|", README, re.MULTILINE)) == programs()
    assert sorted(set(re.findall(r"^    pvm run .*samples/(\w+\.peb)", README, re.MULTILINE))) == programs()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition("\n")[0])
def test_excerpts_stand_in_the_program(section: str) -> None:
    program = re.search(r"^    pvm run .*samples/(\w+\.peb)", section, re.MULTILINE)
    assert program is not None
    excerpts = re.findall(r"^```pebble\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    source = (SAMPLES / program[1]).read_text(encoding="utf-8")
    assert excerpts
    for excerpt in excerpts:
        assert excerpt in source


def test_files_that_are_named_exist() -> None:
    for name in re.findall(r"samples/(data/\w+\.\w+)", README):
        assert (SAMPLES / name).is_file()
