"""The registry of diagnostic codes: what `pvm explain E0101` prints.

Loaded only to explain: reporting needs no more than the code's text.  A code is
never reused for another meaning.  Areas: E01 syntax, E02 names and declarations,
E03 types, E04 flow and assignment, E05 patterns, E09 limits and what is not
supported; W01 syntax warnings, W02 warnings of the checker.
"""

from __future__ import annotations

from importlib import import_module

from compiler.diagnostics.model import Severity
from compiler.records import structural

# Modules of `compiler.diagnostics.catalogue`; each has a tuple CODES.
CATALOGUE = ("syntax", "names", "declarations", "types", "flow", "system", "limits")


@structural
class Code:
    """A kind of finding: ``wrong`` is a program that has it, ``right`` the same one corrected."""

    code: str
    title: str
    text: str
    wrong: str
    right: str

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.code.startswith("W") else Severity.ERROR

    @property
    def explanation(self) -> str:
        """The long text, with both examples where there are any."""
        parts = [f"{self.severity.value}[{self.code}]: {self.title}", self.text.strip()]
        if self.wrong:
            parts.append(f"Wrong:\n\n{_indented(self.wrong)}")
        if self.right:
            parts.append(f"Right:\n\n{_indented(self.right)}")
        return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))


def _load() -> dict[str, Code]:
    found: dict[str, Code] = {}
    for name in CATALOGUE:
        for code in import_module(f"compiler.diagnostics.catalogue.{name}").CODES:
            assert code.code not in found, f"{code.code} is registered twice"
            found[code.code] = code
    return dict(sorted(found.items()))


_LOADED: dict[str, Code] = {}


def all_codes() -> dict[str, Code]:
    """Return every registered code by its name, in order."""
    if not _LOADED:
        _LOADED.update(_load())
    return dict(_LOADED)


def explain(code: str) -> str | None:
    """Return the long text of ``code``, in either case, or None if there is no such code."""
    entry = all_codes().get(code.strip().upper())
    return None if entry is None else entry.explanation
