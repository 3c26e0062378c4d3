"""Accepted modules, and mutants of them that are still accepted, never go wrong on any path tried.

Whatever a mutation does, verifying ends in acceptance or in ``VerifyError``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from pvm.errors import FormatError, VerifyError
from pvm.isa.encoding import decode_code, encode_instruction
from pvm.isa.types import ANY, STRING, Prim, RefType, ValueType, class_ref
from pvm.pbc.asm import assemble
from pvm.pbc.model import Function, Handler, Module
from pvm.verify import verify
from tests.verify.generated import program
from tests.verify.simulation import PathEnds, Simulation

HERE = Path(__file__).parent
CORPUS = [assemble(path.read_text(encoding="utf-8"), path.stem) for path in sorted((HERE / "accepts").glob("*.pasm"))]
CORPUS += [assemble(path.read_text(encoding="utf-8"), path.stem) for path in sorted((HERE / "rejects").glob("*.pasm"))]
RUNS, STEPS = 6, 60


def simulate(module: Module, random: Random) -> None:
    verified = verify(module)
    for function in verified.functions:
        for _ in range(RUNS):
            with suppress(PathEnds):  # a parameter's type may have no values
                Simulation(verified, function, random).run(STEPS)


def a_type(random: Random, module: Module) -> ValueType:
    refs: list[RefType] = [STRING, ANY, *(class_ref(index) for index in range(len(module.classes)))]
    choices: list[ValueType] = [Prim.I32, Prim.I64, *(each.with_null(random.random() < 0.5) for each in refs)]
    return random.choice(choices)


def mutate_byte(random: Random, module: Module, function: Function) -> Function:
    place = random.randrange(len(function.code))
    byte = random.choice([random.randrange(256), random.randrange(16), function.code[place] ^ 1])
    return function._replace(code=function.code[:place] + bytes([byte]) + function.code[place + 1 :])


def mutate_instruction(random: Random, module: Module, function: Function) -> Function:
    """Replace an instruction by another of the corpus that has its size, so that offsets stay."""
    instructions = decode_code(function.code)
    old = random.choice(instructions)
    donor = random.choice([each for each in CORPUS if each.functions])
    new = random.choice(
        [each for each in decode_code(random.choice(donor.functions).code) if each.size == old.size] or [old]
    )
    piece = encode_instruction(new.opcode, new.immediates)
    return function._replace(code=function.code[: old.offset] + piece + function.code[old.end :])


def mutate_swap(random: Random, module: Module, function: Function) -> Function:
    """Exchange two neighbours."""
    instructions = decode_code(function.code)
    at = random.randrange(len(instructions))
    first, second = instructions[at], instructions[(at + 1) % len(instructions)]
    if second.offset <= first.offset:
        return function
    code = function.code
    swapped = code[second.offset : second.end] + code[first.offset : first.end]
    return function._replace(code=code[: first.offset] + swapped + code[second.end :])


def mutate_label(random: Random, module: Module, function: Function) -> Function:
    if not function.labels:
        return function
    at = random.randrange(len(function.labels))
    label = function.labels[at]
    match random.randrange(5):
        case 0:
            label = label._replace(offset=label.offset + random.choice([-2, -1, 1, 2]))
        case 1:
            label = label._replace(locals=max(0, label.locals + random.choice([-1, 1])))
        case 2:
            label = label._replace(gaps=(random.randrange(label.locals + 1),))
        case 3:
            label = label._replace(gaps=())
        case _:
            found = a_type(random, module)
            if isinstance(found, RefType):
                label = label._replace(refs=random.choice([(found,), (*label.refs, found), (found, *label.refs[1:])]))
            else:
                label = label._replace(prims=random.choice([(), (found,), (*label.prims, found)]))
    return function._replace(labels=(*function.labels[:at], label, *function.labels[at + 1 :]))


def mutate_handler(random: Random, module: Module, function: Function) -> Function:
    if not function.labels:
        return function
    size = len(function.code)
    new = Handler(
        random.randrange(size),
        random.randrange(size + 1),
        random.randrange(len(function.labels)),
        random.choice([None, *range(len(module.classes))]),
    )
    if not function.handlers:
        return function._replace(handlers=(new,))
    at = random.randrange(len(function.handlers))
    old = function.handlers[at]
    new = random.choice(
        [new, old._replace(start=new.start), old._replace(end=new.end), old._replace(target=new.target)]
    )
    return function._replace(handlers=(*function.handlers[:at], new, *function.handlers[at + 1 :]))


def mutate_signature(random: Random, module: Module, function: Function) -> Function:
    return function._replace(signature=random.randrange(len(module.signatures)))


def mutate_locals(random: Random, module: Module, function: Function) -> Function:
    return function._replace(locals=(*function.locals[: random.randrange(3)], a_type(random, module)))


MUTATIONS: list[Callable[[Random, Module, Function], Function]] = [
    mutate_byte,
    mutate_instruction,
    mutate_swap,
    mutate_label,
    mutate_handler,
    mutate_signature,
    mutate_locals,
]


def mutate_classes(random: Random, module: Module) -> Module:
    """Change a class: what it extends or implements, its flags, or a method's signature or function."""
    if not module.classes:
        return module
    at = random.randrange(len(module.classes))
    definition = module.classes[at]
    match random.randrange(5):
        case 0:
            definition = definition._replace(superclass=random.choice([None, *range(at)]))
        case 1:
            definition = definition._replace(interfaces=tuple(each for each in range(at) if random.random() < 0.5))
        case 2:
            definition = definition._replace(flags=type(definition.flags)(random.randrange(8)))
        case _ if definition.methods:
            method = random.choice(definition.methods)
            changed = random.choice(
                [
                    method._replace(signature=random.randrange(len(module.signatures))),
                    method._replace(function=random.choice([None, *range(len(module.functions))])),
                ]
            )
            definition = definition._replace(
                methods=tuple(changed if each is method else each for each in definition.methods)
            )
        case _:
            definition = definition._replace(methods=())
    return module._replace(classes=(*module.classes[:at], definition, *module.classes[at + 1 :]))


def mutate(random: Random, module: Module) -> Module:
    for _ in range(random.randrange(1, 4)):
        if not module.functions or random.random() < 0.15:
            module = mutate_classes(random, module)
            continue
        at = random.randrange(len(module.functions))
        function = module.functions[at]
        with suppress(FormatError):  # an earlier mutation may have left code that does not decode
            function = random.choice(MUTATIONS)(random, module, function) if function.code else function
        module = module._replace(functions=(*module.functions[:at], function, *module.functions[at + 1 :]))
    return module


def test_accepted_modules_do_not_go_wrong() -> None:
    random = Random(1)
    for module in CORPUS:
        try:
            verify(module)
        except VerifyError:
            continue
        for _ in range(5):
            simulate(module, random)


@pytest.mark.parametrize("seed", range(4))
def test_accepted_mutants_do_not_go_wrong(seed: int) -> None:
    random = Random(seed)
    outcomes: Counter[str] = Counter()
    for _ in range(1_500):
        original = random.choice(CORPUS)
        module = mutate(random, original)
        try:
            verify(module)
        except VerifyError as error:
            outcomes[error.rule] += 1
            continue
        outcomes["accepted"] += module != original
        simulate(module, random)
    assert outcomes["accepted"] > 100
    assert len(outcomes) > 25


def test_a_large_program_does_not_go_wrong() -> None:
    simulate(program(40), Random(2))
