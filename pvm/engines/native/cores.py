"""How many processors this process may keep busy: those that it may run on, and what its control groups grant."""

from __future__ import annotations

import os

_GROUPS, _MOUNT = "/proc/self/cgroup", "/sys/fs/cgroup"
_UNLIMITED = float("inf")


def has_cores() -> bool:
    """Whether this process may use more than one core."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) > 1


def is_rationed() -> bool:
    """Whether all threads and children together get less than the time of two processors, as in many containers.

    Niceness is of no use there: what a child uses, the others do not get.
    """
    return granted() < 2.0


def granted(groups: str = _GROUPS, mount: str = _MOUNT) -> float:
    """Processors that the control groups of this process, and those around them, grant; infinity without a limit."""
    least = _UNLIMITED
    for line in _text(groups).splitlines():
        _, controllers, path = line.split(":", 2)
        folders = [mount] if not controllers else [f"{mount}/{controllers}", f"{mount}/cpu"]
        if controllers and "cpu" not in controllers.split(","):
            continue
        while True:
            least = min([least, *(_limit(folder + path.rstrip("/")) for folder in folders)])
            if path in {"", "/"}:
                break
            path = os.path.dirname(path)  # noqa: PTH120 - pathlib is not loaded on the way to a run
    return least


def _limit(folder: str) -> float:
    """The limit of one group, by either version of control groups."""
    older = (f"{folder}/cpu.cfs_quota_us", f"{folder}/cpu.cfs_period_us")
    words = (_text(f"{folder}/cpu.max") or "".join(map(_text, older))).split()
    if len(words) != 2 or not (words[0].isdecimal() and words[1].isdecimal()) or words[1] == "0":
        return _UNLIMITED  # "max" of the one, -1 of the other, or there is no such file
    return int(words[0]) / int(words[1])


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return ""
