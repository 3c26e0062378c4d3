/* An interpreter loop: a small stack machine that counts primes by trial division. */

#include "harness.h"

const char *const benchmark_name = "vm";

enum { PUSH, LOAD, STORE, ADD, MUL, MOD, LESS, JUMP, JUMP_IF_ZERO, HALT };

/* Variable 0 is the limit, 1 counts primes, 2 is the number looked at, 3 its possible divisor. */
static const int64_t program[] = {
    PUSH, 0, STORE, 1, PUSH, 2, STORE, 2,                         /*  0: count = 0; number = 2 */
    LOAD, 2, LOAD, 0, LESS, 0, JUMP_IF_ZERO, 70,                  /*  8: while number < limit */
    PUSH, 2, STORE, 3,                                            /* 16: divisor = 2 */
    LOAD, 2, LOAD, 3, LOAD, 3, MUL, 0, LESS, 0, JUMP_IF_ZERO, 42, /* 20: if number < divisor * divisor */
    LOAD, 1, PUSH, 1, ADD, 0, STORE, 1, JUMP, 60,                 /* 32: count += 1, and go on */
    LOAD, 2, LOAD, 3, MOD, 0, JUMP_IF_ZERO, 60,                   /* 42: if number % divisor == 0 go on */
    LOAD, 3, PUSH, 1, ADD, 0, STORE, 3, JUMP, 20,                 /* 50: divisor += 1 */
    LOAD, 2, PUSH, 1, ADD, 0, STORE, 2, JUMP, 8,                  /* 60: number += 1 */
    HALT, 0,                                                      /* 70 */
};

static int64_t run(const int64_t *code, int64_t input) {
    int64_t stack[16] = {0};
    int64_t variables[8] = {input};
    int sp = 0;
    int64_t pc = 0;
    while (true) {
        int op = (int)code[pc];
        int64_t operand = code[pc + 1];
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
                stack[sp - 1] = stack[sp - 1] < stack[sp];
                break;
            case JUMP:
                pc = operand;
                break;
            case JUMP_IF_ZERO:
                sp--;
                if (stack[sp] == 0) pc = operand;
                break;
            default:
                return variables[1];
        }
    }
}

static int limit;

void prepare(int size) { limit = size; }

int64_t benchmark(void) { return run(program, limit); }

bool verify_result(int64_t result) {
    int64_t count = 0;
    for (int number = 2; number < limit; number++) {
        int divisor = 2;
        while (divisor * divisor <= number && number % divisor != 0) divisor++;
        if (divisor * divisor > number) count++;
    }
    return result == count;
}
