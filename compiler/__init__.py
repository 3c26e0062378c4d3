"""The Pebble compiler: source text to a `.pbc` module, in the phases syntax, check and emit."""
