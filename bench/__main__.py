"""``python -m bench [--quick] [--only GROUP]``: measure, print tables, write ``bench/results.json``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tabulate import tabulate

from bench import compiling, embedding, engines, growth, large, startup
from bench.report import Table, machine, render, write_json
from bench.timing import pin

RESULTS = Path(__file__).parent / "results.json"
GROUPS: dict[str, Callable[[bool], list[Table]]] = {
    "startup": startup.tables,
    "compiling": compiling.tables,
    "large": large.tables,
    "engines": engines.tables,
    "growth": growth.tables,
    "embedding": embedding.tables,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure PVM.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller inputs: under 30 seconds")
    parser.add_argument("--only", choices=GROUPS, action="append", help="one group; may be repeated")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the JSON goes")
    options = parser.parse_args()
    about = machine(pin())
    print(tabulate(about.items(), tablefmt="plain"), "\n")
    tables: list[Table] = []
    for name in options.only or GROUPS:
        for table in GROUPS[name](options.quick):
            print(render(table), flush=True)
            tables.append(table)
    write_json(options.output, about, tables)


main()
