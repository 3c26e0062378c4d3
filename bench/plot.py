"""A dot plot as SVG: one row a program, one mark a case, on a logarithmic axis of ratios."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from pathlib import Path

Ratios = Mapping[str, Mapping[str, float | None]]

LEFT, RIGHT, ROW = 140, 40, 24
WIDTH = 960
LEGEND_COLUMNS = 5
FONT = 'font-family="system-ui, sans-serif" font-size="13"'
INK, GRID, PAPER = "#222222", "#dddddd", "#ffffff"
# Okabe and Ito's colours, which also those see apart who do not see all colours.
COLOURS = ("#d55e00", "#cc79a7", "#e69f00", "#0072b2", "#009e73", "#56b4e9", "#000000", "#8c6d31", "#999999", "#7b4ea3")


def write_plot(path: Path, ratios: Ratios, title: str) -> None:
    """Write the plot of some ratios; the last row is set apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plot(ratios, title), encoding="utf-8")


def plot(ratios: Ratios, title: str) -> str:
    """The plot as the text of an SVG file."""
    cases = list(dict.fromkeys(case for row in ratios.values() for case in row))
    values = [value for row in ratios.values() for value in row.values() if value]
    axis = Axis(min(values, default=1.0), max(values, default=1.0))
    top = 62 + 22 * math.ceil(len(cases) / LEGEND_COLUMNS)
    height = top + ROW * len(ratios) + 42
    body = [
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        text(LEFT, 26, title, size=16, weight="bold"),
        *legend(cases),
        *axis.lines(top, top + ROW * len(ratios)),
    ]
    for index, (name, row) in enumerate(ratios.items()):
        y = top + ROW * index + ROW / 2
        is_last = index == len(ratios) - 1
        if is_last:
            body.append(line(LEFT, y - ROW / 2, WIDTH - RIGHT, y - ROW / 2, INK))
        body.append(text(LEFT - 10, y + 4, name, anchor="end", weight="bold" if is_last else "normal"))
        body += [mark(axis.at(value), y, place, cases[place]) for place, value in placed(cases, row)]
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" {FONT}>'
    return "\n".join([opening, *body, "</svg>", ""])


def placed(cases: list[str], row: Mapping[str, float | None]) -> list[tuple[int, float]]:
    """The marks of a row, those of PVM last and so on top."""
    found = [(place, value) for place, case in enumerate(cases) if (value := row.get(case))]
    return sorted(found, key=lambda item: is_ours(cases[item[0]]))


def is_ours(case: str) -> bool:
    """Whether a case is a tier of PVM."""
    return case.startswith("pvm ")


class Axis:
    """A logarithmic axis that includes 1."""

    def __init__(self, least: float, most: float) -> None:
        self.low = math.log10(min(least, 1.0)) - 0.08
        self.high = math.log10(max(most, 1.0)) + 0.08

    def at(self, value: float) -> float:
        """The place of a value."""
        return LEFT + (math.log10(value) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        """Round numbers on the axis: 1, 2 and 5 times the powers of ten, or the powers alone if these are many."""
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        factors = (1, 2, 5) if self.high - self.low < 3.5 else (1,)
        found = [factor * 10.0**power for power in powers for factor in factors]
        return [tick for tick in found if self.low <= math.log10(tick) <= self.high]

    def lines(self, top: float, bottom: float) -> list[str]:
        """The grid and its numbers."""
        body = []
        for tick in self.ticks():
            x = self.at(tick)
            body.append(line(x, top, x, bottom, INK if tick == 1.0 else GRID))
            body.append(text(x, bottom + 20, f"{tick:g}", anchor="middle"))
        return body


def legend(cases: list[str]) -> list[str]:
    """A mark and a name for each case."""
    body = []
    for place, case in enumerate(cases):
        x = LEFT + 8 + place % LEGEND_COLUMNS * ((WIDTH - LEFT - RIGHT) / LEGEND_COLUMNS)
        y = 50 + 22 * (place // LEGEND_COLUMNS)
        body += [mark(x, y, place, case), text(x + 12, y + 4, case)]
    return body


def mark(x: float, y: float, place: int, case: str) -> str:
    """A diamond for a tier of PVM, a circle for a peer."""
    colour = COLOURS[place % len(COLOURS)]
    name = f"<title>{escape(case)}</title>"
    if is_ours(case):
        points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in ((0, -8), (8, 0), (0, 8), (-8, 0)))
        return f'<polygon points="{points}" fill="{colour}" stroke="{PAPER}">{name}</polygon>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" fill-opacity="0.85">{name}</circle>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    """A thin line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 13, weight: str = "normal") -> str:
    """Some words."""
    style = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{INK}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
