"""A short run of every kind of case with fixed seeds, and tests of the fuzzer itself: does it reach what it should?"""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from compiler.driver import compile_source
from pvm.errors import FormatError
from pvm.isa.encoding import decode_code
from pvm.isa.table import OPCODES
from pvm.pbc.reader import read_module
from pvm.verify import verify
from tests.fuzz import campaign, cases
from tests.fuzz.campaign import Campaign, Tally, repeat_command, run_cases
from tests.fuzz.cases import MODULE_KINDS, Case, Result, engine_case, make_input, module_case, run_case
from tests.fuzz.execution import Observation, observe
from tests.fuzz.generators import generate_module
from tests.fuzz.oracles import Broken, compare
from tests.fuzz.programs import generate_program

ROUNDS = {"generated": 60, "file": 400, "model": 300, "assembly": 120, "source": 25}


def report(tally: Tally) -> str:
    return "\n".join(f"{each.symptom}: {repeat_command(each.case)}\n{each.report}" for each in tally.kept)


@pytest.mark.parametrize("kind", ROUNDS)
def test_no_undocumented_outcome(kind: str, fuzz_factor: int, fuzz_seed: int) -> None:
    first = fuzz_seed * 1_000_000
    tally = run_cases(Case(kind, first + number) for number in range(ROUNDS[kind] * fuzz_factor))
    assert not tally.symptoms, report(tally)
    assert tally.cases == ROUNDS[kind] * fuzz_factor


def test_engines_agree(fuzz_factor: int, fuzz_seed: int) -> None:
    # In processes of their own, since machine code that is wrong may take its process with it.
    count = 160 * fuzz_factor
    run = [engine_case(fuzz_seed * 1_000_000 + number) for number in range(count)]
    tally = Campaign(run, 2, show_progress=False).run()
    assert not tally.symptoms, report(tally)
    assert tally.cases == count
    assert sum(counter["agreed"] for counter in tally.labels.values()) > count // 2


def test_generated_programs_compile() -> None:
    for seed in range(12):
        compile_source(generate_program(Random(seed)), "generated.peb")


def test_generated_modules_use_most_of_the_instruction_set() -> None:
    used = Counter(
        instruction.opcode.mnemonic
        for seed in range(60)
        for function in generate_module(Random(seed)).functions
        for instruction in decode_code(function.code)
    )
    missing = {each.mnemonic for each in OPCODES if not each.privileged} - set(used)
    assert len(missing) < 20, missing


def test_generated_modules_get_somewhere_when_they_run() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(60):
        outcomes.update(observe(verify(generate_module(Random(seed))), seed).outcomes)
    assert outcomes["returned"] > 30
    assert len(outcomes) >= 6, outcomes


def test_mutated_files_get_past_the_checksum() -> None:
    reached: Counter[str] = Counter()
    for number in range(200):
        data = make_input(Case("file", number))
        assert isinstance(data, bytes)
        try:
            read_module(data)
            reached["read"] += 1
        except FormatError as error:
            reached["checksum" if "checksum" in error.message else "refused"] += 1
    assert reached["checksum"] < 40
    assert reached["read"] > 20


def test_a_case_is_the_same_each_time() -> None:
    for kind in MODULE_KINDS:
        assert make_input(Case(kind, 7)) == make_input(Case(kind, 7))


def test_what_is_undocumented_becomes_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, seed: int) -> object:
        raise KeyError("planted")

    monkeypatch.setattr(cases, "judge_bytes", fail)
    result = run_case(Case("file", 1))
    assert result.finding is not None
    assert result.finding.symptom.startswith("KeyError in ")
    assert "planted" in result.finding.report


def test_two_different_runs_are_a_finding() -> None:
    first, second = Observation(events=["main = 1"]), Observation(events=["main = 2"])
    compare(first, first)
    with pytest.raises(Broken, match="two runs differ"):
        compare(first, second)


def test_a_campaign_survives_the_death_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def die_at_three(case: Case) -> Result:
        if case.number == 3:
            os._exit(9)
        return Result(case, "fine", [])

    monkeypatch.setattr(campaign, "run_case", die_at_three)
    tally = Campaign([module_case(number) for number in range(100)], 2, show_progress=False).run()
    assert tally.cases == 100
    assert list(tally.symptoms) == ["process: the process died with 9"]
    assert [each.case.number for each in tally.kept] == [3]
