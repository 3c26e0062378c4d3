"""The instruction set: types, traps, and the one table that everything else derives from."""
