"""The JIT: hot functions as machine code, made by a worker, which leaves for the interpreter where that is rare."""
