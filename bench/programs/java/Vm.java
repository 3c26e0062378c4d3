/** An interpreter loop: a small stack machine that counts primes by trial division. */
final class Vm extends Benchmark {
    private static final int PUSH = 0;
    private static final int LOAD = 1;
    private static final int STORE = 2;
    private static final int ADD = 3;
    private static final int MUL = 4;
    private static final int MOD = 5;
    private static final int LESS = 6;
    private static final int JUMP = 7;
    private static final int JUMP_IF_ZERO = 8;
    private static final int HALT = 9;

    private static final class Machine {
        private final long[] code;
        private final long[] stack = new long[16];
        private final long[] variables = new long[8];

        Machine(long[] code) {
            this.code = code;
        }

        long run(long input) {
            variables[0] = input;
            int sp = 0;
            int pc = 0;
            while (true) {
                int op = (int) code[pc];
                long operand = code[pc + 1];
                pc += 2;
                switch (op) {
                    case PUSH -> {
                        stack[sp] = operand;
                        sp++;
                    }
                    case LOAD -> {
                        stack[sp] = variables[(int) operand];
                        sp++;
                    }
                    case STORE -> {
                        sp--;
                        variables[(int) operand] = stack[sp];
                    }
                    case ADD -> {
                        sp--;
                        stack[sp - 1] += stack[sp];
                    }
                    case MUL -> {
                        sp--;
                        stack[sp - 1] *= stack[sp];
                    }
                    case MOD -> {
                        sp--;
                        stack[sp - 1] %= stack[sp];
                    }
                    case LESS -> {
                        sp--;
                        stack[sp - 1] = stack[sp - 1] < stack[sp] ? 1 : 0;
                    }
                    case JUMP -> pc = (int) operand;
                    case JUMP_IF_ZERO -> {
                        sp--;
                        if (stack[sp] == 0) {
                            pc = (int) operand;
                        }
                    }
                    default -> {
                        return variables[1];
                    }
                }
            }
        }
    }

    // Variable 0 is the limit, 1 counts primes, 2 is the number looked at, 3 its possible divisor.
    private static final long[] PROGRAM = {
        PUSH, 0, STORE, 1, PUSH, 2, STORE, 2, //  0: count = 0; number = 2
        LOAD, 2, LOAD, 0, LESS, 0, JUMP_IF_ZERO, 70, //  8: while number < limit
        PUSH, 2, STORE, 3, // 16: divisor = 2
        LOAD, 2, LOAD, 3, LOAD, 3, MUL, 0, LESS, 0, JUMP_IF_ZERO, 42, // 20: if number < divisor * divisor
        LOAD, 1, PUSH, 1, ADD, 0, STORE, 1, JUMP, 60, // 32: count += 1, and go on
        LOAD, 2, LOAD, 3, MOD, 0, JUMP_IF_ZERO, 60, // 42: if number % divisor == 0 go on
        LOAD, 3, PUSH, 1, ADD, 0, STORE, 3, JUMP, 20, // 50: divisor += 1
        LOAD, 2, PUSH, 1, ADD, 0, STORE, 2, JUMP, 8, // 60: number += 1
        HALT, 0, // 70
    };

    private final int limit;

    Vm(int limit) {
        this.limit = limit;
    }

    @Override
    long benchmark() {
        return new Machine(PROGRAM).run(limit);
    }

    @Override
    boolean verifyResult(long result) {
        long count = 0;
        for (int number = 2; number < limit; number++) {
            int divisor = 2;
            while (divisor * divisor <= number && number % divisor != 0) {
                divisor++;
            }
            if (divisor * divisor > number) {
                count++;
            }
        }
        return result == count;
    }

    public static void main(String[] args) {
        measure("vm", args, Vm::new);
    }
}
