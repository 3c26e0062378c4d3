"""What the benchmarks found: rows for people, the same numbers for programs, the machine they are from."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tabulate import tabulate


class Row(NamedTuple):
    """One figure: ``unit`` is the unit of ``value``; ``against`` is the ratio to the base of its table."""

    name: str
    value: float | None
    unit: str
    against: float | None = None
    note: str = ""


class Table(NamedTuple):
    """The figures of one subject; ``base`` says what the ratios are to."""

    title: str
    rows: Sequence[Row]
    base: str = ""

    def render(self) -> str:
        """The table as text; columns in which nothing stands are left out."""
        columns = {
            "": ("left", [row.name for row in self.rows]),
            "median": ("right", [figure(row) for row in self.rows]),
            f"x {self.base}": ("right", ["" if row.against is None else f"{row.against:.2f}" for row in self.rows]),
            " ": ("left", [row.note for row in self.rows]),
        }
        shown = {header: column for header, column in columns.items() if any(column[1])}
        body = tabulate(
            {header: cells for header, (_, cells) in shown.items()},
            headers="keys",
            colalign=[side for side, _ in shown.values()],
            disable_numparse=True,
        )
        return f"{self.title}\n\n{body}\n"

    def data(self) -> dict[str, object]:
        """The table for a program."""
        return {"base": self.base, "rows": [row._asdict() for row in self.rows]}


class Grid(NamedTuple):
    """Figures of one unit by row and column; ``notes`` says what is missing and why."""

    title: str
    unit: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[float | None]]]
    notes: Sequence[str] = ()

    def render(self) -> str:
        """The grid as text, with the notes below; without rows the notes alone."""
        notes = "".join(f"{note}\n" for note in self.notes)
        if not self.rows:
            return f"{self.title}\n\n{notes}"
        body = tabulate(
            [[name, *map(cell, values)] for name, values in self.rows],
            headers=[self.unit, *self.columns],
            colalign=["left", *["right"] * len(self.columns)],
            disable_numparse=True,
        )
        return f"{self.title}\n\n{body}\n{notes}"

    def data(self) -> dict[str, object]:
        """The grid for a program."""
        rows = {name: dict(zip(self.columns, values, strict=True)) for name, values in self.rows}
        return {"unit": self.unit, "rows": rows, "notes": list(self.notes)}


Section = Table | Grid


def cell(value: float | None) -> str:
    """A figure of a grid."""
    return "-" if value is None else f"{value:,.{digits(value)}f}"


def figure(row: Row) -> str:
    """The value with its unit, about three figures long."""
    return "" if row.value is None else f"{row.value:,.{digits(row.value)}f} {row.unit}"


def digits(value: float) -> int:
    """Decimals that show about three figures."""
    return 0 if value >= 100 else 1 if value >= 10 else 2


def machine(cores: Sequence[int], *, first: bool) -> dict[str, str]:
    """What the figures depend on."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "pinned to": " ".join(f"core {core}" for core in cores) or "nothing",
        "asked to run first": "yes" if first else "no",
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def processor() -> str:
    """The name of the CPU, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write_json(path: Path, about: dict[str, str], sections: Sequence[Section]) -> None:
    """Write everything for a program to compare."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {section.title: section.data() for section in sections}
    path.write_text(json.dumps({"machine": about, "tables": found}, indent=2) + "\n", encoding="utf-8")
