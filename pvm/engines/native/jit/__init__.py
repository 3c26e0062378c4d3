"""The JIT: hot functions as machine code, made by a worker from bytecode and run on the frames of the interpreter."""
