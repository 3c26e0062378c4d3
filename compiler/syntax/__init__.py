"""Syntax: source text to the tree of `compiler.syntax.ast`."""
