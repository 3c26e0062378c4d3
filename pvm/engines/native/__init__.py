"""The native engine: verified bytecode as internal code, run by machine code that LLVM made once."""
