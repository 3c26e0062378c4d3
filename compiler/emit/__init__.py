"""From typed HIR to a ``.pbc`` module: specialisation, layout, code."""
