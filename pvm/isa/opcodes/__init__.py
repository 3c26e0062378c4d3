"""The instruction table, a module per family of opcodes."""
