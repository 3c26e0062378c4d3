"""Generates modules that verify: a refusal is a bug of the generator or of the verifier.

The tables are drawn first (``world``), then the code of each function (``statements``).  The same
``Random`` gives the same module.
"""

from __future__ import annotations

from random import Random

from pvm.pbc.model import Module
from tests.fuzz.statements import draw_function
from tests.fuzz.world import World


def generate_module(random: Random) -> Module:
    """Draw a module; most are small, so that many fit into a minute."""
    size = random.choice((1, 1, 2, 2, 3, 5))
    world = World(random, size)
    for number in range(len(world.functions)):
        draw_function(world, number, random, budget=random.choice((6, 15, 15, 30, 60)))
    if random.random() < 0.3:
        world.builder.attributes["source:f.peb"] = b"fun main() {\n}\n" * random.randrange(4)
    return world.builder.build()
