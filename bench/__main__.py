"""``python -m bench``: measure PVM and its peers, print tables, write them as JSON, draw a plot."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tabulate import tabulate

from bench import (
    collector,
    compiling,
    embedding,
    growth,
    heap,
    large,
    latency,
    limits,
    linux,
    programs,
    startup,
    switching,
    warmup,
)
from bench.options import Options
from bench.peers import BUILD, PEERS, TIERS, present_peers, version_of
from bench.report import Section, machine, write_json
from bench.running import FIRST, NICE
from bench.suite import SUITE
from bench.timing import pin

GROUPS: dict[str, Callable[[Options], list[Section]]] = {
    "programs": programs.tables,
    "startup": startup.tables,
    "compiling": compiling.tables,
    "large": large.tables,
    "growth": growth.tables,
    "collector": collector.tables,
    "heap": heap.tables,
    "switching": switching.tables,
    "warmup": warmup.tables,
    "limits": limits.tables,
    "latency": latency.tables,
    "embedding": embedding.tables,
    "linux": linux.tables,
}


def names(known: list[str]) -> Callable[[str], tuple[str, ...]]:
    """The type of an option that takes some names, with commas between them."""

    def parsed(text: str) -> tuple[str, ...]:
        chosen = tuple(name.strip() for name in text.split(","))
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of: {', '.join(known)}")
        return chosen

    return parsed


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure PVM and its peers on this machine. Peers that are not installed are left out.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        "  python -m bench --quick                                        everything, in a few minutes\n"
        "  python -m bench --only programs --tiers interpreter            one engine against all peers\n"
        "  python -m bench --only programs --programs richards,json --peers java,CPython\n"
        "groups: " + ", ".join(GROUPS) + "\nprograms:\n"
        + "".join(f"  {program.name:14}{program.about}\n" for program in SUITE),
    )  # fmt: skip
    program_names = [program.name for program in SUITE]
    peer_names = [peer.case.name for peer in PEERS]
    of_peers = f"of {', '.join(peer_names)}"
    made.add_argument("--quick", action="store_true", help="smaller sizes, fewer rounds")
    made.add_argument("--least", action="store_true", help="quote the fastest iteration, for a machine with other jobs")
    made.add_argument("--only", choices=GROUPS, action="append", help="one group; may be repeated")
    made.add_argument("--programs", type=names(program_names), default=(), metavar="NAMES", help="some programs")
    made.add_argument("--tiers", type=names(list(TIERS)), default=(), metavar="NAMES", help=f"of {', '.join(TIERS)}")
    made.add_argument("--peers", type=names(peer_names), default=(), metavar="NAMES", help=of_peers)
    made.add_argument("--cores", type=int, default=2, help="how many cores everything shares [2]")
    made.add_argument("--first", action="store_true", help="run programs before other jobs (for root, on Linux)")
    made.add_argument("--output", type=Path, default=BUILD / "results.json", help="where the JSON goes")
    made.add_argument("--plot", type=Path, default=BUILD / "programs.svg", help="where the plot goes")
    return made


def main() -> None:
    line = parser()
    given = line.parse_args()
    if given.first and (sys.platform != "linux" or os.geteuid()):
        line.error("--first needs Linux and root")
    if given.first:
        os.environ[FIRST] = NICE
    # Python keeps byte code unless somebody asks it not to, which few do: without it half of a start is compiling PVM.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    options = Options(given.quick, given.least, given.programs, given.tiers, given.peers, given.plot)
    about = machine(pin(given.cores), first=given.first)
    about |= {peer.case.name: version_of(peer) for peer in present_peers(options.peers)[0]}
    print(tabulate(about.items(), tablefmt="plain"), "\n")
    sections: list[Section] = []
    for name in given.only or GROUPS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        for section in GROUPS[name](options):
            print(section.render(), flush=True)
            sections.append(section)
    write_json(given.output, about, sections)
    print(f"wrote {given.output}", file=sys.stderr)


main()
