"""Run a command and write what it used to a descriptor: highest resident size in KiB, seconds of CPU and wall time.

A process of its own, started without PVM: the system counts the size of the process that starts another towards the
other's highest, and this one is small.  Its own size is the least that can be seen.
"""

from __future__ import annotations

import os
import sys
import time

REAL_TIME = "real-time"


def take_precedence(how: str) -> None:
    """Run before other jobs: by niceness, of the process and of its session, or in real time.

    By niceness the system weighs sessions against each other, and leaves a program and the process that compiles for it
    on one core while others keep the second one busy.  In real time what runs has each of the cores at once, as on a
    machine with nothing else to do, but whoever keeps one busy is held up for a twentieth of each second.  On a single
    core it would be all the time that the other process gets.
    """
    if how == REAL_TIME and len(os.sched_getaffinity(0)) > 1:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except PermissionError:  # some containers
            pass
        else:
            return
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    with open("/proc/self/autogroup", "w", encoding="ascii") as group:  # noqa: PTH123 - pathlib makes us larger
        group.write("-20")


def main() -> int:
    descriptor, command = int(sys.argv[1]), sys.argv[2:]
    precedence = os.environ.get("PVM_BENCH_FIRST")
    if precedence:
        take_precedence(precedence)
    started = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - started
    size = usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss
    os.write(descriptor, f"{size} {usage.ru_utime + usage.ru_stime} {wall}".encode())
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


sys.exit(main())
