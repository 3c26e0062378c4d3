"""The JIT: hot functions as machine code, made by a worker from bytecode, which leave for the interpreter what is rare."""
