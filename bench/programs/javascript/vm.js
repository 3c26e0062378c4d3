"use strict";

// An interpreter loop: a small stack machine that counts primes by trial division.

const { Benchmark, measure } = require("./harness.js");

const PUSH = 0;
const LOAD = 1;
const STORE = 2;
const ADD = 3;
const MUL = 4;
const MOD = 5;
const LESS = 6;
const JUMP = 7;
const JUMP_IF_ZERO = 8;
const HALT = 9;

// Variable 0 is the limit, 1 counts primes, 2 is the number looked at, 3 its possible divisor.
const PROGRAM = [
    PUSH, 0, STORE, 1, PUSH, 2, STORE, 2,                            //  0: count = 0; number = 2
    LOAD, 2, LOAD, 0, LESS, 0, JUMP_IF_ZERO, 70,                     //  8: while number < limit
    PUSH, 2, STORE, 3,                                               // 16: divisor = 2
    LOAD, 2, LOAD, 3, LOAD, 3, MUL, 0, LESS, 0, JUMP_IF_ZERO, 42,    // 20: if number < divisor * divisor
    LOAD, 1, PUSH, 1, ADD, 0, STORE, 1, JUMP, 60,                    // 32: count += 1, and go on
    LOAD, 2, LOAD, 3, MOD, 0, JUMP_IF_ZERO, 60,                      // 42: if number % divisor == 0 go on
    LOAD, 3, PUSH, 1, ADD, 0, STORE, 3, JUMP, 20,                    // 50: divisor += 1
    LOAD, 2, PUSH, 1, ADD, 0, STORE, 2, JUMP, 8,                     // 60: number += 1
    HALT, 0,                                                         // 70
];

class Machine {
    constructor(code) {
        this.code = code;
        this.stack = new Array(16).fill(0);
        this.variables = new Array(8).fill(0);
    }

    run(input) {
        const { code, stack, variables } = this;
        variables[0] = input;
        let sp = 0;
        let pc = 0;
        while (true) {
            const op = code[pc];
            const operand = code[pc + 1];
            pc += 2;
            switch (op) {
                case PUSH:
                    stack[sp] = operand;
                    sp++;
                    break;
                case LOAD:
                    stack[sp] = variables[operand];
                    sp++;
                    break;
                case STORE:
                    sp--;
                    variables[operand] = stack[sp];
                    break;
                case ADD:
                    sp--;
                    stack[sp - 1] += stack[sp];
                    break;
                case MUL:
                    sp--;
                    stack[sp - 1] *= stack[sp];
                    break;
                case MOD:
                    sp--;
                    stack[sp - 1] %= stack[sp];
                    break;
                case LESS:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] < stack[sp] ? 1 : 0;
                    break;
                case JUMP:
                    pc = operand;
                    break;
                case JUMP_IF_ZERO:
                    sp--;
                    if (stack[sp] === 0) pc = operand;
                    break;
                default:
                    return variables[1];
            }
        }
    }
}

class Vm extends Benchmark {
    constructor(limit) {
        super();
        this.limit = limit;
    }

    benchmark() { return new Machine(PROGRAM).run(this.limit); }

    verifyResult(result) {
        let count = 0;
        for (let number = 2; number < this.limit; number++) {
            let divisor = 2;
            while (divisor * divisor <= number && number % divisor !== 0) divisor++;
            if (divisor * divisor > number) count++;
        }
        return result === count;
    }
}

measure("vm", (size) => new Vm(size));
