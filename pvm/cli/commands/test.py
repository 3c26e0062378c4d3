"""``pvm test``: run the ``test`` blocks of Pebble files."""

from __future__ import annotations

import sys
import time
from collections import Counter

import click

from pvm.cli.commands.run import DurationType, SizeType
from pvm.cli.files import has_colours
from pvm.cli.running import trace_lines
from pvm.cli.status import Status, print_error
from pvm.cli.testing import Conditions, Result, Suite, compile_file, find_files, run_test
from pvm.embed.limits import Limits
from pvm.errors import CompileError

SLOW_SECONDS = 1.0
"""A test that takes longer gets its time shown."""

EPILOG = """\b
Examples:
  pvm test                               every test below this folder
  pvm test shapes.peb lib                those of a file and of a folder
  pvm test --filter "empty list"         those whose name has this text
\b
A test is a block at the top level of a file:
  test "a half is rounded down" {
      assert half(7) == 3
      assert half(-7) == -3, "negative numbers go towards zero"
  }
\b
Exit status:
  0      every test passed, or there are none
  1      a test failed
  125    a file with tests does not compile
"""


@click.command("test", epilog=EPILOG)
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER]...")
@click.option("--filter", "text", default="", metavar="TEXT", help="Only tests whose name contains TEXT.")
@click.option("--timeout", type=DurationType(), default="60s", show_default=True, help="Wall time for each test.")
@click.option("--memory", type=SizeType(), default="256M", show_default=True, help="Memory for each test's objects.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random numbers that tests see.")
def command(files: tuple[str, ...], text: str, timeout: str, memory: str, seed: int) -> int:
    """Run the tests in FILES and in the .peb files below folders, by default this one.

    Each test runs by itself, in a fresh instance under the limits, without files or input. What it
    prints is shown if it fails, with the place, both sides of the comparison, and the stack trace.
    Imports are found in the nearest folder above the file that has a main.peb, else beside the file.
    """
    options = Conditions(Limits(memory=memory, timeout=timeout), seed, text)
    report = Report()
    for file in find_files(files or ["."]):
        _run_file(file, options, report)
    return report.finish(", ".join(files) or "this folder", text)


def _run_file(file: Suite, options: Conditions, report: Report) -> None:
    try:
        compiled = compile_file(file)
    except CompileError as error:
        report.refused(error)
        return
    if compiled is None:
        return
    module, cases = compiled
    chosen = [case for case in cases if options.filter in case.name]
    report.skip(len(cases) - len(chosen))
    if chosen:
        report.begin(file)
    for case in chosen:
        report.add(file, run_test(module, case, file, options))


class Report:
    """Prints results as they come, and counts them."""

    def __init__(self) -> None:
        self._colour = has_colours(sys.stdout)
        self._count: Counter[str] = Counter()
        self._started = time.perf_counter()

    def begin(self, file: Suite) -> None:
        """Say whose tests follow."""
        self._print(click.style(file.name, bold=True))

    def skip(self, count: int) -> None:
        """Count tests that the filter left out."""
        self._count["skipped"] += count

    def refused(self, error: CompileError) -> None:
        """Show why a file does not compile."""
        self._count["refused"] += 1
        print_error(error.rendered.rstrip("\n"))

    def add(self, file: Suite, result: Result) -> None:
        """Show how a test ended."""
        from compiler.diagnostics.render import visible

        took = f" ({result.seconds:.1f} s)" if result.seconds > SLOW_SECONDS else ""
        name = visible(result.case.name)
        failure = result.failure
        if failure is None:
            self._count["passed"] += 1
            self._print(f"  {click.style('ok', fg='green')}      {name}{took}")
            return
        self._count["failed"] += 1
        place = click.style(f"{file.name}:{failure.line}", fg="cyan")
        self._print(f"  {click.style('FAILED', fg='red', bold=True)}  {name}{took}")
        self._print(f"    {place}: " + "\n    ".join(visible(line) for line in failure.message.split("\n")))
        for line in trace_lines(failure.frames):
            self._print(f"  {line}")
        if failure.output:
            self._print("    it printed:")
            for line in failure.output.rstrip("\n").split("\n"):
                self._print(f"      | {visible(line)}")

    def finish(self, where: str, text: str) -> int:
        """Print the summary and give the exit status."""
        count = self._count
        if not count["passed"] and not count["failed"]:
            if count["skipped"]:
                print_error(f"pvm: none of the {count['skipped']} tests in {where} has {text!r} in its name")
            elif not count["refused"]:
                print_error(f'pvm: no tests in {where}; a test is a block: test "name" {{ assert ... }}')
        else:
            self._print(self._summary())
        if count["refused"]:
            return Status.USAGE
        return 1 if count["failed"] else 0

    def _summary(self) -> str:
        count = self._count
        parts = [click.style(f"{count['passed']} passed", fg="green")]
        if count["failed"]:
            parts.append(click.style(f"{count['failed']} failed", fg="red", bold=True))
        if count["skipped"]:
            parts.append(f"{count['skipped']} left out")
        if count["refused"]:
            what = "1 file does not compile" if count["refused"] == 1 else f"{count['refused']} files do not compile"
            parts.append(click.style(what, fg="red", bold=True))
        return f"\n{', '.join(parts)} in {time.perf_counter() - self._started:.1f} s"

    def _print(self, text: str) -> None:
        click.echo(text, color=self._colour)
