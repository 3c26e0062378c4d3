"""Linked programs: a run of what is kept is a run of the module, and nothing else is ever taken from the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

import pvm
from pvm import user_cache
from pvm.engines.native import checked, linked
from pvm.engines.native.translation import Translation
from pvm.errors import Exhaustion, Trap, VerifyError
from tests.lang.program import LIMITS, compiled, expected, programs

CORPUS = Path(__file__).resolve().parents[2] / "lang"
SAMPLE = programs(CORPUS)[::9]
COUNTING = """
@export fun small(n: Int) -> Int = n + 1

@export fun large(n: Int) -> Int {
    let kept = [n, small(n)]
    return kept[0] * kept[1]
}
"""


@pytest.fixture(autouse=True)
def directory(own_cache: Path) -> Path:
    return own_cache


def entries(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if path.name.startswith("linked-")]


def observed(module: pvm.Module, source: Path) -> tuple[object, ...]:
    """All that a run shows, fuel and stack traces included."""
    marks = expected(source.read_text(encoding="utf-8"))
    kernel = pvm.Kernel(stdin=marks.stdin.encode(), stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    end: object
    with kernel, pvm.Instance(module, limits=LIMITS, kernel=kernel, tier="interpreter") as instance:
        try:
            end = instance.run(["program", *marks.arguments])
        except (Trap, Exhaustion) as error:
            end = (type(error), error.kind, error.message, error.frames, getattr(error, "exception", ""))
        return end, kernel.stdout_bytes, kernel.stderr_bytes, instance.statistics.without_times()


@pytest.mark.parametrize("source", SAMPLE, ids=lambda path: str(path.relative_to(CORPUS)))
def test_a_kept_program_runs_as_the_module_does(source: Path, directory: Path) -> None:
    data = compiled(source).to_bytes()
    cold = observed(pvm.Module.from_bytes(data), source)
    (entry,) = entries(directory)
    kept = entry.read_bytes()
    warm = pvm.Module.from_bytes(data)
    assert warm.checked.linked is not None
    assert observed(warm, source) == cold
    assert entry.read_bytes() == kept


def counting() -> bytes:
    return pvm.compile(source=COUNTING).to_bytes()


def test_a_warm_run_neither_verifies_nor_translates(monkeypatch: pytest.MonkeyPatch) -> None:
    data = counting()
    with pvm.Instance(pvm.Module.from_bytes(data)) as instance:
        assert instance.call("small", 6) == 7

    def unwanted(data: bytes) -> None:
        raise AssertionError("a kept program was verified")

    monkeypatch.setattr(checked, "_verified", unwanted)
    module = pvm.Module.from_bytes(data)
    assert list(module.exports) == ["small", "large"]
    with pvm.Instance(module) as instance:
        assert instance.call("small", 7) == 8


def test_functions_of_later_runs_are_added(directory: Path) -> None:
    data = counting()
    sizes = []
    for name in ("small", "large", "large", "small"):
        with pvm.Instance(pvm.Module.from_bytes(data)) as instance:
            assert instance.call(name, 6) == {"small": 7, "large": 42}[name]
        (entry,) = entries(directory)
        sizes.append(entry.stat().st_size)
    assert sizes[0] < sizes[1]
    assert sizes[1] == sizes[2] == sizes[3]


def test_every_damage_means_verifying_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = counting()
    pvm.Instance(pvm.Module.from_bytes(data)).close()
    with pvm.Instance(pvm.Module.from_bytes(data)) as instance:
        assert instance.call("large", 6) == 42
    (entry,) = entries(directory)
    kept = entry.read_bytes()
    verified = []
    read = checked._verified
    monkeypatch.setattr(checked, "_verified", lambda data: verified.append(data) or read(data))  # type: ignore[func-returns-value]
    positions = sorted({*range(120), *range(120, len(kept), 61), *range(len(kept) - 8, len(kept))})
    for count, position in enumerate(positions, 1):
        damaged = bytearray(kept)
        damaged[position] ^= 1 << position % 8
        entry.write_bytes(damaged)
        module = pvm.Module.from_bytes(data)
        assert module.checked.linked is None, position
        assert len(verified) == count
    with pvm.Instance(module) as instance:
        assert instance.call("large", 6) == 42
    assert entry.read_bytes() == kept


def test_a_program_counts_for_its_module_and_these_sources_only(monkeypatch: pytest.MonkeyPatch) -> None:
    data = counting()
    with pvm.Instance(pvm.Module.from_bytes(data)) as instance:
        instance.call("small", 6)
    other = pvm.compile(source=COUNTING.replace("n + 1", "n + 2")).to_bytes()
    assert pvm.Module.from_bytes(other).checked.linked is None
    assert pvm.Module.from_bytes(data).checked.linked is not None
    monkeypatch.setattr(linked, "sources_digest", lambda: b"changed")
    assert pvm.Module.from_bytes(data).checked.linked is None


def test_a_directory_that_others_may_enter_is_not_believed(directory: Path) -> None:
    data = counting()
    with pvm.Instance(pvm.Module.from_bytes(data)) as instance:
        instance.call("small", 6)
    directory.chmod(0o755)
    assert pvm.Module.from_bytes(data).checked.linked is None


def test_what_is_not_safe_is_never_kept(directory: Path) -> None:
    data = bytearray(counting())
    refused = 0
    for position in range(8, len(data), 7):
        changed = bytes(data[:position] + bytes([data[position] ^ 0x41]) + data[position + 1 :])
        try:
            pvm.Module.from_bytes(changed)
        except (VerifyError, pvm.FormatError):
            refused += 1
            with pytest.raises((VerifyError, pvm.FormatError)):
                pvm.Module.from_bytes(changed)
    assert refused > 10
    assert not directory.exists() or entries(directory) == []


def test_all_of_a_program_is_written_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, bytes] = {}
    monkeypatch.setattr(linked, "store", lambda kind, key, body: written.update({f"{kind}-{key}": body}))
    source = pvm.Module.from_bytes(counting())
    with pvm.Instance(source) as instance:
        instance.call("large", 6)
    monkeypatch.setattr(linked, "load", lambda kind, key: written.get(f"{kind}-{key}"))
    key = source.checked.key
    assert key is not None
    found = linked.load_program(key)
    assert found == (source.checked.linked, source.checked.code)
    assert [Translation(*fields).code for _, fields in found[1].values()] != []
    assert user_cache.load(linked.KIND, key) is None
