"""Texts made of the tokens of a program with other white space and comments between them."""

from __future__ import annotations

from collections.abc import Callable

from compiler.diagnostics import Diagnostics
from compiler.syntax.scanner import scan
from compiler.syntax.source import SourceFile

# Draws a number from 0 up to but not including its argument.
Draw = Callable[[int], int]


def respaced(text: str, draw: Draw, *, comments: bool) -> str:
    """Return ``text`` with each gap between two tokens drawn anew; it may be another program, or none."""
    raw = scan(SourceFile("respaced.peb", text), Diagnostics())
    parts: list[str] = []
    end = strings = counter = 0
    brackets: list[str] = []
    for kind, start, stop in zip(raw.kinds, raw.starts, raw.ends, strict=True):
        if kind == "NEWLINE":
            continue
        if strings:
            parts.append(text[end:start])
        elif parts:
            counter += 1
            inside = bool(brackets) and brackets[-1] in "(["
            parts.append(_gap(text[end:start], draw, counter if comments else 0, inside=inside))
        strings += (kind == "TEMPLATE_START") - (kind == "TEMPLATE_END")
        if kind in ("(", "[", "{"):
            brackets.append(kind)
        elif kind in (")", "]", "}") and brackets:
            brackets.pop()
        parts.append(text[start:stop])
        end = stop
    return "".join(parts)


def _gap(gap: str, draw: Draw, number: int, *, inside: bool) -> str:
    if "//" in gap or "/*" in gap:
        return gap
    if "\n" in gap:
        lines = "\n" * (1 + draw(3))
        match draw(8) if number else 0:
            case 1:
                return f" // c{number}{lines}"
            case 2:
                return f"\n{' ' * draw(9)}// c{number}{lines}"
            case 3:
                return f" /* c{number} */{lines}"
            case 4:
                return f"\n/* c{number}\n   * more */{lines}{' ' * draw(9)}"
            case 5:
                return f" // c{number}\n\n// d{number}{lines}/* e{number} */ "
            case _:
                return lines + " " * draw(9)
    if inside:
        match draw(16 if number else 8):
            case 0:
                return "\n" * (1 + draw(2)) + " " * draw(5)
            case 8:
                return f" // c{number}\n"
            case 9:
                return f"\n  // c{number}\n"
    if number and not draw(12):
        return f" /* c{number} */ " if gap or inside else gap
    return " " * (1 + draw(3)) if gap else gap
