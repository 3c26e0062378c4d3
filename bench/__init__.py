"""Benchmarks of PVM against itself and its peers: ``python -m bench``."""
