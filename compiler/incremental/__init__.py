"""Compiling again: what an earlier compilation found out, kept as long as nothing that it depends on has changed.

See compiler/README.md, "Compiling again", and docs/decisions/0005-compilation-that-scales.md.
"""
