"""The programs that engines are measured with: ``bench/programs`` has each in several languages, the same algorithm.

A program verifies its own result, and all languages must give the same, so a fast wrong engine cannot win.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROGRAMS = Path(__file__).parent / "programs"


class Sizes(NamedTuple):
    """Problem sizes: for tests on the reference engine, for ``--quick``, and for real."""

    tiny: int
    quick: int
    full: int


class Program(NamedTuple):
    """A benchmark: ``name`` is its file in every language but Java, where the class is named."""

    name: str
    java: str
    sizes: Sizes
    about: str


SUITE = (
    Program("richards", "Richards", Sizes(100, 10_000, 100_000), "objects, virtual calls, queues"),
    Program("deltablue", "DeltaBlue", Sizes(20, 400, 2_000), "objects, virtual calls, lists"),
    Program("json", "Json", Sizes(20, 500, 5_000), "parsing and writing text, trees of objects"),
    Program("nbody", "NBody", Sizes(100, 5_000, 50_000), "floats in objects"),
    Program("spectralnorm", "SpectralNorm", Sizes(20, 100, 300), "floats in arrays, divisions"),
    Program("fannkuch", "Fannkuch", Sizes(6, 8, 9), "integers in small arrays"),
    Program("mandelbrot", "Mandelbrot", Sizes(50, 200, 500), "floats in variables"),
    Program("binarytrees", "BinaryTrees", Sizes(6, 11, 14), "allocation and collection"),
    Program("queens", "Queens", Sizes(6, 9, 11), "recursion, arrays of truth values"),
    Program("sieve", "Sieve", Sizes(1_000, 100_000, 1_000_000), "a large array of truth values"),
    Program("towers", "Towers", Sizes(8, 16, 20), "recursion, linked objects"),
    Program("matmul", "MatMul", Sizes(10, 80, 200), "rows of floats"),
    Program("sort", "Sort", Sizes(100, 10_000, 50_000), "integers in place, objects by a function"),
    Program("hashmap", "HashMix", Sizes(200, 30_000, 200_000), "maps with integers and strings as keys"),
    Program("strings", "Strings", Sizes(100, 10_000, 50_000), "building, splitting and searching text"),
    Program("vm", "Vm", Sizes(200, 4_000, 20_000), "a loop with a large switch"),
    Program("wordcount", "WordCount", Sizes(1_000, 20_000, 100_000), "bytes of text, a map of words"),
)


def chosen(names: Sequence[str]) -> list[Program]:
    """The programs of these names, or all."""
    return [program for program in SUITE if not names or program.name in names]
