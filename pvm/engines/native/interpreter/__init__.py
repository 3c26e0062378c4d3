"""The threaded interpreter: a handler of machine code for each operation of internal code."""
