"""What control groups grant of the processors, as both versions of Linux' control groups say it."""

from __future__ import annotations

from pathlib import Path

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native import cores as cores_module
from pvm.engines.native.cores import granted
from pvm.engines.native.jit import background as background_module
from pvm.engines.native.program import PATIENCE, PATIENCE_ON_ONE_CORE, PATIENCE_RATIONED, TRIES, Program


def groups(folder: Path, membership: str, files: dict[str, str]) -> float:
    """What a process is granted whose groups are these, with these files."""
    (folder / "cgroup").write_text(membership)
    for name, text in files.items():
        path = folder / "mount" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return granted(str(folder / "cgroup"), str(folder / "mount"))


@pytest.mark.parametrize(
    ("membership", "files", "wanted"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, float("inf")),
        ("0::/\n", {}, float("inf")),
        ("0::/a/b\n", {"a/cpu.max": "50000 100000\n", "a/b/cpu.max": "max 100000\n"}, 0.5),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "400000 100000\n"}, 3.0),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.0),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, float("inf")),
        # A container sees its own group where the host's path is not to be found.
        (
            "2:memory:/x\n1:cpu,cpuacct:/docker/1\n",
            {"cpu,cpuacct/cpu.cfs_quota_us": "20000\n", "cpu,cpuacct/cpu.cfs_period_us": "10000\n"},
            2.0,
        ),
        ("1:memory:/\n", {"cpu/cpu.cfs_quota_us": "1\n", "cpu/cpu.cfs_period_us": "100000\n"}, float("inf")),
        ("0::/\n", {"cpu.max": "1 0\n"}, float("inf")),
        ("0::/\n", {"cpu.max": "nonsense\n"}, float("inf")),
    ],
)
def test_what_is_granted(membership: str, files: dict[str, str], wanted: float, tmp_path: Path) -> None:
    assert groups(tmp_path, membership, files) == wanted


@pytest.mark.parametrize(
    ("cores", "rationed", "patience"),
    [(True, False, PATIENCE), (False, False, PATIENCE_ON_ONE_CORE), (True, True, PATIENCE_RATIONED)],
)
def test_a_program_that_shares_its_time_with_the_worker_waits_longer(
    cores: bool, rationed: bool, patience: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(cores_module, "is_rationed", lambda: rationed)
    monkeypatch.setattr(cores_module, "has_cores", lambda: cores)
    monkeypatch.setattr(Program, "aside", lambda program, _: begun.append(program._looks))
    module = pvm.Module(compile_source("fun main() {}", name="rationed.peb"))
    with pvm.Instance(module, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        for _ in range(PATIENCE_RATIONED + TRIES - 1):
            assert not machine.program.is_time_to_compile(machine._code)
    assert begun == list(range(patience, PATIENCE_RATIONED + TRIES, TRIES))


def test_on_one_core_the_worker_gives_way_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "has_cores", lambda: False)
    assert background_module.Background().compiler.niceness == background_module.NICENESS_ON_ONE_CORE
    monkeypatch.setattr(background_module, "has_cores", lambda: True)
    assert background_module.Background().compiler.niceness == background_module.NICENESS
