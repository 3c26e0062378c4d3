"""Diagnostics: what the compiler reports, under which code, and how it is shown.

A phase calls `Diagnostics.error` or `warning` and goes on; nobody throws for a
mistake in the source.  Codes are registered in `compiler.diagnostics.codes`,
which is loaded only to explain one: a code's first letter is its severity.
"""

from compiler.diagnostics.model import Diagnostic, Diagnostics, Label, Severity
from compiler.diagnostics.render import render, render_all
from compiler.diagnostics.suggest import did_you_mean

__all__ = ["Diagnostic", "Diagnostics", "Label", "Severity", "did_you_mean", "render", "render_all"]
