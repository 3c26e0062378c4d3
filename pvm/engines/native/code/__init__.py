"""Internal code: what the interpreter runs, made from bytecode."""
