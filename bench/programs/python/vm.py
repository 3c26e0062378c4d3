"""An interpreter loop: a small stack machine that counts primes by trial division."""

from __future__ import annotations

from harness import Benchmark, measure

PUSH = 0
LOAD = 1
STORE = 2
ADD = 3
MUL = 4
MOD = 5
LESS = 6
JUMP = 7
JUMP_IF_ZERO = 8
HALT = 9

# Variable 0 is the limit, 1 counts primes, 2 is the number looked at, 3 its possible divisor.
# fmt: off
PROGRAM = [
    PUSH, 0, STORE, 1, PUSH, 2, STORE, 2,                            #  0: count = 0; number = 2
    LOAD, 2, LOAD, 0, LESS, 0, JUMP_IF_ZERO, 70,                     #  8: while number < limit
    PUSH, 2, STORE, 3,                                               # 16: divisor = 2
    LOAD, 2, LOAD, 3, LOAD, 3, MUL, 0, LESS, 0, JUMP_IF_ZERO, 42,    # 20: if number < divisor * divisor
    LOAD, 1, PUSH, 1, ADD, 0, STORE, 1, JUMP, 60,                    # 32: count += 1, and go on
    LOAD, 2, LOAD, 3, MOD, 0, JUMP_IF_ZERO, 60,                      # 42: if number % divisor == 0 go on
    LOAD, 3, PUSH, 1, ADD, 0, STORE, 3, JUMP, 20,                    # 50: divisor += 1
    LOAD, 2, PUSH, 1, ADD, 0, STORE, 2, JUMP, 8,                     # 60: number += 1
    HALT, 0,                                                         # 70
]
# fmt: on


class Machine:
    def __init__(self, code: list[int]) -> None:
        self.code = code
        self.stack = [0] * 16
        self.variables = [0] * 8

    def run(self, value: int) -> int:
        code, stack, variables = self.code, self.stack, self.variables
        variables[0] = value
        sp = 0
        pc = 0
        while True:
            op = code[pc]
            operand = code[pc + 1]
            pc += 2
            if op == PUSH:
                stack[sp] = operand
                sp += 1
            elif op == LOAD:
                stack[sp] = variables[operand]
                sp += 1
            elif op == STORE:
                sp -= 1
                variables[operand] = stack[sp]
            elif op == ADD:
                sp -= 1
                stack[sp - 1] += stack[sp]
            elif op == MUL:
                sp -= 1
                stack[sp - 1] *= stack[sp]
            elif op == MOD:
                sp -= 1
                stack[sp - 1] %= stack[sp]
            elif op == LESS:
                sp -= 1
                stack[sp - 1] = 1 if stack[sp - 1] < stack[sp] else 0
            elif op == JUMP:
                pc = operand
            elif op == JUMP_IF_ZERO:
                sp -= 1
                if stack[sp] == 0:
                    pc = operand
            else:
                return variables[1]


class Vm(Benchmark):
    def __init__(self, limit: int) -> None:
        self.limit = limit

    def benchmark(self) -> int:
        return Machine(PROGRAM).run(self.limit)

    def verify_result(self, result: int) -> bool:
        count = 0
        for number in range(2, self.limit):
            divisor = 2
            while divisor * divisor <= number and number % divisor != 0:
                divisor += 1
            if divisor * divisor > number:
                count += 1
        return result == count


measure("vm", Vm)
