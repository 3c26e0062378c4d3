"""Options and fixtures that every test folder shares.

One corpus runs on every engine: a test that takes ``engine`` runs once for each name in ``ENGINES``, a test that takes
``engines`` gets all selected names at once and compares them.  ``jit`` compiles each function before it is entered, as
``EAGER`` says; compiled code is kept in the cache of the user, so the first run takes longer.  A test that needs an
outside program asks ``tool`` for it; where the program is missing the test is not run, and the end of the report says
so.
"""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit import background as background_module

ENGINES = ("reference", "interpreter", "jit")
NOT_RUN = "not run: "
EAGER = Debug(eager=True, speed=0)
"""LLVM optimises nothing here: mistakes of the translation show all the same, and it takes an eighth of the time."""

settings.register_profile("deterministic", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("fuzz", derandomize=False, deadline=None, max_examples=10_000, print_blob=True)
settings.load_profile("deterministic")  # --hypothesis-profile=fuzz overrides it, see `make fuzz`


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sampled(stride): on the JIT one of so many cases, more with --fuzz-factor")
    # A shell lets its background jobs ignore Ctrl-C, and so do all that they start: tests of it would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pvm")
    group.addoption("--bless", action="store_true", help="write golden and generated files anew")
    group.addoption(
        "--engine", action="append", choices=ENGINES, help="run on this engine only (repeatable; default: every engine)"
    )
    group.addoption("--fuzz-factor", type=int, default=1, metavar="N", help="multiply the rounds of every fuzz test")
    group.addoption("--fuzz-seed", type=int, default=1, metavar="N", help="first seed of the fuzz tests")


def selected_engines(config: pytest.Config) -> tuple[str, ...]:
    chosen = config.getoption("--engine")
    return tuple(name for name in ENGINES if not chosen or name in chosen)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", selected_engines(metafunc.config))


@pytest.fixture(autouse=True)
def compiled_eagerly(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the JIT compile everything in the tests that take ``engine``."""
    if "engine" in request.fixturenames and request.getfixturevalue("engine") == "jit":
        with debugging(EAGER):
            yield
    else:
        yield


def end_background() -> None:
    """End what earlier tests left to the worker: it would be kept in the cache of whatever test runs by then."""
    for background in background_module._background:
        background.close()
        background.wait()
    background_module._background.clear()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a cache that nothing is in yet, and nobody else writes to."""
    end_background()
    monkeypatch.setenv("PVM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ``sampled`` says of tests whose programs take long to compile."""
    counts: Counter[str] = Counter()
    left_out = [item for item in items if isinstance(item, pytest.Function) and not in_sample(item, counts)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def in_sample(item: pytest.Function, counts: Counter[str]) -> bool:
    marker = item.get_closest_marker("sampled")
    if marker is None or item.callspec.params.get("engine") != "jit":
        return True
    name = f"{item.path}::{item.originalname}"
    counts[name] += 1
    stride = max(marker.args[0] // item.config.getoption("--fuzz-factor"), 1)
    return (counts[name] - 1) % stride == 0


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The selected engines, for tests that compare them."""
    return selected_engines(request.config)


@pytest.fixture(scope="session")
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written; hand-written marks are checked first, and never blessed."""
    return bool(request.config.getoption("--bless"))


@pytest.fixture(scope="session")
def fuzz_factor(request: pytest.FixtureRequest) -> int:
    """The number by which a fuzz test multiplies its usual rounds."""
    return int(request.config.getoption("--fuzz-factor"))


@pytest.fixture(scope="session")
def fuzz_seed(request: pytest.FixtureRequest) -> int:
    """The first seed of a fuzz test, which counts upwards from it and prints the seed that failed."""
    return int(request.config.getoption("--fuzz-seed"))


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Return the path of an outside program by name, or leave the test with ``not run: NAME``."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            print(f"{NOT_RUN}{name}")
            pytest.skip(f"{NOT_RUN}{name}")
        return path

    return find


def not_run(reports: list[pytest.TestReport]) -> Counter[str]:
    """Count, by name of the missing program, the tests that were left for want of it."""
    missing: Counter[str] = Counter()
    for report in reports:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _, found, name = reason.partition(NOT_RUN)
        if found:
            missing[name] += 1
    return missing


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, count in sorted(not_run(terminalreporter.stats.get("skipped", [])).items()):
        terminalreporter.write_line(f"{NOT_RUN}{name} ({count} test{'s' if count > 1 else ''} left out)", yellow=True)
