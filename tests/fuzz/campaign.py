"""A long run: worker processes take cases, the parent counts outcomes and outlives whatever a case does.

A worker tells which case it is at before it starts it, so a crash or a hang of the process is a
finding with a case like any other; the rest of its batch goes back to the queue.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from pvm.engines.native.interpreter.loading import interpreter_code
from tests.fuzz import corpus
from tests.fuzz.cases import ON_ENGINES, Case, Finding, run_case, save_input

BATCH = 40
HANG_SECONDS = 180.0
"""Wall time without progress after which a worker is ended."""
DATA_SPACE = 4 << 30
CAGES = 1 << 40
"""More of it where the native engine runs: a cage counts as a whole, however little is used."""
KEPT_PER_SYMPTOM = 3


@dataclass(slots=True)
class Tally:
    """What a campaign found so far."""

    labels: dict[str, Counter[str]] = field(default_factory=dict)
    details: Counter[str] = field(default_factory=Counter)
    symptoms: Counter[str] = field(default_factory=Counter)
    kept: list[Finding] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    peak_memory: int = 0

    @property
    def cases(self) -> int:
        return sum(counter.total() for counter in self.labels.values())

    def add(self, case: Case, label: str, details: Iterable[str], finding: Finding | None, seconds: float) -> None:
        self.labels.setdefault(case.kind, Counter())[label] += 1
        if finding is None:
            self.details.update(details)
        else:
            self.symptoms[finding.symptom] += 1
            if self.symptoms[finding.symptom] <= KEPT_PER_SYMPTOM:
                self.kept.append(finding)
        self.slowest = max(self.slowest, (seconds, str(case)))

    def merge(self, other: Tally) -> None:
        for kind, counter in other.labels.items():
            self.labels.setdefault(kind, Counter()).update(counter)
        self.details.update(other.details)
        for finding in other.kept:
            if sum(each.symptom == finding.symptom for each in self.kept) < KEPT_PER_SYMPTOM:
                self.kept.append(finding)
        self.symptoms.update(other.symptoms)
        self.slowest = max(self.slowest, other.slowest)
        self.peak_memory = max(self.peak_memory, other.peak_memory)


def run_cases(cases: Iterable[Case], current: Any = None) -> Tally:
    """Run cases in this process."""
    tally = Tally()
    for place, case in enumerate(cases):
        if current is not None:
            current.value = place
        start = time.process_time()
        result = run_case(case)
        tally.add(case, result.label, result.details, result.finding, time.process_time() - start)
    tally.peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return tally


def _work(connection: Connection, current: Any, data_space: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_DATA, (data_space, data_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while batch := connection.recv():
        connection.send(run_cases(batch, current))


class Worker:
    """A child process and the batch that it is at."""

    def __init__(self, data_space: int = DATA_SPACE) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, child = context.Pipe()
        self.current = context.Value("l", 0, lock=False)
        self.process = context.Process(target=_work, args=(child, self.current, data_space), daemon=True)
        self.process.start()
        child.close()
        self.batch: list[Case] = []
        self.place = 0
        self.since = time.monotonic()

    def give(self, batch: list[Case]) -> None:
        self.batch = batch
        self.current.value = self.place = 0
        self.since = time.monotonic()
        self.connection.send(batch)

    def is_stuck(self) -> bool:
        """Whether it has been at one case for too long."""
        if self.current.value != self.place:
            self.place, self.since = self.current.value, time.monotonic()
        return bool(self.batch) and time.monotonic() - self.since > HANG_SECONDS

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class Campaign:
    """Runs cases on several processes."""

    def __init__(self, cases: Iterable[Case], jobs: int, *, show_progress: bool, folder: Path | None = None) -> None:
        self.waiting = deque(cases)
        self.total = len(self.waiting)
        self.tally = Tally()
        self.start = time.monotonic()
        self.show_progress = show_progress
        self.folder = folder
        self.saved = 0
        corpus.written_modules()  # shared by the children
        self.data_space = DATA_SPACE
        if any(case.kind.startswith(ON_ENGINES) for case in self.waiting):
            interpreter_code()
            self.data_space += CAGES
        self.workers = [Worker(self.data_space) for _ in range(max(1, min(jobs, (self.total + BATCH - 1) // BATCH)))]

    def run(self) -> Tally:
        """Run everything, or until it is interrupted; findings are written as they come."""
        try:
            for worker in self.workers:
                self.feed(worker)
            while any(worker.batch for worker in self.workers):
                self.step()
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
        finally:
            for worker in self.workers:
                worker.end()
            if self.show_progress:
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        return self.tally

    def step(self) -> None:
        """Wait a little and deal with whoever is done, dead or stuck."""
        ready = wait([worker.connection for worker in self.workers if worker.batch], timeout=1.0)
        for worker in list(self.workers):
            if worker.connection in ready:
                try:
                    self.tally.merge(worker.connection.recv())
                    self.feed(worker)
                except (EOFError, ConnectionResetError):
                    worker.process.join()
                    self.replace(worker, f"the process died with {worker.process.exitcode}")
            elif worker.is_stuck():
                self.replace(worker, f"no progress for {HANG_SECONDS:.0f} seconds")
        if self.folder is not None:
            for finding in self.tally.kept[self.saved :]:
                save_finding(finding, self.folder)
            self.saved = len(self.tally.kept)
        if self.show_progress:
            self.progress()

    def feed(self, worker: Worker) -> None:
        batch = [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]
        if batch:
            worker.give(batch)
        else:
            worker.batch = []

    def replace(self, worker: Worker, what: str) -> None:
        """Note the case that ended a worker; those before it in its batch are run again, it is not."""
        place = worker.current.value
        case = worker.batch[place]
        rest = worker.batch[:place] + worker.batch[place + 1 :]
        worker.end()
        self.tally.add(case, "finding", (), Finding(case, f"process: {what}", f"{case}: {what}"), 0.0)
        self.waiting.extendleft(reversed(rest))
        fresh = Worker(self.data_space)
        self.workers[self.workers.index(worker)] = fresh
        self.feed(fresh)

    def progress(self) -> None:
        done, seconds = self.tally.cases, time.monotonic() - self.start
        rate = done / seconds if seconds else 0.0
        found = self.tally.symptoms.total()
        line = f"{done:,} of {self.total:,} cases, {rate:.0f} a second, {found} findings"
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def save_finding(finding: Finding, folder: Path) -> None:
    """Write the report and the input of a finding."""
    report = folder / f"{finding.case.kind}-{finding.case.number}.report"
    report.write_text(
        f"{finding.symptom}\n{repeat_command(finding.case)}\n\n{finding.report}\n",
        encoding="utf-8",
        errors="backslashreplace",
    )
    if not finding.symptom.startswith("process"):
        save_input(finding.case, folder)


def repeat_command(case: Case) -> str:
    """The command that runs a case again."""
    return f"python -m tests.fuzz --case {case}"
