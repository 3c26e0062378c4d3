"""Diagnostics: what the compiler reports, under which code, and how it is shown."""
