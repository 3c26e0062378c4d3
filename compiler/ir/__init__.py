"""Typed high-level intermediate representation: what the checker proves and the emitter reads."""
