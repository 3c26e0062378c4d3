"""The ``.pbc`` container: its model, its bytes, its text form."""
