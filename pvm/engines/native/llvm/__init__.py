"""The LLVM back end: instruction semantics to IR text, IR text to objects.  Only ``compilation`` loads llvmlite."""
