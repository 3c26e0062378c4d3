"""Pebble's standard library: ``.peb`` sources, found through ``importlib.resources``.

It is a Python package only so that it is installed beside the compiler; it holds no Python code.
"""
