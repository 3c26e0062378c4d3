"""What a run of the benchmarks was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Options(NamedTuple):
    """The options of the command line; empty lists stand for everything."""

    quick: bool = False
    least: bool = False
    programs: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    plot: Path | None = None
