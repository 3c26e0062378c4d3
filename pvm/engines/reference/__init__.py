"""The reference engine: an oracle in plain Python, see ``pvm.engines.reference.engine``."""
